"""Every client, at each of its requests, against every fault: one table, held against rules and not cell by cell.

A cell is (client and errand, request, fault, how often).  The suite takes a part of the table: one errand for each kind
of server meets every fault at its first request and at the one that decides (it starts, commits or submits what the
errand is for); the others share the faults, those that leave open whether something was done at the requests that do
something.  JPE_EXPLORE=1 takes all of it.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.faults.clients import AMPLE, CLIENTS, TIMEOUT, client_of, quickly
from tests.faults.rules import Cell, broken
from tests.faults.server import EXTENTS, FAULTS, Asked, FaultServer

pytestmark = pytest.mark.one_python
#: Clients that meet every fault; the others of the same kind of server have shares of them, a third at most.
_ALL = (
    "Airflow 3: export",
    "Airflow 2: export",
    "Ilum single: export",
    "Ilum service: export",
    "Gitea: create",
    "git: create",
    "Livy per_cell",
    "Jupyter: contents",
)
#: Of these the first request is asked, and broken, in just the same way by another one of `_ALL`.
_DECISIVE_ALONE = ("Airflow 2: export", "Ilum service: export")
_SHARES = 3


@cache
def steps(name: str) -> tuple[tuple[int, Asked], ...]:
    """Return the requests of an errand that nothing disturbs, with their numbers.

    Each kind is there once; of those that do something the last of a kind too (a check of rights may look the same).
    """
    with (
        quickly(),
        tempfile.TemporaryDirectory() as folder,
        client_of(name, Path(folder)) as client,
        FaultServer(client.target) as proxy,
    ):
        done = client.run(proxy.url + client.within, threading.Event())
        assert done.error is None
        assert client.made() == client.expected
    first: dict[tuple[str, str], tuple[int, Asked]] = {}
    last: dict[tuple[str, str], tuple[int, Asked]] = {}
    for number, asked in enumerate(proxy.asked, 1):
        first.setdefault(asked.alike, (number, asked))
        if asked.writes:
            last[asked.alike] = (number, asked)
    return tuple(sorted({*first.values(), *last.values()}))


def decisive(name: str) -> tuple[int, Asked]:
    """Return the request that does what the errand is for: its last one that makes something, or its last one."""
    every = steps(name)
    making = [one for one in every if one[1].writes and one[1].method != "DELETE"]
    return (making or every)[-1]


def cells(name: str) -> Iterator[Cell]:
    """Yield the cells that a client is run through."""
    every = steps(name)
    if os.environ.get("JPE_EXPLORE"):
        for number, asked in every:
            yield from (Cell(name, number, asked, fault, extent) for fault in FAULTS.values() for extent in EXTENTS)
        return
    if name in _ALL:
        places = (decisive(name),) if name in _DECISIVE_ALONE else (every[0], decisive(name))
        for turn, fault in enumerate(FAULTS.values()):
            for place, (number, asked) in enumerate(places):
                if asked.writes or not fault.done or fault.name in ("half of the body", "JSON as HTML"):
                    yield Cell(name, number, asked, fault, EXTENTS[(turn + place) % 3])
        return
    writes = [one for one in every if one[1].writes] or list(every)
    family = [one for one in CLIENTS if one.split()[0] == name.split()[0] and one not in _ALL]
    turn = [0, 0]
    for place, fault in enumerate(FAULTS.values()):
        if place % max(len(family), _SHARES) != family.index(name):
            continue
        unclear = fault.passing or fault.done
        among = writes if unclear else every
        number, asked = among[turn[unclear] % len(among)]
        turn[unclear] += 1
        yield Cell(name, number, asked, fault, EXTENTS[(place + sum(turn)) % 3])


def _is_waited_for(cell: Cell) -> bool:
    """Tell whether a limit on time is what ends the request: git waits for the rest of what it does not understand."""
    return cell.fault.lasts or (cell.client.startswith("git:") and not cell.fault.passing)


@pytest.mark.parametrize("name", CLIENTS)
def test_whatever_breaks(name: str, elsewhere: Any, tmp_path: Path) -> None:
    wrong, missed = [], []
    for place, cell in enumerate(cells(name)):
        timeout = TIMEOUT if _is_waited_for(cell) else AMPLE
        with (
            quickly(timeout),
            client_of(name, tmp_path / str(place), timeout) as client,
            FaultServer(client.target, cell.fault, cell.at, cell.asked, cell.extent, elsewhere.url) as proxy,
        ):
            began = time.monotonic()
            outcome = client.run(proxy.url + client.within, threading.Event())
            seconds = time.monotonic() - began
            wrong += [f"{cell}: {one}" for one in broken(cell, client, proxy, outcome, seconds)]
            missed += [] if proxy.hits else [str(cell)]
    assert not wrong, "\n".join(wrong)
    assert elsewhere.asked == []
    assert not missed, f"nothing was broken in {missed}"


@pytest.mark.parametrize("name", [one for one in (*_ALL, "Livy batch") if one != "Jupyter: contents"])
@pytest.mark.parametrize("way", ["no such name", "HTTP on the port of HTTPS", "a certificate that nobody knows"])
def test_an_address_that_can_not_work(name: str, way: str, tmp_path: Path, tls: ssl.SSLContext) -> None:
    with quickly(), client_of(name, tmp_path / "place") as client:
        secure = tls if "certificate" in way else None
        with FaultServer(client.target, tls=secure) as proxy:
            url = f"https://127.0.0.1:{proxy.port}" if "name" not in way else "http://no-such-host.invalid"
            began = time.monotonic()
            outcome = client.run(url + client.within, threading.Event())
            seconds = time.monotonic() - began
        proxy.url = url
        assert outcome.error is not None
        assert set(client.made().values()) == {0}
        assert proxy.asked == []
        cell = Cell(name, 1, Asked("GET", "/"), FAULTS["refused"], "all")
        assert list(broken(cell, client, proxy, outcome, seconds)) == []


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    """A server's side of TLS, with a certificate of an authority that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context
