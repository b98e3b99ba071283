"""The history under real processes: many that write at once, some that are killed, a disk that is full."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jpe_magics.adapters.history import History
from jpe_magics.adapters.history.index import index_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are POSIX")

WRITER = """
import sys
from pathlib import Path
from jpe_magics.adapters.history import History

kept, name, number, size = History(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for at in range(number):
    record = kept.new(name=f"{name}-{at}", target="py", error=name[0] * size)
    kept.begin(record)
    print(record.id, flush=True)
    if len(sys.argv) > 5:
        kept.newest(5)
"""


def start(code: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> str:
    told, _ = process.communicate(timeout=240)
    return told


def test_eight_processes_that_write_a_thousand_records_each(tmp_path: Path) -> None:
    """Nothing is torn or lost, and every list made meanwhile is one that could be."""
    path = tmp_path / "audit.jsonl"
    writers = [start(WRITER, path, f"{name}", 1000, 300) for name in "abcdefgh"]
    readers = [start(WRITER, path, name, 20, 300, "and read") for name in "xy"]
    kept = History(path)
    while any(writer.poll() is None for writer in writers[:1]):
        rows = kept.newest(50)
        assert len({row.id for row in rows}) == len(rows)
        time.sleep(0.05)
    ids = [line for process in writers + readers for line in ended(process).split()]
    assert all(process.returncode == 0 for process in writers + readers)
    assert len(set(ids)) == len(ids) == 8040
    lines = [json.loads(line) for line in path.read_bytes().splitlines() if line]
    assert {line["id"] for line in lines} == set(ids)
    assert all(line["error"] == line["name"][0] * 300 for line in lines)
    assert {row.id for row in kept.newest(10_000)} == set(ids)
    assert kept.skipped() == 0
    # every writer's records stand in the order in which it wrote them
    for name in "abcdefgh":
        own = [line["name"] for line in lines if line["name"].startswith(name)]
        assert own == [f"{name}-{at}" for at in range(1000)]


def test_writers_killed_at_any_moment_lose_nothing_that_they_were_told_is_written(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    chance = random.Random(7)
    told: list[str] = []
    for turn in range(12):
        # 3 MB a line: a kill often comes in the middle of a write; every other one reads, and so writes the index
        writer = start(WRITER, path, f"{turn}k", 1000, 3_000_000, *(["and read"] if turn % 2 else []))
        assert writer.stdout is not None
        told.append(writer.stdout.readline().strip())
        time.sleep(chance.random() * 0.1)
        writer.send_signal(signal.SIGKILL)
        # the last line may be cut: the kill can come between writing and telling
        told += [line for line in ended(writer).splitlines(keepends=False) if len(line) == len(told[0])]
        assert writer.returncode == -signal.SIGKILL
    kept = History(path)
    after = kept.begin(kept.new(name="after"))
    found = {row.id for row in kept.newest(100_000)}
    assert found >= {*told, after}
    assert kept.skipped() <= 12
    for id in (told[0], told[-1], after):
        assert kept.get(id).status == "intent"


def test_a_line_cut_at_any_byte(tmp_path: Path) -> None:
    """What a kill in the middle of an append leaves is the line's beginning: all beginnings, one after the other."""
    whole = History(tmp_path / "whole.jsonl")
    first, second = (whole.begin(whole.new(name=name)) for name in ("first", "second"))
    head, cut = whole.path.read_bytes().splitlines(keepends=True)
    for length in range(len(cut) + 1):
        kept = History(tmp_path / f"{length}.jsonl")
        kept.path.write_bytes(head + cut[:length])
        before = [row.id for row in kept.newest()]
        third = kept.begin(kept.new(name="third"))
        complete = length >= len(cut) - 1  # all but the newline
        assert before == ([second] if complete else []) + [first]
        assert [row.id for row in kept.newest()] == [third, *before]
        assert kept.skipped() == (0 if complete or length == 0 else 1)
        index_path(kept.path).unlink()
        assert [row.id for row in kept.newest()] == [third, *before]


FULL = """
import json, resource, sys
from pathlib import Path
from jpe_magics.adapters.history import History
from jpe_magics.errors import HistoryError

kept = History(Path(sys.argv[1]))
first = kept.begin(kept.new(name="first"))
size = kept.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
record = kept.new(name="second", error="x" * 1000)
try:
    kept.begin(record)
except HistoryError as error:
    told = [error.code, error.message]
rows = [row.id for row in kept.newest()]  # the index can't be written either
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
third = kept.begin(kept.new(name="third"))
print(json.dumps([told, rows == [first], [row.id for row in kept.newest()] == [third, first], kept.skipped()]))
"""


def test_a_full_disk_is_told_and_mended_when_there_is_room_again(tmp_path: Path) -> None:
    """The limit on a file's size stands for the full disk: the same partial write, then the same kind of error."""
    told, before, after, skipped = json.loads(ended(start(FULL, tmp_path / "audit.jsonl")))
    assert told == ["JPE602", "the history can't be written: File too large"]
    assert before, "what was there can be read without room for an index"
    assert after, "what comes later is not glued to the torn line"
    assert skipped == 1


def test_processes_that_break_the_index_for_each_other(tmp_path: Path) -> None:
    """Readers agree with the log while the index is taken away under them, over and over."""
    path = tmp_path / "audit.jsonl"
    kept = History(path)
    ids = [kept.begin(kept.new(name=f"n{at}")) for at in range(50)]
    readers = [start(WRITER, path, name, 60, 10, "and read") for name in "rs"]
    turn = 0
    while any(reader.poll() is None for reader in readers):
        turn += 1
        if turn % 2:
            index_path(path).write_bytes(b"broken" * 1000)
        else:
            index_path(path).unlink(missing_ok=True)
        time.sleep(0.02)
    for reader in readers:
        ids += ended(reader).split()
        assert reader.returncode == 0
    assert {row.id for row in kept.newest(1000)} == set(ids)


# --- where it can't be written, or not locked ----------------------------------------------------------------

WITHOUT_LOCKS = """
import errno, fcntl

def refuse(*_):
    raise OSError(errno.ENOLCK, "no locks available")

fcntl.flock = fcntl.lockf = refuse
"""


def test_eight_processes_where_locks_are_refused(tmp_path: Path) -> None:
    """As a network file system without a lock server does: every line is one write, and stands alone."""
    path = tmp_path / "audit.jsonl"
    writers = [start(WITHOUT_LOCKS + WRITER, path, name, 150, 5000) for name in "abcdefgh"]
    ids = [line for process in writers for line in ended(process).split()]
    assert all(process.returncode == 0 for process in writers)
    assert len(set(ids)) == 1200
    kept = History(path)
    assert {row.id for row in kept.newest(10_000)} == set(ids)
    assert kept.skipped() == 0
    lines = [json.loads(line) for line in path.read_bytes().splitlines() if line]
    assert all(line["error"] == line["name"][0] * 5000 for line in lines)


def test_a_process_that_is_stopped_with_the_lock_holds_nobody_up_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    hold = f"f = open({str(path)!r}, 'a'); fcntl.flock(f, 2); print(1, flush=True); time.sleep(300)"
    holder = start(f"import fcntl, time; {hold}")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "1\n"
    holder.send_signal(signal.SIGSTOP)
    monkeypatch.setattr("jpe_magics.adapters.history.log.PATIENCE", 0.2)
    kept = History(path)
    ids = [kept.begin(kept.new(name=name)) for name in "ab"]
    assert [row.id for row in kept.newest()] == ids[::-1]
    holder.kill()
    ended(holder)


EXPORT = """
import json, os, sys
from pathlib import Path
from jpe_magics import Session
from jpe_magics.core.options import Given

folder, log, limit = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
cell = {"cell_type": "code", "source": "x = 1", "metadata": {}}
(folder / "etl.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
session = Session(environ={"JPE_AUDIT_LOG": log})
if limit:
    import resource
    Path(log).write_bytes(b"{}\\n" * 1000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000 + limit, resource.RLIM_INFINITY))
done = session.run(Given("py", {"notebook": str(folder / "etl.ipynb")}))
print(json.dumps([
    done.error and str(done.error), done.recorded, done.record_id, done.record.status, done.record.files[0]["path"],
    done.notices, done.text(), (folder / "etl.py").exists(),
]))
"""


@pytest.mark.parametrize(
    ("log", "limit"),
    [("/sys/jpe/audit.jsonl", 0), ("/proc/1/audit.jsonl", 0), ("/dev/null", 0), ("/dev/full", 0), ("audit.jsonl", 200)],
)
def test_an_export_goes_on_where_its_record_can_not_be_written(tmp_path: Path, log: str, limit: int) -> None:
    """A read-only home, a device, a full disk: the record is on the result, and everybody is told."""
    path = log if log.startswith("/") else str(tmp_path / log)
    told = json.loads(ended(start(EXPORT, tmp_path, path, limit)))
    error, recorded, record_id, status, file, notices, text, made = told
    assert (error, recorded, record_id, made) == (None, False, "", True)
    assert (status, file) == ("exported", "etl.py")
    assert len(notices) == 1
    assert "the history can't be written" in notices[0]
    assert "this export is not in it" in notices[0]
    assert "the history can't be written" in " ".join(text.split())


SMALL = """
import json, subprocess, sys
from pathlib import Path
from jpe_magics.adapters.history import History
from jpe_magics.errors import HistoryError

folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
(folder / "ballast").write_bytes(bytes(64 * 1024))
kept, written, errors = History(folder / "audit.jsonl"), [], []
for at in range(400):
    record = kept.new(name=f"n{at}", error="e" * 2000)
    try:
        kept.begin(record)
        written.append(record.id)
    except HistoryError as error:
        errors.append(error.message)
        assert "free some space" in error.hint
full = [row.id for row in kept.newest(1000)] == written[::-1]
(folder / "ballast").unlink()
room = kept.begin(kept.new(name="room"))
after = [row.id for row in kept.newest(1000)] == [room, *written[::-1]]
subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
try:
    kept.begin(kept.new(name="never"))
except HistoryError as error:
    errors.append(error.message)
told = [len(written), sorted(set(errors)), full, after, kept.skipped(), len(kept.newest(1000))]
(folder.parent / "told").write_text(json.dumps(told))
"""


def test_a_disk_that_is_really_full_and_then_read_only(tmp_path: Path) -> None:
    """A small file system of its own, where this system lets a user have one."""
    folder = tmp_path / "small"
    folder.mkdir()
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount anything")
    done = subprocess.run(
        [*alone, sys.executable, "-c", SMALL, str(folder)], check=False, capture_output=True, text=True
    )
    if "mount: " in done.stderr and not (tmp_path / "told").exists():
        pytest.skip(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    written, errors, full, after, skipped, rows = json.loads((tmp_path / "told").read_text())
    assert 50 < written < 400
    assert errors == [
        "the history can't be written: No space left on device",
        "the history can't be written: Read-only file system",
    ]
    assert full, "what was there can be read while there is no room for an index"
    assert after, "what comes when there is room again stands for itself"
    assert skipped <= 400 - written
    assert rows == written + 1


OLDER_AND_NEWER = [
    {"v": 0, "id": "a", "event": "begin"},
    {"id": "b", "event": "begin", "time": 5, "user": None, "status": ["x"], "published": {"a": 1}, "files": "x"},
    {"v": 99, "id": "c", "event": "begin", "name": "etl", "status": "success", "more": {"deep": [1, {"x": None}]}},
    {"v": 99, "id": "c", "event": "quite new", "published": [{"kind": "moon", "place": "m", "link": 7}, 5, None]},
    {"v": "1", "id": "c", "event": "state", "states": [{"status": {}}], "notebook": [], "options": 5, "rerun": "x"},
]


def test_what_another_version_wrote_is_read_and_stays(tmp_path: Path) -> None:
    from jpe_magics.core.summary import history_text, record_html, record_text

    path = tmp_path / "audit.jsonl"
    before = b"".join(json.dumps(line).encode() + b"\n" for line in OLDER_AND_NEWER)
    path.write_bytes(before)
    kept = History(path)
    made = kept.begin(kept.new(name="ours"))
    assert [row.id for row in kept.newest()] == [made, "c", "b", "a"]
    assert kept.get("c").name == "etl"
    assert "etl" in history_text(kept.newest(), kept.skipped())
    for id in "abc":
        assert id in record_text(kept.get(id), code=True)
        assert record_html(kept.get(id), code=True)
    assert path.read_bytes().startswith(before)
