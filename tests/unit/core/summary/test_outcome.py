"""What became of an export outside: what was made, how its run went, and the error that it ended with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jpe_magics.core.flow import State
from jpe_magics.core.summary import (
    error_text,
    record_html,
    record_text,
    submission_html,
    submission_text,
    summary_html,
    summary_text,
)
from jpe_magics.core.summary.document import LONGEST_TRACE
from jpe_magics.core.summary.status import status_mark
from jpe_magics.errors import Interrupted, JpeError, NoAnswer, PublishError, RunFailed
from jpe_magics.model.finding import Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.progress import TaskState
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record, fold
from jpe_magics.model.report import Report
from jpe_magics.model.task import Task
from jpe_magics.results import Submission

REPORT = Report("airflow", "n.ipynb", options={"dag_id": "etl"}, cells=2)
COMMIT = Published("commit", "ada/dags: dags/etl.py", "https://gitea.example/ada/dags/commit/1a2b", "changed, 1a2b")
DAG = Published("dag", "etl", "https://airflow.example/dags/etl", "unpaused")
RUN = Published("run", "manual__1", "https://airflow.example/dags/etl/runs/manual__1")
TASKS = (TaskState("load", "success", 1, 3.2), TaskState("clean", "failed", 2, 1.0))
TRACEBACK = "\n".join(
    [
        "Traceback (most recent call last):",
        *(f'  File "etl.py", line {at}, in f\n    g({at})' for at in range(10)),
        "ValueError: no table <sales>",
    ]
)


def banner(*states: State, published: tuple[Published, ...] = (COMMIT, DAG, RUN), error: JpeError | None = None) -> str:
    return summary_text(REPORT, published, states=states, error=error).split("\n")[1]


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ((), "✓ Exported and started."),
        ((State("queued"), State("running")), "✓ Exported and started."),
        ((State("exported"), State("running"), State("success")), "✓ Exported; the run succeeded."),
        ((State("running"), State("failed")), "✗ Exported, but the run failed."),
    ],
)
def test_the_banner_tells_how_the_run_went(states: tuple[State, ...], told: str) -> None:
    assert banner(*states) == told


@pytest.mark.parametrize(
    ("detail", "told"), [("", "No run was started."), ("no Airflow is set", "No run was started: no Airflow is set.")]
)
def test_a_file_alone_says_why_no_run_was_started(detail: str, told: str) -> None:
    report = replace(REPORT, tasks=(Task("load", (), "x"),))
    shown = summary_text(report, (COMMIT,), states=(State("exported", detail=detail),))
    assert f"✓ Exported: the file is in its place.  {told}" in shown


def test_without_a_run_nothing_is_said_of_one() -> None:
    assert banner(State("exported"), published=(COMMIT,)) == "✓ Exported."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RunFailed("clean failed"), "✗ Exported, but the run failed: JPE510: clean failed"),
        (NoAnswer("Airflow gives no answer"), "✗ Failed: JPE504: Airflow gives no answer"),
        (Interrupted("stopped while waiting"), "! JPE511: stopped while waiting"),
    ],
)
def test_an_error_comes_first(error: JpeError, told: str) -> None:
    assert banner(State("running"), error=error) == told


def test_what_was_made_has_links() -> None:
    text = summary_text(REPORT, (COMMIT, DAG, RUN))
    for line in (
        "Committed  ada/dags: dags/etl.py <https://gitea.example/ada/dags/commit/1a2b> (changed, 1a2b)",
        "DAG        etl <https://airflow.example/dags/etl> (unpaused)",
        "Run        manual__1 <https://airflow.example/dags/etl/runs/manual__1>",
    ):
        assert line in text
    assert f'<a href="{RUN.link}"' in summary_html(REPORT, (RUN,))


def test_the_runs_tasks_are_shown() -> None:
    text = summary_text(REPORT, (RUN,), states=(State("running"), State("failed", "", TASKS)))
    assert "2 tasks of the run: 1 success, 1 failed" in text
    assert "clean  ✗ failed   2      1 s" in text


def test_a_traceback_keeps_its_lines_and_is_folded_in_html() -> None:
    error = RunFailed(f"the task clean failed\n{TRACEBACK}", hint="mend the cell")
    text = summary_text(REPORT, (RUN,), states=(State("failed", TRACEBACK, TASKS),), error=error)
    assert text.split("\n")[1:3] == [
        "✗ Exported, but the run failed: JPE510: the task clean failed",
        "    do: mend the cell",
    ]
    assert "\n".join("  " + line for line in TRACEBACK.split("\n")) in text
    assert text.count("ValueError") == 1, "the state's error is the same and not told twice"
    html = summary_html(REPORT, (RUN,), error=error)
    assert "<details><summary>What was reported (23 lines)</summary><pre" in html
    assert "ValueError: no table &lt;sales&gt;" in html
    assert "    g(3)\n  File &quot;etl.py&quot;, line 4" in html


def test_a_state_tells_what_its_error_does_not() -> None:
    text = summary_text(
        REPORT, (RUN,), states=(State("failed", "ValueError: x\n  in cell 3"),), error=RunFailed("it failed")
    )
    assert "✗ ValueError: x\n    in cell 3" in text


def test_what_a_success_has_to_say_is_no_failure() -> None:
    said = State("success", "livy_cleanup is failed: the Livy session may still be open", TASKS[:1])
    for text in (summary_text(REPORT, (RUN,), states=(said,)), submission_text(submitted("status", said))):
        assert "! livy_cleanup is failed: the Livy session may still be open" in text
        assert "✗" not in text
    broken = submission_text(submitted("status", State("exported", "Airflow can't import it: KeyError")))
    assert "✗ Airflow can't import it: KeyError" in broken


def test_what_is_known_of_a_dag_without_a_run_is_told_as_such() -> None:
    told = submission_text(submitted("status", State("failed", detail="Airflow does not show the DAG etl.")))
    assert "Airflow does not show the DAG etl." in told
    assert "The run" not in told


def test_an_interruption_is_a_warning() -> None:
    assert status_mark("interrupted").level == "warn"


def test_of_a_traceback_alone_the_last_line_is_the_sentence() -> None:
    assert "✗ ValueError: no table <sales>\n" in error_text(PublishError(TRACEBACK))


def test_a_megabyte_of_error_is_cut_in_its_middle() -> None:
    error = RunFailed("begin\r\n" + "x" * 10**6 + "\r\nValueError: the cause")
    for told in (
        summary_text(REPORT, error=error),
        summary_html(REPORT, error=error),
        submission_text(submitted(error=error)),
        submission_html(submitted(error=error)),
        record_text(fold([{"id": "a", "error": str(error)}])),
    ):
        assert len(told) < LONGEST_TRACE + 12_000
        assert "characters are left out here …" in told
        assert "ValueError: the cause" in told
        assert "\\r" not in told


# --- what was done with a record -----------------------------------------------------------------

RECORD = Record(id="a", target="airflow", name="etl", published=(COMMIT.to_json(), RUN.to_json()), status="exported")


def submitted(
    action: str = "run",
    *states: State,
    published: tuple[Published, ...] = (),
    notices: tuple[str, ...] = (),
    error: JpeError | None = None,
) -> Submission:
    return Submission(action, RECORD, published, states, notices, error)


def test_a_run_again() -> None:
    done = submitted(
        "run", State("running"), State("success", "", TASKS[:1]), published=(RUN,), notices=("the history is full",)
    )
    assert submission_text(done) == (
        """\
airflow · etl
✓ The run succeeded.
! the history is full
Run      manual__1 <https://airflow.example/dags/etl/runs/manual__1>
Status   ✓ success
History  a (shown by %jpe_history)

1 task of the run: 1 success
Task  State      Tries  Took
----  ---------  -----  -----
load  ✓ success  1      3.2 s"""
    )
    assert f'<a href="{RUN.link}"' in submission_html(done)


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (submitted("run", published=(RUN,)), "✓ Started."),
        (submitted("run"), "! No run was started."),
        (submitted("run", State("failed"), error=RunFailed("clean failed")), "✗ The run failed: JPE510: clean failed"),
        (submitted("run", error=NoAnswer("no answer")), "✗ Not run: JPE504: no answer"),
        (submitted("stop", State("failed")), "✓ Stopped."),
        (submitted("stop", State("success")), "✓ The run succeeded."),
        (submitted("stop", error=NoAnswer("no answer")), "✗ Not stopped: JPE504: no answer"),
        (submitted("status", State("running")), "\N{INFORMATION SOURCE} The run is running."),
        (submitted("status", State("failed", "boom")), "✗ The run failed."),
        (submitted("status"), "! Nothing is known of a run."),
        (submitted("status", error=Interrupted("stopped")), "! JPE511: stopped"),
    ],
)
def test_the_banner_of_what_was_done(done: Submission, told: str) -> None:
    assert submission_text(done).split("\n")[1] == told


def test_where_nothing_was_made_the_records_links_are_shown() -> None:
    text = submission_text(submitted("status", State("failed", "boom\n  at cell 3", TASKS)))
    assert "Committed  ada/dags: dags/etl.py <https://gitea" in text
    assert "✗ boom\n    at cell 3" in text
    assert "clean  ✗ failed" in text


# --- one record ----------------------------------------------------------------------------------


def test_a_record_shows_the_tasks_of_its_last_state() -> None:
    older = {"status": "failed", "tasks": [TaskState("old", "failed").to_json()], "error": "older"}
    newer = {"status": "success", "tasks": [one.to_json() for one in TASKS[:1]], "time": "2026-11-05T10:15:02Z"}
    text = record_text(fold([{"id": "a", "states": [older, newer], "status": "success"}]))
    assert "1 task of the run: 1 success" in text
    assert "old" not in text


def test_a_records_error_is_told_once() -> None:
    state = {"status": "failed", "error": TRACEBACK, "tasks": []}
    record = fold([{"id": "a", "states": [state], "error": f"JPE510: clean failed\n{TRACEBACK}\n  do: mend it"}])
    assert record_text(record).split("\n")[1] == "✗ JPE510: clean failed"
    assert record_text(record).count("ValueError") == 1
    assert record_html(record).count("ValueError") == 1


@pytest.mark.parametrize(
    "tasks",
    [
        "x", 5, {"a": 1}, [1, "x", None],
        [{"id": 5, "state": None, "tries": "x", "seconds": "y"}],
        [{"id": "a", "tries": 10**400, "seconds": float("inf")}, {"seconds": float("nan"), "tries": True}],
    ],
)  # fmt: skip
def test_a_foreign_hands_tasks_do_no_harm(tasks: object) -> None:
    record = fold([{"id": "a", "states": [{"status": "failed", "tasks": tasks, "error": ["x"]}]}])
    assert "✗ failed" in record_text(record)
    assert "<section" in record_html(record)


def test_secrets_are_never_told_as_taken_out() -> None:
    cell = Cell("password = '***'\n%ls", index=0, number=1)
    found = (
        Rejection.of(cell, "secret", "password = '***'", "read it", 1),
        Rejection.of(cell, "magic", "%ls", "gone", 2),
    )
    told = summary_text(replace(REPORT, rejected=found), (COMMIT,))
    assert "Secrets, left in as allowed (1)" in told
    assert "Taken out (1)" in told
    refused = summary_text(replace(REPORT, rejected=found[:1], status=400, error="secrets", error_code="JPE201"))
    assert "Secrets (1)" in refused
    assert "left in" not in refused


def test_what_is_told_of_one_thing_in_steps_is_one_fact() -> None:
    steps = (RUN, replace(RUN, note="started with n=3"), replace(RUN, note="returned 7", link=""))
    told = summary_text(REPORT, (COMMIT, *steps))
    assert [line.split()[0] for line in told.split("\n")].count("Run") == 1
    assert "(started with n=3; returned 7)" in " ".join(told.split())
    record = fold([{"id": "r1", "target": "ilum", "published": [one.to_json() for one in steps]}])
    assert [line.split()[0] for line in record_text(record).split("\n") if line].count("Run") == 1


def test_a_run_of_which_nothing_is_known_is_not_told_as_not_run() -> None:
    error = PublishError("it is not known whether a run was started", code="JPE517")
    told = submission_text(Submission("run", Record("r1"), error=error))
    assert "Not known: " in told
    assert "Not run" not in told


def test_trouble_that_keeps_the_next_run_from_starting_leads_and_is_said_once() -> None:
    state = State("stopped", "its driver died", detail="the service is archived: its driver died")
    told = submission_text(Submission("status", Record("r1"), states=(state,)))
    assert told.count("its driver died") == 1
    assert "✗ the service is archived" in told
