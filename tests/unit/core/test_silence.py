"""Warnings about the user's code are ours to swallow, on any thread, and nobody else's are."""

from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from jpe_magics.core.silence import silence
from jpe_magics.core.tree import tree_of

ODD = 'x = "\\d"'


def test_code_that_warns_is_read_in_silence(recwarn: pytest.WarningsRecorder) -> None:
    tree_of(ODD)
    with silence():
        compile("1 is 1", "<cell>", "exec")
        warnings.warn("ours", UserWarning, stacklevel=1)
    assert list(recwarn) == []
    with pytest.warns(SyntaxWarning):
        compile("1 is 1", "<cell>", "exec")


def test_the_filters_are_left_as_they_were() -> None:
    before = list(warnings.filters)
    with silence(), silence():
        pass
    assert list(warnings.filters) == before
    with pytest.raises(ZeroDivisionError), silence():
        raise ZeroDivisionError
    assert list(warnings.filters) == before


def test_another_thread_goes_on_warning() -> None:
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with silence():
            inside.set()
            done.wait(30)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        assert inside.wait(30)
        with pytest.warns(UserWarning, match="mine"):
            warnings.warn("mine", UserWarning, stacklevel=1)
        done.set()
        held.result()


def test_catch_warnings_beside_it_leaves_the_filters_alone() -> None:
    """With `catch_warnings` on both threads the process ended up with "ignore everything"."""
    before, stop = list(warnings.filters), threading.Event()

    def compile_on() -> None:
        while not stop.is_set():
            tree_of(ODD)  # parsed each time: no export is under way

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(compile_on)
        for _ in range(2000):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert warnings.filters[0][0] == "error" or warnings.filters[1][0] == "error"
        stop.set()
        held.result()
    ours = [one for one in warnings.filters if one not in before]
    warnings.filters[:] = before  # type: ignore[index]
    assert all(one[1] is not None for one in ours)
