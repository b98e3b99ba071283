"""The panel with a real session: notebooks, history and DAGs folder on disk, servers over HTTP."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jpe_magics.adapters.live import LiveNotebook, read_given
from jpe_magics.adapters.live.mirror import Mirror
from jpe_magics.core.summary import outcome_view, to_text
from jpe_magics.errors import HistoryError, Interrupted, NotebookError, OptionError, SecretsFound
from jpe_magics.model.progress import Progress
from jpe_magics.panel import controller, current, later
from jpe_magics.panel.controller import FOLLOW, Panel
from jpe_magics.panel.state import Blocked
from jpe_magics.results import Export, Submission
from jpe_magics.session import Session

Until = Callable[..., Any]
SECRET = "AKIAIOSFODNN7EXAMPLE"


# --- opening, the form and the preview


def test_cards_and_form_stand_there_at_once_and_the_preview_follows(user: Any) -> None:
    panel = user.panel()
    first = panel.state
    assert [(row.name, row.available) for row in first.targets][:3] == [("airflow", True), ("ilum", True), ("py", True)]
    assert {badge.state for row in first.targets for badge in row.badges} <= {"unknown", "down", "off"}
    assert (first.target, first.button, first.work, first.notice) == ("airflow", "Create DAG", None, None)
    assert first.fields
    state = user.previewed(panel)
    assert state.values["dag_id"] == "etl_daily"
    assert state.line == "%export_pipeline airflow --dag-id etl_daily"
    assert isinstance(state.preview, Export)
    assert state.preview.preview
    assert [file.path for file in state.preview.shown] == ["etl_daily.py"]
    assert [one.name for one in state.preview.report.parameters] == ["n"]
    assert [one.kind for one in state.preview.report.rejected] == ["display", "emptied-cell"]
    assert user.records() == []
    assert not (user.folder / "dags").exists()


def test_what_a_view_begins_with_is_there_before_anything_takes_time(user: Any, wait_until: Until) -> None:
    panel = user.panel(begin=False)
    panel.prepare()
    ready = panel.state
    assert (ready.target, ready.button, ready.reading) == ("airflow", "Create DAG", True)
    assert ready.fields
    assert ready.values["dag_id"] == "etl_daily", "a name that came later could come between two keys"
    assert not any(thread.name.startswith("jpe-panel") for thread in threading.enumerate())
    user.states.clear()
    panel.prepare()
    assert user.states == []
    panel.open()
    wait_until(lambda: not panel.state.reading)
    assert panel.state.preview is not None, "and then it has been read"
    assert next(state.reading for state in user.states if state.preview is None), "not before"


def test_a_panel_whose_cell_runs_again_is_closed_at_once_and_its_view_later(
    user: Any, wait_until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "PAUSE", 60.0)
    panel = user.ready()
    wait_until(lambda: user.states[-1].operating and not user.states[-1].reading)  # nothing else is told then
    user.states.clear()
    panel.close(because=current.RERUN)
    assert panel.state.closed
    panel.set("dag_id", "too_late")
    assert user.states == []
    later.LATER.at_once()
    assert [(state.closed, state.because, state.preview) for state in user.states] == [(True, current.RERUN, None)]
    wait_until(lambda: not any(thread.name.startswith("jpe-panel") for thread in threading.enumerate()))


def test_the_preview_follows_what_is_typed_and_only_the_newest_counts(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = user.session
    run, made_of = session.run, []

    def counted(given: Any, *rest: Any, **more: Any) -> Export:
        made_of.append(given.values["dag_id"])
        return run(given, *rest, **more)

    monkeypatch.setattr(session, "run", counted)
    panel = user.ready(session)
    user.states.clear()
    for text in ("e", "et", "etl", "etl_", "etl_x"):
        panel.set("dag_id", text)
    assert panel.state.stale
    assert panel.state.values["dag_id"] == "etl_x"
    user.previewed(panel)
    made = [state.preview for state in user.states if state.preview is not None]
    assert {one.shown[0].path for one in made} == {"etl_daily.py", "etl_x.py"}
    assert panel.state.preview.shown[0].path == "etl_x.py"
    panel.set("owner", "ada")  # whatever else waits is done before this
    user.previewed(panel)
    assert made_of == ["etl_daily", "etl_x", "etl_x"]


def test_wrong_fields_are_said_at_once_and_the_last_preview_stays(user: Any) -> None:
    panel = user.ready()
    panel.set("dag_id", "a b")
    panel.set("retries", "many")
    assert panel.state.errors.keys() == {"dag_id", "retries"}
    assert panel.state.preview is not None
    panel.export()
    assert panel.state.work is None
    assert user.records() == []
    panel.set("dag_id", "ab")
    panel.set("retries", "")
    assert panel.state.errors == {}
    assert user.previewed(panel).preview.shown[0].path == "ab.py"


def test_an_emptied_field_is_missed_and_the_button_says_so_too(user: Any) -> None:
    panel = user.ready()
    panel.choose("ilum")
    assert panel.state.button == "Submit job"
    user.previewed(panel)
    panel.set("mode", "cron")
    assert (panel.state.missing, panel.state.errors) == ({"cron"}, {})
    panel.export()
    assert (panel.state.missing, panel.state.errors) == (frozenset(), {"cron": "Times (cron) is needed in mode cron"})
    assert panel.state.work is None


def test_each_target_keeps_what_was_filled_in(user: Any) -> None:
    panel = user.ready()
    panel.set("owner", "ada")
    panel.choose("py")
    assert (panel.state.button, panel.state.preview) == ("Download .py", None)
    assert user.previewed(panel).preview.shown[0].path == "etl daily.py"
    panel.choose("airflow")
    assert panel.state.values["owner"] == "ada"


@pytest.mark.parametrize(("target", "code"), [("dbt", "JPE003"), ("nowhere", "JPE002")])
def test_a_card_that_can_not_be_used_says_so(user: Any, target: str, code: str) -> None:
    panel = user.ready()
    panel.choose(target)
    assert panel.state.target == "airflow"
    assert panel.state.notice.code == code
    panel.set("owner", "ada")
    assert panel.state.notice is None


def test_what_the_notebook_says_stands_in_the_form_and_follows_it(user: Any) -> None:
    user.write("x = n", jpe={"schedule": "@hourly", "dag_id": "from_notebook", "owner": "nobody"})
    panel = user.ready()
    assert (panel.state.values["schedule"], panel.state.values["dag_id"]) == ("@hourly", "from_notebook")
    assert panel.state.values["owner"] == ""  # nothing that a notebook may preset
    assert panel.state.line == "%export_pipeline airflow"
    panel.set("schedule", "@daily")
    user.write("x = n", jpe={"schedule": "@weekly", "dag_id": "renamed"})
    panel.preview()
    assert user.previewed(panel).preview.report.options["schedule"] == "@daily"
    assert panel.state.values["dag_id"] == "renamed"


def test_parameters_are_checked_and_reach_the_preview(user: Any) -> None:
    panel = user.ready()
    panel.set_parameter("n", "many")
    assert panel.state.parameter_errors == {"n": "must be a whole number, not 'many'"}
    panel.set_parameter("n", "7")
    panel.set_parameter("n", "8", this_run=True)
    state = user.previewed(panel)
    assert (state.parameters, state.run_parameters, state.parameter_errors) == ({"n": "7"}, {"n": "8"}, {})
    assert state.preview.report.parameters[0].default == 7
    assert state.line.endswith("--param n=7 --run-param n=8")
    panel.set_parameter("n", "")
    assert user.previewed(panel).preview.report.parameters[0].default == 3


def test_a_refusal_is_a_preview_with_its_findings(user: Any) -> None:
    user.write(f"key = '{SECRET}'")
    panel = user.ready()
    assert panel.state.preview.error.code == "JPE201"
    panel.export()
    state = user.done(panel)
    assert (state.done.error.code, state.question) == ("JPE201", None)
    assert SECRET not in repr(state)
    panel.set("allow_secrets", True)
    assert user.previewed(panel).preview.ok
    assert SECRET not in repr(replace(panel.state, preview=replace(panel.state.preview, artifact=None)))


def test_a_notebook_that_is_not_there_is_said_and_may_come(user: Any, wait_until: Until) -> None:
    path = Path(user.environ["JPE_NOTEBOOK_PATH"])
    kept = path.read_bytes()
    path.unlink()
    panel = user.panel()

    assert wait_until(lambda: panel.state.notice).code in ("JPE101", "JPE102")
    assert panel.state.preview is None
    wait_until(lambda: not panel.state.reading)
    path.write_bytes(kept)
    panel.preview()
    assert user.previewed(panel).notice is None


# --- exports and questions


def exported(user: Any, panel: Panel) -> Any:
    panel.export()
    return user.done(panel)


def test_an_export_is_made_told_and_recorded(user: Any, wait_until: Until) -> None:
    panel = user.ready()
    state = exported(user, panel)
    assert state.done.ok
    file = user.folder / "dags" / "etl_daily.py"
    assert file.read_text() == state.done.code
    assert [one["status"] for one in user.records() if "status" in one] == ["intent", "exported"]
    assert any(one.work and one.work.title == "Create DAG" for one in user.states)
    wait_until(lambda: panel.state.before)
    assert panel.state.before.id == state.done.record_id
    wait_until(lambda: [row.id for row in panel.state.past.rows] == [state.done.record_id])


def test_the_next_panel_proposes_the_last_export(user: Any) -> None:
    panel = user.ready()
    panel.set("dag_id", "mine")
    panel.set("schedule", "@daily")
    panel.set("tags", "a,b")
    assert exported(user, panel).done.ok
    panel.close()
    again = user.ready()
    assert again.state.line == "%export_pipeline airflow --dag-id mine --schedule @daily --tags 'a, b'"
    user.write("x = n", jpe={"schedule": "@hourly"})
    third = user.ready()
    assert (third.state.values["schedule"], third.state.values["dag_id"]) == ("@hourly", "mine")


def test_the_target_of_the_last_export_is_chosen_unless_the_user_was_faster(user: Any) -> None:
    panel = user.ready()
    panel.choose("py")
    user.previewed(panel)
    panel.set("output", "out/")
    assert exported(user, panel).done.ok
    panel.close()
    assert user.ready().state.target == "py"
    quick = user.panel(begin=False)
    quick.choose("ilum")
    quick.open()
    assert user.previewed(quick).target == "ilum"


def test_who_types_has_chosen(user: Any, wait_until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = user.ready()
    panel.choose("py")
    panel.set("output", "out/")
    assert exported(user, panel).done.ok
    session, reading, read = user.session, threading.Event(), threading.Event()
    snapshot = session.snapshot

    def slow(*words: Any, **more: Any) -> Any:
        reading.set()
        read.wait(10)
        return snapshot(*words, **more)

    monkeypatch.setattr(session, "snapshot", slow)
    again = user.panel(session)
    assert reading.wait(10)
    again.set("dag_id", "mine")
    read.set()
    assert (user.previewed(again).target, again.state.values["dag_id"]) == ("airflow", "mine")


def test_what_stands_there_is_asked_about_and_replaced_with_a_yes(user: Any) -> None:
    file = user.folder / "dags" / "etl_daily.py"
    file.parent.mkdir()
    file.write_text("mine = 1\n")
    panel = user.ready()
    state = exported(user, panel)
    assert (state.done.error.code, state.question.option, state.question.button) == ("JPE502", "replace", "Overwrite")
    panel.answer(False)
    assert panel.state.question is None
    assert file.read_text() == "mine = 1\n"
    told = panel.state.done.error
    assert isinstance(told, Interrupted), "who chose to keep it is not told of a failure"
    assert (told.message, told.where) == (f"{file} stays as it is, as you chose; nothing was changed", "")
    shown = to_text(outcome_view(panel.state.done))
    assert "JPE502" not in shown
    assert "Failed" not in shown
    panel.answer(True)  # nothing is asked any more
    assert panel.state.work is None
    exported(user, panel)
    panel.answer(True)
    state = user.done(panel)
    assert state.done.ok
    assert state.question is None
    assert (file.with_name("etl_daily.py.bak").read_text(), file.read_text()) == ("mine = 1\n", state.done.code)
    assert panel.state.values["replace"] is False  # the yes was for that export


def test_a_question_is_answered_once_though_two_threads_do(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = user.folder / "dags" / "etl_daily.py"
    file.parent.mkdir()
    file.write_text("mine = 1\n")
    panel = user.ready()
    assert exported(user, panel).question is not None
    change = panel._board.change

    def overtaken(make: Any) -> None:
        monkeypatch.setattr(panel._board, "change", change)
        panel.answer(True)
        user.done(panel)
        change(make)

    monkeypatch.setattr(panel._board, "change", overtaken)
    panel.answer(True)
    user.done(panel)
    assert len({one["id"] for one in user.records()}) == 2, "the one that asked, and one with a yes"


def test_a_change_of_the_form_takes_the_question_back(user: Any) -> None:
    file = user.folder / "dags" / "etl_daily.py"
    file.parent.mkdir()
    file.write_text("mine = 1\n")
    panel = user.ready()
    assert exported(user, panel).question is not None
    panel.set("dag_id", "another")
    assert panel.state.question is None


def test_a_press_in_vain_says_what_is_wrong_each_time(user: Any) -> None:
    panel = user.ready()
    panel.set("schedule", "every day")
    panel.set_parameter("n", "many")
    panel.export()
    assert panel.state.blocked == Blocked(("schedule",), ("n",), 1)
    panel.export()
    assert panel.state.blocked.press == 2
    panel.set("schedule", "@daily")
    panel.set_parameter("n", "")
    panel.export()
    assert panel.state.blocked is None
    assert user.done(panel).done.ok


def test_a_failure_goes_when_the_mode_or_target_changes_and_a_wrong_option_with_the_form(user: Any) -> None:
    (user.folder / "dags" / "etl_daily.py").mkdir(parents=True)
    panel = user.ready()
    assert not exported(user, panel).done.ok
    panel.set("owner", "ada")
    assert panel.state.done is not None, "that says no other"
    panel.set("mode", "batch")
    assert panel.state.done is None
    panel.set("schedule", "every day")
    panel.export()
    assert panel.state.blocked is not None
    panel.set("mode", "per_cell")
    assert panel.state.blocked is None
    panel.set("schedule", "none")
    assert not exported(user, panel).done.ok
    panel.choose("py")
    assert panel.state.done is None
    panel.choose("airflow")
    panel.set("wait", True)
    panel.set("trigger", False)
    assert isinstance(exported(user, panel).done.error, OptionError)
    panel.set("owner", "bob")
    assert panel.state.done is None


def test_what_was_made_stays_said_when_the_mode_changes(user: Any) -> None:
    panel = user.ready()
    assert exported(user, panel).done.ok
    panel.set("mode", "batch")
    assert panel.state.done is not None


def test_errors_name_the_panels_controls_and_the_record_the_options(user: Any) -> None:
    user.write(f"key = '{SECRET}'")
    panel = user.ready()
    assert "tick “Export in spite of secrets”" in panel.state.preview.error.hint
    state = exported(user, panel)
    assert "--" not in str(state.done.error)
    assert "“Export in spite of secrets”" in str(state.done.error)
    shown = to_text(outcome_view(state.done))
    assert "--" not in shown, "the banner names the tick"
    assert "or tick “Export in spite of secrets”" in " ".join(shown.split())
    assert isinstance(state.done.error, SecretsFound)


def test_the_yes_that_takes_something_away_says_so_and_the_no_what_stays(user: Any) -> None:
    file = user.folder / "dags" / "etl_daily.py"
    file.parent.mkdir()
    file.write_text("mine = 1\n")
    asked = exported(user, user.ready()).question
    assert (asked.destroys, asked.safe) == (True, "Keep it")


def test_a_folder_in_the_way_is_no_question(user: Any) -> None:
    (user.folder / "dags" / "etl_daily.py").mkdir(parents=True)
    state = exported(user, user.ready())
    assert (state.done.ok, state.question) == (False, None)


def doubtful(session: Session, path: Path) -> Session:
    """Have the session's live notebook be one of which an executed cell is not saved."""

    class Live:
        mirror = None
        can_save = False

        def refresh(self) -> bool:
            return False

        def snapshot(self, path_: str = "", *, exporting: bool = True, **_: Any) -> Any:
            assert not exporting, "no cell exports"
            return replace(read_given(str(path)), doubtful=("1 executed cell is not in it",))

        def sessions(self) -> dict[str, str]:
            return {}

        def watch(self, watcher: Any) -> None:
            """No page, and no cell that runs."""

    session.live = Live()  # type: ignore[assignment]
    return session


@pytest.mark.parametrize("target", ["airflow", "py"])
def test_a_doubtful_notebook_is_asked_about_before_anything_is_done(user: Any, target: str) -> None:
    path = Path(user.environ["JPE_NOTEBOOK_PATH"])
    panel = user.ready(doubtful(user.session, path))
    panel.choose(target)
    user.previewed(panel)
    state = exported(user, panel)
    assert (state.done, state.question.option) == (None, "allow_unsaved")
    assert user.records() == []
    panel.answer(True)
    assert user.done(panel).done.ok


def test_a_doubtful_notebook_that_is_refused_anyway_is_refused(user: Any) -> None:
    path = user.write(f"key = '{SECRET}'")
    state = exported(user, user.ready(doubtful(user.session, path)))
    assert (state.done.error.code, state.question) == ("JPE201", None)


def test_a_script_is_for_downloading_and_written_only_where_the_form_says(user: Any) -> None:
    panel = user.ready()
    panel.choose("py")
    user.previewed(panel)
    state = exported(user, panel)
    assert state.done.preview
    assert state.done.artifact.files[0].path == "etl daily.py"
    assert not list(user.folder.rglob("*.py"))
    assert user.records() == []
    panel.set("output", "out/")
    state = exported(user, panel)
    assert state.done.record is not None
    assert (user.folder / "out" / "etl daily.py").read_text() == state.done.code
    assert [one.name for one in user.folder.rglob("*.py")] == ["etl daily.py"]


def test_what_only_the_try_can_tell_stands_at_its_field(user: Any) -> None:
    panel = user.ready()
    panel.set("wait", True)
    panel.set("trigger", False)
    state = exported(user, panel)
    assert "“Auto-trigger DAG” switched off starts none" in str(state.done.error)
    assert state.errors.keys() == {"wait"}
    panel.set("wait", False)
    assert panel.state.errors == {}


def test_one_thing_at_a_time(user: Any, wait_until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    free, runs = threading.Event(), []
    session = user.session
    run = session.run

    def slow(given: Any, *rest: Any, **more: Any) -> Export:
        if not given.values.get("preview"):
            runs.append(given)
            free.wait(10)
        return run(given, *rest, **more)

    monkeypatch.setattr(session, "run", slow)
    panel = user.ready(session)
    panel.export()
    wait_until(lambda: runs)
    going_on = panel.state.work
    panel.export()
    panel.act("status", "nothing")
    assert panel.state.work is going_on
    # a preview and the history are not held up
    panel.set("owner", "ada")
    assert user.previewed(panel).preview.report.options["owner"] == "ada"
    panel.find("nothing")
    wait_until(lambda: panel.state.past.search == "nothing")
    assert panel.state.work is not None
    free.set()
    assert user.done(panel).done.ok
    assert len(runs) == 1


def test_a_fault_of_ours_or_a_plugins_is_told_and_the_panel_goes_on(
    user: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = user.session
    run, broken = session.run, [ZeroDivisionError("password=hunter2"), SystemExit(3), KeyError("hunter2")]

    def fail(given: Any, *rest: Any, **more: Any) -> Export:
        if broken and not given.values.get("preview"):
            raise broken.pop(0)
        return run(given, *rest, **more)

    monkeypatch.setattr(session, "run", fail)
    panel = user.ready(session)
    with caplog.at_level("DEBUG", "jpe_magics.panel"):
        for name in ("ZeroDivisionError", "SystemExit", "KeyError"):
            state = exported(user, panel)
            assert f"Create DAG failed: {name}" in str(state.notice)
            assert state.done is None
    assert "hunter2" not in caplog.text + repr(panel.state)
    assert exported(user, panel).done.ok
    assert panel.state.notice is None


def test_steps_that_come_late_are_not_those_of_the_next_work(user: Any, wait_until: Until) -> None:
    panel, efforts, free = user.ready(), [], threading.Event()

    def work(effort: Any) -> dict[str, Any]:
        efforts.append(effort)
        if len(efforts) == 2:
            free.wait(10)
        return {}

    panel._working.start("first", work)
    wait_until(lambda: efforts and panel.state.work is None)
    panel._working.start("second", work)
    wait_until(lambda: len(efforts) == 2)
    efforts[0].tell(Progress("of the first"))
    assert panel.state.work.steps.now is None
    efforts[1].tell(Progress("of the second"))
    assert panel.state.work.steps.now.told.step == "of the second"
    free.set()


def test_a_setting_that_is_wrong_is_said_and_may_be_mended(user: Any) -> None:
    user.environ["JPE_DEFAULT_MODE"] = "nonsense"
    panel = user.panel()
    assert panel.state.notice.code == "JPE010"
    assert panel.state.targets
    user.environ["JPE_DEFAULT_MODE"] = "batch"
    panel.choose("airflow")
    panel.preview()
    assert user.previewed(panel).notice is None


# --- servers


def use(user: Any, airflow: Any) -> None:
    """Set that Airflow, and what it takes to sign in."""
    login = {"AIRFLOW_JWT_SECRET": "s" * 64, "AIRFLOW_JWT_SUBJECT": "1"}
    user.environ |= {"AIRFLOW_API_URL": airflow.url, "JPE_AIRFLOW_ENABLED": "true", **login}


def test_an_airflow_runs_it_and_the_steps_are_shown(user: Any, fake_airflow: ModuleType, wait_until: Until) -> None:
    (user.folder / "dags").mkdir()
    with fake_airflow.FakeAirflow(user.folder / "dags", parse_every=1) as airflow:
        use(user, airflow)
        panel = user.ready()
        panel.set_parameter("n", "8", this_run=True)
        state = exported(user, panel)
        assert state.done.error is None, state.done.error
        assert [one.kind for one in state.done.published] == ["file", "dag", "run"]
        assert [one.conf for one in airflow.dags["etl_daily"].runs] == [{"n": 8}]
        told = [one.work.steps for one in user.states if one.work is not None and one.work.steps.now is not None]
        assert told
        # again, from the history
        record = state.done.record_id
        panel.act("run", record, {"n": "9"})
        state = user.done(panel)
        assert isinstance(state.done, Submission)
        assert state.done.ok
        assert [one.conf for one in airflow.dags["etl_daily"].runs] == [{"n": 8}, {"n": 9}]
        panel.act("status", record)
        assert user.done(panel).done.action == "status"
        # somebody pauses it
        airflow.dags["etl_daily"].paused = True
        panel.set("owner", "ada")
        state = exported(user, panel)
        assert (state.done.error.code, state.question.option) == ("JPE515", "unpause")
        panel.answer(False)
        told = panel.state.done.error
        assert isinstance(told, Interrupted)
        assert told.message.startswith("the DAG stays paused, as you chose: no run was started; what was made before")
        assert airflow.dags["etl_daily"].paused
        assert exported(user, panel).question.option == "unpause"
        panel.answer(True)
        assert user.done(panel).done.ok
        assert not airflow.dags["etl_daily"].paused


def test_stop_ends_the_work_at_its_next_wait(user: Any, fake_airflow: ModuleType, wait_until: Until) -> None:
    (user.folder / "dags").mkdir()
    with fake_airflow.FakeAirflow(user.folder / "dags") as airflow:  # which never parses the file
        use(user, airflow)
        panel = user.ready()
        panel.stop()  # nothing goes on
        panel.export()
        wait_until(lambda: panel.state.work is not None and panel.state.work.steps.now is not None)
        begun = time.monotonic()
        panel.stop()
        assert panel.state.work is None or panel.state.work.stopping
        state = user.done(panel)
        assert time.monotonic() - begun < 2
        assert state.done.error.code == "JPE511"
        assert user.records()[-1]["status"] == "interrupted"


def test_closing_ends_an_export_too(user: Any, fake_airflow: ModuleType, wait_until: Until) -> None:
    (user.folder / "dags").mkdir()
    before = threading.active_count()
    with fake_airflow.FakeAirflow(user.folder / "dags") as airflow:
        use(user, airflow)
        panel = user.ready()
        panel.export()
        wait_until(lambda: panel.state.work is not None and panel.state.work.steps.now is not None)
        begun = time.monotonic()
        panel.close()
        assert time.monotonic() - begun < 2
        assert panel.state.closed
        wait_until(lambda: user.records()[-1]["status"] == "interrupted")
    wait_until(lambda: threading.active_count() <= before)


def test_an_ilum_job_is_submitted(user: Any, fake_ilum: ModuleType) -> None:
    with fake_ilum.FakeIlum() as ilum:
        user.environ["ILUM_API_URL"] = ilum.url
        panel = user.ready()
        panel.choose("ilum")
        assert user.previewed(panel).values["name"] == "etl daily"
        assert panel.state.preview.requests
        panel.set("tags", "team=data")
        state = exported(user, panel)
        assert state.done.error is None, state.done.error
        assert "job" in [one.kind for one in state.done.published]


def test_badges_come_one_by_one_though_a_host_swallows_everything(user: Any, wait_until: Until) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as silent,
        closing(socket.create_server(("127.0.0.1", 0))) as other,
    ):
        user.environ |= {
            "JPE_AIRFLOW_ENABLED": "true",
            "ILUM_API_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "GITEA_API_URL": f"http://127.0.0.1:{other.getsockname()[1]}",
        }
        begun = time.monotonic()
        panel = user.panel()
        assert time.monotonic() - begun < 1.0
        wait_until(lambda: panel.state.operating)
        took = time.monotonic() - begun
    assert panel.state.operating == "Standalone"
    assert took < 3
    seen = [{badge.backend: badge.state for row in state.targets for badge in row.badges} for state in user.states]
    # Airflow's closed port is told at once, the silent hosts when their time is over
    assert {"airflow": "down", "ilum": "unknown", "gitea": "unknown"} in seen
    assert seen[-1] == {"airflow": "down", "ilum": "down", "gitea": "down"}
    assert all("no answer within 1.5 s" in badge.tried for badge in panel.state.targets[1].badges)


def test_what_answers_lights_up(user: Any, scripted: ModuleType, wait_until: Until) -> None:
    with scripted.ScriptedServer(scripted.Say(200, {})) as server:
        user.environ |= {"AIRFLOW_API_URL": server.url, "JPE_AIRFLOW_ENABLED": "true"}
        panel = user.panel()
        wait_until(lambda: panel.state.operating)
        assert panel.state.operating == "Connected"
        assert {badge.backend: badge.state for badge in panel.state.targets[0].badges}["airflow"] == "ok"


# --- the history


def remembered(user: Any, *names: str, **more: Any) -> list[str]:
    """Write records of published DAGs and return their ids, the oldest first."""
    history, made = user.session.history, []
    for name in names:
        record = history.new(target="airflow", name=name, status="exported", published=[{"kind": "file"}], **more)
        made.append(history.begin(record))
    return made


def test_the_newest_rows_are_shown_found_and_opened_with_the_record_before(user: Any, wait_until: Until) -> None:
    first, other, second = remembered(user, "etl", "other", "etl")
    panel = user.panel()
    wait_until(lambda: panel.state.past.rows)
    assert [row.id for row in panel.state.past.rows] == [second, other, first]
    panel.find("oth")
    wait_until(lambda: [row.id for row in panel.state.past.rows] == [other])
    panel.find("", "py")
    wait_until(lambda: panel.state.past.rows == ())
    panel.show(second)
    wait_until(lambda: panel.state.past.record)
    assert (panel.state.past.record.id, panel.state.past.before.id) == (second, first)
    panel.show(first)
    wait_until(lambda: panel.state.past.record.id == first)
    assert panel.state.past.before is None
    panel.show("")
    wait_until(lambda: panel.state.past.record is None)


def test_fifty_rows_are_shown(user: Any, wait_until: Until) -> None:
    remembered(user, *(f"etl_{number}" for number in range(60)))
    panel = user.panel()
    wait_until(lambda: panel.state.past.rows)
    assert len(panel.state.past.rows) == 50
    assert panel.state.past.rows[0].name == "etl_59"


def test_a_record_that_is_not_there_is_said_in_the_history(user: Any, wait_until: Until) -> None:
    panel = user.panel()
    panel.show("nothing")
    wait_until(lambda: panel.state.past.error)
    assert isinstance(panel.state.past.error, HistoryError)
    assert panel.state.past.error.__traceback__ is None


def test_a_history_that_can_not_be_read_hinders_nothing_else(user: Any, wait_until: Until) -> None:
    (user.folder / "audit.jsonl").mkdir()
    panel = user.ready()
    wait_until(lambda: panel.state.past.error)
    assert panel.state.past.error.code == "JPE603"
    state = exported(user, panel)
    assert state.done.ok
    assert state.done.notices


def test_what_can_not_be_done_with_a_record_is_said(user: Any) -> None:
    (record,) = remembered(user, "etl")
    panel = user.ready()
    panel.act("run", record, {"n": "1"})
    state = user.done(panel)
    assert isinstance(state.notice, OptionError)
    assert state.done is None
    panel.act("stop", "nothing")
    assert isinstance(user.done(panel).notice, HistoryError)


def test_the_history_alone_needs_no_notebook(user: Any, wait_until: Until) -> None:
    (record,) = remembered(user, "etl")
    Path(user.environ["JPE_NOTEBOOK_PATH"]).unlink()
    panel = user.panel(begin=False)
    panel.find("", "")
    wait_until(lambda: panel.state.past.rows)
    panel.act("stop", record)
    assert isinstance(user.done(panel).notice, OptionError)
    panel.close()
    assert {type(state.notice) for state in user.states if state.notice is not None} == {OptionError}


def test_an_open_record_is_read_anew_after_an_action(user: Any, wait_until: Until) -> None:
    panel = user.ready()
    record = exported(user, panel).done.record_id
    panel.show(record)
    wait_until(lambda: panel.state.past.record)
    user.session.history.add(record, "state", status="success")
    panel.act("status", record)
    user.done(panel)
    wait_until(lambda: panel.state.past.record.status == "success")


# --- the front end


class Page:
    """A page's half of the mirror, without a page."""

    def __init__(self, path: Path) -> None:
        self.path, self.revision, self.sources, self.saves = path, 0, ["x = 1"], True

    def on_msg(self, callback: Any) -> None:
        self.callback = callback

    def send(self, content: Any) -> None:
        if content["type"] == "save":
            if not self.saves:
                return
            self.path.write_text("{}")
        self.push(content["id"])

    def push(self, question: str | None = None) -> None:
        self.revision += 1
        cells = [
            {"cell_type": "code", "id": f"c{place}", "source": one, "metadata": {}}
            for place, one in enumerate(self.sources)
        ]
        told = {
            "protocol": 1, "type": "snapshot", "id": question, "page": "p", "revision": self.revision,
            "taken": time.time() * 1000, "front": "lab", "path": self.path.name, "dirty": True,
            "notebook": {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells},
        }  # fmt: skip
        self.callback(None, told, [])

    def close(self) -> None:
        pass


class Shell:
    """As much of a shell as the live notebook of a kernel needs."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.kernel = type("Kernel", (), {"get_parent": lambda self, channel: {}})()
        self.events = self
        self.ran: list[Any] = []

    def register(self, event: str, callback: Any) -> None:
        assert event == "post_run_cell"
        self.ran.append(callback)

    def unregister(self, event: str, callback: Any) -> None:
        self.ran.remove(callback)


@pytest.fixture
def front(user: Any):
    """A session whose notebook a page shows, and the page."""
    del user.environ["JPE_NOTEBOOK_PATH"]
    page = Page(user.folder / "shown.ipynb")
    live = LiveNotebook(Shell(), user.environ)
    live.mirror = Mirror(make=lambda: page)
    live.mirror.heard = live._changed
    live.mirror.open()
    page.push()
    yield Session(environ=user.environ, live=live), page
    live.mirror.close()


def test_an_export_asks_the_page(user: Any, front: Any) -> None:
    session, page = front
    panel = user.ready(session)
    assert panel.state.can_save
    assert panel.state.preview.report.source == "live notebook, 1 cell"
    page.sources += ["y = 2", "z = 3"]
    state = exported(user, panel)
    assert state.done.report.source == "live notebook, 3 cells"
    assert (user.folder / "dags" / "shown.py").exists()


def test_a_preview_that_is_asked_for_shows_what_the_page_shows_now(user: Any, front: Any, wait_until: Until) -> None:
    session, page = front
    panel = user.ready(session)
    page.sources.append("y = 2")
    panel.preview()
    wait_until(lambda: panel.state.preview.report.source == "live notebook, 2 cells")


def test_the_preview_follows_the_notebook(user: Any, front: Any, wait_until: Until) -> None:
    session, page = front
    panel = user.ready(session)
    page.sources.append("y = 2")
    page.push()
    wait_until(lambda: panel.state.preview.report.source == "live notebook, 2 cells")
    made = panel.state.preview
    page.push()  # with other outputs only
    time.sleep(2 * FOLLOW)
    assert panel.state.preview is made
    (ran,) = session.live._shell.ran
    ran(None)
    wait_until(lambda: panel.state.preview is not made)
    panel.close()
    assert session.live._shell.ran == []
    page.sources.append("z = 3")
    page.push()
    assert panel.state.closed


def test_what_the_page_tells_first_after_opening_is_previewed_too(user: Any, front: Any, wait_until: Until) -> None:
    session, page = front
    page.sources.append("edited = 1")  # pushed only when asked
    panel = user.panel(session)
    wait_until(lambda: panel.state.preview and panel.state.preview.report.source == "live notebook, 2 cells")


def test_a_notebook_that_only_the_page_knows_comes_and_takes_the_error_away(
    user: Any, front: Any, wait_until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, page = front
    session.live.mirror = Mirror(make=lambda: page)
    session.live.mirror.open()
    failed, send = threading.Event(), page.send
    monkeypatch.setattr(page, "send", lambda content: failed.wait(5) and send(content))
    panel = user.panel(session, begin=False)
    panel.listen(lambda state, _: failed.set() if state.notice is not None else None)
    panel.open()
    state = wait_until(lambda: panel.state if panel.state.preview is not None else None)
    assert failed.is_set()
    assert state.notice is None


def test_the_last_target_of_a_notebook_that_only_the_page_knows_is_chosen(
    user: Any, front: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, page = front
    first = user.ready(session)
    first.choose("py")
    first.set("output", "out/")
    assert exported(user, first).done.ok
    first.close()
    session.live.mirror = Mirror(make=lambda: page)
    session.live.mirror.open()
    failed, send = threading.Event(), page.send
    monkeypatch.setattr(page, "send", lambda content: failed.wait(5) and send(content))
    panel = user.panel(session, begin=False)
    panel.listen(lambda state, _: failed.set() if state.notice is not None else None)
    panel.open()
    assert user.previewed(panel).target == "py"


def test_the_page_saves(user: Any, front: Any, wait_until: Until) -> None:
    session, page = front
    panel = user.ready(session)
    panel.save()
    wait_until(page.path.exists)
    assert panel.state.notice is None


def test_a_page_that_does_not_save_is_told(user: Any, front: Any, wait_until: Until, monkeypatch: Any) -> None:
    session, page = front
    page.saves = False
    save = session.live.mirror.save
    monkeypatch.setattr(session.live.mirror, "save", lambda: save(timeout=0.1))
    panel = user.ready(session)
    panel.save()
    wait_until(lambda: panel.state.notice)
    assert isinstance(panel.state.notice, NotebookError)
    assert "did not say that it has saved" in str(panel.state.notice)


def test_without_a_page_nothing_can_be_saved(user: Any, wait_until: Until) -> None:
    panel = user.ready()
    assert not panel.state.can_save
    panel.save()
    assert isinstance(wait_until(lambda: panel.state.notice), NotebookError)


# --- listeners, and the end


def test_a_listener_may_act_on_any_thread(user: Any, wait_until: Until) -> None:
    panel = user.panel(begin=False)
    acted: list[str] = []

    def listener(state: Any, before: Any) -> None:
        if state.preview is not None and not acted:
            acted.append(threading.current_thread().name)
            panel.set("owner", "ada")
            panel.export()

    panel.listen(listener)
    panel.open()
    wait_until(lambda: isinstance(panel.state.done, Export))
    assert panel.state.done.report.options["owner"] == "ada"
    assert acted[0].startswith("jpe-panel-")


def test_a_listener_may_close_the_panel_from_its_own_thread(user: Any, wait_until: Until) -> None:
    before = threading.active_count()
    panel = user.panel(begin=False)
    panel.listen(lambda state, _: panel.close() if state.preview is not None else None)
    panel.open()
    wait_until(lambda: panel.state.closed)
    wait_until(lambda: threading.active_count() <= before)


def test_the_first_preview_waits_until_the_view_is_drawn_and_nothing_puts_it_off(user: Any, wait_until: Until) -> None:
    panel = user.panel(begin=False)
    panel.open(drawn=1.0)
    opened = time.monotonic()
    assert panel.state.fields, "the form is there at once"
    wait_until(lambda: panel.state.operating)
    panel._previewing.soon(60.0)  # as after an edit of the notebook
    user.previewed(panel)
    assert 1.0 <= time.monotonic() - opened < 30


def test_a_closed_panel_does_nothing_more(user: Any) -> None:
    panel = user.ready()
    panel.close()
    count = len(user.states)
    assert user.states[-1].closed
    panel.close()
    panel.open()
    panel.set("owner", "ada")
    panel.set_parameter("n", "4")
    panel.choose("py")
    panel.preview()
    panel.export()
    panel.answer(True)
    panel.stop()
    panel.save()
    panel.find("x")
    panel.show("x")
    panel.act("run", "x")
    assert len(user.states) == count
    assert user.records() == []


def test_fifty_panels_leave_no_thread(user: Any, wait_until: Until) -> None:
    user.ready().close()
    before = threading.active_count()
    for number in range(50):
        panel = user.panel()
        if number % 5 == 0:
            user.previewed(panel)
        panel.close()
    wait_until(lambda: threading.active_count() <= before)


def test_a_closed_panel_keeps_nothing_heavy_alive(user: Any) -> None:
    panel = user.ready()
    preview, last = weakref.ref(panel.state.preview), weakref.ref(panel._filling.snapshot)
    assert preview() is not None
    assert last() is not None
    gc.disable()
    try:
        user.states.clear()
        panel.close(5.0)
        assert panel.state.closed
        assert (preview(), last()) == (None, None)
    finally:
        gc.enable()


def test_closing_does_not_wait_unless_it_is_told_to(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session, begun, free = user.session, threading.Event(), threading.Event()
    run = session.run

    def slow(*words: Any, **more: Any) -> Export:
        begun.set()
        free.wait(10)
        return run(*words, **more)

    monkeypatch.setattr(session, "run", slow)
    panel = user.panel(session)
    assert begun.wait(10)
    before = time.monotonic()
    panel.close()
    assert time.monotonic() - before < 0.5
    free.set()


def test_closing_waits_no_longer_than_it_may_for_a_server_that_does_not_answer(
    user: Any, scripted: ModuleType, wait_until: Until
) -> None:
    with scripted.ScriptedServer(
        lambda asked: scripted.HOLD if asked.method == "POST" else scripted.Say(200, {})
    ) as one:
        user.environ["ILUM_API_URL"] = one.url
        panel = user.ready()
        panel.choose("ilum")
        user.previewed(panel)
        panel.export()
        wait_until(lambda: any(asked.method == "POST" for asked in one.asked) or panel.state.work is None)
        begun = time.monotonic()
        panel.close()
        assert time.monotonic() - begun < 0.5
        panel.close(1.0)
        assert time.monotonic() - begun < 2.0


def test_an_interpreter_ends_though_a_panel_is_open_and_works(user: Any) -> None:
    code = """
import sys, threading, time
from jpe_magics.panel.controller import Panel
from jpe_magics.session import Session
panel = Panel(Session())
panel._session.run = lambda *_, **__: time.sleep(600)
panel.open()
while not any(one.name == "jpe-panel-preview" for one in threading.enumerate()):
    time.sleep(0.01)
print("open", flush=True)
"""
    environ = {**user.environ, "PATH": "/usr/bin:/bin", "HOME": str(user.folder)}
    root = Path(controller.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "open\n", "")
