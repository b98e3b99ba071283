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

#: Faults that last: nothing comes, something without end, and answers after which there is a long wait.
LONG = ("silence", "silence, done", "drip head", "drip body", "refused", "503", "429 in 20 s")
SECONDS = 1.0
PATIENT = 30.0


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
        with (
            client_of(name, tmp_path / str(place), PATIENT) as client,
            FaultServer(client.target, FAULTS[fault], number, asked, "all") as proxy,
        ):
            outcome, seconds = _stopped(client, proxy)
        assert seconds < SECONDS, f"{what}: {seconds:.1f} s"
        _is_kept(outcome, what)


def _stopped(client: Client, proxy: FaultServer) -> tuple[Outcome, float]:
    """Return the outcome of an errand that is stopped in the middle of a fault, and after how long it ended."""
    stop, ended = threading.Event(), queue.SimpleQueue()
    work = threading.Thread(target=lambda: ended.put(client.run(proxy.url + client.within, stop)), daemon=True)
    work.start()
    assert proxy.began.wait(20)
    time.sleep(0.05)  # so that it is in the middle of it
    stop.set()
    began = time.monotonic()
    outcome = ended.get(timeout=40)
    return outcome, time.monotonic() - began


@pytest.mark.parametrize("name", ["Airflow 3: export", "Gitea: create", "git: create", "Ilum single: export"])
@pytest.mark.parametrize("fault", ["silence", "drip body", "503"])
def test_the_key_stops_it_within_a_second(name: str, fault: str, tmp_path: Path) -> None:
    number, asked = next((number, asked) for number, asked in steps(name) if asked.writes)
    with (
        client_of(name, tmp_path / "place", PATIENT) as client,
        FaultServer(client.target, FAULTS[fault], number, asked, "all") as proxy,
    ):
        pressed = _press_when(proxy)
        outcome = client.run(proxy.url + client.within, threading.Event())
        seconds = time.monotonic() - pressed()
    assert seconds < SECONDS
    _is_kept(outcome, name)


@pytest.mark.parametrize("fault", ["silence", "drip body"])
@pytest.mark.parametrize("name", ["Livy per_cell", "Livy batch"])
def test_a_task_is_stopped_within_a_second(name: str, fault: str, tmp_path: Path) -> None:
    """As Airflow's time-out does it, with an exception that is no `Exception`."""
    number, asked = next((number, asked) for number, asked in steps(name) if asked.path.endswith("/statements/0"))
    with (
        client_of(name, tmp_path / "place", PATIENT) as client,
        FaultServer(client.target, FAULTS[fault], number, asked, "once") as proxy,
    ):
        pressed = _press_when(proxy)
        with pytest.raises(KeyboardInterrupt):
            client.run(proxy.url + client.within, threading.Event())
        seconds = time.monotonic() - pressed()
        assert seconds < SECONDS
        assert client.made()["session"] == 0  # it has deleted what it opened


def _press_when(proxy: FaultServer) -> Callable[[], float]:
    """Press Ctrl-C when the fault has begun; return what tells when that was."""
    at: list[float] = []

    def press() -> None:
        assert proxy.began.wait(20)
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
