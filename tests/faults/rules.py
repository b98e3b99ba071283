"""What must hold whatever breaks: the rules that every cell of the table is held against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jpe_magics.errors import JpeError
from tests.faults.clients import Client, Outcome
from tests.faults.server import Asked, Fault, FaultServer

#: Seconds in which everything must be over, on a busy machine too: nothing here waits for more than some seconds.
LIMIT = 60.0
#: How an error says that something may have been made although it is not listed.
_UNCLEAR = re.compile(r"may have (been made|arrived)|not known whether|may be done", re.IGNORECASE)


@dataclass(frozen=True)
class Cell:
    """One cell of the table: who, at which of its requests, what, and how often."""

    client: str
    at: int
    asked: Asked
    fault: Fault
    extent: str

    def __str__(self) -> str:
        method, path = self.asked.alike
        return f"{self.client} | {self.at} {method} {path} | {self.fault.name} | {self.extent}"


def broken(cell: Cell, client: Client, proxy: FaultServer, outcome: Outcome, seconds: float) -> Iterator[str]:
    """Yield the rules that do not hold."""
    made, error = client.made(), outcome.error
    if seconds > LIMIT:
        yield f"it took {seconds:.1f} s"
    twice = {
        kind: count for kind, count in made.items() if count > client.most.get(kind, max(client.expected[kind], 0))
    }
    left_open = made.get("session", 0) == 1 and (error is not None or "DELETE /sessions/" in outcome.said)
    if twice and not (set(twice) == {"session"} and (left_open or is_believed(cell))):
        yield f"made too often: {twice}"
    if error is None and made != client.expected and not (left_open or is_believed(cell)):
        yield f"it says success, and made {made}"
    if error is not None:
        yield from _wrong_words(client, proxy, outcome, error)
    if client.in_history:
        yield from _lost(client, outcome, made)
    yield from (f"it says the secret {one[:4]}…" for one in client.secrets if one in outcome.said)
    if any(one.path.startswith("/elsewhere") for one in proxy.asked):
        yield "a redirect was followed"
    if error is not None and must_heal(cell):
        yield f"one fault that passes ended it: {error}"


def is_believed(cell: Cell) -> bool:
    """Tell whether a server says of what is to be deleted that it is not there: then that is done.

    So it is of what is to be stopped where it says so of everything.
    """
    ends = cell.asked.method == "DELETE" or (cell.asked.path.endswith("/stop") and cell.extent == "all")
    return ends and cell.fault.name == "404"


def must_heal(cell: Cell) -> bool:
    """Tell whether a safe retry must bring success: it failed once, in a way that passes.

    Not the request for a run of a service: nothing tells whether Ilum has got it, so it is not repeated.
    """
    sure = cell.fault.name == "refused" or cell.fault.status == 429
    if cell.client.startswith("Jupyter"):
        return False  # it is asked once: other places know the notebook too
    if cell.client.startswith("git:") and (
        cell.fault.status == 429 or cell.fault.how in ("refused", "silence", "drip head", "drip body")
    ):
        return False  # git has no limit but that of the whole push, and these are not tried again
    unsafe = cell.asked.method == "POST" and re.search(r"/group/[^/]+/job/submit", cell.asked.path) is not None
    return cell.extent == "once" and cell.fault.passing and (sure or not unsafe)


def _wrong_words(client: Client, proxy: FaultServer, outcome: Outcome, error: BaseException) -> Iterator[str]:
    if not client.in_history:  # a task's error, which Airflow shows with the task; or that of a notebook not found
        if not re.search(client.words, str(error)) or len(str(error)) > 2000:
            yield f"the error says nothing: {error!r}"
        return
    if not isinstance(error, JpeError):
        yield f"it is no error of ours: {error!r}"
        return
    if not (error.message and error.where and error.hint):
        yield f"what, where or what to do is missing: {error}"
    places = (proxy.url, proxy.url.partition("//")[2], "etl", "kpi", "record ")
    if not any(one in f"{error.message} {error.where}" for one in places):
        yield f"it names no place: {error}"


def _lost(client: Client, outcome: Outcome, made: dict[str, int]) -> Iterator[str]:
    record = outcome.record
    if record is None or not any("count = " in str(file.get("text")) for file in record["files"]):
        yield "the code is not in the history"
        return
    if outcome.error is not None and "status" in record and record["status"] == "started":
        yield "the history says that it goes on"
    told = " ".join([*outcome.published, *(f"{row['kind']} {row['place']}" for row in record["published"])])
    kinds = {"group": "service"}
    for kind, count in made.items():
        if count > 0 and kinds.get(kind, kind) not in told and not _UNCLEAR.search(str(outcome.error)):
            yield f"the {kind} that was made is told nowhere: {outcome.error}"
