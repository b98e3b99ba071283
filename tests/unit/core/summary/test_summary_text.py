"""Text of summaries: what a terminal, a log and a headless run show."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.core.summary import (
    TargetRow,
    diff_text,
    error_text,
    export_view,
    history_text,
    outcome_view,
    parameters_text,
    record_html,
    record_text,
    summary_text,
    targets_text,
    to_text,
)
from jpe_magics.core.summary.brief import counted
from jpe_magics.core.summary.document import Code, Document, Facts, Link, Mono, Note, Table, cut, visible
from jpe_magics.core.summary.export import counter, lines, noticed_table
from jpe_magics.core.summary.plain import columns
from jpe_magics.core.summary.status import status_mark
from jpe_magics.errors import HistoryError, PublishError
from jpe_magics.model.artifact import File
from jpe_magics.model.badge import Badge
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record, Row, fold, report_fields
from jpe_magics.model.report import Report
from jpe_magics.model.task import PreparedCell, Task
from jpe_magics.results import Export


def cell(index: int, number: int | None) -> Cell:
    return Cell("x", index, number, f"id{index}")


def task(name: str, *numbers: int, named: bool = False, **more: object) -> Task:
    cells = tuple(PreparedCell(cell(number * 2, number), "plain", "task") for number in numbers)
    return Task(name, cells, "x", named=named, **more)  # type: ignore[arg-type]


REPORT = Report(
    target="airflow",
    source="live notebook, 12 cells",
    kinds=("plain",),
    options={"dag_id": "etl_daily", "mode": "per_cell"},
    cells=2,
    rejected=(
        Rejection.of(cell(4, 2), "magic", "%matplotlib inline", "a line magic"),
        Rejection.of(cell(6, 3), "shell", "x = !ls\n  | sort", "x is not set", 2, 3),
    ),
    parameters=(Parameter("threshold", "float", 0.95, description="share of rows"),),
    tasks=(task("load", 1, named=True, retries=5), task("c2_c3", 2, 3, upstream=("load",))),
    warnings=(Finding.of(cell(4, 2), "JPE301", "the cell was never run"), Finding("JPE302", "no kernel")),
    files=(("etl_daily.py", "0123456789abcdef" * 4),),
)
PUBLISHED = (
    Published("file", "dags/etl_daily.py", "", "created"),
    Published("dag", "etl_daily", "https://airflow.example/dags/etl_daily", "unpaused"),
)
FILES = (File("etl_daily.py", "import x\nx.y()\n"),)


def test_the_summary_of_an_export() -> None:
    assert summary_text(REPORT, PUBLISHED, "261105-101502-aaaaaaaa", FILES, notices=("The history is full.",)) == (
        """\
airflow · etl_daily
✓ Exported.
! The history is full.
Read            live notebook, 12 cells
Kinds of cells  plain
Tasks           1 of 2 tasks are named
File            dags/etl_daily.py (created)
DAG             etl_daily <https://airflow.example/dags/etl_daily> (unpaused)
Notebook        ✓ valid
History         261105-101502-aaaaaaaa (shown by %jpe_history, in a shell by jpe history)

Tasks, in order
Task   Cell  Retries  After
-----  ----  -------  -----
load   1     5        -
c2_c3  2, 3  -        load
\N{INFORMATION SOURCE} Name your tasks with a tag task:<name> on the cell.

Parameters
Name       Type   Default  Description
---------  -----  -------  -------------
threshold  float  0.95     share of rows

Taken out (2)
Cell    Line  Kind   Text                Reason
------  ----  -----  ------------------  ------------
cell 2  1     magic  %matplotlib inline  a line magic
cell 3  2-3   shell  x = !ls ⏎ | sort    x is not set

Warnings (2)
Cell    Line  Code    What was noticed
------  ----  ------  ----------------------
cell 2  -     JPE301  the cell was never run
-       -     JPE302  no kernel

etl_daily.py: 2 lines"""
    )


def test_a_preview_shows_the_code_and_where_it_would_go() -> None:
    text = summary_text(REPORT, files=FILES, preview=True)
    assert "\N{INFORMATION SOURCE} Preview: nothing was written, nothing was sent." in text
    assert "File            etl_daily.py (sha256 0123456789ab…)" in text
    assert text.endswith("--- etl_daily.py\nimport x\nx.y()\n---")


@pytest.mark.parametrize(
    ("report", "error", "told"),
    [
        (Report("py", "s", status=400, error="a secret in cell 3", error_code="JPE201"), None,
         "✗ Refused: JPE201: a secret in cell 3"),
        (Report("py", "s", status=422, error="JPE203: nothing is left\n  do: --kinds", error_code="JPE203"), None,
         "✗ Refused: JPE203: nothing is left\n"),
        (REPORT, PublishError("no room", hint="make some"), "✗ Failed: JPE501: no room\n"),
        (REPORT, None, "! Rendered, but published nowhere."),
    ],
)  # fmt: skip
def test_what_did_not_work_is_told_first(report: Report, error: PublishError | None, told: str) -> None:
    assert told in "\n".join(summary_text(report, error=error).splitlines()[:3])


def test_named_tasks_need_no_hint_and_batch_no_counter() -> None:
    named = Report("airflow", "s", options={"mode": "per_cell"}, tasks=(task("a", 1, named=True),))
    assert "Name your tasks" not in summary_text(named)
    assert "1 of 1 task is named" in summary_text(named)
    batch = Report("airflow", "s", options={"mode": "batch"}, tasks=(task("run_notebook", 1, 2),))
    assert "named" not in summary_text(batch).replace("notebook", "")
    assert counter(tuple(task(str(at), at, named=at < 5) for at in range(1, 7)), "per_cell") == "4 of 6 tasks are named"


def test_a_task_of_parameters_alone_needs_no_name() -> None:
    given, named = task("cell_2", 1), task("load", 2, named=True)
    only = replace(given, cells=tuple(replace(one, outcome="parameters") for one in given.cells))
    hint = "Name your tasks"
    assert hint in summary_text(Report("airflow", "s", options={"mode": "per_cell"}, tasks=(given, named)))
    assert hint not in summary_text(Report("airflow", "s", options={"mode": "per_cell"}, tasks=(only, named)))


def test_cells_that_have_not_run_are_one_row_below_what_else_was_noticed() -> None:
    idle = [Finding.of(cell(at - 1, at), "JPE340", f"cell {at} has not run in this kernel") for at in (1, 2, 3, 5)]
    other = Finding.of(cell(3, 4), "JPE330", "files is read")
    report = Report("airflow", "s", warnings=(*idle[:3], other, idle[3]))
    rows = noticed_table(report.warnings).rows
    assert [row[0] for row in rows] == ["cell 4", "cells 1-3, 5"]
    assert rows[1][3] == "4 cells have not run in this kernel"
    assert "2 warnings" in counted(report)
    assert noticed_table(idle[:1]).rows == (("cell 1", "-", "JPE340", "cell 1 has not run in this kernel"),)
    record = Record(id="a", warnings=tuple(one.to_json() for one in report.warnings))
    assert "cells 1-3, 5" in record_text(record)


def test_a_failure_that_wrote_nothing_counts_no_file() -> None:
    report = Report("airflow", "s", status=200, files=(("etl.py", "0" * 64),))
    failed = Export(report, error=PublishError("no room", hint="make some"))
    assert "1 file" not in to_text(outcome_view(failed))
    assert "1 file" in to_text(outcome_view(replace(failed, error=None)))
    assert "1 file" in to_text(outcome_view(replace(failed, published=(Published("file", "etl.py"),))))


def test_the_list_of_records() -> None:
    rows = [
        Row("261105-101502-aaaaaaaa", "2026-11-05T10:15:02.123Z", "ada", "airflow", "etl", "/n.ipynb", "n", "success"),
        Row("261104-101502-aaaaaaab", "2026-11-04T10:15:02.123Z", "bob", "py", "job", "", "", "refused"),
    ]
    assert (
        history_text(rows, skipped=2)
        == """\
Export history

Newest first
Id                      Begun (UTC)          Status     Target   Name  Notebook  User
----------------------  -------------------  ---------  -------  ----  --------  ----
261105-101502-aaaaaaaa  2026-11-05 10:15:02  ✓ success  airflow  etl   n         ada
261104-101502-aaaaaaab  2026-11-04 10:15:02  ! refused  py       job             bob
\N{INFORMATION SOURCE} One of them: %jpe_history ID
! 2 lines of the log are cut or not ours, and left out."""
    )
    assert history_text([]) == "Export history\n\N{INFORMATION SOURCE} Nothing was found."


def test_as_many_records_as_were_asked_for_are_listed() -> None:
    assert history_text([Row(f"r{at}") for at in range(500)]).count("\nr") == 500


def test_one_record() -> None:
    record = fold(
        [
            {
                "id": "a", "time": "2026-11-05T10:15:02.123Z", "user": "ada", "name": "etl", **report_fields(REPORT),
                "notebook": {"path": "/w/n.ipynb", "digest": "d"}, "files": [{"path": "etl.py", "text": "x = 1\n"}],
                "secrets_allowed": True,
            },
            {
                "time": "2026-11-05T10:15:03Z", "status": "failed", "error": "no room",
                "published": [PUBLISHED[1].to_json()],
            },
        ]
    )  # fmt: skip
    text = record_text(record)
    for told in (
        "✗ no room", "secrets are masked here", "✗ failed", "/w/n.ipynb", "--dag-id", "etl_daily <https://airflow",
        "2026-11-05 10:15:03  ✗ failed", "cell 3  2-3   shell", "etl.py: 1 line", "threshold  float",
    ):  # fmt: skip
        assert told in text
    assert "x = 1" in record_text(record, code=True)
    assert "nothing is known of its end" in record_text(fold([{"id": "a", "status": "intent"}]))


def test_a_state_that_is_asked_for_again_is_told_once_and_options_are_folded_away() -> None:
    record = replace(
        fold([{"id": "a", "status": "queued", "options": {"dag_id": "etl"}}]),
        states=tuple(
            {"time": f"2026-11-05T10:15:0{second}Z", "status": status}
            for second, status in enumerate(("intent", "queued", "queued", "running", "queued"))
        ),
    )
    states = record_text(record).partition("States\n")[2]
    assert re.findall(r"10:15:(\d\d)  . (\w+)", states)[:4] == [
        ("00", "begun"),
        ("01", "queued"),
        ("03", "running"),
        ("04", "queued"),
    ]
    assert "intent" not in record_text(record)
    assert "--dag-id" in record_html(record).partition("<summary>Options (1)</summary>")[2].partition("</details>")[0]


def test_a_record_of_a_foreign_hand_is_shown_all_the_same() -> None:
    rows = [{"cell": {}, "number": "x", "line": [1], "end_line": None, "text": 5, "kind": None}]
    record = fold(
        [{"id": "a", "rejections": rows, "warnings": rows, "parameters": rows, "files": rows, "published": rows}]
    )
    assert "Taken out (1)" in record_text(record)


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("exported", "good"),
        ("SUCCESS", "good"),
        ("failed", "bad"),
        ("refused", "warn"),
        ("running", "info"),
        ("", "info"),
    ],
)
def test_the_level_of_a_status(status: str, level: str) -> None:
    assert status_mark(status).level == level
    assert status_mark(status).text


def test_a_diff() -> None:
    head, rest = diff_text("a\nb\nc", "a\nx\nc", "before", "after").split("\n\n")
    assert head == "Changes from before to after"
    assert rest.split("\n") == ["1 line added (+), 1 removed (-)", "@@ -1,3 +1,3 @@", " a", "-b", "+x", " c"]
    assert diff_text("a", "a").endswith("\N{INFORMATION SOURCE} Nothing has changed.")
    assert "too long to be compared" in diff_text("a\n" * 30_000, "b")


def test_targets_and_their_badges() -> None:
    rows = (
        TargetRow(
            "airflow", "Airflow DAG", "a DAG file", True, (Badge("airflow", "down", "http://a:8080", "refused"),)
        ),
        TargetRow("py", "Python script", "one .py"),
        TargetRow("dbt", "dbt project", "", False),
        TargetRow("other", "other", "of other-target", False, fault="ModuleNotFoundError: No module named 'x'"),
    )
    text = targets_text(rows, ("Standalone",))
    for told in (
        "\N{INFORMATION SOURCE} Standalone",
        "✗ airflow down",
        "✓ always there",
        "\N{INFORMATION SOURCE} coming soon",
        "✗ does not load: ModuleNotFoundError: No module named 'x'",
        "http://a:8080  refused",
    ):
        assert told in text
    assert "%export_pipeline airflow --preview" in text


def test_parameters_and_what_can_be_none() -> None:
    text = parameters_text(
        (Parameter("a", "int", 1), Parameter("b", "any", None, False, "f(1)", "why")),
        (Finding("JPE310", "a tuple is no parameter", line=3),),
    )
    assert "b     any   f(1)     why" in text
    assert "3     a tuple is no parameter" in text
    assert "No parameter was found" in parameters_text(())


def test_an_error() -> None:
    assert error_text(HistoryError("no such record", where="x", hint="look")) == (
        "JPE601\n✗ no such record\nWhere       x\nWhat to do  look"
    )


# --- the table and the text ----------------------------------------------------------------------

WORDS = st.text(max_size=60)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=5), st.sampled_from([80, 100, 120]))
def test_a_table_never_gets_wider_than_asked_and_stays_in_line(rows: list[tuple[str, ...]], width: int) -> None:
    shown = to_text(Document("t", (Table("c", ("One", "Two", "Three"), tuple(rows)),)), width).split("\n")[3:]
    assert len(shown) >= 2 + len(rows)
    assert all(columns(line) <= width for line in shown)
    marks = [at for at, sign in enumerate(shown[1]) if sign == " "]
    for line in shown:
        if line.isascii():
            assert all(line[at : at + 1] in (" ", "") for at in marks)


def test_the_widest_column_gives_way_and_ids_stay_whole() -> None:
    row = ("261105-101502-aaaaaaaa", "x" * 200, "short", "y" * 70)
    lines = to_text(Document("t", (Table("c", ("Id", "A", "B", "C"), (row,), ("Id",)),)), 80).split("\n")
    line = next(line for line in lines if line.startswith("2611"))
    assert line.startswith("261105-101502-aaaaaaaa  xxxx")
    assert line.count("…") == 1
    assert "  short  y" in line
    assert all(len(line) <= 80 for line in lines)
    assert "".join(lines).count("y") == 70  # the last column goes on below


def test_wide_characters_take_two_columns() -> None:
    text = to_text(Document("t", (Table("c", ("A", "B"), (("日本語", "1"), ("e\u0301", "2"))),)))
    assert text.split("\n")[-2:] == ["日本語  1", "e\u0301       2"]


@settings(deadline=None)
@given(st.text())
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    blocks = (Note("bad", text), Facts((("a", (Mono(text), Link(text, text))),)), Code(text, text, open=True))
    shown = to_text(Document(text, blocks)) + to_text(export_view(Report(text, text, error=text)))
    assert not set(shown) & {chr(code) for code in (*range(9), *range(11, 32), *range(127, 160), 0x202E, 0x2066)}
    shown.encode()


@settings(deadline=None)
@given(st.text())
def test_visible_text_is_a_fixed_point(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_addresses_stay_in_one_piece() -> None:
    href = "https://airflow.example/" + "x" * 150
    assert href in to_text(Document("t", (Facts((("Link", Link("there", href)),)),)), 80)


def test_small_words() -> None:
    assert (cut("abc", 3), cut("abcd", 3)) == ("abc", "ab…")
    assert (lines(3, 3), lines(3, 5)) == ("3", "3-5")
