"""The history of 100,000 records: listing, appending, making the index anew."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.measure import Bench, Figure, at_most, median, seconds, slope, take_turns, told
from jpe_magics.adapters.history import History
from jpe_magics.adapters.history.index import index_path
from jpe_magics.adapters.history.log import encode
from jpe_magics.model.record import LINE_VERSION, new_id, utc

TITLE = "History"
RECORDS = 100_000
SHOWN = 50
#: Seconds.
LIST, APPEND = 0.03, 0.005
MOST_SLOPE = 1.05
SEED = 20260521
HOW = (
    f"`History.newest({SHOWN})` in a process that has asked before, on a log of {RECORDS:,} records of some 2 kB, two "
    'lines each; beside it `jq` over the file (`select(.event == "begin")`, the last of them).  Appending with the '
    "system's `fsync` switched off, and with it.  Making the index anew of a tenth, a third and all of the log"
)
_JQ = 'jq -c \'select(.event == "begin") | [.id, .time, .user, .target, .name]\' "$1" | tail -n "$2"'


def rows(bench: Bench, records: int = RECORDS) -> Iterator[Figure]:
    """Yield the lines for listing, appending, and making the index anew."""
    bench.versions.add(peers.jq())
    parts = {count: write(bench.folder / f"{count}.jsonl", count) for count in (records // 10, records // 3, records)}
    history = History(parts[records])
    anew = {count: [remake(path) for _ in range(max(1, bench.rounds // 3))] for count, path in parts.items()}

    work = {"ours": lambda: seconds(lambda: history.newest(SHOWN)), "jq": lambda: jq(parts[records])}
    found = take_turns(work, max(2, bench.rounds // 2))
    ours, theirs = median(found["ours"]), median(found["jq"])
    what = f"newest {SHOWN} of {records:,}"
    size = parts[records].stat().st_size / 1e6
    peer, goal = f"`jq` over {size:.0f} MB", f"≤ {told(LIST)}"
    yield Figure(what, told(ours), peer, told(theirs), ours / theirs, goal, ours <= LIST, aim=True)

    yield from appending(history, bench.rounds)
    times = {count: median(took) for count, took in anew.items()}
    steep = slope(list(times), list(times.values()))
    curve = ", ".join(f"{count:,}: {told(took)}" for count, took in times.items())
    yield Figure("index made anew", curve, f"slope {steep:.2f}", goal=f"slope ≤ {MOST_SLOPE}", ok=steep <= MOST_SLOPE)


def appending(history: History, rounds: int) -> Iterator[Figure]:
    """Yield how long it takes to append a line, without and with the sync, and to list after it."""
    record = history.newest(1)[0].id
    synced = [seconds(lambda: history.add(record, "state", status="running")) for _ in range(20)]
    sync = os.fsync
    os.fsync = lambda handle: None  # noqa: ARG005
    try:
        free = [seconds(lambda: history.add(record, "state", status="running")) for _ in range(100)]
    finally:
        os.fsync = sync
    yield at_most("append a line, without the sync", median(free), APPEND, against=f"with it {told(median(synced))}")

    def listed() -> float:
        history.add(record, "state", status="running")
        return seconds(lambda: history.newest(SHOWN))

    yield at_most(f"newest {SHOWN} after an append", median([listed() for _ in range(max(3, rounds))]), LIST)


def write(path: Path, count: int) -> Path:
    """Write the log of `count` records, each begun and ended, as `History` does; return its path."""
    draw = random.Random(SEED)
    now = datetime(2026, 5, 21, tzinfo=timezone.utc)
    code = "\n".join(f"cell_{number} = PythonOperator(task_id='cell_{number}')" for number in range(28))
    with path.open("wb") as file:
        for number in range(count):
            now += timedelta(seconds=draw.randrange(1, 600))
            name, id_ = f"etl_{draw.randrange(200)}", new_id(now, draw.randbytes(5))
            line: dict[str, Any] = {"v": LINE_VERSION, "event": "begin", "id": id_, "time": utc(now)}
            line |= {"user": f"user{number % 17}", "target": "airflow", "name": name, "status": "intent"}
            line["notebook"] = {"path": f"/home/x/{name}.ipynb", "name": name, "digest": f"{number:064x}"}
            line["files"] = [{"path": f"{name}.py", "sha256": f"{number:064x}", "text": code}]
            file.write(encode(line))
            end = {"v": LINE_VERSION, "id": id_, "time": utc(now + timedelta(seconds=30)), "event": "result"}
            file.write(encode({**end, "status": draw.choice(("success", "failed"))}))
    return path


def remake(path: Path) -> float:
    """Return the seconds of the first question where there is no index."""
    index_path(path).unlink(missing_ok=True)
    return seconds(lambda: History(path).newest(SHOWN))


def jq(path: Path) -> float:
    """Return the seconds of the same list by jq."""
    return seconds(
        lambda: subprocess.run(["sh", "-c", _JQ, "sh", str(path), str(SHOWN)], check=True, capture_output=True)
    )
