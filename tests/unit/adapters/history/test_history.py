"""The history as its callers use it, and the index that makes it fast."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.adapters.history import History, index, log, tables
from jpe_magics.errors import HistoryError
from jpe_magics.model.record import Record, fold
from jpe_magics.model.secret import Secret

START = datetime(2026, 11, 5, 10, 15, 2, tzinfo=timezone.utc)


def history(folder: Path, step: float = 1.0) -> History:
    """A history whose clock ticks `step` seconds with each look, and whose random bytes count up."""
    ticks, draws = itertools.count(), itertools.count()
    return History(
        folder / "jpe-audit.jsonl",
        clock=lambda: START + timedelta(seconds=step * next(ticks)),
        draw=lambda: next(draws).to_bytes(5, "big"),
    )


def begin(kept: History, name: str = "etl", **fields: Any) -> str:
    return kept.begin(kept.new(**{"target": "airflow", "name": name, **fields}))


def stored(kept: History) -> Path:
    return index.index_path(kept.path)


def test_an_export_from_intent_to_success(tmp_path: Path) -> None:
    kept = history(tmp_path)
    draft = kept.new(
        user="ada",
        target="airflow",
        name="etl",
        notebook={"path": "/n.ipynb", "name": "n", "digest": "d"},
        options={"dag_id": "etl", "tags": ("a", "b")},
        files=[{"path": "etl.py", "sha256": "0", "text": "x = 1\n"}],
        rerun={"dag": "etl"},
    )
    assert not kept.path.exists(), "a draft is not written"
    assert kept.begin(draft) == draft.id
    assert kept.get(draft.id) == draft
    kept.add(draft.id, "published", status="exported", published=[{"kind": "dag", "place": "etl", "link": "https://a"}])
    kept.add(draft.id, "state", status="success")
    record = kept.get(draft.id)
    assert record.options == {"dag_id": "etl", "tags": ["a", "b"]}
    assert [state["status"] for state in record.states] == ["intent", "exported", "success"]
    assert kept.newest() == [record.row]
    assert kept.last_for("airflow", "etl") == record


def test_lines_are_json_with_version_id_time_and_event(tmp_path: Path) -> None:
    kept = history(tmp_path)
    id = begin(kept)
    kept.add(id, "state", status="running")
    first, second = map(json.loads, kept.path.read_text().splitlines())
    assert first == {
        "v": 1, "event": "begin", "id": id, "time": "2026-11-05T10:15:02.000Z", "target": "airflow", "name": "etl",
        "status": "intent", "states": first["states"], "version": first["version"],
    }  # fmt: skip
    assert second == {"v": 1, "id": id, "time": "2026-11-05T10:15:03.000Z", "event": "state", "status": "running"}


def test_an_empty_history(tmp_path: Path) -> None:
    kept = history(tmp_path / "none")
    assert kept.newest() == []
    assert kept.skipped() == 0
    assert kept.last_for("airflow", "etl") is None
    with pytest.raises(HistoryError, match="no record 'a'") as caught:
        kept.get("a")
    assert (caught.value.code, caught.value.hint) == ("JPE601", "nothing was exported yet")
    assert not (tmp_path / "none").exists(), "reading makes no file"


def test_get_by_a_part_of_the_id(tmp_path: Path) -> None:
    kept = history(tmp_path, step=3600)
    ids = [begin(kept) for _ in range(8)]
    assert ids[0] == "261105-101502-aaaaaaaa"
    assert kept.get("261105-1015").id == ids[0]
    assert kept.get(" aaaaaaab ").id == ids[1]
    assert kept.get("last").id == ids[-1]
    with pytest.raises(HistoryError, match="several records begin with '261105'") as caught:
        kept.get("261105")
    assert caught.value.hint == "it may be " + ", ".join(reversed(ids[3:])) + " …"
    with pytest.raises(HistoryError) as caught:
        kept.get("261105-101502-aaaaaaax")
    assert caught.value.hint.startswith("did you mean ")
    assert ids[0] in caught.value.hint


@pytest.mark.parametrize("wanted", ["zzz", "", "%", "_", "' OR 1", "a\0b", "\ud800", "x" * 1000])
def test_no_such_record(tmp_path: Path, wanted: str) -> None:
    kept = history(tmp_path)
    id = begin(kept)
    with pytest.raises(HistoryError) as caught:
        kept.get(wanted)
    assert caught.value.code == "JPE601"
    assert id in caught.value.hint


def test_there_is_no_last_record_before_the_first(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no record 'last'") as caught:
        history(tmp_path).get("last")
    assert caught.value.hint == "nothing was exported yet"


def test_an_id_that_begins_another_is_found(tmp_path: Path) -> None:
    kept = history(tmp_path)
    for id in ("abc", "ab"):
        log.append(kept.path, {"id": id, "event": "begin"})
    assert kept.get("ab").id == "ab"


def test_newest_first_though_the_clock_goes_back(tmp_path: Path) -> None:
    kept = history(tmp_path, step=-3600)
    ids = [begin(kept, f"n{at}") for at in range(5)]
    assert [row.id for row in kept.newest()] == ids[::-1]
    assert [row.name for row in kept.newest(2)] == ["n4", "n3"]


def test_filter_and_search(tmp_path: Path) -> None:
    kept = history(tmp_path)
    daily = begin(kept, "ETL_Daily", user="ada", notebook={"path": "/w/Verkäufe.ipynb", "name": "Verkäufe"})
    job = begin(kept, "report", target="ilum")
    kept.add(job, "state", status="failed")
    for found in (
        kept.newest(search="etl"),
        kept.newest(search="verkÄufe ADA"),
        kept.newest(target="airflow"),
        kept.newest(status="intent", search="daily"),
        kept.newest(search=daily),
    ):
        assert [row.id for row in found] == [daily]
    assert [row.id for row in kept.newest(status="failed")] == [job]
    assert [row.id for row in kept.newest(search="FAILED")] == [job]
    for search in ("zzz", "%", "etl report", "\ud800"):
        assert kept.newest(search=search) == []


def test_last_for_takes_the_last_that_published(tmp_path: Path) -> None:
    kept = history(tmp_path)
    notebook = {"path": "/n.ipynb", "name": "n"}
    published = [{"kind": "file", "place": "dags/etl.py"}]
    good = begin(kept, notebook=notebook)
    kept.add(good, "published", published=published)
    begin(kept, notebook=notebook, status="refused")
    other = begin(kept, "other", notebook=notebook)
    kept.add(other, "published", published=published)
    last = kept.last_for("airflow", "etl")
    assert last is not None
    assert last.id == good
    assert kept.last_for("airflow", "etl", but=good) is None


def test_hostile_texts_come_back_as_they_are(tmp_path: Path) -> None:
    kept = history(tmp_path)
    hostile = "'\"; DROP TABLE record; --\0\n\u2028\u202e\ud800</script>{{ x }}"
    id = begin(kept, hostile, user=hostile, notebook={"path": hostile}, error=hostile)
    record = kept.get(id)
    assert (record.name, record.user, record.error) == (hostile, hostile, hostile)
    (row,) = kept.newest()
    assert row.name == hostile.replace("\ud800", "?"), "SQLite takes no lone surrogates: lists show `?`"


def test_no_secret_gets_in(tmp_path: Path) -> None:
    kept = history(tmp_path)
    with pytest.raises(TypeError, match="Secret"):
        kept.new(options={"token": Secret("hunter2")})
    with pytest.raises(TypeError, match="Secret"):
        kept.add("a", "state", error=Secret("hunter2"))
    assert not kept.path.exists()


def test_a_misspelt_field_is_not_lost_in_silence(tmp_path: Path) -> None:
    kept = history(tmp_path)
    for call in (lambda: kept.new(stauts="ok"), lambda: kept.add("a", "state", stauts="ok")):
        with pytest.raises(TypeError, match="stauts"):
            call()
    with pytest.raises(ValueError, match="no record's id"):
        kept.add("a b", "state")


def test_where_the_log_cannot_be_written_the_record_lives_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = history(tmp_path / "file")
    record = kept.new(name="etl")
    with pytest.raises(HistoryError) as caught:
        kept.begin(record)
    assert caught.value.code == "JPE602"
    assert record.after({"time": "T", "status": "exported"}).status == "exported"


def test_a_log_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    kept = history(tmp_path)
    kept.path.mkdir()
    for call in (kept.newest, kept.skipped, lambda: kept.get("a")):
        with pytest.raises(HistoryError) as caught:
            call()
        assert caught.value.code == "JPE603"


def test_foreign_and_cut_lines_are_counted_and_passed_over(tmp_path: Path) -> None:
    kept = history(tmp_path)
    first = begin(kept)
    with kept.path.open("ab") as file:
        file.write(b"\xff\xfe\n\n[]\n" + b"x" * 100_000 + b'\n{"v":1,"id":"cu')
    assert kept.skipped() == 4
    second = begin(kept)
    assert kept.skipped() == 4
    assert [row.id for row in kept.newest()] == [second, first]


def test_a_last_line_without_newline_counts(tmp_path: Path) -> None:
    kept = history(tmp_path)
    first = begin(kept)
    kept.path.write_bytes(kept.path.read_bytes()[:-1])
    assert [row.id for row in kept.newest()] == [first]
    second = begin(kept)
    kept.add(first, "state", status="success")
    assert [(row.id, row.status) for row in kept.newest()] == [(second, "intent"), (first, "success")]
    assert kept.skipped() == 0


# --- the index -----------------------------------------------------------------------------------


def test_only_new_bytes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = history(tmp_path)
    for _ in range(5):
        begin(kept)
    kept.newest()
    size = kept.path.stat().st_size
    starts: list[int] = []
    scan = log.scan
    monkeypatch.setattr(tables, "scan", lambda file, start: starts.append(start) or scan(file, start))
    kept.newest()
    assert starts == []
    begin(kept)
    assert len(kept.newest()) == 6
    assert starts == [size]


def test_the_index_is_for_its_owner_only(tmp_path: Path) -> None:
    kept = history(tmp_path)
    begin(kept)
    before = os.umask(0)
    try:
        kept.newest()
    finally:
        os.umask(before)
    assert stored(kept).name == "jpe-audit.index.sqlite"
    assert stored(kept).stat().st_mode & 0o777 == 0o600


def lost(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def no_database(path: Path) -> None:
    path.write_bytes(b"no database at all " * 1000)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xa5" * (len(data) - 100))


def sql(*statements: str) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        connection = sqlite3.connect(path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return run


def locked_for_reading_too(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        lost,
        emptied,
        no_database,
        cut_short,
        overwritten,
        locked_for_reading_too,
        sql("PRAGMA user_version = 7", "CREATE TABLE other (x)"),
        sql("DROP TABLE line"),
        sql("DROP TABLE seen", "CREATE TABLE seen (x)", "INSERT INTO seen VALUES (1)"),
        sql("ALTER TABLE record RENAME COLUMN words TO verbs"),
        sql("UPDATE line SET start = start + 1"),
        sql("DELETE FROM line WHERE record = (SELECT max(record) FROM line)"),
        sql("UPDATE record SET name = 'other'"),
        sql("UPDATE seen SET size = 'x', read = NULL"),
        sql("UPDATE seen SET read = 0, size = 0"),
        sql("UPDATE seen SET inode = inode + 1"),
        sql("UPDATE seen SET size = size + 1000000"),
        sql("DELETE FROM seen"),
    ],
)
def test_a_damaged_index_is_made_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    kept = history(tmp_path)
    ids = [begin(kept, f"n{at}") for at in range(300)]
    kept.newest()
    damage(stored(kept))
    kept.add(ids[7], "state", status="success")
    record = kept.get(ids[7])
    assert (record.name, record.status) == ("n7", "success")
    assert [row.id for row in kept.newest(300, search="n")] == ids[::-1]
    assert len(kept.newest(400)) == 300


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=5))
def test_an_index_with_any_bytes_changed_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[float, int]]
) -> None:
    kept = history(tmp_path_factory.mktemp("log"))
    ids = [begin(kept, f"n{at}") for at in range(5)]
    kept.newest()
    data = bytearray(stored(kept).read_bytes())
    for place, byte in changes:
        data[int(place * len(data))] = byte
    stored(kept).write_bytes(data)
    kept.newest()
    assert kept.get(ids[2]).name == "n2"


def test_a_broken_index_is_replaced_and_not_worked_round(tmp_path: Path) -> None:
    kept = history(tmp_path)
    begin(kept)
    stored(kept).write_bytes(b"no database at all " * 1000)
    kept.newest()
    assert stored(kept).read_bytes().startswith(b"SQLite format 3")


def test_a_stale_journal_of_a_broken_index_does_no_harm(tmp_path: Path) -> None:
    kept = history(tmp_path)
    id = begin(kept)
    stored(kept).write_bytes(b"no database at all " * 1000)
    stored(kept).with_name(stored(kept).name + "-journal").write_bytes(b"\xd9\xd5\x05\xf9 \xa1c\xd7" + b"\0" * 1000)
    assert [row.id for row in kept.newest()] == [id]
    assert [row.id for row in kept.newest()] == [id]


def test_while_another_process_holds_the_index_the_log_is_read(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(index, "PATIENCE", 0.05)
    kept = history(tmp_path)
    ids = [begin(kept)]
    kept.newest()
    holder = sqlite3.connect(stored(kept), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    ids.append(begin(kept))
    assert [row.id for row in kept.newest()] == ids[::-1]
    assert kept.get(ids[0]).id == ids[0]
    holder.execute("ROLLBACK")
    holder.close()
    assert [row.id for row in kept.newest()] == ids[::-1]


def replaced_by_another(path: Path) -> None:
    other = history(path.parent / "other")
    begin(other, "other")
    other.path.replace(path)


def written_over_in_place(path: Path) -> None:
    other = history(path.parent / "other")
    for _ in range(9):
        begin(other, "other")
    path.write_bytes(other.path.read_bytes())


def shortened(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))


def changed_after_its_beginning(path: Path) -> None:
    first, *_ = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + log.encode({"id": "x", "event": "begin", "error": "e" * 9000}))


@pytest.mark.parametrize(
    "change", [replaced_by_another, written_over_in_place, shortened, changed_after_its_beginning, lost]
)
def test_an_index_of_another_log_is_made_anew(tmp_path: Path, change: Callable[[Path], None]) -> None:
    kept = history(tmp_path)
    for at in range(4):
        begin(kept, f"n{at}" * 50)
    kept.newest()
    change(kept.path)
    lines = kept.path.read_bytes().splitlines() if kept.path.exists() else []
    assert [row.id for row in kept.newest()] == [json.loads(line)["id"] for line in reversed(lines)]


def test_sqlite_is_imported_only_to_read(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys; from pathlib import Path; from jpe_magics.adapters.history import History;"
        "h = History(Path(sys.argv[1])); h.begin(h.new(name='x')); assert 'sqlite3' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "log.jsonl")], check=True)


def test_a_long_log_is_indexed_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_BATCH", 3)
    kept = history(tmp_path)
    ids = [begin(kept, f"n{at}") for at in range(10)]
    for id in ids:
        kept.add(id, "state", status="success")
    assert [(row.id, row.name, row.status) for row in kept.newest()] == [
        (id, f"n{at}", "success") for at, id in reversed(list(enumerate(ids)))
    ]
    assert len(kept.get(ids[0]).states) == 2


STEP = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["intent", "running", "failed"]),
    st.text(max_size=8).filter(lambda text: text.isprintable()),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=12))
def test_the_index_says_what_the_log_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str, bool]]
) -> None:
    """However reading and writing alternate, lists and records are the folds of the lines."""
    path = tmp_path_factory.mktemp("log") / "audit.jsonl"
    kept = History(path)
    lines: dict[str, list[dict[str, Any]]] = {}
    for id, status, name, read in steps:
        line = {"id": id, "event": "state", "time": "T", "status": status, "name": name, "published": [{"link": name}]}
        log.append(path, line)
        lines.setdefault(id, []).append(line)
        if read:
            kept.newest()
    records: list[Record] = [fold(told) for told in lines.values()]
    assert kept.newest() == [record.row for record in reversed(records)]
    assert all(kept.get(record.id) == record for record in records)
