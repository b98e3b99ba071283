"""Making jobs, services and schedules, against a fake Ilum over real HTTP."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest

from jpe_magics.core.export import Prepared
from jpe_magics.errors import NoAnswer, OptionError, PublishError
from jpe_magics.targets.ilum.times import when

TAG = "jpe_export=261121-030000-abc"


def things(ilum: Any, kind: str) -> list[tuple[str, str]]:
    return [(one.id, one.state) for one in ilum.fake.of(kind)]


# --- the good way


def test_a_single_job_is_submitted_once_with_all_that_it_needs(ilum: Any) -> None:
    shown = ilum.export(run_parameters=(("n", 4), ("on", True)), options={"image": "Spark 4.1.2 with Delta"})
    (job,) = ilum.fake.of("job")
    assert [(one.kind, one.place, one.link) for one in shown.published] == [
        ("job", job.id, f"http://ui/workloads/details/job/{job.id}")
    ]
    assert job.form == {
        "name": "kpi",
        "clusterName": "default",
        "language": "PYTHON",
        "jobClass": "pipeline_exp_kpi",
        "args": "n=4;on=true",
        "tags": TAG,
        "jobConfig": "spark.x=1;spark.kubernetes.container.image=ilum/spark:4.1.2-delta",
    }
    assert job.files == {"pyFiles": b"print(1)\n"}
    assert [one.status for one in shown.states] == ["submitted"]
    assert shown.published[0].note == "created with n=4, on=true"
    assert ilum.fake.count("POST", ".*") == 1


def test_a_service_is_made_and_waits(ilum: Any) -> None:
    shown = ilum.export("service")
    (group,) = ilum.fake.of("group")
    assert [(one.kind, one.place, one.note) for one in shown.published] == [("service", group.id, "created")]
    assert group.form["tags"] == TAG
    assert group.form["autoPause"] == "false"
    assert shown.states == []
    assert ilum.fake.runs == {}


def test_a_schedule_comes_with_a_service_that_pauses_itself(ilum: Any) -> None:
    shown = ilum.export("cron")
    (group,), (schedule,) = ilum.fake.of("group"), ilum.fake.of("schedule")
    assert [(one.kind, one.place) for one in shown.published] == [("service", group.id), ("schedule", schedule.id)]
    assert group.form["autoPause"] == "true"
    assert schedule.form["cron"] == "0 5 * * *"
    assert schedule.form["jobClass"] == "pipeline_exp_kpi"
    assert ilum.fake.of("job") == []


def test_a_schedule_alone(ilum: Any) -> None:
    ilum.export("cron", {"schedule_only": True})
    assert ilum.fake.of("group") == []
    assert len(ilum.fake.of("schedule")) == 1


def test_a_run_may_be_asked_for_at_once(ilum: Any) -> None:
    shown = ilum.export("service", trigger=True, run_parameters=(("n", 4), ("ids", [1])))
    assert shown.kinds == ["service", "run"]
    ((run,),) = ilum.fake.runs.values()
    assert run.body == {
        "type": "interactive_job_execute",
        "jobClass": "pipeline_exp_kpi.NotebookService",
        "jobConfig": {"n": "4", "ids": "[1]", "jpe-export": "261121-030000-abc"},
    }
    assert shown.published[1].note == "started with n=4, ids=[1]"


def test_a_run_of_a_schedule_without_a_service_is_a_job(ilum: Any) -> None:
    shown = ilum.export("cron", {"schedule_only": True}, wait=True, run_parameters=(("n", 4),))
    assert shown.kinds == ["schedule", "job"]
    assert ilum.fake.of("job")[0].form["args"] == "n=4"
    assert "args" not in ilum.fake.of("schedule")[0].form
    assert shown.states[-1].status == "success"


# --- what the line says


@pytest.mark.parametrize("mode", ["single", "service", "cron"])
def test_no_push_sends_nothing(ilum: Any, mode: str) -> None:
    ilum.export(mode, push=False)
    assert ilum.fake.requests == []


@pytest.mark.parametrize(
    ("mode", "asked", "option"),
    [
        ("single", {"trigger": False}, "--no-trigger"),
        ("single", {"push": False, "wait": True}, "--wait"),
        ("service", {"trigger": False, "wait": True}, "--wait"),
        ("service", {"trigger": False, "run_parameters": (("n", 1),)}, "--run-param"),
        ("cron", {"push": False, "trigger": True}, "--trigger"),
    ],
)
def test_a_line_that_contradicts_itself_is_refused(ilum: Any, mode: str, asked: Any, option: str) -> None:
    error = ilum.refused(mode, **asked)
    assert isinstance(error, OptionError)
    assert error.where == option
    assert ilum.fake.requests == []


def test_a_value_that_ilum_has_no_way_to_write_is_refused_before_anything_is_sent(ilum: Any) -> None:
    error = ilum.refused(run_parameters=(("q", "a;b"),))
    assert error.code == "JPE004"
    assert "--mode service" in error.hint
    assert ilum.fake.count("POST", ".*") == 0


@pytest.mark.parametrize("value", ["a;b", "a\nb", "a\u2028b", "a\x1b[0m", "a\udcff"])
@pytest.mark.parametrize(("mode", "options"), [("single", {}), ("cron", {"schedule_only": True})])
def test_what_can_be_refused_without_ilum_is(ilum: Any, mode: str, options: Any, value: str) -> None:
    error = ilum.refused(mode, options, run_parameters=(("q", value),))
    assert (error.code, error.where) == ("JPE004", "--run-param q=…")
    assert ilum.fake.requests == []


# --- before anything is sent


def test_of_many_clusters_some_are_named(ilum: Any) -> None:
    ilum.fake.clusters = ["c" * 10_000, {"name": "default"}, "", *(f"c{number}" for number in range(99))]
    hint = ilum.refused().hint
    assert hint.startswith("its clusters are ccc")
    assert hint.endswith("…, " + ", ".join(f"c{number}" for number in range(29)) + " and 70 more")
    ilum.fake.clusters = [1]
    assert "it has none" in ilum.refused().hint


def test_an_unknown_cluster_is_refused_with_the_known_ones(ilum: Any) -> None:
    error = ilum.refused(options={"cluster": "gpuu"})
    assert isinstance(error, OptionError)
    assert error.hint == "its clusters are default, gpu"
    assert ilum.fake.count("POST", ".*") == 0


@pytest.mark.parametrize(
    ("status", "told", "code", "said"),
    [
        (402, {"message": "License expired"}, "JPE506", "licence does not cover this, or has expired: License expired"),
        (403, {"message": "Access Denied"}, "JPE505", "wants a token, and none is set"),
        (404, {"message": "No static resource"}, "JPE508", "is not Ilum's API"),
        (302, None, "JPE508", "is not Ilum's API"),
        (400, {"message": "no"}, "JPE508", "refuses to list its clusters: no"),
    ],
)
def test_a_server_that_does_not_want_us_says_why(ilum: Any, status: int, told: Any, code: str, said: str) -> None:
    ilum.fault("GET", "/cluster/names", status, told=told)
    error = ilum.refused()
    assert isinstance(error, PublishError)
    assert error.code == code
    assert said in error.message
    assert ilum.fake.count("POST", ".*") == 0


@pytest.mark.parametrize("mode", ["single", "service"])
def test_a_login_page_is_no_ilum(ilum: Any, mode: str) -> None:
    ilum.fault("GET", "/cluster/names", "html")
    error = ilum.refused(mode)
    assert error.code == "JPE508"
    assert "ILUM_API_URL" in error.hint


def test_a_wrong_address_says_what_is_missing(ilum: Any) -> None:
    ilum.environ["ILUM_API_URL"] = ilum.fake.url.removesuffix("/api/v1")
    assert "/api/v1" in ilum.refused().hint


def test_a_token_that_has_expired_names_its_variable(ilum: Any) -> None:
    ilum.fake.token, ilum.fake.refusal = "new", "JWT expired at 2026-11-21"
    ilum.environ["ILUM_TOKEN"] = "old-t0ken"
    error = ilum.refused()
    assert (error.code, error.message) == ("JPE505", "the token for Ilum has expired")
    assert "ILUM_TOKEN" in error.hint
    assert "old-t0ken" not in str(error)
    ilum.environ["ILUM_TOKEN"] = "new"
    assert ilum.export().kinds == ["job"]


def test_a_right_that_the_user_lacks_is_no_login(ilum: Any) -> None:
    ilum.environ["ILUM_TOKEN"] = "t0ken-t0ken"
    ilum.fault("POST", "/job/submit", 403, told={"message": "Access Denied"})
    assert ilum.refused().code == "JPE506"


def test_nobody_there(ilum: Any) -> None:
    ilum.environ["ILUM_API_URL"] = "http://127.0.0.1:1/api/v1"
    assert isinstance(ilum.refused(), NoAnswer)


# --- what Ilum refuses


def test_a_validation_error_is_shown_and_not_tried_again(ilum: Any) -> None:
    ilum.fault("POST", "/group", 409, told={"message": "name\x1b[31m is\nlong"})
    error = ilum.refused("service")
    assert error.message == "Ilum refuses to make the service kpi: name is long"
    assert ilum.fake.count("POST", "/group") == 1


def test_a_module_over_the_limit_is_refused_with_figures(ilum: Any) -> None:
    error = ilum.refused(code="#" * 1_000_000)
    assert error.message == (
        "pipeline_exp_kpi.py is too large for Ilum: it has 1,000,000 bytes, "
        "and the server refuses an upload of that size (413)"
    )
    assert ilum.fake.count("POST", ".*") == 1


# --- answers that get lost


@pytest.mark.parametrize("mode", ["single", "service", "cron"])
@pytest.mark.parametrize("how", ["lose", "drop", 503, "html"])
@pytest.mark.parametrize("tags_as", [str, dict])
def test_what_was_made_although_nobody_said_so_is_found_and_not_made_again(
    ilum: Any, mode: str, how: Any, tags_as: Any
) -> None:
    ilum.fake.tags_as = tags_as
    path = {"single": "/job/submit", "service": "/group", "cron": "/schedule"}[mode]
    kind = {"single": "job", "service": "group", "cron": "schedule"}[mode]
    ilum.fault("POST", path, how)
    shown = ilum.export(mode)
    (made,) = ilum.fake.of(kind)
    assert shown.published[-1].place == made.id
    assert ilum.fake.count("POST", path) == (1 if how == "lose" else 2)


def test_a_job_that_has_ended_before_we_looked_is_found(ilum: Any) -> None:
    ilum.fault("POST", "/job/submit", "lose")
    ilum.fake.of = (lambda of: lambda kind: [_ended(one) for one in of(kind)])(ilum.fake.of)
    ilum.export()
    assert ilum.fake.count("POST", "/job/submit") == 1


def _ended(thing: Any) -> Any:
    thing.state = "FINISHED" if thing.kind == "job" else thing.state
    return thing


def test_what_others_made_under_the_name_is_not_taken_for_ours(ilum: Any) -> None:
    other = ilum.fake.add("job", "kpi", tags="jpe_export=another")
    ilum.fault("POST", "/job/submit", "drop")
    shown = ilum.export()
    assert shown.published[-1].place != other.id
    assert len(ilum.fake.of("job")) == 2


@pytest.mark.parametrize("reading", ["nothing", "ignored"])
@pytest.mark.parametrize("how", ["lose", "drop"])
def test_the_look_does_not_rest_on_how_ilum_reads_its_filter(ilum: Any, reading: str, how: str) -> None:
    ilum.fake.tags_filter = reading
    ilum.fake.add("job", "kpi", "BUSY", tags="jpe_export=another")
    ilum.fault("POST", "/job/submit", how)
    shown = ilum.export()
    assert [one.id for one in ilum.fake.of("job")] == ["job-1", shown.published[-1].place]
    assert ilum.fake.of("job")[0].state == "BUSY"


@pytest.mark.parametrize("mode", ["single", "service", "cron"])
def test_ids_that_are_numbers_make_nothing_twice(ilum: Any, mode: str) -> None:
    ilum.fake.numbered = True
    path = {"single": "/job/submit", "service": "/group", "cron": "/schedule"}[mode]
    kind = {"single": "job", "service": "group", "cron": "schedule"}[mode]
    ilum.fault("POST", path, "lose")
    shown = ilum.export(mode)
    (made,) = ilum.fake.of(kind)
    assert shown.published[-1].place == made.id
    assert ilum.fake.count("POST", path) == 1


@pytest.mark.parametrize(("filter", "how"), [("text", "lose"), ("ignored", "drop"), ("ignored", "late")])
def test_a_job_that_ilum_does_not_say_whose_it_is_is_neither_taken_nor_stopped(
    ilum: Any, filter: str, how: str
) -> None:
    ilum.fake.tags_as, ilum.fake.tags_filter = None, filter
    other = ilum.fake.add("job", "kpi", "BUSY")
    ilum.fault("POST", "/job/submit", how)
    error = ilum.refused()
    assert error.message.startswith("it is not known whether Ilum has made the job kpi: Ilum has a job kpi (id job-")
    assert ilum.shown.published == []
    assert ilum.fake.count("POST", "/job/submit") == 1
    assert other.state == "BUSY"


def test_a_second_look_that_fails_names_the_job_that_was_made(ilum: Any) -> None:
    ilum.fault("POST", "/job/submit", "drop")
    listed = ilum.fake._list
    ilum.fake._list = lambda *asked: (403, {"message": "expired"}) if ilum.fake.of("job") else listed(*asked)
    error = ilum.refused()
    (job,) = ilum.fake.of("job")
    assert error.message.startswith(f"Ilum has made the job kpi as {job.id}; whether an earlier try has made another")
    assert f"the tag {TAG}" in error.hint


def test_what_comes_later_than_we_looked_is_stopped(ilum: Any) -> None:
    ilum.fault("POST", "/job/submit", "late")
    shown = ilum.export()
    late, ours = ilum.fake.of("job")
    assert (late.state, ours.state) == ("CANCELED", "SUBMITTED")
    assert [(one.place, one.note) for one in shown.published] == [
        (late.id, f"stopped: it was made twice, {ours.id} stays"),
        (ours.id, "created"),
    ]


def test_a_server_that_never_takes_it_is_given_up(ilum: Any) -> None:
    ilum.fault("POST", "/job/submit", 500, 99)
    error = ilum.refused()
    assert error.message == "the job kpi could not be made: Ilum answers to make the job kpi with 500: it failed"
    assert ilum.fake.count("POST", "/job/submit") == 3


def test_where_it_cant_be_looked_for_nothing_is_sent_again(ilum: Any) -> None:
    ilum.fault("POST", "/job/submit", "lose")
    ilum.fault("GET", "/job", 403, 99, told={"message": "token expired"})
    error = ilum.refused()
    assert error.message.startswith("it is not known whether Ilum has made the job kpi")
    assert "jpe_export=261121-030000-abc" in error.hint
    assert ilum.fake.count("POST", "/job/submit") == 1


# --- names that are taken


@pytest.mark.parametrize(("kind", "word"), [("group", "service"), ("schedule", "schedule")])
def test_what_has_the_name_already_is_named_and_kept(ilum: Any, kind: str, word: str) -> None:
    old = ilum.fake.add(kind, "kpi")
    error = ilum.refused("cron")
    assert error.code == "JPE502"
    assert f"a {word} kpi (id {old.id}) already" in error.message
    assert "--replace" in error.hint
    assert error.where == ("http://ui/workloads/details/group/group-1" if kind == "group" else "schedule schedule-1")
    assert ilum.fake.count("POST", ".*") == 0


def test_what_was_stopped_has_no_name_any_more(ilum: Any) -> None:
    ilum.fake.add("group", "kpi", "ARCHIVED")
    ilum.fake.add("schedule", "kpi", "DISABLED")
    ilum.export("cron")
    assert [state for _, state in things(ilum, "group")] == ["ARCHIVED", "ACTIVE"]


def test_a_stopped_one_does_not_hide_the_one_that_runs(ilum: Any) -> None:
    ilum.fake.add("group", "kpi", "ARCHIVED")
    old = ilum.fake.add("group", "kpi")
    assert old.id in ilum.refused("service").message


def test_a_name_is_found_on_the_second_page_too(ilum: Any) -> None:
    for number in range(120):
        ilum.fake.add("schedule", f"other {number}")
    ilum.fake.add("schedule", "kpi", "DISABLED")
    old = ilum.fake.add("schedule", "kpi", "PAUSED")
    assert old.id in ilum.refused("cron").message


def test_replacing_makes_the_new_ones_and_then_stops_the_old_ones(ilum: Any) -> None:
    service, schedule = ilum.fake.add("group", "kpi"), ilum.fake.add("schedule", "kpi")
    shown = ilum.export("cron", replace=True)
    assert (service.state, schedule.state) == ("ARCHIVED", "DISABLED")
    assert [state for _, state in things(ilum, "group")] == ["ARCHIVED", "ACTIVE"]
    posted = [path for method, path, _ in ilum.fake.requests if method == "POST"]
    assert posted == ["/group", "/schedule", f"/group/{service.id}/stop", f"/schedule/{schedule.id}/stop"]
    assert shown.published[0].note == f"created, in place of {service.id}"


def test_where_the_new_one_cant_be_made_the_old_one_stays(ilum: Any) -> None:
    old = ilum.fake.add("group", "kpi")
    ilum.fault("POST", "/group", 409, told={"message": "requirements are wrong"})
    ilum.refused("service", replace=True)
    assert old.state == "ACTIVE"


def test_where_a_name_is_for_one_alone_the_old_ones_are_stopped_first(ilum: Any) -> None:
    ilum.fake.unique = True
    service, schedule = ilum.fake.add("group", "kpi"), ilum.fake.add("schedule", "kpi")
    shown = ilum.export("cron", replace=True)
    assert (service.state, schedule.state) == ("ARCHIVED", "DISABLED")
    assert [state for _, state in things(ilum, "group")] == ["ARCHIVED", "ACTIVE"]
    assert [state for _, state in things(ilum, "schedule")] == ["DISABLED", "ENABLED"]
    assert [(one.place, re.split("[:;]", one.note)[0]) for one in shown.published] == [
        (service.id, "stopped"),
        (ilum.fake.of("group")[-1].id, f"created, in place of {service.id}"),
        (schedule.id, "stopped"),
        (ilum.fake.of("schedule")[-1].id, f"created, in place of {schedule.id}"),
    ]


@pytest.mark.parametrize("mode", ["service", "cron"])
def test_what_was_stopped_for_something_that_could_not_be_made_is_named(ilum: Any, mode: str) -> None:
    ilum.fake.unique = True
    old = ilum.fake.add("group", "kpi")
    if mode == "service":
        ilum.fault("POST", "/group", 409, 1, told={"message": "kpi already exists"})
    ilum.fault("POST", "/group" if mode == "service" else "/schedule", 409, 1, told={"message": "it is wrong"})
    error = ilum.refused(mode, replace=True)
    assert "it is wrong" in error.message
    assert error.message.endswith(f"; the old service {old.id} was stopped for it")
    assert error.hint == "no service of the name kpi is left: correct what Ilum says and export again with --replace"
    assert [state for _, state in things(ilum, "group")] == ["ARCHIVED"]


def test_a_name_that_was_taken_in_between_is_said(ilum: Any) -> None:
    ilum.fault("POST", "/group", 409, told={"message": "Group with name kpi already exists"})
    error = ilum.refused("service")
    assert error.code == "JPE502"
    assert "--replace" in error.hint


def test_a_name_that_our_own_lost_try_has_taken_is_ours(ilum: Any) -> None:
    ilum.fault("POST", "/group", "late")
    ilum.fault("POST", "/group", 409, told={"message": "already exists"})
    shown = ilum.export("service")
    assert shown.published[-1].place == ilum.fake.of("group")[0].id
    assert ilum.fake.count("POST", "/group") == 2


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("Group with name kpi already exists", True),
        ("name is not unique", True),
        ("the name is already in use", True),
        ("Cluster default does not exist", False),
        ("no image of that name exists", False),
        ("the session was closed already", False),
    ],
)
def test_no_old_one_is_stopped_for_a_refusal_that_is_not_about_its_name(ilum: Any, said: str, taken: bool) -> None:
    old = ilum.fake.add("group", "kpi")
    ilum.fault("POST", "/group", 409, 99, told={"message": said})
    assert (ilum.refused("service", replace=True).code == "JPE502") is taken
    assert (old.state == "ARCHIVED") is taken


def test_where_old_ones_cant_be_stopped_all_are_named(ilum: Any) -> None:
    old = [ilum.fake.add("group", "kpi"), ilum.fake.add("schedule", "kpi", "ENABLED")]
    for kind, one in zip(("group", "schedule"), old, strict=True):
        ilum.fault("POST", f"/{kind}/{one.id}/stop", 409, 99)
    error = ilum.refused("cron", replace=True)
    service, schedule = (ilum.fake.of(kind)[-1].id for kind in ("group", "schedule"))
    assert f"the service {service} and the schedule {schedule} were made, but " in error.message
    assert f"the old service {old[0].id} and the old schedule {old[1].id} of the name kpi" in error.message


def test_where_the_old_one_cant_be_stopped_both_are_named(ilum: Any) -> None:
    old = ilum.fake.add("group", "kpi")
    ilum.fault("POST", f"/group/{old.id}/stop", 409, 99)
    error = ilum.refused("service", replace=True)
    new = ilum.fake.of("group")[-1]
    assert new.id in error.message
    assert f"the service {new.id} was made, but" in error.message
    assert f"the old service {old.id} of the name kpi could not be stopped" in error.message
    assert ilum.shown.published[0].place == new.id


def test_another_name_with_the_same_module_is_said(ilum: Any) -> None:
    ilum.fake.add("group", "kpi daily", tags="jpe_export=x")
    ilum.fake.add("group", "kpi_daily")
    shown = ilum.export("service", {"name": "kpi-daily"})
    assert "its module has the same name as that of kpi daily," in shown.published[0].note


# --- schedules that can't be made


def test_where_the_schedule_cant_be_made_the_service_is_taken_back(ilum: Any) -> None:
    ilum.fault("POST", "/schedule", 409, told={"message": "cron"})
    error = ilum.refused("cron")
    assert things(ilum, "group") == []
    assert error.message == "Ilum refuses to make the schedule kpi: cron; the service group-1 was taken back"
    assert [one.note for one in ilum.shown.published] == ["created", "taken back"]


def test_where_the_service_cant_be_taken_back_it_is_named(ilum: Any) -> None:
    ilum.fault("POST", "/schedule", 409, told={"message": "cron"})
    ilum.fault("DELETE", "/group/.*", 403, 9, told={"message": "token"})
    error = ilum.refused("cron")
    assert "the service group-1 stands, and could not be taken back" in error.message


# --- what a preview shows


def test_the_plan_is_what_is_sent(ilum: Any) -> None:
    from jpe_magics.targets.ilum import target

    options = {"mode": "cron", "cron": "0 5 * * *"}
    planned = target.plan(ilum.artifact(options), ilum.request(options), ilum.around())
    ilum.export("cron")
    assert [(one.method, one.path) for one in planned] == [("POST", "/group"), ("POST", "/schedule")]
    sent = [body.fields for method, _, body in ilum.fake.requests if method == "POST"]
    assert [dict(one.form.fields) for one in planned] == sent


def test_the_plan_of_a_schedule_alone_shows_the_job_that_it_starts_too(ilum: Any) -> None:
    from jpe_magics.targets.ilum import target

    options = {"mode": "cron", "cron": "0 5 * * *", "schedule_only": True}
    request = ilum.request(options, run_parameters=(("n", 4),))
    planned = target.plan(ilum.artifact(options), request, ilum.around())
    ilum.export("cron", {"schedule_only": True}, run_parameters=(("n", 4),))
    sent = [(path, body.fields) for method, path, body in ilum.fake.requests if method == "POST"]
    assert [(one.path, dict(one.form.fields)) for one in planned] == sent
    assert [path for path, _ in sent] == ["/schedule", "/job/submit"]


@pytest.mark.parametrize("execute", [False, True])
def test_the_plan_of_a_service_that_is_to_run_shows_the_run(ilum: Any, execute: bool) -> None:
    from jpe_magics.targets.ilum import target

    options = {"mode": "service", "execute": execute}
    request = ilum.request(options, run_parameters=(("n", 4),), trigger=True)
    _, run = target.plan(ilum.artifact(options), request, ilum.around())
    ilum.export("service", options, run_parameters=(("n", 4),), trigger=True)
    ((path, sent),) = [
        (path, body) for method, path, body in ilum.fake.requests if method == "POST" and "/job/" in path
    ]
    assert run.path.replace("<id of the service>", "group-1") == path
    assert run.body == sent
    shown = run.text("http://ilum").splitlines()
    assert shown[:2] == [f"POST http://ilum{run.path}", "Content-Type: application/json"]
    assert json.loads("\n".join(shown[3:])) == sent


def test_a_schedule_says_when_it_comes_next_and_by_whose_clock(ilum: Any) -> None:
    from jpe_magics.targets.ilum import target

    said = "0 5 29 2 * by the clock of Ilum's core; if that is UTC, next at 2028-02-29 05:00"
    options = {"mode": "cron", "cron": "0 5 29 2 *"}
    _, planned = target.plan(ilum.artifact(options), ilum.request(options), ilum.around())
    assert planned.text("http://ilum").splitlines()[-1].startswith("# 0 5 29 2 * by the clock of Ilum's core")
    shown = ilum.export("cron", {"cron": "0 5 29 2 *"})
    assert shown.published[-1].note == f"created; {planned.note}"
    assert when(ilum.options, datetime(2026, 1, 1)) == said  # noqa: DTZ001 - the core's zone is not known


@pytest.mark.parametrize(
    ("cron", "six", "next_at"),
    [
        ("0 0 1 * MON", False, "2026-11-23 00:00"),  # the day of the month, or of the week
        ("0 0 0 1 * MON", True, "2027-02-01 00:00"),  # both
        ("30 0 5 * * *", True, "2026-11-22 05:00:30"),
    ],
)
def test_the_next_time_is_that_of_the_dialect(cron: str, six: bool, next_at: str) -> None:
    told = when({"cron": cron, "six_field_cron": six}, datetime(2026, 11, 21, 6))  # noqa: DTZ001 - as above
    assert told.endswith(f"next at {next_at}")


@pytest.mark.parametrize(
    ("mode", "options", "image", "warned"),
    [
        ("service", {}, "mine/spark:1", True),
        ("cron", {}, "mine/spark:1", True),
        ("cron", {"schedule_only": True}, "mine/spark:1", False),
        ("single", {}, "mine/spark:1", False),
        ("service", {}, "Spark 4.1.2 with Delta", False),
        ("service", {}, "", False),
    ],
)
def test_an_image_that_is_no_preset_is_warned_of_before_anything_is_sent(
    ilum: Any, mode: str, options: Any, image: str, warned: bool
) -> None:
    given = {"mode": mode, **({"cron": "0 5 * * *"} if mode == "cron" else {}), **options, "image": image}
    found = prepared(ilum, given, setting=ilum.around().setting).report.warnings
    text = "the image mine/spark:1 must have the package ilum-job-api in it, which a service's module imports"
    assert [(one.code, one.text) for one in found] == ([("JPE319", text)] if warned else [])
    assert prepared(ilum, given, setting=None).report.warnings == ()


def test_a_line_that_contradicts_itself_has_no_plan(ilum: Any) -> None:
    from jpe_magics.targets.ilum import target

    with pytest.raises(OptionError, match="--no-push sends nothing"):
        target.plan(ilum.artifact({}), ilum.request({}, push=False, wait=True), ilum.around())


def test_a_plan_without_an_id_says_so_and_with_no_push_there_is_none(ilum: Any) -> None:
    from jpe_magics.targets.ilum import target

    (planned,) = target.plan(ilum.artifact({}), ilum.request({}), ilum.around(""))
    assert "tags = jpe_export=<id of the export>" in planned.text("http://ilum")
    assert target.plan(ilum.artifact({}), ilum.request({}, push=False), ilum.around("")) == ()


def test_a_job_that_our_own_schedule_started_is_not_the_one_that_was_asked_for(ilum: Any) -> None:
    ilum.fake.add("job", "kpi", tags=TAG, schedule="schedule-1")
    ilum.fault("POST", "/job/submit", "drop")
    shown = ilum.export("cron", {"schedule_only": True}, trigger=True)
    assert shown.published[-1].place != "job-1"
    assert len(ilum.fake.of("job")) == 2


# --- from a notebook on


NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "pysparkkernel"}},
    "cells": [
        {"cell_type": "code", "id": "a", "source": '%%configure\n{"conf": {"spark.a": "1"}}', "metadata": {}},
        {"cell_type": "code", "id": "b", "source": "# @pipeline-params\nn = 3", "metadata": {}},
        {"cell_type": "code", "id": "c", "source": "spark.range(n).count()", "metadata": {}},
    ],
}


@pytest.mark.parametrize(("mode", "kind"), [("single", "job"), ("service", "group")])
def test_what_the_notebook_asks_of_its_session_reaches_ilum(ilum: Any, mode: str, kind: str) -> None:
    from jpe_magics.targets.ilum import target

    done = prepared(ilum, {"mode": mode})
    assert done.artifact is not None
    ilum.drive(target.publish(done.artifact, ilum.request({"mode": mode}), ilum.around()))
    (made,) = ilum.fake.of(kind)
    assert made.form["jobConfig"] == "spark.a=1"
    assert made.files["pyFiles"].decode() == done.artifact.files[0].text


def prepared(ilum: Any, options: Any, **more: Any) -> Prepared:
    """Return what an export of the notebook would be."""
    from jpe_magics.adapters.templates import template_loader
    from jpe_magics.core.export import prepare
    from jpe_magics.core.read import read_notebook
    from jpe_magics.model.notebook import Snapshot
    from jpe_magics.targets.ilum import target

    notebook = read_notebook(json.dumps(NOTEBOOK), name="nb", path="nb.ipynb")
    snapshot, request = Snapshot(notebook, "given", "a test"), ilum.request(options)
    return prepare(snapshot, request, target, load=template_loader(), version="1.0", **more)


# --- the steps themselves


@pytest.mark.parametrize("arrived", [False, True])
def test_what_surely_never_came_is_not_looked_for(ilum: Any, arrived: bool) -> None:
    from jpe_magics.core.flow import Answer, Call
    from jpe_magics.targets.ilum import target
    from jpe_magics.targets.ilum.api import Api
    from jpe_magics.targets.ilum.make import make
    from jpe_magics.targets.ilum.resources import JOB

    (planned,) = target.plan(ilum.artifact({}), ilum.request({}), ilum.around())
    flow = make(Api(ilum.around()), JOB, planned, "x")
    calls = []
    lost = NoAnswer("no connection")
    lost.arrived = arrived
    with pytest.raises(PublishError, match="the job kpi could not be made: no connection"):
        step = next(flow)
        while True:
            if not isinstance(step, Call):
                step = flow.send(None)
                continue
            calls.append((step.method, step.repeat))
            step = flow.throw(lost) if step.method == "POST" else flow.send(Answer(200, {"content": [], "last": True}))
    assert calls.count(("POST", False)) == 3
    assert calls.count(("GET", False)) == (24 if arrived else 0), "by tag and by name, four times after each try"
