"""Following jobs and runs of services to their end."""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.core.flow import Call, Made, State, Tell, Wait
from jpe_magics.errors import NoAnswer, PublishError, RunFailed
from jpe_magics.targets.ilum import target
from jpe_magics.targets.ilum.api import Api
from jpe_magics.targets.ilum.follow import follow
from jpe_magics.targets.ilum.job import UNSEEN, WatchedJob
from jpe_magics.targets.ilum.resources import Run
from jpe_magics.targets.ilum.run import DEAD, WatchedRun
from jpe_magics.targets.ilum.start import STARTING, Asked, run_service

TRACE = ["INFO start", "Traceback (most recent call last):", '  File "x.py", line 1', "KeyError: 'x'", "INFO stopping"]


def states(shown: Any) -> list[str]:
    return [one.status for one in shown.states]


# --- single jobs


def test_a_job_is_followed_to_its_end(ilum: Any) -> None:
    shown = ilum.export(wait=True)
    assert states(shown) == ["submitted", "starting", "ready", "running", "success"]
    told = [one.detail for one in shown.progress if one.step.startswith("following")]
    assert told[0] == "starting; working"
    assert shown.progress[-1].fraction == 1.0


def test_a_failed_job_ends_with_its_error_and_the_traceback_of_its_log(ilum: Any) -> None:
    ilum.fake.outcome, ilum.fake.log = "exit code 1", TRACE
    with pytest.raises(RunFailed) as caught:
        ilum.export(wait=True)
    said = (
        "the job job-1 failed: exit code 1\nTraceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'x'"
    )
    assert caught.value.message == said
    assert caught.value.where == "http://ui/workloads/details/job/job-1"
    assert (ilum.shown.states[-1].status, ilum.shown.states[-1].error) == ("failed", said)


def test_a_long_log_is_read_on_and_ends_with_its_last_lines(ilum: Any) -> None:
    ilum.fake.outcome, ilum.fake.log = "exit code 1", [f"line {number}" for number in range(4500)]
    with pytest.raises(RunFailed) as caught:
        ilum.export(wait=True)
    assert caught.value.message.splitlines()[-1] == "line 4499"
    assert len(caught.value.message.splitlines()) == 16


@pytest.mark.parametrize("how", [500, "drop", "html"])
def test_a_log_that_cant_be_read_stops_nothing(ilum: Any, how: Any) -> None:
    ilum.fault("GET", "/job/.*/logs", how, 999)
    assert states(ilum.export(wait=True))[-1] == "success"


def test_a_job_that_somebody_stopped_is_cancelled(ilum: Any) -> None:
    def stop(now: float) -> None:
        for one in ilum.fake.of("job"):
            one.state = "CANCELED"

    steps: list[Any] = []
    with pytest.raises(RunFailed, match="job-1 was cancelled"):
        steps = ilum.play(follow(WatchedJob(Api(ilum.around()), ilum.fake.add("job", "kpi").id, "r"), "r"), stop)
    assert steps == []


def test_an_unknown_state_is_no_end(ilum: Any) -> None:
    job = ilum.fake.add("job", "kpi", "UNKNOWN")

    def go_on(now: float) -> None:
        if now > 60:
            job.state = "FINISHED"

    steps = ilum.play(follow(WatchedJob(Api(ilum.around()), job.id, "r"), "r"), go_on)
    assert [one.status for one in steps if isinstance(one, State)] == ["unknown", "success"]
    pauses = [one.seconds for one in steps if isinstance(one, Wait)][1:]
    assert pauses[0] == 0.5
    assert max(pauses) == pauses[-1] == 5
    assert pauses == sorted(pauses)


def test_a_job_may_take_a_while_to_be_shown(ilum: Any) -> None:
    job = ilum.fake.add("job", "kpi", "FINISHED")
    ilum.fake.made.remove(job)

    def show(now: float) -> None:
        if now > UNSEEN / 2 and not ilum.fake.made:
            ilum.fake.made.append(job)

    steps = ilum.play(follow(WatchedJob(Api(ilum.around()), job.id, "r", fresh=True), "r"), show)
    assert steps[-1] == State("success")
    ilum.fake.made.clear()
    with pytest.raises(PublishError, match="does not know the job job-1 any more"):
        ilum.play(follow(WatchedJob(Api(ilum.around()), job.id, "r", fresh=True), "r"))


def test_where_the_server_goes_the_job_goes_on(ilum: Any) -> None:
    ilum.fault("GET", "/job/[^/]*", "drop", 999)
    with pytest.raises(NoAnswer) as caught:
        ilum.export(wait=True)
    assert caught.value.message.startswith("how the job job-1 goes on is not known")
    assert "%jpe_history 261121-030000-abc --status" in caught.value.hint


@pytest.mark.parametrize(
    ("mode", "path", "how", "told", "code", "said"),
    [
        ("single", "/job/[^/]*", 401, {"message": "JWT expired"}, "JPE505", "ILUM_TOKEN"),
        ("single", "/job/[^/]*", 503, {"message": "busy"}, "JPE508", "log of Ilum's core"),
        ("single", "/job/[^/]*", 404, "a page", "JPE508", "ILUM_API_URL"),
        ("single", "/job/[^/]*", "html", None, "JPE508", "ILUM_API_URL"),
        ("single", "/job/[^/]*", 200, {}, "JPE508", "ILUM_API_URL"),
        ("single", "/job/[^/]*", 200, [1], "JPE508", "ILUM_API_URL"),
        ("service", "/group/[^/]*", 404, "a page", "JPE508", "ILUM_API_URL"),
        ("service", "/group/[^/]*/job/result", 401, {"message": "JWT expired"}, "JPE505", "ILUM_TOKEN"),
    ],
)
def test_what_goes_on_without_us_is_not_said_to_have_ended(
    ilum: Any, mode: str, path: str, how: Any, told: Any, code: str, said: str
) -> None:
    ilum.fault("GET", path, how, 999, told=told)
    error = ilum.refused(mode, wait=True)
    assert error.code == code
    assert error.message.startswith("how the ")
    assert "%jpe_history 261121-030000-abc --status asks again" in error.hint
    assert said in error.hint
    assert ilum.shown.published[0].place in ("job-1", "group-1")
    assert states(ilum.shown)[-1] == "submitted"


def test_an_error_and_a_log_of_many_megabytes_leave_a_record_that_can_be_read(ilum: Any) -> None:
    ilum.fake.outcome, ilum.fake.log = "x" * 10**6, ["y" * 10**6, *TRACE[:2], "z" * 10**6]
    with pytest.raises(RunFailed) as caught:
        ilum.export(wait=True)
    assert len(caught.value.message) < 10_000
    assert max(len(one.detail) for one in ilum.shown.progress) < 1000
    assert max(len(one.error) for one in ilum.shown.states) < 10_000


SCRIPT = "import sys\n\n# --- cell 2 ---\nx = 1\n\n# --- cell 5 ---\nd = {}\n# --- cell 3 ---\nd['x']\n"


@pytest.mark.parametrize("recorded", [False, True])
def test_a_failed_job_names_the_cell_of_the_notebook(ilum: Any, recorded: bool) -> None:
    frame = '  File "/opt/spark/work/pipeline_exp_kpi.py", line 9, in <module>'
    ilum.fake.outcome = "exit code 1"
    ilum.fake.log = [TRACE[1], '  File "/usr/lib/x.py", line 4, in f', frame, "    d['x']", "KeyError: 'x'"]
    if recorded:
        shown = ilum.export(code=SCRIPT)
        ilum.fake.of("job")[0].state = "BUSY"
        files = ({"path": "pipeline_exp_kpi.py", "text": SCRIPT},)
        why = ilum.drive(target.status(ilum.record(shown, files=files), ilum.around())).states[-1].error
    else:
        with pytest.raises(RunFailed) as caught:
            ilum.export(code=SCRIPT, wait=True)
        assert caught.value.hint == "correct the notebook and export it again"
        why = caught.value.message
    assert why.splitlines() == [
        "the job job-1 failed in cell 5: exit code 1",
        TRACE[1],
        '  File "/usr/lib/x.py", line 4, in f',
        frame.replace("line 9", "line 9 (cell 5)"),
        "    d['x']",
        "KeyError: 'x'",
    ]


def test_a_job_that_was_killed_says_how_to_go_on(ilum: Any) -> None:
    ilum.fake.outcome = "exit code 137"
    with pytest.raises(RunFailed) as caught:
        ilum.export(wait=True)
    assert caught.value.hint == ("its whole log is in Ilum; %jpe_history 261121-030000-abc --run submits it once more")


# --- runs of services


def test_a_run_is_followed_to_its_result(ilum: Any) -> None:
    ilum.fake.start_state = "BUSY"
    shown = ilum.export("service", wait=True)
    assert states(shown) == ["submitted", "running", "success"]
    assert [(one.kind, one.note) for one in shown.published] == [
        ("service", "created"),
        ("run", "started"),
        ("run", 'returned {"status": "ok"}'),
    ]
    assert shown.published[1].place == shown.published[2].place
    assert shown.published[1].link == "http://ui/workloads/details/group/group-1"


def test_a_run_that_returns_nothing_is_a_success(ilum: Any) -> None:
    ilum.fake.result = None
    assert states(ilum.export("service", wait=True))[-1] == "success"


@pytest.mark.parametrize("execute", [False, True])
def test_a_run_that_fails_with_200_has_failed(ilum: Any, execute: bool) -> None:
    ilum.fake.outcome, ilum.fake.trace = "KeyError: 'x'", "\n".join(TRACE[1:4])
    with pytest.raises(RunFailed) as caught:
        ilum.export("service", {"execute": execute}, wait=True)
    assert caught.value.message.splitlines() == ["the run run-2 failed: KeyError: 'x'", *TRACE[1:4]]
    assert caught.value.hint.startswith("correct the notebook and export it again with --replace; or run it with other")
    assert "http" not in caught.value.hint, "the address stands in another line"
    assert states(ilum.shown)[-1] == "failed"
    assert ilum.shown.published[-1].note == "started"


def test_execute_asks_with_the_call_that_waits(ilum: Any) -> None:
    shown = ilum.export("service", {"execute": True}, trigger=True)
    assert ilum.fake.count("POST", "/group/.*/job/execute") == 1
    assert ilum.fake.count("POST", "/group/.*/job/submit") == 0
    assert states(shown) == ["success"]
    assert shown.published[-1].note == 'returned {"status": "ok"}'


@pytest.mark.parametrize("execute", [False, True])
@pytest.mark.parametrize("how", ["drop", 500, "html"])
def test_a_run_that_is_not_found_is_never_asked_for_twice(ilum: Any, how: Any, execute: bool) -> None:
    ilum.fault("POST", "/group/.*/job/.*", how)
    error = ilum.refused("service", {"execute": execute}, trigger=True, run_parameters=(("n", 4),))
    assert error.code == "JPE517"
    assert error.message.startswith("it is not known whether a run of the service group-1 was started: ")
    assert error.hint.startswith("%jpe_history 261121-030000-abc --status looks for it again, by its tag")
    assert ilum.fake.count("POST", "/group/.*/job/.*") == 1
    lost = ilum.shown.published[-1]
    assert (lost.kind, lost.place, lost.note) == ("run", "jpe-export=261121-030000-abc", "asked for with n=4")
    assert states(ilum.shown) == ["unknown"]


@pytest.mark.parametrize("execute", [False, True])
@pytest.mark.parametrize("wait", [False, True])
def test_a_run_whose_answer_is_lost_is_found_by_its_tag(ilum: Any, execute: bool, wait: bool) -> None:
    other = ilum.fake.add("group", "other")
    ilum.fault("POST", "/group/.*/job/.*", "lose")
    shown = ilum.export("service", {"execute": execute}, trigger=True, wait=wait, run_parameters=(("n", 4),))
    ((run,),) = ilum.fake.runs.values()
    assert other.id not in ilum.fake.runs
    assert [(one.kind, one.place) for one in shown.published][1] == ("run", run.id)
    assert shown.published[1].note == "started with n=4"
    assert states(shown)[-1] == "success", "it has ended before it was found"
    assert ilum.fake.count("POST", "/group/.*/job/.*") == 1


def test_the_run_of_somebody_else_is_not_taken_for_ours(ilum: Any) -> None:
    ilum.export("service", {"name": "a"}, trigger=True, run_parameters=(("n", 4),), id="261121-020000-xyz")
    ilum.fake.runs["group-1"][0].looks = 9
    record = ilum.record(ilum.shown)
    ilum.fault("POST", "/group/.*/job/.*", "drop")
    with pytest.raises(PublishError, match="it is not known"):
        ilum.again(record, {"n": 4})
    assert len(ilum.fake.runs["group-1"]) == 1


def test_a_look_that_fails_says_why(ilum: Any) -> None:
    ilum.fault("POST", "/group/.*/job/.*", "lose")
    ilum.fault("GET", "/group/.*/job/result", 401, 9, told={"message": "JWT expired"})
    error = ilum.refused("service", trigger=True)
    assert error.code == "JPE517"
    assert "and when it was looked for: " in error.message


def test_a_tag_is_found_on_the_second_page_too(ilum: Any) -> None:
    group = ilum.fake.add("group", "kpi")
    body = {"type": "interactive_job_execute", "jobClass": "m.C", "jobConfig": {"jpe-export": "no"}}
    for number in range(130):
        _, told = ilum.fake._run(group, "submit", {**body, "jobConfig": {"jpe-export": f"tag {number}"}})
    for run in ilum.fake.runs[group.id]:
        run.looks = 9
    found: list[Any] = []

    def look() -> Any:
        found.append((yield from Api(ilum.around()).tagged_run(group.id, "tag 129")))
        found.append((yield from Api(ilum.around()).tagged_run(group.id, "tag")))

    ilum.play(look())
    assert [one and one.id for one in found] == [told["jobInstanceId"], None]


def test_a_run_is_asked_for_again_where_ilum_is_busy(ilum: Any) -> None:
    ilum.fault("POST", "/group/.*/job/submit", 429, 2)
    assert ilum.export("service", trigger=True).kinds == ["service", "run"]
    assert len(ilum.fake.runs["group-1"]) == 1


def test_a_service_that_is_starting_is_waited_for(ilum: Any) -> None:
    ilum.fake.start_state = "STARTING"
    shown = ilum.export("service", trigger=True)
    assert shown.kinds == ["service", "run"]
    assert "its driver is starting" in [one.detail for one in shown.progress]


def test_a_service_that_never_starts_is_given_up(ilum: Any) -> None:
    group = ilum.fake.add("group", "kpi")

    def keep_starting(now: float) -> None:
        group.drivers[0].state, group.drivers[0].looks = "STARTING", 0

    seconds: list[float] = []
    with pytest.raises(PublishError, match="No job of the group is ready"):
        ilum.play(
            run_service(Api(ilum.around()), Asked(group.id, "m.C"), record="r", wait=False),
            lambda now: (keep_starting(now), seconds.append(now)),
        )
    assert STARTING <= seconds[-1] < STARTING + 10


def watched_run(ilum: Any, **drivers: str) -> Any:
    group = ilum.fake.add("group", "kpi")
    group.drivers[0].state = drivers.get("state", "BUSY")
    _, told = ilum.fake._run(group, "submit", {"type": "interactive_job_execute", "jobClass": "m.C", "jobConfig": {}})
    return group, WatchedRun(Api(ilum.around()), group.id, told["jobInstanceId"], "r")


def test_a_run_whose_driver_died_is_lost(ilum: Any) -> None:
    group, watched = watched_run(ilum)
    seen: list[float] = []

    def die(now: float) -> None:
        group.drivers[0].state, group.drivers[0].error = "FAILED", "exit code 137"
        seen.append(now)

    with pytest.raises(RunFailed) as caught:
        ilum.play(follow(watched, "r"), die)
    assert "the driver of the service kpi (group-1) died: exit code 137" in caught.value.message
    assert "restart the service in Ilum, then %jpe_history r --run" in caught.value.hint
    assert DEAD <= seen[-1] < DEAD + 6


@pytest.mark.parametrize("told", [True, False])
def test_a_run_that_its_driver_took_with_it_says_how_to_go_on(ilum: Any, told: bool) -> None:
    group, watched = watched_run(ilum)
    group.drivers[0].state = "FAILED"
    if not told:  # how the run ended is known all the same
        ilum.fake._one = lambda *_: (403, {"message": "no"})
    seen: list[Any] = []

    def look() -> Any:
        seen.append((yield from watched.ended(Run("run-2", error="the driver has ended", ended=True))))

    ilum.play(look())
    assert seen[0].why.startswith("the run run-2 failed: the driver has ended")
    assert ("the driver of the service kpi (group-1) died" in seen[0].why) is told
    assert seen[0].hint.startswith("restart the service in Ilum" if told else "correct the notebook")


def test_a_driver_that_comes_back_in_time_ends_the_run(ilum: Any) -> None:
    group, watched = watched_run(ilum)

    def come_back(now: float) -> None:
        group.drivers[0].state = "FAILED" if now < DEAD / 2 else "BUSY"

    steps = ilum.play(follow(watched, "r"), come_back)
    assert steps[-1] == State("success")


def test_a_service_that_is_stopped_ends_its_run_at_once(ilum: Any) -> None:
    group, watched = watched_run(ilum)
    ilum.fake.runs.clear()
    group.state = "ARCHIVED"
    with pytest.raises(RunFailed, match=r"was lost: the service kpi \(group-1\) was stopped"):
        ilum.play(follow(watched, "r"), lambda now: pytest.fail("it waits") if now > 1 else None)


def test_drivers_that_ilum_tells_by_their_ids_alone_are_alive(ilum: Any) -> None:
    ilum.fake.drivers_told = False
    assert states(ilum.export("service", wait=True))[-1] == "success"


# --- the steps themselves


def test_what_is_made_is_told_before_anything_else_is_asked(ilum: Any) -> None:
    steps = ilum.play(ilum_publish(ilum))
    kinds = [type(one) for one in steps]
    made = kinds.index(Made)
    assert isinstance(steps[made - 1], Call)
    assert steps[made - 1].path == "/job/submit"
    assert kinds[made + 1] is State
    assert isinstance(steps[0], Tell)


def ilum_publish(ilum: Any) -> Any:
    from jpe_magics.targets.ilum.publish import publish

    return publish(ilum.artifact({}), ilum.request({}, wait=True), ilum.around())


def test_a_run_that_is_refused_for_good_is_not_asked_for_on_and_on(ilum: Any) -> None:
    ilum.fault("POST", "/group/.*/job/submit", 409, 99, told={"message": "jobClass"})
    error = ilum.refused("service", trigger=True)
    assert error.message == "Ilum refuses to start a run of the service group-1: jobClass"
    assert ilum.fake.count("POST", "/group/.*/job/submit") == 2


def test_two_short_deaths_are_no_long_one(ilum: Any) -> None:
    group, watched = watched_run(ilum)

    def die_twice(now: float) -> None:
        dead = now < DEAD / 2 or DEAD * 2 < now < DEAD * 2.5
        group.drivers[0].state = "FAILED" if dead else "BUSY"
        ilum.fake.runs[group.id][0].looks = 9 if now > DEAD * 3 else 0

    steps = ilum.play(follow(watched, "r"), die_twice)
    assert steps[-1] == State("success")
