"""Whatever a server does: who wants to stop is not kept waiting, and what was exported is in the history."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jpe_magics.errors import Interrupted
from tests.faults.clients import CLIENTS, Client, Outcome, client_of
from tests.faults.server import FAULTS, Asked, FaultServer
from tests.faults.test_faults import steps

pytestmark = pytest.mark.one_python

#: Faults that last: nothing comes, something without end, and answers after which there is a long wait.
LONG = ("silence", "silence, done", "drip head", "drip body", "refused", "503", "429 in 20 s")
SECONDS = 1.0
#: How often it is tried: a busy machine may take a second for anything, but not each time.
TRIES = 6
PATIENT = 60.0


def cells(name: str) -> Iterator[tuple[int, Asked, str]]:
    """Yield requests with their numbers, and how each is broken; with JPE_EXPLORE=1 in every way."""
    at_once = ("refused", "429 in 20 s") if name.startswith("git:") else ()  # git gives up
    lasting = [one for one in LONG if one not in at_once]
    for place, (number, asked) in enumerate(steps(name)):
        if os.environ.get("JPE_EXPLORE"):
            yield from ((number, asked, one) for one in lasting)
        elif asked.writes or not place:
            yield number, asked, lasting[(place + len(name)) % len(lasting)]


@pytest.mark.parametrize("name", [one for one in CLIENTS if not one.startswith(("Livy", "Jupyter"))])
def test_an_errand_is_stopped_within_a_second(name: str, tmp_path: Path) -> None:
    for place, (number, asked, fault) in enumerate(cells(name)):
        what = f"{name}, {asked.method} {asked.path}, {fault}"

        def seconds(folder: Path, cell: tuple[int, Asked, str] = (number, asked, fault), what: str = what) -> float:
            number, asked, fault = cell
            with (
                client_of(name, folder, PATIENT) as client,
                FaultServer(client.target, FAULTS[fault], number, asked, "all") as proxy,
            ):
                outcome, seconds = _stopped(client, proxy)
            _is_kept(outcome, what)
            return seconds

        _assert_soon(seconds, tmp_path / str(place), what)


def _assert_soon(seconds: Callable[[Path], float], folder: Path, what: str) -> None:
    """Assert that it can be over within a second, and is over long before a request is given up each time.

    `seconds` tells how long it took, in a new folder each time.
    """
    took: list[float] = []
    folder.mkdir()
    while len(took) < TRIES and min(took, default=SECONDS) >= SECONDS:
        took.append(seconds(folder / str(len(took))))
    assert max(took) < PATIENT / 2, f"{what}: {took} s, of which one was not stopped"
    assert min(took) < SECONDS, f"{what}: {took} s"


def _stopped(client: Client, proxy: FaultServer) -> tuple[Outcome, float]:
    """Return the outcome of an errand that is stopped in the middle of a fault, and after how long it ended."""
    stop, ended = threading.Event(), queue.SimpleQueue()
    work = threading.Thread(target=lambda: ended.put(client.run(proxy.url + client.within, stop)), daemon=True)
    work.start()
    assert proxy.began.wait(60)
    time.sleep(0.05)  # so that it is in the middle of it
    stop.set()
    began = time.monotonic()
    outcome = ended.get(timeout=120)
    return outcome, time.monotonic() - began


@pytest.mark.parametrize("name", ["Airflow 3: export", "Gitea: create", "git: create", "Ilum single: export"])
@pytest.mark.parametrize("fault", ["silence", "drip body", "503"])
def test_the_key_stops_it_within_a_second(name: str, fault: str, tmp_path: Path) -> None:
    number, asked = next((number, asked) for number, asked in steps(name) if asked.writes)

    def seconds(folder: Path) -> float:
        with (
            client_of(name, folder, PATIENT) as client,
            FaultServer(client.target, FAULTS[fault], number, asked, "all") as proxy,
        ):
            pressed = _press_when(proxy)
            outcome = client.run(proxy.url + client.within, threading.Event())
            took = time.monotonic() - pressed()
        _is_kept(outcome, name)
        return took

    _assert_soon(seconds, tmp_path / "place", name)


@pytest.mark.parametrize("fault", ["silence", "drip body"])
@pytest.mark.parametrize("name", ["Livy per_cell", "Livy batch"])
def test_a_task_is_stopped_within_a_second(name: str, fault: str, tmp_path: Path) -> None:
    """As Airflow's time-out does it, with an exception that is no `Exception`."""
    number, asked = next((number, asked) for number, asked in steps(name) if asked.path.endswith("/statements/0"))

    def seconds(folder: Path) -> float:
        with (
            client_of(name, folder, PATIENT) as client,
            FaultServer(client.target, FAULTS[fault], number, asked, "once") as proxy,
        ):
            pressed = _press_when(proxy)
            with pytest.raises(KeyboardInterrupt):
                client.run(proxy.url + client.within, threading.Event())
            took = time.monotonic() - pressed()
            assert client.made()["session"] == 0  # it has deleted what it opened
        return took

    _assert_soon(seconds, tmp_path / "place", name)


def _press_when(proxy: FaultServer) -> Callable[[], float]:
    """Press Ctrl-C when the fault has begun; return what tells when that was."""
    at: list[float] = []

    def press() -> None:
        assert proxy.began.wait(60)
        time.sleep(0.05)
        at.append(time.monotonic())
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    return lambda: at[0]


def _is_kept(outcome: Outcome, what: str) -> None:
    assert isinstance(outcome.error, Interrupted), f"{what}: {outcome.error}"
    assert outcome.record is not None
    assert any("count = " in file["text"] for file in outcome.record["files"]), what
    assert outcome.error.hint, what
