"""The decisions in the flows for Airflow, one by one, without any server."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.core.flow import Answer, Call, Tell, Wait
from jpe_magics.core.flow.dags import Kept
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.artifact import File
from jpe_magics.model.progress import TaskState
from jpe_magics.targets.airflow.api import Api, Api2
from jpe_magics.targets.airflow.judge import judge
from jpe_magics.targets.airflow.logs import FAILED, Line, lines_of_2, lines_of_3, remote_error
from jpe_magics.targets.airflow.refusals import detail_of, refusal
from jpe_magics.targets.airflow.resources import Dag, ImportFailure, Run, TaskInstance
from jpe_magics.targets.airflow.start import is_due
from jpe_magics.targets.airflow.visible import (
    Before,
    Seen,
    import_error,
    new_failure,
    task_ids,
    wait_until_visible,
    what_is_missing,
)

GOLDEN = Path(__file__).parents[2] / "golden"
FILE = File("etl.py", 'a = PythonOperator(task_id="a")\n')
SHOWN = frozenset({"a"})
GIT = Kept("gitea", "dags/etl.py", "c2")
FOLDER = Kept("local", "etl.py")


# --- is it visible


@pytest.mark.parametrize(
    ("seen", "commit", "missing"),
    [
        (Seen(None), "c2", "404"),
        (Seen(Dag("etl"), FILE.text, SHOWN), "", ""),
        (Seen(Dag("etl"), FILE.text.rstrip("\n"), SHOWN), "", ""),
        (Seen(Dag("etl"), "old", SHOWN), "", "older version"),
        (Seen(Dag("etl", version="c1"), "old", SHOWN), "c2", "older version"),
        (Seen(Dag("etl", version="c2"), "old", None), "c2", ""),
        (Seen(Dag("etl", version="c3"), FILE.text, SHOWN), "c2", ""),  # another commit on top of ours
        (Seen(Dag("etl", version="c2"), None, None), "c2", ""),
        (Seen(Dag("etl", version="c1"), None, None), "c2", "does not show the DAG's code"),
        (Seen(Dag("etl"), None, None), "", "does not show the DAG's code"),
        (Seen(Dag("etl", stale=True), FILE.text, SHOWN), "", "whose file is gone"),
        (Seen(Dag("etl", broken=True), FILE.text, SHOWN), "", "import error"),
        (Seen(Dag("etl"), FILE.text, frozenset({"b"})), "", "the tasks of the version before"),
        (Seen(Dag("etl"), FILE.text, None), "", ""),  # the tasks may not be looked at
    ],
)
def test_content_decides_what_is_visible(seen: Seen, commit: str, missing: str) -> None:
    found = what_is_missing(seen, FILE, commit)
    assert missing in found
    assert bool(found) == bool(missing)


def test_a_generated_dag_shows_its_tasks_or_leaves_them_open() -> None:
    code = (GOLDEN / "dag_per_cell.py.txt").read_text()
    assert {"livy_session", "livy_cleanup"} < (task_ids(code) or frozenset())
    assert task_ids((GOLDEN / "dag_batch.py.txt").read_text()) == {"run_notebook"}
    assert task_ids("for n in names:\n    PythonOperator(task_id=n)") is None
    assert task_ids('with TaskGroup("g"):\n    PythonOperator(task_id="a")') is None


def _failed(trace: str, time: str = "1") -> ImportFailure:
    return ImportFailure("etl.py", trace, time)


def test_an_error_that_was_there_before_is_believed_after_two_looks_and_in_a_folder_only() -> None:
    before = Before(Seen(None, failures=(_failed("old", "1"),)))
    times: set[str] = set()
    for looked, believed in (("1", False), ("2", False), ("2", False), ("3", True)):
        found = new_failure(Seen(None, failures=(_failed("old", looked),)), before, times, FOLDER)
        assert (found is not None) == believed
    assert new_failure(Seen(None, failures=(_failed("old", "9"),)), before, {"7", "8"}, GIT) is None
    assert new_failure(Seen(None, failures=(_failed("new", "9"),)), before, set(), GIT) is not None


@pytest.mark.parametrize(
    ("known", "ours", "same"),
    [
        ("etl.py", "etl.py", True),
        ("etl.py", "dags/etl.py", True),
        ("/opt/airflow/dags/etl.py", "dags/etl.py", True),
        ("/opt/airflow/dags/etl.py", "etl.py", True),
        ("my_etl.py", "etl.py", False),
        ("other/etl.py", "dags/etl.py", False),
    ],
)
def test_an_import_error_belongs_to_the_file_of_that_path(known: str, ours: str, same: bool) -> None:
    assert ImportFailure(known, "", "").is_of(ours) is same


DAG = {"dag_id": "etl", "file_token": "own", "is_paused": True, "last_parsed_time": "now"}


def _answers(flow: Any, answers: Any) -> Any:
    """Run a part of a flow; `answers` is a function from a Call and the clock to its Answer or an error."""
    clock, steps = 0.0, []
    step = next(flow)
    try:
        while True:
            steps.append((clock, step))
            sent: Any = None
            if isinstance(step, Wait):
                clock += step.seconds
                sent = clock
            elif isinstance(step, Call):
                sent = answers(step, clock)
            step = flow.throw(sent) if isinstance(sent, Exception) else flow.send(sent)
    except StopIteration as end:
        return steps, end.value


def _airflow(found_at: float, silent: Any = range(0), ill: Any = range(0)) -> Any:
    def answer(call: Call, clock: float) -> Any:
        if int(clock) in silent and call.method == "GET":
            return NoAnswer("no answer")
        if int(clock) in ill and call.method == "GET":
            return Answer(503, None, "<html>")
        there = clock >= found_at
        if call.method == "PUT":
            return Answer(409)
        if "importErrors" in call.path:
            return Answer(200, {"import_errors": []})
        if "dagSources" in call.path:
            return Answer(200, {"content": FILE.text})
        if call.path.endswith("/tasks"):
            return Answer(200, {"tasks": [{"task_id": "a"}]})
        if "health" in call.path:
            return Answer(200, {"dag_processor": {"latest_dag_processor_heartbeat": "12:00"}})
        return Answer(200, DAG) if there else Answer(404)

    return answer


def test_airflow_is_made_to_look_at_once_and_every_ten_seconds(flows: Any) -> None:
    api = Api(flows.around(flows.settings()))
    before = Before(Seen(None), ("other",))
    steps, dag = _answers(wait_until_visible(api, "etl", FILE, FOLDER, before), _airflow(25))
    forced = [at for at, step in steps if isinstance(step, Call) and step.method == "PUT"]
    assert dag.id == "etl"
    assert forced[0] == 0.0
    assert len(forced) == 3
    assert all(10 <= later - earlier < 13 for earlier, later in pairwise(forced))
    waits = [step.seconds for _, step in steps if isinstance(step, Wait) and step.seconds]
    assert waits[0] == 0.3
    assert max(waits) == 2.0
    told = [step.progress for _, step in steps if isinstance(step, Tell)]
    fractions = [one.fraction for one in told]
    assert fractions == sorted(fractions)
    assert told[-1].limit == 120


def test_an_airflow_that_is_started_anew_while_we_wait_is_waited_for(flows: Any) -> None:
    api = Api(flows.around(flows.settings()))
    flow = wait_until_visible(api, "etl", FILE, FOLDER, Before(Seen(None)))
    steps, dag = _answers(flow, _airflow(20, silent=range(3, 9), ill=range(9, 15)))
    assert dag.id == "etl"
    details = {step.progress.detail for _, step in steps if isinstance(step, Tell)}
    assert {"no answer", "Airflow answers to see the DAG etl with 503"} <= details


def test_the_limit_is_kept(flows: Any) -> None:
    api = Api2(flows.around(flows.settings(JPE_VISIBILITY_TIMEOUT="30")))
    with pytest.raises(PublishError, match="within 30 s") as caught:
        _answers(wait_until_visible(api, "etl", FILE, FOLDER, Before(Seen(None))), _airflow(1000))
    assert caught.value.code == "JPE513"
    assert "12:00" in caught.value.message


# --- schedules


@pytest.mark.parametrize(
    ("next_run", "now", "due"),
    [
        ("2026-11-21T00:00:00Z", "2026-11-21T00:00:00+00:00", True),
        ("2026-11-21T00:00:00.123456+00:00", "2026-11-21T03:00:00.5+00:00", True),
        ("2026-11-22T00:00:00+00:00", "2026-11-21T03:00:00+00:00", False),
        ("2026-11-21T05:00:00+02:00", "2026-11-21T03:30:00+00:00", True),
        ("", "2026-11-21T03:30:00+00:00", False),
        ("2026-11-21T05:00:00", "2026-11-21T03:30:00+00:00", False),
        ("2026-11-21T00:00:00Z", "soon", False),
    ],
)
def test_a_run_is_due_by_the_servers_clock(next_run: str, now: str, due: bool) -> None:
    assert is_due(next_run, now) is due


# --- how a run ended


def _tasks(**states: str) -> list[TaskInstance]:
    ended = (f"{number:02d}" for number in range(100))
    return [TaskInstance(TaskState(id, state), next(ended) if state else "") for id, state in states.items()]


@pytest.mark.parametrize(
    ("run", "tasks", "state", "task"),
    [
        ("success", {"a": "success", "livy_cleanup": "success"}, "success", None),
        ("success", {"a": "failed", "livy_cleanup": "success"}, "failed", "a"),
        ("success", {"a": "success", "b": "skipped"}, "failed", "b"),
        ("success", {"a": "success", "livy_cleanup": "failed"}, "success", "livy_cleanup"),
        ("failed", {"a": "success", "livy_cleanup": "failed"}, "failed", "livy_cleanup"),
        ("failed", {"a": "success"}, "failed", None),
        ("failed", {"a": "success", "b": "failed", "c": "failed", "d": "upstream_failed"}, "failed", "b"),
        ("failed", {"livy_cleanup": "failed", "b": "failed"}, "failed", "b"),
        ("failed", {"a": "upstream_failed", "livy_session": "failed"}, "failed", "livy_session"),
        ("failed", {"a": "success", "b": ""}, "failed", "b"),
    ],
)
def test_a_run_is_judged_by_its_tasks(run: str, tasks: dict[str, str], state: str, task: str | None) -> None:
    verdict = judge(Run("r", run), _tasks(**tasks))
    assert verdict.state == state
    assert (verdict.task.state.id if verdict.task else None) == task
    assert bool(verdict.why) == (verdict.state == "failed" or task is not None)


# --- logs, in the shapes that were measured

REMOTE = "The code failed in the session:\nKeyError: 'a'\nTraceback (most recent call last):\n  File <stdin>"


def test_the_remote_error_goes_before_what_airflow_caught() -> None:
    told = {
        "content": [
            {"event": "::group::Log message source details"},
            {"event": "hello", "level": "info", "logger": "task.stdout"},
            {"event": "Statement 3 of session 1", "level": "info", "logger": "airflow.task"},
            {"event": "12 rows\n13 rows", "level": "info", "logger": "airflow.task"},
            {"event": "Loading", "level": "info", "logger": "airflow.models"},
            {"event": REMOTE, "level": "error", "logger": "airflow.task"},
            {
                "event": "Task failed with exception",
                "level": "error",
                "error_detail": [{"exc_type": "_StatementFailed", "exc_value": "KeyError: 'a'\nTraceback"}],
            },
        ]
    }
    found = remote_error(lines_of_3(told))
    assert found.error == "KeyError: 'a'"
    assert found.trace == ("Traceback (most recent call last):", "  File <stdin>")
    assert found.output == ("hello", "12 rows", "13 rows")
    without = {"content": [one for one in told["content"] if one["event"] != REMOTE]}
    assert remote_error(lines_of_3(without)).error == "_StatementFailed: KeyError: 'a'"


_BARE = "".join(("Hx7kQ9", "vT2mZ4pL8w"))  # in pieces: scanners of this repository look for such texts


@pytest.mark.parametrize(
    "said",
    [
        "HTTPError: 401 for url: https://host/api?api_key={}&page=1",
        "Py4JJavaError: jdbc:postgresql://host/db?user=etl&password={}",
        "RuntimeError: login failed with password={}",
        "spark.hadoop.fs.s3a.secret.key={}",
    ],
)
def test_a_secret_without_quotes_is_not_shown(said: str) -> None:
    """In code such a word would be a variable's name; what a program says has none."""
    traced = f"{said}\nTraceback (most recent call last):\n{said}".format(_BARE, _BARE)
    told = remote_error([Line(FAILED + traced, "error"), Line(said.format(_BARE), output=True)])
    assert told.error == said.format("***")
    assert told.trace[-1] == said.format("***")
    assert told.output == (said.format("***"),)


def test_of_a_task_that_was_ended_the_first_complaint_is_told() -> None:
    events = ("Server indicated the task shouldn't be running anymore", "Stacktrace:\n  File x")
    told = {"content": [{"event": one, "level": "error", "logger": "task"} for one in events]}
    assert str(remote_error(lines_of_3(told))) == events[0]


def test_airflow_3_0_says_otherwise_what_was_printed() -> None:
    told = {"content": [{"event": "hello", "level": "info", "logger": "task", "chan": "stdout"}]}
    assert remote_error(lines_of_3(told)).output == ("hello",)


def test_the_log_of_airflow_2_is_a_text_in_a_text() -> None:
    stamp = "[2026-11-21T02:56:12.949+0000] "
    log = "\n".join(
        [
            " INFO - ::group::Log message source details",
            f"{stamp}{{local_task_job_runner.py:123}} INFO - ::group::Pre task execution logs",
            f"{stamp}{{taskinstance.py:2884}} INFO - Starting attempt 1 of 1",
            f"{stamp}{{logging_mixin.py:190}} INFO - hello",
            f"{stamp}{{etl.py:16}} INFO - 12 rows",
            f"{stamp}{{etl.py:16}} ERROR - {REMOTE}",
            f"{stamp}{{taskinstance.py:3336}} ERROR - Task failed with exception\nTraceback (most recent call last):",
            '  File "x.py", line 776, in _execute_task\n    result = f()\netl._StatementFailed: KeyError\nTraceback',
        ]
    )
    told = {"content": repr([("host", log)])}
    found = remote_error(lines_of_2(told, "etl.py"))
    assert (found.error, found.output) == ("KeyError: 'a'", ("hello", "12 rows"))
    caught = {"content": repr([("host", log.replace("The code failed in the session:", "Lost:"))])}
    assert remote_error(lines_of_2(caught, "etl.py")).error == "etl._StatementFailed: KeyError"


def test_of_an_error_that_led_to_another_the_other_is_told() -> None:
    log = (
        "[2026-11-21T05:02:41.583+0000] {taskinstance.py:3313} ERROR - Task failed with exception\n"
        'Traceback (most recent call last):\n  File "x.py", line 1, in f\nairflow.NotFound: no such conn_id\n\n'
        "The above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\n  File "etl.py", line 2, in g\n'
        "airflow.exceptions.AirflowFailException: Airflow has no connection 'x': add one\n"
    )
    found = remote_error(lines_of_2({"content": repr([("host", log)])}, "etl.py"))
    assert found.error == "airflow.exceptions.AirflowFailException: Airflow has no connection 'x': add one"


@pytest.mark.parametrize("told", [None, {}, {"content": None}, {"content": "["}, {"content": [1, {"event": 2}]}, []])
def test_a_log_of_any_other_shape_tells_nothing(told: Any) -> None:
    assert str(remote_error(lines_of_2(told, "etl.py"))) == ""
    assert str(remote_error(lines_of_3(told))) == ""


# --- refusals


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "Not found"}, "Not found"),
        ({"detail": [{"loc": ["body", "n"], "msg": "Field required"}]}, "n: Field required"),
        ({"detail": {"reason": "Unique constraint violation", "statement": "hidden"}}, "Unique constraint violation"),
        ({"detail": None, "title": "Unauthorized"}, "Unauthorized"),
        ({"error": "gone"}, "gone"),
        (None, ""),
        ([1], ""),
        ({"detail": "a\x1b[31m\x00b\n c"}, "ab c"),
        ({"detail": [{"loc": ["body", "\x1b[31mn", 2, ["\x1b"]], "msg": "no"}]}, "n.2.: no"),
    ],
)
def test_the_detail_of_an_error_has_many_shapes(body: Any, said: str) -> None:
    assert detail_of(Answer(400, body)) == said


@pytest.mark.parametrize(
    ("environ", "status", "detail", "code", "hint"),
    [
        ({"AIRFLOW_JWT_SECRET": "s"}, 401, "Token Expired", "JPE505", "clock"),
        ({"AIRFLOW_TOKEN": "t"}, 401, "Token Expired", "JPE505", "AIRFLOW_TOKEN"),
        ({"AIRFLOW_TOKEN": "t"}, 401, "Not authenticated", "JPE505", "proxy"),
        ({"AIRFLOW_TOKEN": "t"}, 401, "Not authenticated", "JPE505", "check AIRFLOW_TOKEN"),
        ({"AIRFLOW_JWT_SECRET": "s"}, 401, "no", "JPE505", "check AIRFLOW_JWT_SECRET (setting airflow_jwt_secret)"),
        ({"AIRFLOW_JWT_SECRET": "s"}, 403, "Invalid JWT token", "JPE505", "AIRFLOW_JWT_SUBJECT is not set"),
        ({"AIRFLOW_JWT_SECRET": "s", "AIRFLOW_JWT_SUBJECT": "ann"}, 403, "Invalid JWT token", "JPE505", "'ann'"),
        ({"AIRFLOW_JWT_SECRET": "s"}, 403, "Forbidden", "JPE506", "AIRFLOW_JWT_ROLE is 'user'"),
        ({"AIRFLOW_USERNAME": "a", "AIRFLOW_PASSWORD": "p"}, 403, "Forbidden", "JPE506", "administrator"),
        ({"AIRFLOW_JWT_SECRET": "s"}, 500, "Internal Server Error", "JPE508", "AIRFLOW_JWT_SUBJECT is no user's id"),
        ({"AIRFLOW_TOKEN": "t"}, 502, "", "JPE508", "log"),
        ({"AIRFLOW_TOKEN": "t"}, 308, "", "JPE508", "AIRFLOW_API_URL"),
        ({"AIRFLOW_TOKEN": "t"}, 429, "", "JPE508", "later"),
        ({"AIRFLOW_TOKEN": "t"}, 405, "", "JPE508", "log"),
    ],
)
def test_each_refusal_names_the_setting_to_look_at(
    environ: dict[str, str], status: int, detail: str, code: str, hint: str, flows: Any
) -> None:
    around = flows.around(flows.settings(**environ))
    error = refusal(Answer(status, {"detail": detail}), "to see the DAGs", around)
    assert error.code == code
    assert hint in error.hint
    assert "airflow-api-server" in error.where


@pytest.mark.parametrize(("detail", "said"), [("no entry", "refuses the login (401: no entry)"), ("", "login (401)")])
def test_a_refused_token_repeats_what_the_server_says(detail: str, said: str, flows: Any) -> None:
    around = flows.around(flows.settings(AIRFLOW_TOKEN="t"))
    assert said in refusal(Answer(401, {"detail": detail}), "to see the DAGs", around).message


def test_a_trace_is_shown_at_a_bearable_length() -> None:
    error = import_error(ImportFailure("etl.py", f"Traceback\n{'a' * 9999}\nKeyError: {'b' * 9999}", "1"), FILE)
    assert len(error.message) < 1200
    assert "KeyError: b" in error.message


@pytest.mark.parametrize("number", [10**400, -1, float("nan"), float("inf"), "3", None], ids=lambda one: str(one)[:4])
def test_a_number_that_can_not_be_is_none(number: Any) -> None:
    row = {"task_id": "a", "try_number": number, "duration": number}
    assert TaskInstance.of(row) == TaskInstance(TaskState("a"), "")
