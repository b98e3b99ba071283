"""The badges of three hosts that take a connection and never answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.measure import Bench, Figure, environ, median, seconds, told
from jpe_magics import Session

TITLE = "Badges"
LIMIT = 1.5  # seconds for each backend by default, and for all of them together
HOW = (
    "`Session().badges()` where Ilum, Airflow and Gitea accept the connection and say nothing, beside the sum of their "
    "time limits"
)


def rows(bench: Bench) -> Iterator[Figure]:
    """Yield the line for three dead hosts."""
    with ExitStack() as stack:
        ports = [stack.enter_context(silent_host()) for _ in range(3)]
        urls = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in ports]
        names = ("AIRFLOW_API_URL", "ILUM_API_URL", "GITEA_API_URL")
        session = Session(environ=environ(bench.folder, **dict(zip(names, urls, strict=True))))
        states = {badge.state for badge in session.badges()}
        took = [seconds(session.badges) for _ in range(max(2, bench.rounds // 2))]
    if states != {"down"}:
        raise RuntimeError(f"the dead hosts are told as {states}")
    found = median(took)
    goal = f"≤ {told(LIMIT)} in all, and 5 ms to wake up"
    yield Figure(
        "badges of 3 dead hosts",
        told(found),
        "one after another",
        told(3 * LIMIT),
        found / (3 * LIMIT),
        goal,
        found <= LIMIT + 0.005,
    )


def silent_host() -> socket.socket:
    """Return a listening socket that nobody ever accepts from."""
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(16)
    return made
