"""Who waits for what blocks can be stopped."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest

from jpe_magics.adapters.attended import attended


def never() -> None:
    raise AssertionError("it is to be called only where somebody has to wait, or gives up")


def test_what_it_returns_comes_back() -> None:
    assert attended(lambda: 7, never, never) == 7


def test_what_it_raises_is_raised() -> None:
    def work() -> None:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        attended(work, never, never)


def test_it_is_looked_at_while_it_takes_long() -> None:
    looks: list[float] = []
    enough = threading.Event()

    def look() -> None:
        looks.append(time.monotonic())
        if len(looks) == 3:
            enough.set()

    assert attended(lambda: enough.wait(20), look, never)
    assert len(looks) >= 3


@pytest.mark.parametrize("obeys", [True, False])
def test_what_a_look_raises_ends_it(obeys: bool) -> None:
    told, end = threading.Event(), threading.Event()

    def look() -> None:
        raise RuntimeError("stop")

    began = time.monotonic()
    with pytest.raises(RuntimeError, match="stop"):
        attended(lambda: (told if obeys else end).wait(60), look, told.set)
    assert time.monotonic() - began < 30
    assert told.is_set()
    end.set()


def test_the_key_ends_it() -> None:
    told, working = threading.Event(), threading.Event()

    def work() -> Any:
        working.set()
        return told.wait(20)

    def press() -> None:
        assert working.wait(20)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    presser = threading.Thread(target=press)
    with pytest.raises(KeyboardInterrupt):
        presser.start()
        attended(work, lambda: None, told.set)
    presser.join()
    assert told.is_set()
