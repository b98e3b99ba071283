"""Publishing a DAG and starting its run, against a fake Airflow over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.errors import NoAnswer, OptionError, PublishError, RunFailed
from jpe_magics.targets.airflow.publish import publish

RUN = "jpe__261121-030000-abc"


@pytest.fixture(params=["3.3.2", "2.11.0"])
def airflow(request: pytest.FixtureRequest, tmp_path: Path, fake_airflow: Any) -> Iterator[Any]:
    folder = tmp_path / "dags"
    folder.mkdir()
    with fake_airflow.FakeAirflow(folder, version=request.param, parse_every=4) as running:
        yield running


@pytest.fixture
def airflow3(tmp_path: Path, fake_airflow: Any) -> Iterator[Any]:
    folder = tmp_path / "dags"
    folder.mkdir()
    with fake_airflow.FakeAirflow(folder, parse_every=4) as running:
        yield running


def _other(airflow: Any) -> None:
    """Have Airflow know another DAG of the same folder."""
    (airflow.folder / "other.py").write_text('with DAG(dag_id="other"): a = PythonOperator(task_id="a")\n')
    airflow.parse()


# --- what stands there


def test_a_dag_of_another_file_is_not_given_a_second_one(airflow: Any, flows: Any) -> None:
    (airflow.folder / "by_hand.py").write_text('with DAG(dag_id="etl"): a = PythonOperator(task_id="a")\n')
    airflow.parse()
    with pytest.raises(PublishError, match=r"has a DAG etl already, from another file: by_hand\.py") as caught:
        flows.export(airflow)
    assert caught.value.code == "JPE502"
    assert "--dag-id" in caught.value.hint
    assert [one.name for one in airflow.folder.iterdir()] == ["by_hand.py"]
    (airflow.folder / "by_hand.py").unlink()
    airflow.parse()
    assert flows.export(airflow).kinds == ["file", "dag", "run"]


def test_a_dag_of_an_archive_is_not_given_a_second_one(airflow: Any, flows: Any) -> None:
    airflow.read = lambda: ("", {"team/pack.zip/etl.py": flows.DAG.format(schedule=None)})
    airflow.parse()
    with pytest.raises(PublishError, match=r"from another file: pack\.zip/etl\.py\n"):
        flows.export(airflow)
    assert _nothing_was_pushed(airflow)


def test_a_dag_of_a_file_that_is_gone_is_in_nobodys_way(airflow: Any, flows: Any) -> None:
    airflow.read, folder = (lambda: ("", {"by_hand.py": flows.DAG.format(schedule=None)})), airflow.read
    airflow.parse()
    airflow.read = folder
    airflow.parse()
    assert airflow.dags["etl"].stale
    assert flows.export(airflow).kinds == ["file", "dag", "run"]


# --- the good way


def test_a_new_dag_is_written_seen_unpaused_started_and_followed(airflow: Any, flows: Any) -> None:
    shown = flows.export(airflow, wait=True, run_parameters=(("n", 4),))
    assert shown.kinds == ["file", "dag", "run"]
    assert shown.published[1].note == "new"
    assert shown.published[2].place == RUN
    assert shown.published[2].note == "started with n=4"
    assert [one.status for one in shown.states] == ["queued", "running", "success"]
    dag = airflow.dags["etl"]
    assert not dag.paused
    assert [(one.id, one.conf) for one in dag.runs] == [(RUN, {"n": 4})]
    assert {one.state for one in shown.states[-1].tasks} == {"success"}
    assert shown.progress[-1].fraction == 1.0


def test_how_a_run_goes_is_told_at_each_look_though_nothing_changed(airflow3: Any, flows: Any) -> None:
    looks = 0

    def advance(dag: Any) -> None:
        nonlocal looks
        looks += 1
        if looks > 8:
            _finish(airflow3, dag)

    airflow3.advance = advance
    shown = flows.export(airflow3, wait=True)
    followed = [one for one in shown.progress if one.step == f"following the run {RUN}"]
    assert len(followed) > 5
    assert followed[1] == followed[2]


def test_links_lead_to_each_versions_own_pages(airflow: Any, flows: Any) -> None:
    shown = flows.export(airflow, environ={"AIRFLOW_UI_URL": "https://host/af"})
    links = [one.link for one in shown.published[1:]]
    if airflow.old:
        assert links == ["https://host/af/dags/etl/grid", f"https://host/af/dags/etl/grid?dag_run_id={RUN}"]
    else:
        assert links == ["https://host/af/dags/etl", f"https://host/af/dags/etl/runs/{RUN}"]


def test_a_change_waits_for_its_own_text_and_does_not_run_the_old_one(airflow: Any, flows: Any) -> None:
    flows.export(airflow)
    shown = flows.export(airflow, more="# changed\n", trigger=True)
    assert shown.published[1].note == "updated"
    posted = [
        i for i, (method, path, _) in enumerate(airflow.requests) if method == "POST" and path.endswith("dagRuns")
    ]
    sources = [i for i, (method, path, _) in enumerate(airflow.requests) if "dagSources" in path]
    assert airflow.dags["etl"].text.endswith("# changed\n")
    assert max(sources) < posted[-1]


def test_an_unchanged_dag_is_started_without_a_wait(airflow3: Any, flows: Any) -> None:
    flows.export(airflow3)
    before = airflow3.count("GET", ".*/dags/etl")
    shown = flows.export(airflow3, id="other")
    assert shown.published[1].note == "unchanged"
    assert airflow3.count("GET", ".*/dags/etl") == before + 2
    assert [one.id for one in airflow3.dags["etl"].runs] == [RUN, "jpe__other"]


def test_any_dag_of_the_bundle_makes_airflow_look_for_a_new_file(airflow3: Any, flows: Any) -> None:
    """With `refresh_interval` 300 a new file would be found minutes later."""
    airflow3.parse_every = 10_000
    _other(airflow3)
    flows.export(airflow3)
    assert airflow3.count("PUT", ".*/parseDagFile/signed.other.py") == 1
    assert "etl" in airflow3.dags


def test_no_trigger_asks_airflow_nothing(airflow3: Any, flows: Any) -> None:
    shown = flows.export(airflow3, trigger=False)
    assert shown.kinds == ["file"]
    assert airflow3.requests == []


def test_without_a_push_the_dag_that_stands_there_runs_only_if_it_is_this_one(airflow: Any, flows: Any) -> None:
    flows.export(airflow)
    shown = flows.export(airflow, id="b", trigger=True, push=False)
    assert shown.kinds == ["dag", "run"]
    error = flows.refused(airflow, more="# other\n", push=False, trigger=True)
    assert error.code == "JPE515"
    assert "older version" in error.message
    assert [one.id for one in airflow.dags["etl"].runs] == [RUN, "jpe__b"]


# --- git


def test_a_commit_shows_the_dag_where_its_code_may_not_be_read(airflow3: Any, flows: Any, fake_airflow: Any) -> None:
    repository = {"commit": "a1", "files": {}}
    airflow3.read = lambda: (repository["commit"], repository["files"])
    airflow3._parse_file("x.py", 'with DAG(dag_id="x"): a = PythonOperator(task_id="a")\n', "a1")
    airflow3.faults = [fake_airflow.Fault("GET", ".*/dagSources/etl", 403, times=100)]

    def commit(file: Any) -> None:
        repository.update(commit="b2", files={"x.py": "", "etl.py": file.text})

    got = flows.given(airflow3, JPE_GIT_PROVIDER="git", JPE_GIT_REMOTE_URL="/srv/dags.git")
    flow = publish(flows.artifact(), flows.request(trigger=True), flows.around(got))
    shown = flows.run(flows.pushing(flow, "b2", commit), got)
    assert shown.kinds == ["dag", "run"]
    assert airflow3.dags["etl"].commit == "b2"


# --- import errors and waiting


def test_an_import_error_is_told_at_once_with_its_trace(airflow: Any, flows: Any) -> None:
    error = flows.refused(airflow, more="raise ImportError('no way')\n")
    assert error.code == "JPE512"
    assert error.message.startswith("Airflow can't import etl.py: ImportError: ImportError('no way')")
    assert "Traceback" in error.message
    assert airflow.count("POST", ".*/dagRuns") <= 1  # the question for the right


def test_an_import_error_that_stood_there_before_is_not_taken_for_a_new_one(airflow3: Any, flows: Any) -> None:
    (airflow3.folder / "other.py").write_text('with DAG(dag_id="other"): a = PythonOperator(task_id="a")\n')
    (airflow3.folder / "etl.py").write_text("# made by hand\nraise ImportError('old')\n")
    airflow3.parse()
    shown = flows.export(airflow3, replace=True)
    assert shown.kinds == ["file", "dag", "run"]


def test_the_same_error_again_is_believed_after_two_looks_at_the_folder(airflow3: Any, flows: Any) -> None:
    broken = "raise ImportError('still')\n"
    assert flows.refused(airflow3, more=broken).code == "JPE512"
    airflow3.parse_every = 2
    assert flows.refused(airflow3, more=broken).code == "JPE512"
    assert airflow3.count("GET", ".*/dags/etl") < 30


def test_the_limit_says_what_was_seen_last_and_how_to_go_on(airflow: Any, flows: Any) -> None:
    airflow.parse_every = 10_000
    error = flows.refused(airflow, environ={"JPE_VISIBILITY_TIMEOUT": "0.3"})
    assert error.code == "JPE513"
    assert "404" in error.message
    assert "2026-11-21T03:30" in error.message
    assert "%jpe_history 261121-030000-abc --run" in error.hint
    assert ("dag_dir_list_interval" in error.hint) == airflow.old


def test_the_new_text_with_the_old_tasks_is_not_run_yet(airflow3: Any, flows: Any) -> None:
    """Airflow writes tasks at most every 30 s by default, the text at each look."""
    airflow3.stale_tasks = ["cell_1", "livy_cleanup"]
    shown = flows.export(airflow3)
    assert any("still the tasks of the version before" in one.detail for one in shown.progress)
    assert shown.kinds == ["file", "dag", "run"]


# --- pausing and schedules


def test_a_dag_that_somebody_paused_is_left_alone_without_unpause(airflow: Any, flows: Any) -> None:
    flows.export(airflow)
    airflow.dags["etl"].paused = True
    error = flows.refused(airflow, trigger=True)
    assert error.code == "JPE515"
    assert "--unpause" in error.hint
    assert airflow.dags["etl"].paused
    assert len(airflow.dags["etl"].runs) == 1
    flows.export(airflow, id="b", unpause=True)
    assert not airflow.dags["etl"].paused
    assert len(airflow.dags["etl"].runs) == 2


def test_a_dag_that_was_published_without_a_run_is_unpaused_with_the_first(airflow: Any, flows: Any) -> None:
    flows.export(airflow, trigger=False)
    airflow.parse()
    assert airflow.dags["etl"].paused
    flows.export(airflow, trigger=True)
    assert not airflow.dags["etl"].paused
    assert [one.id for one in airflow.dags["etl"].runs] == [RUN]


def test_a_dag_whose_file_came_back_is_not_new(airflow3: Any, flows: Any) -> None:
    flows.export(airflow3)
    airflow3.dags["etl"].paused = True
    (airflow3.folder / "etl.py").unlink()
    airflow3.parse()
    assert airflow3.dags["etl"].stale
    assert flows.refused(airflow3, trigger=True).code == "JPE515"


def test_no_run_is_started_where_unpausing_does_nothing(airflow: Any, flows: Any) -> None:
    airflow.unpausing_works = False
    assert flows.refused(airflow).code == "JPE515"
    assert airflow.dags["etl"].runs == []


def test_the_run_that_unpausing_starts_is_followed_instead_of_a_second(airflow: Any, flows: Any) -> None:
    shown = flows.export(airflow, schedule="@daily", wait=True)
    assert [one.type for one in airflow.dags["etl"].runs] == ["scheduled"]
    assert shown.published[-1].place == "scheduled__2026-11-20T00:00:00+00:00"
    assert shown.published[-1].note == "started by the schedule"
    assert shown.states[-1].status == "success"


def test_a_scheduled_run_that_was_quick_is_no_success_before_its_tasks_are_looked_at(airflow: Any, flows: Any) -> None:
    schedule = airflow.schedule

    def quick() -> None:
        schedule()
        for run in airflow.dags["etl"].runs:
            run.state = "success"

    airflow.schedule = quick
    assert flows.export(airflow, schedule="@daily").states[-1].status == "running"


def test_with_parameters_there_are_two_runs_and_it_is_said(airflow: Any, flows: Any) -> None:
    shown = flows.export(airflow, schedule="@daily", wait=True, run_parameters=(("n", 7),))
    assert [one.type for one in airflow.dags["etl"].runs] == ["scheduled", "manual"]
    assert [one.kind for one in shown.published] == ["file", "dag", "run", "run"]
    assert "beside the one asked for" in shown.published[2].note
    assert "may wait for scheduled__" in shown.published[3].note
    assert airflow.dags["etl"].runs[1].state == "success"


def test_a_schedule_that_is_not_due_starts_nothing_itself(airflow: Any, flows: Any) -> None:
    flows.export(airflow, schedule="@daily")
    airflow.dags["etl"].paused = True
    shown = flows.export(airflow, schedule="@daily", id="b", unpause=True)
    assert shown.published[-1].place == "jpe__b"


# --- starting, once


@pytest.mark.parametrize("how", ["lose", 500, "drop"])
def test_a_run_is_started_once_however_the_answer_gets_lost(
    airflow: Any, how: Any, flows: Any, fake_airflow: Any
) -> None:
    airflow.faults = [fake_airflow.Fault("POST", ".*/dags/etl/dagRuns", how, times=1 if airflow.old else 2)]
    shown = flows.export(airflow)
    assert [one.id for one in airflow.dags["etl"].runs] == [RUN]
    assert shown.states[-1].status == "queued"


@pytest.mark.parametrize("airflow", ["2.11.0"], indirect=True)  # its first request at this path is the one for a run
@pytest.mark.parametrize("then", [401, 403, 404])
def test_a_run_whose_answer_got_lost_is_found_whatever_is_said_of_the_next_try(
    airflow: Any, then: int, flows: Any, fake_airflow: Any
) -> None:
    path = ".*/dags/etl/dagRuns"
    airflow.faults = [fake_airflow.Fault("POST", path, "lose"), fake_airflow.Fault("POST", path, then)]
    shown = flows.export(airflow)
    assert [one.id for one in airflow.dags["etl"].runs] == [RUN]
    assert shown.states[-1].status == "queued"
    assert [one.times for one in airflow.faults] == [0, 0]


def test_a_conflict_that_is_about_another_thing_is_no_run(airflow3: Any, flows: Any, fake_airflow: Any) -> None:
    airflow3.faults = [fake_airflow.Fault("POST", ".*/dags/etl/dagRuns", 409, times=100)]
    error = flows.refused(airflow3)
    assert (error.code, "could not be started" in error.message) == ("JPE515", True)


def test_an_airflow_that_is_busy_at_first_is_asked_again(airflow: Any, flows: Any, fake_airflow: Any) -> None:
    airflow.faults.append(fake_airflow.Fault("GET", "/api/v2/monitor/health", 429, times=2))
    assert flows.export(airflow).kinds == ["file", "dag", "run"]


def test_a_token_that_is_not_given_at_first_is_asked_for_again(airflow3: Any, flows: Any, fake_airflow: Any) -> None:
    login = {"AIRFLOW_JWT_SECRET": "", "AIRFLOW_USERNAME": "admin", "AIRFLOW_PASSWORD": "admin"}
    airflow3.faults.append(fake_airflow.Fault("POST", "/auth/token", 503, times=2))
    assert flows.export(airflow3, environ=login).kinds == ["file", "dag", "run"]
    airflow3.faults.append(fake_airflow.Fault("POST", "/auth/token", 503, times=99))
    error = flows.refused(airflow3, environ=login)
    assert (error.code, airflow3.url in error.where, "--no-trigger" in error.hint) == ("JPE508", True, True)


def test_a_run_for_which_airflow_stays_too_busy_is_not_started(airflow: Any, flows: Any, fake_airflow: Any) -> None:
    airflow.faults = [fake_airflow.Fault("POST", ".*/dagRuns", 429, times=100)]
    error = flows.refused(airflow)
    assert (error.code, "could not be started" in error.message) == ("JPE515", True)
    assert airflow.dags["etl"].runs == []
    assert airflow.count("POST", ".*/dagRuns") <= (6 if airflow.old else 12)  # the driver has tried long enough


def test_a_run_that_can_not_be_started_is_said_to_be_none(airflow3: Any, flows: Any, fake_airflow: Any) -> None:
    flows.export(airflow3)
    airflow3.faults = [fake_airflow.Fault("POST", ".*/dagRuns", 500, times=100)]
    error = flows.refused(airflow3, id="b")
    assert (error.code, "jpe__b could not be started" in error.message) == ("JPE515", True)
    assert [one.id for one in airflow3.dags["etl"].runs] == [RUN]


def test_a_parameter_of_the_wrong_type_is_said_in_words(airflow: Any, flows: Any) -> None:
    error = flows.refused(airflow, run_parameters=(("n", "x"),))
    assert error.code == "JPE515"
    assert error.message.endswith("Invalid input for param n: 'x' is not of type 'integer'")


def test_every_third_request_failing_loses_nothing(airflow3: Any, flows: Any) -> None:
    class Third:
        count = 0

        def __init__(self) -> None:
            self.how: Any = 500

        def hits(self, method: str, path: str) -> bool:
            Third.count += 1
            self.how = (500, "drop", "lose")[Third.count // 3 % 3]
            return Third.count % 3 == 0

    airflow3.faults = [Third()]
    airflow3.parse_every = 3
    shown = flows.export(airflow3, wait=True)
    assert shown.states[-1].status == "success"
    assert [one.id for one in airflow3.dags["etl"].runs] == [RUN]


# --- the run's end


def test_a_failed_cell_ends_with_its_remote_error(airflow: Any, flows: Any) -> None:
    airflow.outcomes = {"cell_2": "failed"}
    trace = "ZeroDivisionError: division by zero\nTraceback (most recent call last):\n  File <stdin>, line 1"
    airflow.logs = {
        "cell_2": [
            {"event": "\x1b[31m12 rows\x1b[0m", "level": "info", "logger": "task.stdout"},
            {"event": f"The code failed in the session:\n{trace}", "level": "error", "logger": "airflow.task"},
        ]
    }
    with pytest.raises(RunFailed) as caught:
        flows.export(airflow, wait=True, environ={"AIRFLOW_UI_URL": "https://host"})
    error = caught.value
    assert error.message.startswith("cell_2 failed: ZeroDivisionError: division by zero\nTraceback")
    assert "12 rows" in error.message
    assert "\x1b" not in error.message
    assert error.where == f"task cell_2, try 1, run {RUN} of etl"
    assert error.hint.startswith("its log: https://host/dags/etl/")
    assert error.exit_code == 5


def test_a_red_cell_in_a_green_run_is_a_failure(airflow: Any, flows: Any) -> None:
    airflow.outcomes, airflow.call_it_success = {"cell_1": "failed"}, True
    with pytest.raises(RunFailed, match="cell_1 failed"):
        flows.export(airflow, wait=True)
    assert airflow.dags["etl"].runs[0].state == "success"


def test_a_session_that_was_not_closed_is_told_but_fails_no_run(airflow: Any, flows: Any) -> None:
    airflow.outcomes = {"livy_cleanup": "failed"}
    shown = flows.export(airflow, wait=True)
    assert shown.states[-1].status == "success"
    assert "Livy session may still be open" in shown.states[-1].error


def test_more_tasks_than_a_page_are_all_looked_at(airflow3: Any, flows: Any) -> None:
    more = "".join(f'    t{i} = PythonOperator(task_id="t{i}")\n' for i in range(250))
    airflow3.outcomes = {"t249": "failed"}
    airflow3.advance = lambda dag: _finish(airflow3, dag)
    with pytest.raises(RunFailed, match="t249 failed"):
        flows.export(airflow3, more=more, wait=True)


def test_pages_smaller_than_asked_for_are_all_looked_at(airflow: Any, flows: Any, monkeypatch: Any) -> None:
    """`[api] maximum_page_limit` can be anything."""
    monkeypatch.setattr(type(airflow), "most_rows", 2)
    airflow.outcomes = {"livy_cleanup": "failed"}
    shown = flows.export(airflow, wait=True)
    assert [one.id for one in shown.states[-1].tasks] == ["cell_1", "cell_2", "livy_cleanup"]
    assert "livy_cleanup is failed" in shown.states[-1].error


def test_a_run_whose_tasks_are_not_shown_is_no_success(airflow3: Any, flows: Any, fake_airflow: Any) -> None:
    airflow3.faults = [fake_airflow.Fault("GET", ".*/taskInstances", 404, times=1000)]
    error = flows.refused(airflow3, wait=True)
    assert (error.code, "to see the tasks of the run" in error.message) == ("JPE508", True)


def test_a_log_that_is_too_large_leaves_the_verdict(airflow: Any, flows: Any, monkeypatch: Any) -> None:
    airflow.outcomes = {"cell_2": "failed"}
    airflow.logs = {"cell_2": [{"event": "x" * 200_000, "level": "info"}]}
    monkeypatch.setattr("jpe_magics.adapters.http.BODY_LIMIT", 199_000)  # reached with the last part
    with pytest.raises(RunFailed, match="cell_2 failed"):
        flows.export(airflow, wait=True)


def _finish(airflow: Any, dag: Any) -> None:
    for task in dag.runs[0].tasks:
        task.update(state=airflow.outcomes.get(task["task_id"], "success"), try_number=1)
    dag.runs[0].state = "success"


def test_airflow_that_stops_answering_leaves_the_run_and_says_how_to_ask(
    airflow3: Any, flows: Any, fake_airflow: Any
) -> None:
    airflow3.faults = [fake_airflow.Fault("GET", ".*/taskInstances", "drop", times=1000)]
    with pytest.raises(NoAnswer) as caught:
        flows.export(airflow3, wait=True)
    assert f"how the run {RUN} goes on is not known" in caught.value.message
    assert "--status" in caught.value.hint


def test_a_login_that_ends_half_way_leaves_the_run_and_says_both(airflow3: Any, flows: Any, fake_airflow: Any) -> None:
    airflow3.faults = [fake_airflow.Fault("GET", ".*/taskInstances", 403, times=1000)]
    error = flows.refused(airflow3, wait=True)
    assert error.code in ("JPE505", "JPE506")
    assert f"how the run {RUN} goes on is not known" in error.message
    assert "the run itself goes on without us; %jpe_history" in error.hint


# --- who may, and what is well


def _nothing_was_pushed(airflow: Any) -> bool:
    return not (airflow.folder / "etl.py").exists()


@pytest.mark.parametrize(
    ("login", "code", "said"),
    [
        ({"AIRFLOW_JWT_SECRET": "x" * 64}, "JPE505", "AIRFLOW_JWT_SECRET must be"),
        ({"AIRFLOW_JWT_SECRET": ""}, "JPE505", "set AIRFLOW_TOKEN"),
        ({"AIRFLOW_TOKEN": "abc.def.ghi"}, "JPE505", "AIRFLOW_TOKEN"),
        ({"AIRFLOW_JWT_AUDIENCE": "other"}, "JPE505", "AIRFLOW_JWT_AUDIENCE"),
        ({"AIRFLOW_JWT_ROLE": "viewer"}, "JPE506", "administrator"),
        (
            {"AIRFLOW_JWT_SECRET": "", "AIRFLOW_USERNAME": "admin", "AIRFLOW_PASSWORD": "no"},
            "JPE505",
            "AIRFLOW_PASSWORD",
        ),
    ],
)
def test_a_refused_login_is_explained_before_anything_is_pushed(
    airflow3: Any, login: dict[str, str], code: str, said: str, flows: Any
) -> None:
    error = flows.refused(airflow3, environ=login)
    assert error.code == code
    assert said in error.hint
    assert _nothing_was_pushed(airflow3)
    assert "x" * 64 not in str(error)


@pytest.mark.parametrize("login", [{"AIRFLOW_PASSWORD": "no"}, {"AIRFLOW_USERNAME": "", "AIRFLOW_PASSWORD": ""}])
def test_airflow_2_wants_a_user_and_a_password(
    tmp_path: Path, login: dict[str, str], flows: Any, fake_airflow: Any
) -> None:
    with fake_airflow.FakeAirflow(tmp_path, version="2.10.5") as airflow:
        error = flows.refused(airflow, environ=login)
        assert error.code == "JPE505"
        assert "auth_backends" in error.hint
        assert _nothing_was_pushed(airflow)


def test_a_user_and_a_password_are_enough_for_airflow_3(airflow3: Any, flows: Any) -> None:
    login = {"AIRFLOW_JWT_SECRET": "", "AIRFLOW_USERNAME": "admin", "AIRFLOW_PASSWORD": "admin"}
    assert flows.export(airflow3, environ=login).kinds == ["file", "dag", "run"]


@pytest.mark.parametrize(("part", "status"), [("scheduler", "unhealthy"), ("dag_processor", None)])
def test_an_airflow_that_runs_nothing_is_refused_before_the_push(
    airflow3: Any, part: str, status: Any, flows: Any
) -> None:
    airflow3.health[part] = status
    error = flows.refused(airflow3)
    assert error.code == "JPE514"
    assert part.replace("_", " ").lower() in error.message.lower()
    assert ("2026-11-21T03:30" in error.message) == (status is not None)
    assert _nothing_was_pushed(airflow3)


def test_the_dag_processor_inside_airflow_2s_scheduler_is_well(tmp_path: Path, flows: Any, fake_airflow: Any) -> None:
    with fake_airflow.FakeAirflow(tmp_path, version="2.10.5", parse_every=2) as airflow:
        airflow.health["dag_processor"] = None
        assert flows.export(airflow).kinds == ["file", "dag", "run"]


@pytest.mark.parametrize("version", ["2.9.3", "2.0.2"])
def test_an_older_airflow_is_refused_with_what_is_supported(
    tmp_path: Path, version: str, flows: Any, fake_airflow: Any
) -> None:
    with fake_airflow.FakeAirflow(tmp_path, version=version) as airflow:
        error = flows.refused(airflow)
        assert error.code == "JPE514"
        assert version in error.message
        assert "2.10" in error.hint
        assert _nothing_was_pushed(airflow)


def test_a_login_page_is_no_airflow(airflow3: Any, flows: Any, fake_airflow: Any) -> None:
    airflow3.faults = [fake_airflow.Fault("GET", ".*/monitor/health", "html", times=100)]
    error = flows.refused(airflow3)
    assert (error.code, "airflow_api_url" in error.message) == ("JPE514", True)


def test_an_airflow_that_is_not_there_loses_nothing(airflow3: Any, flows: Any) -> None:
    error = flows.refused(airflow3, environ={"AIRFLOW_API_URL": "http://127.0.0.1:9"})
    assert error.code == "JPE504"
    assert "--no-trigger" in error.hint
    assert _nothing_was_pushed(airflow3)


# --- whether a run is wanted


@pytest.mark.parametrize(
    ("environ", "asked", "wanted"),
    [
        ({}, {}, False),
        ({"AIRFLOW_TOKEN": "t"}, {}, False),  # ./dags is anybody's folder
        ({"AIRFLOW_TOKEN": "t", "JPE_LOCAL_DAGS_FOLDER": "/dags"}, {}, True),
        ({"AIRFLOW_API_URL": "http://h", "JPE_GIT_PROVIDER": "git"}, {}, True),
        ({"AIRFLOW_API_URL": "http://h", "GITEA_TOKEN": "t"}, {}, True),
        ({"AIRFLOW_API_URL": "http://h", "GITEA_TOKEN": "t", "JPE_GIT_PROVIDER": "local"}, {}, False),
        ({"AIRFLOW_API_URL": "http://h", "GITEA_TOKEN": "t", "JPE_AIRFLOW_ENABLED": "false"}, {}, False),
        ({"GITEA_TOKEN": "t"}, {}, False),
        ({"AIRFLOW_API_URL": "http://h", "GITEA_TOKEN": "t"}, {"trigger": False}, False),
        ({"AIRFLOW_API_URL": "http://h", "GITEA_TOKEN": "t"}, {"push": False}, False),
        ({}, {"trigger": True}, True),
        ({}, {"wait": True}, True),
        ({}, {"unpause": True}, True),
        ({}, {"run_parameters": (("n", 1),)}, True),
    ],
)
def test_whether_a_run_is_wanted(environ: dict[str, str], asked: dict[str, Any], wanted: bool, flows: Any) -> None:
    from jpe_magics.targets.airflow.decide import wants_run

    assert wants_run(flows.request(**asked), flows.around(flows.settings(**environ))).run is wanted


@pytest.mark.parametrize(
    ("environ", "asked", "why"),
    [
        ({}, {}, "no Airflow is set"),
        ({"AIRFLOW_TOKEN": "t"}, {}, "local_dags_folder is not set, so nobody knows that Airflow reads ./dags; "),
        ({"AIRFLOW_TOKEN": "t", "JPE_AIRFLOW_ENABLED": "false"}, {}, "Airflow is switched off"),
        ({"AIRFLOW_API_URL": "http://h"}, {"trigger": False}, ""),
        ({"AIRFLOW_API_URL": "http://h", "GITEA_TOKEN": "t"}, {}, ""),
    ],
)
def test_why_no_run_is_wanted(environ: dict[str, str], asked: dict[str, Any], why: str, flows: Any) -> None:
    from jpe_magics.targets.airflow.decide import wants_run

    said = wants_run(flows.request(**asked), flows.around(flows.settings(**environ))).why
    assert said.startswith(why)
    assert bool(said) == bool(why)


def test_options_of_a_run_contradict_no_trigger(airflow3: Any, flows: Any) -> None:
    for asked in ({"wait": True}, {"unpause": True}, {"run_parameters": (("n", 1),)}):
        with pytest.raises(OptionError, match="--no-trigger"):
            flows.export(airflow3, trigger=False, **asked)
    assert airflow3.requests == []
    assert _nothing_was_pushed(airflow3)


def test_no_run_can_be_asked_of_an_airflow_that_is_switched_off(airflow3: Any, flows: Any) -> None:
    from jpe_magics.targets.airflow.decide import wants_run

    off = flows.around(flows.settings(JPE_AIRFLOW_ENABLED="false"))
    for asked in ({"wait": True}, {"unpause": True}, {"run_parameters": (("n", 1),)}, {"trigger": True}):
        with pytest.raises(OptionError, match=r"switched off \(airflow_enabled\)"):
            wants_run(flows.request(**asked), off)
