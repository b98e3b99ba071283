"""What the history does with records of Ilum: run again, stop, ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jpe_magics.errors import OptionError, PublishError, RunFailed
from jpe_magics.model.publication import Published
from jpe_magics.targets.ilum import target


def status(ilum: Any, record: Any) -> Any:
    return ilum.drive(target.status(record, ilum.around()))


def stop(ilum: Any, record: Any) -> Any:
    return ilum.drive(target.stop(record, ilum.around()))


def details(shown: Any) -> dict[str, str]:
    return {one.step: one.detail for one in shown.progress}


# --- again


def test_a_service_runs_again_with_other_parameters_and_without_an_upload(ilum: Any) -> None:
    record = ilum.record(ilum.export("service", {"name": "daily-kpi"}))
    for number in range(3):
        shown = ilum.again(record, {"n": number}, wait=True)
        assert shown.kinds == ["run", "run"]
        assert shown.states[-1].status == "success"
    runs = ilum.fake.runs["group-1"]
    tag = {"jpe-export": "261121-040000-def"}
    assert [one.body["jobConfig"] for one in runs] == [{"n": "0", **tag}, {"n": "1", **tag}, {"n": "2", **tag}]
    assert shown.published[0].note == "started with n=2"
    assert {one.body["jobClass"] for one in runs} == {"pipeline_exp_daily_kpi.NotebookService"}
    assert ilum.fake.count("POST", "/group") == 1


def test_a_service_that_was_made_with_execute_runs_so_again(ilum: Any) -> None:
    record = ilum.record(ilum.export("service", {"execute": True}))
    assert ilum.again(record).states[-1].status == "success"
    assert ilum.fake.count("POST", ".*/execute") == 1


def test_a_single_job_is_submitted_again_as_it_was(ilum: Any) -> None:
    options = {"tags": ["team=data"], "requirements": ["pandas==2.2.3"], "executors": 2, "spark_conf": {"spark.y": "2"}}
    record = ilum.record(ilum.export(options=options, run_parameters=(("n", 1),)))
    shown = ilum.again(record, {"n": 2})
    first, second = ilum.fake.of("job")
    changed = {"args": "n=2", "tags": "team=data;jpe_export=261121-040000-def"}
    assert second.form == {**first.form, **changed}
    assert second.files == first.files
    assert shown.published[0].place == second.id


def test_options_as_the_history_keeps_them_are_taken(ilum: Any) -> None:
    import json

    shown = ilum.export(options={"tags": ["team=data"], "packages": ["a:b:1"]})
    record = ilum.record(shown, options=json.loads(json.dumps(ilum.options)))
    ilum.again(record)
    first, second = ilum.fake.of("job")
    assert second.form["packages"] == first.form["packages"] == "a:b:1"
    assert second.form["tags"].startswith("team=data;")


@pytest.mark.parametrize("changed", [{"secrets_allowed": True}, {"files": ()}, {"files": ({"path": "x.py"},)}])
def test_code_that_the_history_does_not_hold_is_not_submitted(ilum: Any, changed: Any) -> None:
    record = ilum.record(ilum.export(), **changed)
    with pytest.raises(OptionError) as caught:
        ilum.again(record)
    assert (caught.value.code, caught.value.hint) == ("JPE516", "export again")
    assert ilum.fake.count("POST", "/job/submit") == 1


def test_code_that_was_masked_is_not_submitted(ilum: Any) -> None:
    shown = ilum.export()
    file = dict(ilum.record(shown).files[0], text="password = '***'\n")
    with pytest.raises(OptionError, match="does not hold the code"):
        ilum.again(ilum.record(shown, files=(file,)))


def test_a_service_with_secrets_in_it_runs_again_all_the_same(ilum: Any) -> None:
    record = ilum.record(ilum.export("service"), secrets_allowed=True, files=())
    assert ilum.again(record).kinds == ["run"]


def test_a_job_that_was_run_again_and_may_be_made_is_to_be_found_by_the_tag_that_it_has(ilum: Any) -> None:
    record = ilum.record(ilum.export())
    ilum.fault("POST", "/job/submit", "lose")
    ilum.fault("GET", "/job", 403, 99, told={"message": "token expired"})
    with pytest.raises(PublishError, match="it is not known whether Ilum has made the job kpi") as caught:
        ilum.again(record)
    tag = ilum.fake.of("job")[-1].form["tags"]
    assert caught.value.hint == f"look in Ilum for a job with the tag {tag} before you run {record.id} again"


def test_options_that_somebody_has_changed_in_the_file_are_refused(ilum: Any) -> None:
    shown = ilum.export()
    for changed in ({"spark_conf": "x"}, {"spark_conf": [1]}, {"mode": ["single"]}, {"executors": {}}):
        with pytest.raises(OptionError, match="can't be used any more"):
            ilum.again(ilum.record(shown, options={**ilum.options, **changed}))


def test_what_a_pipeline_with_secrets_says_is_not_told(ilum: Any) -> None:
    for mode, options in (("service", {}), ("service", {"execute": True}), ("single", {})):
        ilum.fake.outcome, ilum.fake.log = None, ["its words"]
        asked = {"trigger": True} if mode == "service" else {}
        record = ilum.record(
            ilum.export(mode, {"name": f"kpi{len(options)}", **options}, **asked), secrets_allowed=True
        )
        ilum.fake.outcome = "its words"
        for one in (*ilum.fake.of("job"), *(run for runs in ilum.fake.runs.values() for run in runs)):
            one.state, one.looks = "BUSY", 9
        asked_for = status(ilum, record)
        assert asked_for.states[-1].status == "failed"
        assert "its words" not in str([asked_for.states, asked_for.progress])
        if mode == "service":
            with pytest.raises(RunFailed, match="failed, and may say the secret") as caught:
                ilum.again(record, wait=True)
            assert "its words" not in str([caught.value, ilum.shown.states, ilum.shown.progress, ilum.shown.published])


def test_a_schedule_runs_by_its_service_or_as_a_job(ilum: Any) -> None:
    record = ilum.record(ilum.export("cron"))
    assert ilum.again(record, {"n": 1}).kinds == ["run"]
    record = ilum.record(ilum.export("cron", {"schedule_only": True, "name": "other"}))
    assert ilum.again(record, {"n": 1}).kinds == ["job"]
    assert ilum.fake.of("job")[0].form["args"] == "n=1"


def test_a_service_that_was_stopped_says_so(ilum: Any) -> None:
    record = ilum.record(ilum.export("service"))
    ilum.fake.of("group")[0].state = "ARCHIVED"
    with pytest.raises(PublishError, match=r"no run was started: the service kpi \(group-1\) was stopped"):
        ilum.again(record)
    ilum.fake.made.clear()
    with pytest.raises(PublishError, match="does not know the service any more"):
        ilum.again(record)


def test_a_service_whose_driver_died_says_how_to_go_on(ilum: Any) -> None:
    record = ilum.record(ilum.export("service"))
    driver = ilum.fake.of("group")[0].drivers[0]
    driver.state, driver.error = "FAILED", "OOM"
    with pytest.raises(PublishError) as caught:
        ilum.again(record)
    assert caught.value.message.endswith("died: OOM")
    assert "%jpe_history 261121-030000-abc --run" in caught.value.hint
    assert ilum.fake.runs == {}


def test_a_driver_that_died_long_ago_is_no_trouble(ilum: Any) -> None:
    record = ilum.record(ilum.export("service"))
    group = ilum.fake.of("group")[0]
    newest = replace(group.drivers[0], id="driver-9", state="FINISHED", began=9)
    group.drivers[0].state = "FAILED"
    group.drivers.append(newest)
    assert ilum.again(record).kinds == ["run"]


def test_a_service_that_paused_itself_is_run(ilum: Any) -> None:
    record = ilum.record(ilum.export("cron"))
    ilum.fake.of("group")[0].drivers[0].state = "CANCELED"
    assert ilum.again(record).kinds == ["run"]


def test_the_new_service_is_run_and_not_the_one_it_replaced(ilum: Any) -> None:
    ilum.fake.add("group", "kpi")
    record = ilum.record(ilum.export("service", replace=True))
    ilum.again(record)
    assert list(ilum.fake.runs) == [ilum.fake.of("group")[-1].id]


def test_a_refused_export_can_do_nothing(ilum: Any) -> None:
    record = ilum.record(ilum.export(), status="refused")
    for flow in (
        target.again(record, {}, False, ilum.around()),
        target.stop(record, ilum.around()),
        target.status(record, ilum.around()),
    ):
        with pytest.raises(OptionError, match="was refused"):
            ilum.drive(flow)


# --- stop


def test_a_job_is_stopped(ilum: Any) -> None:
    record = ilum.record(ilum.export())
    assert stop(ilum, record).states[-1].status == "cancelled"
    assert ilum.fake.of("job")[0].state == "CANCELED"
    with pytest.raises(OptionError, match="has ended already, as cancelled"):
        stop(ilum, record)


def test_a_service_and_its_schedule_are_stopped(ilum: Any) -> None:
    record = ilum.record(ilum.export("cron"))
    assert stop(ilum, record).states[-1].status == "stopped"
    assert [one.state for one in ilum.fake.made] == ["ARCHIVED", "DISABLED"]
    with pytest.raises(OptionError, match=r"nothing that .* made can be stopped"):
        stop(ilum, record)


def test_a_stop_whose_answer_is_lost_is_a_stop(ilum: Any) -> None:
    record = ilum.record(ilum.export("service"))
    ilum.fault("POST", "/group/.*/stop", "lose")
    assert stop(ilum, record).states[-1].status == "stopped"
    assert ilum.fake.count("POST", "/group/.*/stop") == 2


@pytest.mark.parametrize(("mode", "path"), [("single", "/job/[^/]*"), ("service", "/group/[^/]*")])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_one_404_is_not_believed(ilum: Any, mode: str, path: str, method: str) -> None:
    """A gateway says so of everything while its server starts."""
    record = ilum.record(ilum.export(mode))
    ilum.fault(method, path + ("/stop" if method == "POST" else ""), 404)
    assert stop(ilum, record).states[-1].status == ("cancelled" if mode == "single" else "stopped")
    assert ilum.fake.made[0].state in ("CANCELED", "ARCHIVED")


@pytest.mark.parametrize(("mode", "path"), [("single", "/job/job-1"), ("service", "/group/group-1")])
def test_what_is_shown_and_not_known_when_it_is_to_be_stopped(ilum: Any, mode: str, path: str) -> None:
    record = ilum.record(ilum.export(mode))
    ilum.fault("POST", f"{path}/stop", 404, 99)
    with pytest.raises(PublishError, match=r"does not know the .* when asked to stop .*, and shows it as"):
        stop(ilum, record)
    assert [one for one in ilum.shown.states if one.status in ("cancelled", "stopped")] == []


def test_a_job_that_is_not_known_twice_and_then_goes_on_has_not_ended(ilum: Any) -> None:
    record = ilum.record(ilum.export())
    ilum.fault("GET", "/job/job-1", 404, 2)
    with pytest.raises(PublishError, match=r"the job job-1 is .*, and was not stopped") as caught:
        stop(ilum, record)
    assert "--stop" in caught.value.hint
    assert ilum.fake.of("job")[0].state not in ("CANCELED", "FINISHED", "FAILED")


@pytest.mark.parametrize("mode", ["service", "single"])
def test_one_404_is_not_the_end_of_what_was_made(ilum: Any, mode: str) -> None:
    record = ilum.record(ilum.export(mode))
    ilum.fault("GET", "/group/group-1|/job/job-1", 404)
    assert status(ilum, record).states[-1].status not in ("removed", "failed")


def test_what_was_made_without_an_answer_is_stopped_too(ilum: Any) -> None:
    shown = ilum.export("cron")
    record = ilum.record(type(shown)())
    assert stop(ilum, record).states[-1].status == "stopped"
    assert [one.state for one in ilum.fake.made] == ["ARCHIVED", "DISABLED"]


# --- status


def test_the_state_of_a_job(ilum: Any) -> None:
    record = ilum.record(ilum.export())
    assert [status(ilum, record).states[-1].status for _ in range(5)] == [
        *("starting", "ready", "running", "success", "success")
    ]
    assert ilum.shown.progress[-1].detail == "working"


def test_why_a_job_failed_is_in_its_state(ilum: Any) -> None:
    ilum.fake.outcome = "exit code 1"
    record = ilum.record(ilum.export())
    ilum.fake.of("job")[0].state = "BUSY"
    assert "exit code 1" in status(ilum, record).states[-1].error


def test_a_job_whose_answer_was_lost_is_found_by_its_tag(ilum: Any) -> None:
    shown = ilum.export()
    record = ilum.record(type(shown)())
    ilum.fake.of("job")[0].state = "FINISHED"
    found = status(ilum, record)
    assert found.published == [Published("job", "job-1", "http://ui/workloads/details/job/job-1", "found by its tag")]
    assert found.states[-1].status == "success"
    with pytest.raises(OptionError, match="made nothing on Ilum"):
        status(ilum, ilum.record(type(shown)(), id="261121-999999-xyz"))


def test_how_a_service_is(ilum: Any) -> None:
    record = ilum.record(ilum.export("service"))
    shown = status(ilum, record)
    assert shown.states[-1].status == "exported"
    assert details(shown)["the service group-1 is active"] == "its driver driver-1 is ready"
    driver = ilum.fake.of("group")[0].drivers[0]
    driver.state, driver.error = "FAILED", "OOM"
    shown = status(ilum, record)
    assert "died: OOM" in shown.states[-1].error
    assert "restart the service in Ilum" in details(shown)["the service group-1 is active"]
    ilum.fake.made.clear()
    assert status(ilum, record).states[-1].status == "removed"


def test_how_a_schedule_is(ilum: Any) -> None:
    record = ilum.record(ilum.export("cron"))
    schedule = ilum.fake.of("schedule")[0]
    assert details(status(ilum, record))[f"the schedule {schedule.id} is enabled"] == "it has started no job yet"
    for state in ("FAILED", "FINISHED"):
        ilum.fake.add("job", "kpi", state, tags=schedule.form["tags"], schedule=schedule.id)
    ilum.fake.add("job", "kpi", "BUSY")
    shown = status(ilum, record)
    assert details(shown)[f"the schedule {schedule.id} is enabled"] == (
        "its last job job-4 is success, http://ui/workloads/details/job/job-4"
    )
    assert shown.states[-1].status == "exported"
    schedule.state = "PAUSED"
    assert status(ilum, record).states[-1].status == "paused"
    schedule.state = "DISABLED"
    assert status(ilum, record).states[-1].status == "stopped"


def test_the_last_run_says_the_state_of_a_service(ilum: Any) -> None:
    shown = ilum.export("service", trigger=True)
    record = ilum.record(shown)
    assert status(ilum, record).states[-1].status == "submitted"
    ilum.fake.runs["group-1"][0].looks = 9
    shown = status(ilum, record)
    assert shown.states[-1].status == "success"
    assert details(shown)["the run run-2 is success"] == '{"status": "ok"}'


def test_a_run_that_was_lost_with_its_driver_has_failed(ilum: Any) -> None:
    record = ilum.record(ilum.export("service", trigger=True))
    ilum.fake.of("group")[0].drivers[0].state = "FAILED"
    assert "was lost" in status(ilum, record).states[-1].error


def test_a_service_that_was_taken_back_is_none(ilum: Any) -> None:
    ilum.fault("POST", "/schedule", 409)
    with pytest.raises(PublishError):
        ilum.export("cron")
    record = ilum.record(ilum.shown)
    with pytest.raises(OptionError, match="made nothing on Ilum"):
        ilum.again(record)


def test_a_run_that_fails_again_says_why(ilum: Any) -> None:
    record = ilum.record(ilum.export("service"))
    ilum.fake.outcome = "KeyError: 'x'"
    with pytest.raises(RunFailed, match="KeyError"):
        ilum.again(record, wait=True)


def test_a_cluster_that_is_gone_is_said_before_anything_is_submitted(ilum: Any) -> None:
    record = ilum.record(ilum.export())
    ilum.fake.clusters = ["gpu"]
    with pytest.raises(OptionError, match="no cluster 'default'"):
        ilum.again(record)
    assert ilum.fake.count("POST", "/job/submit") == 1


# --- several jobs of one record


def several_jobs(ilum: Any, number: int) -> Any:
    """Return a record that has submitted its job so often."""
    shown = ilum.export()
    published = [*shown.published]
    for _ in range(number - 1):
        published += ilum.again(ilum.record(shown)).published
    return ilum.record(shown, published=tuple(one.to_json() for one in published))


def test_another_job_names_those_of_the_record_that_go_on(ilum: Any) -> None:
    record = several_jobs(ilum, 3)
    ilum.fake.of("job")[0].state = "FINISHED"
    ilum.fake.add("job", "kpi", "BUSY")  # somebody else's
    shown = ilum.again(record, {"n": 2})
    assert shown.published[0].note == "created with n=2; still going on beside it: job-2, job-3"
    assert details(shown)["submitting another job"] == "still going on beside it: job-2, job-3"
    ilum.fault("GET", "/job", 403, 99)
    assert ilum.again(record).published[0].note == "created", "that can't be asked, and stops nothing"


def test_every_job_of_the_record_that_goes_on_is_stopped(ilum: Any) -> None:
    record = several_jobs(ilum, 3)
    other = ilum.fake.add("job", "kpi", "BUSY")
    ilum.fake.of("job")[1].state = "FINISHED"
    shown = stop(ilum, record)
    assert [one.state for one in ilum.fake.of("job")] == ["CANCELED", "FINISHED", "CANCELED", "BUSY"]
    assert other.state == "BUSY"
    assert (shown.states[-1].status, shown.states[-1].detail) == (
        "cancelled",
        "stopped the job job-1 and the job job-3",
    )
    with pytest.raises(OptionError, match="the job job-3 has ended already, as cancelled"):
        stop(ilum, record)


def test_where_one_job_cant_be_stopped_those_that_were_are_named(ilum: Any) -> None:
    record = several_jobs(ilum, 3)
    ilum.fault("POST", "/job/job-3/stop", 403, 99, told={"message": "no"})
    with pytest.raises(PublishError, match="the job job-1 and the job job-2 were stopped, and then: "):
        stop(ilum, record)


def test_a_schedule_is_stopped_with_the_jobs_of_its_record_and_names_those_that_it_started(ilum: Any) -> None:
    shown = ilum.export("cron", {"schedule_only": True}, trigger=True)
    record = ilum.record(shown)
    schedule = ilum.fake.of("schedule")[0]
    assert stop(ilum, record).states[-1].detail == ""
    assert ilum.fake.of("job")[0].state == "CANCELED"
    schedule.state = "ENABLED"
    fired = ilum.fake.add("job", "kpi", "BUSY", schedule=schedule.id)
    said = stop(ilum, record).states[-1].detail
    assert fired.id in said
    assert said.startswith(f"stopped the schedule {schedule.id}; the job {fired.id}, which it started, goes on")
    assert fired.state == "BUSY"
    schedule.state = "ENABLED"
    other = ilum.fake.add("job", "kpi", "BUSY", schedule=schedule.id)
    said = stop(ilum, record).states[-1].detail
    assert f"the jobs {fired.id}, {other.id}, which it started, go on to their ends: stop them in Ilum" in said


# --- what leads


def ran(ilum: Any, mode: str = "service") -> Any:
    """Return a record whose service has run well."""
    record = ilum.record(ilum.export(mode, trigger=True))
    ilum.fake.runs["group-1"][0].looks = 9
    assert status(ilum, record).states[-1].status == "success"
    return record


def test_a_stop_stays_though_the_last_run_went_well(ilum: Any) -> None:
    for mode in ("service", "cron"):
        ilum.fake.made.clear()
        ilum.fake.runs.clear()
        ilum.fake._number = 0
        record = ran(ilum, mode)
        stop(ilum, record)
        state = status(ilum, record).states[-1]
        assert state.status == "stopped"
        assert state.detail.startswith("the service group-1 is archived")
        assert state.detail.endswith("the run run-2 is success" if mode == "service" else "is success")


def test_a_driver_that_died_leads_with_what_to_do(ilum: Any) -> None:
    record = ran(ilum)
    driver = ilum.fake.of("group")[0].drivers[0]
    results = ilum.fake._results
    driver.state, driver.error = "FAILED", "exit code 137"
    run = ilum.fake.runs["group-1"][0]
    ilum.fake._results = lambda group, query: (200, {"content": [ilum.fake._told_run(group, run)]})
    state = status(ilum, record).states[-1]
    died = "the driver of the service kpi (group-1) died: exit code 137"
    assert (state.status, state.error) == ("failed", died)
    assert state.detail.startswith(f"{died}; restart the service in Ilum, then %jpe_history {record.id} --run")
    assert state.detail.endswith("; the run run-2 is success")
    ilum.fake._results, driver.state = results, "READY"
    state = status(ilum, record).states[-1]
    assert (state.status, state.error, state.detail) == ("success", "", "")


def test_a_schedule_that_is_paused_does_not_hide_its_run(ilum: Any) -> None:
    record = ran(ilum, "cron")
    ilum.fake.of("schedule")[0].state = "PAUSED"
    state = status(ilum, record).states[-1]
    assert state.status == "success"
    assert "is paused" in state.detail


# --- runs of which the tag alone is known


def lost(ilum: Any, how: str) -> Any:
    """Return a record whose run was asked for and not answered."""
    shown = ilum.export("service")
    ilum.fault("POST", "/group/.*/job/submit", how)
    if how == "lose":
        hidden = ilum.fake._results
        ilum.fake._results = lambda *_: (200, {"content": []})
    with pytest.raises(PublishError, match="it is not known"):
        ilum.again(ilum.record(shown), {"n": 4})
    if how == "lose":
        ilum.fake._results = hidden
    published = [*shown.published, *ilum.shown.published]
    return ilum.record(shown, published=tuple(one.to_json() for one in published))


def test_a_run_that_was_not_found_is_found_when_its_status_is_asked_for(ilum: Any) -> None:
    record = lost(ilum, "lose")
    ilum.fake.runs["group-1"][0].looks = 9
    shown = status(ilum, record)
    assert shown.states[-1].status == "success"
    assert [(one.place, one.note) for one in shown.published] == [
        ("jpe-export=261121-040000-def", "found as run-2"),
        ("run-2", "found by its tag"),
    ]
    known = ilum.record(shown, published=(*record.published, *(one.to_json() for one in shown.published)))
    assert status(ilum, known).published == [], "it is known by its id from now on"


def test_a_run_that_is_nowhere_is_not_known(ilum: Any) -> None:
    record = lost(ilum, "drop")
    shown = status(ilum, record)
    assert shown.states[-1].status == "unknown"
    assert "it was not started, or has not ended yet" in shown.states[-1].error
    assert shown.states[-1].detail.endswith("the service group-1 is active, its driver driver-1 is ready")
    assert shown.published == []


def test_a_module_that_would_take_the_tag_for_a_parameter_gets_none(ilum: Any) -> None:
    shown = ilum.export("service")
    ilum.again(ilum.record(shown, files=({"path": "x.py", "text": "PARAMETERS = {}"},)), {"n": 1})
    assert ilum.fake.runs["group-1"][0].body["jobConfig"] == {"n": "1"}
    ilum.fault("POST", "/group/.*/job/submit", "drop")
    with pytest.raises(PublishError) as caught:
        ilum.again(ilum.record(shown, files=()), {"n": 1})
    assert caught.value.code == "JPE517"
    assert caught.value.hint == "look at the service's results in Ilum before you start another"
    assert ilum.fake.count("GET", "/group/.*/job/result") == 0
