from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from jpe_magics.adapters.collector import collector_waiting


def test_the_collector_waits_until_the_last_one_is_done() -> None:
    inside, done = Event(), Event()

    def hold() -> None:
        with collector_waiting():
            inside.set()
            done.wait(30)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        assert inside.wait(30)
        with collector_waiting():
            assert not gc.isenabled()
        assert not gc.isenabled()
        done.set()
        held.result()
    assert gc.isenabled()


def test_a_failure_lets_it_go_on() -> None:
    with pytest.raises(ZeroDivisionError), collector_waiting():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_waiting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
