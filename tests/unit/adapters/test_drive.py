from __future__ import annotations

import json
import signal
import sys
import threading
import time
import types
from contextlib import suppress

import pytest

from jpe_magics.adapters.drive import Outside, drive
from jpe_magics.core.flow import Answer, Call, Made, Place, Push, Pushed, State, Tell, Wait
from jpe_magics.core.secrets import Redactor
from jpe_magics.errors import Interrupted, JpeError, NoAnswer, PublishError, RunFailed
from jpe_magics.model.artifact import File
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.model.publication import Published
from jpe_magics.model.secret import Secret

HIDDEN = "hunter2-hunter2"
#: Seconds within which what has ended has ended: on a busy machine too, and long before what it must not wait for.
SOON = 30


class Log:
    """A watch that remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.came = threading.Event()

    def made(self, published):
        self._add(published)

    state = tell = made

    def _add(self, what):
        self.told.append(what)
        self.came.set()

    def kinds(self):
        return [type(one).__name__ for one in self.told]


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def outside(given):
    def make(stop=None, patience=30.0, **settings):
        redact = Redactor(secrets=[Secret(HIDDEN)])
        return Outside(given(**settings), stop or threading.Event(), redact, "ada", patience)

    return make


def test_every_step_sends_back_what_it_should(scripted, outside, log, tmp_path, monkeypatch):
    monkeypatch.setattr("jpe_magics.adapters.drive._PULSE", 600.0)  # nothing is told twice, however slow it is here
    sent = []

    def flow():
        sent.append((yield Tell(Progress("writing"))))
        sent.append((yield Place(str(tmp_path), File("x.py", "pass\n"))))
        sent.append((yield Call("gitea", "GET", "/version")))
        sent.append((yield Made(Published("dag", "x"))))
        sent.append((yield State("running")))
        before = time.monotonic()
        clock = yield Wait()
        sent.append((yield Wait(0.05)) - clock)
        assert before <= clock <= time.monotonic()

    with scripted.ScriptedServer(scripted.Say(200, {"version": "1.24"})) as server:
        drive(flow(), outside(git_api_url=server.url), log)
    told, placed, answer, made, state, waited = sent
    assert told is made is state is None
    assert placed == Published("file", str(tmp_path / "x.py"), note="created")
    assert isinstance(answer, Answer)
    assert answer.json == {"version": "1.24"}
    assert 0.05 <= waited < SOON
    assert log.told == [Progress("writing"), placed, Published("dag", "x"), State("running")]
    assert (tmp_path / "x.py").read_text() == "pass\n"


def test_an_empty_flow(outside, log):
    drive((step for step in ()), outside(), log)
    assert log.told == []


def test_a_steps_error_is_thrown_into_the_flow_which_may_have_another_way(outside, log, tmp_path):
    (tmp_path / "x.py").write_text("mine\n")
    seen = []

    def flow():
        try:
            yield Place(str(tmp_path), File("x.py", "ours\n"))
        except PublishError as error:
            seen.append(error.code)
        yield Place(str(tmp_path), File("y.py", "ours\n"))

    drive(flow(), outside(), log)
    assert seen == ["JPE502"]
    assert [one.place for one in log.told] == [str(tmp_path / "y.py")]


def test_an_error_that_the_flow_does_not_catch_is_raised(scripted, outside, log):
    ended = []

    def flow():
        try:
            yield Made(Published("file", "x"))
            yield Call("airflow", "POST", "/api/v2/x", body={})
        finally:
            ended.append(True)

    with pytest.raises(NoAnswer) as caught:
        drive(flow(), outside(airflow_api_url=f"http://127.0.0.1:{scripted.closed_port()}"), log)
    assert not caught.value.arrived
    assert ended == [True]
    assert log.told == [Published("file", "x")]


def test_answers_are_handed_over_whatever_their_status(scripted, outside, log):
    seen = []

    def flow():
        for status in (401, 403, 404, 409, 422, 503):
            answer = yield Call("gitea", "POST", f"/{status}")
            seen.append((status, answer.status))

    with scripted.ScriptedServer(lambda asked: scripted.Say(int(asked.path[1:]))) as server:
        drive(flow(), outside(git_api_url=server.url), log)
    assert [asked for asked, _ in seen] == [status for _, status in seen]


def test_one_connection_for_a_flow_which_is_closed_at_its_end(scripted, outside, log):
    def flow():
        for _ in range(3):
            yield Call("gitea", "GET", "/x")

    with scripted.ScriptedServer(scripted.Say()) as server:
        for _ in range(2):
            drive(flow(), outside(git_api_url=server.url), log)
        assert server.connections == 2
        end = time.monotonic() + SOON
        while server._open and time.monotonic() < end:
            time.sleep(0.01)
        assert not server._open


@pytest.mark.parametrize(
    ("settings", "login"),
    [
        ({"git_token": "T"}, ("oauth2", "T")),
        ({"git_token": "T", "git_username": "ada"}, ("ada", "T")),
        ({"git_username": "ada", "git_password": "pw"}, ("ada", "pw")),
        ({}, ("", "")),
    ],
)
def test_a_push_gets_the_login_and_the_stop(outside, log, monkeypatch, settings, login):
    calls, sent = [], []

    def push(step, *, username, password, ca_bundle, limit, stop, pulse, tell):
        calls.append((step, username, password, ca_bundle, limit, stop))
        return Pushed(Published("commit", "abc"), "abc")

    git = types.ModuleType("jpe_magics.adapters.git")
    git.push = push
    monkeypatch.setitem(sys.modules, "jpe_magics.adapters.git", git)
    step = Push("https://h/r.git", "main", File("x.py", ""), "message")

    def flow():
        sent.append((yield step))

    around = outside(**settings, ca_bundle="/x/ca.pem")
    drive(flow(), around, log)
    ((pushed, username, password, ca_bundle, limit, stop),) = calls
    assert ca_bundle == "/x/ca.pem"
    assert pushed is step
    assert (username, password.reveal()) == login
    assert isinstance(password, Secret)
    assert limit > 10
    assert stop is around.stop
    assert sent == [Pushed(Published("commit", "abc"), "abc")]
    assert log.told == [Published("commit", "abc")]


# Stopping


def stop_when(event, stop):
    """Set `stop` as soon as `event` is; return the thread and the list of when."""
    times = []

    def run():
        assert event.wait(SOON)
        times.append(time.monotonic())
        stop.set()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, times


def test_stop_ends_a_wait_at_once(outside, log):
    closed, stop = [], threading.Event()
    thread, times = stop_when(log.came, stop)

    def flow():
        try:
            yield Tell(Progress("waiting"))
            yield Wait(600)
        except GeneratorExit:
            closed.append("closed")
            raise
        finally:
            closed.append("finally")

    with pytest.raises(Interrupted) as caught:
        drive(flow(), outside(stop), log)
    assert time.monotonic() - times[0] < SOON
    thread.join()
    assert closed == ["closed", "finally"]
    assert (caught.value.code, caught.value.exit_code) == ("JPE511", 130)


def test_stop_ends_a_backoff_at_once(scripted, outside, log):
    closed, stop = [], threading.Event()

    def flow():
        try:
            yield Call("gitea", "GET", "/x")
        except JpeError:
            closed.append("it is not thrown into the flow")
            raise
        finally:
            closed.append("finally")

    busy = scripted.Say(429, {}, {"Retry-After": "200"})
    with scripted.ScriptedServer(busy) as server:
        thread, times = stop_when(server.came, stop)
        with pytest.raises(Interrupted):
            drive(flow(), outside(stop, patience=300.0, git_api_url=server.url), log)
        assert time.monotonic() - times[0] < SOON
        assert len(server.asked) == 1
    thread.join()
    assert closed == ["finally"]


def test_stop_between_two_steps(outside, log):
    stop, reached = threading.Event(), []

    def flow():
        yield Made(Published("file", "x"))
        stop.set()
        reached.append(1)
        yield Wait(0)
        reached.append(2)

    with pytest.raises(Interrupted) as caught:
        drive(flow(), outside(stop), log)
    assert not caught.value.unclear
    assert reached == [1]
    assert log.told == [Published("file", "x")]


@pytest.fixture
def answered_before_a_look(monkeypatch):
    """However busy the machine is: what a server answers comes before it is looked whether to stop."""
    monkeypatch.setattr("jpe_magics.adapters.attended._LOOK", 60.0)


@pytest.mark.usefixtures("answered_before_a_look")
def test_what_was_made_while_the_stop_came_is_told(scripted, outside, log):
    stop = threading.Event()

    def flow():
        yield Call("gitea", "POST", "/run")
        yield Made(Published("run", "r"))
        yield Wait(1)

    def answer(asked):
        stop.set()
        return scripted.Say(201, {})

    with scripted.ScriptedServer(answer) as server, pytest.raises(Interrupted) as caught:
        drive(flow(), outside(stop, git_api_url=server.url), log)
    assert log.told == [Published("run", "r")]
    assert not caught.value.unclear


@pytest.mark.parametrize(
    ("method", "status", "unclear"),
    [("POST", 201, True), ("POST", 500, True), ("POST", 0, True), ("POST", 422, False), ("GET", 200, False)],
)
@pytest.mark.usefixtures("answered_before_a_look")
def test_a_stop_tells_whether_something_may_be_made_all_the_same(scripted, outside, log, method, status, unclear):
    stop = threading.Event()

    def flow():
        with suppress(NoAnswer):
            yield Call("gitea", method, "/run")
        yield Wait(1)

    def answer(asked):
        stop.set()
        return scripted.Say(status, {}) if status else scripted.DROP

    with scripted.ScriptedServer(answer) as server, pytest.raises(Interrupted) as caught:
        drive(flow(), outside(stop, git_api_url=server.url), log)
    assert caught.value.unclear is unclear


def test_a_request_that_never_arrived_made_nothing(scripted, outside, log):
    stop = threading.Event()

    def flow():
        with suppress(NoAnswer):
            yield Call("gitea", "POST", "/run")
        stop.set()
        yield Wait(1)

    with pytest.raises(Interrupted) as caught:
        drive(flow(), outside(stop, git_api_url=f"http://127.0.0.1:{scripted.closed_port()}"), log)
    assert not caught.value.unclear


def test_a_stop_that_a_step_reports_is_not_thrown_into_the_flow(outside, log, monkeypatch):
    def push(step, **_):
        raise Interrupted("stopped")

    git = types.ModuleType("jpe_magics.adapters.git")
    git.push = push
    monkeypatch.setitem(sys.modules, "jpe_magics.adapters.git", git)

    def flow():
        try:
            yield Push("https://h/r.git", "main", File("x.py", ""), "message")
        except JpeError:
            yield Made(Published("file", "another way"))

    with pytest.raises(Interrupted):
        drive(flow(), outside(), log)
    assert log.told == []


def test_a_long_wait_tells_the_last_progress_again(outside, log):
    def flow():
        yield Wait(1.2)
        yield Tell(Progress(f"waiting for {HIDDEN}"))
        yield Wait(2.2)

    drive(flow(), outside(), log)
    assert log.told == [Progress("waiting for ***")] * 3


def test_it_is_told_that_a_request_is_tried_again_and_then_what_goes_on(scripted, outside, log):
    again = Progress("trying again: Gitea answers with 503")
    said = iter([scripted.Say(503, {}, {"Retry-After": "2"}), scripted.Say(200)])

    def flow():
        yield Tell(Progress("committing"))
        yield Call("gitea", "GET", "/version")
        yield Wait(1.1)

    with scripted.ScriptedServer(lambda asked: next(said)) as server:
        drive(flow(), outside(git_api_url=server.url), log)
    assert log.told[0] == log.told[-1] == Progress("committing")
    assert log.told.count(again) >= 2  # at once, and with the clock's pulse


def test_a_push_that_takes_long_tells_the_last_progress_again(outside, log, monkeypatch):
    now = [0.0]
    clock = types.SimpleNamespace(monotonic=lambda: 100 + now[0])
    monkeypatch.setattr("jpe_magics.adapters.drive.time", clock)

    def push(step, *, pulse, **_):
        for _ in range(16):
            pulse()
            now[0] += 0.1
        return Pushed(Published("commit", "abc"), "abc")

    git = types.ModuleType("jpe_magics.adapters.git")
    git.push = push
    monkeypatch.setitem(sys.modules, "jpe_magics.adapters.git", git)

    def flow():
        yield Tell(Progress("pushing"))
        yield Push("https://h/r.git", "main", File("x.py", ""), "message")

    drive(flow(), outside(), log)
    assert log.told == [Progress("pushing"), Progress("pushing"), Published("commit", "abc")]


def test_a_flow_that_is_over_is_not_stopped_any_more(outside, log):
    stop = threading.Event()

    def flow():
        yield Made(Published("file", "x"))
        stop.set()

    drive(flow(), outside(stop), log)
    assert log.kinds() == ["Published"]


@pytest.mark.parametrize(
    ("where", "raised"), [("wait", KeyboardInterrupt), ("GET", KeyboardInterrupt), ("POST", Interrupted)]
)
def test_a_keyboard_interrupt_closes_the_flow(scripted, outside, log, where, raised):
    closed = []

    def flow():
        try:
            yield Tell(Progress("soon"))
            yield Wait(600) if where == "wait" else Call("gitea", where, "/x")
        finally:
            closed.append("finally")

    with scripted.ScriptedServer(lambda asked: scripted.HOLD) as server:
        event = log.came if where == "wait" else server.came

        def interrupt():
            assert event.wait(SOON)
            time.sleep(0.05)  # so that it is in the middle of it; before that, it must end all the same
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        begun = time.monotonic()
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.raises(raised):
                thread.start()
                drive(flow(), outside(git_api_url=server.url, request_timeout=60), log)
        finally:
            signal.signal(signal.SIGINT, before)
        assert time.monotonic() - begun < SOON
        thread.join()
    assert closed == ["finally"]


def test_any_other_fault_closes_the_flow_too(outside, log):
    closed = []

    class Broken(Log):
        def tell(self, progress):
            raise ZeroDivisionError

    def flow():
        try:
            yield Tell(Progress("x"))
        finally:
            closed.append("finally")

    with pytest.raises(ZeroDivisionError):
        drive(flow(), outside(), Broken())
    assert closed == ["finally"]


# Redaction


def test_the_watch_is_told_no_secret(outside, log):
    def flow():
        yield Tell(Progress(f"a {HIDDEN}", f"b {HIDDEN}", 0.5, (TaskState("t", HIDDEN, 1, 2.5),), 9))
        yield Made(Published("run", f"c {HIDDEN}", f"http://h/{HIDDEN}", f"d {HIDDEN}"))
        yield State("failed", f"e {HIDDEN}", (TaskState(f"t {HIDDEN}", "failed"),))

    drive(flow(), outside(), log)
    assert log.told == [
        Progress("a ***", "b ***", 0.5, (TaskState("t", "***", 1, 2.5),), 9),
        Published("run", "c ***", "http://h/***", "d ***"),
        State("failed", "e ***", (TaskState("t ***", "failed"),)),
    ]


def test_the_flow_gets_answers_as_they_are_and_what_it_says_of_them_is_redacted(scripted, outside, log):
    seen = []

    def flow():
        answer = yield Call("gitea", "GET", "/file")
        seen.append(answer.json["content"])
        yield State("failed", answer.text)
        raise RunFailed(f"the server said {answer.text}", where=f"at {HIDDEN}", hint=f"look at {HIDDEN}")

    with scripted.ScriptedServer(scripted.Say(200, {"content": HIDDEN})) as server, pytest.raises(RunFailed) as caught:
        drive(flow(), outside(git_api_url=server.url), log)
    assert seen == [HIDDEN]
    (state,) = log.told
    assert json.loads(state.error) == {"content": "***"}
    assert caught.value.lines() == [
        'JPE510: the server said {"content": "***"}',
        "  at: at ***",
        "  do: look at ***",
    ]


def test_a_credential_that_the_driver_got_itself_is_redacted(scripted, outside, log):
    def serve(asked):
        if asked.path == "/auth/token":
            return scripted.Say(201, {"access_token": "g1v3n-t0k3n"})
        return scripted.Say(403, {"detail": f"no right: {asked.headers['authorization']}"})

    def flow():
        answer = yield Call("airflow", "GET", "/api/v2/x")
        yield State("failed", answer.json["detail"])
        raise PublishError(answer.json["detail"], code="JPE506")

    with scripted.ScriptedServer(serve) as server, pytest.raises(PublishError) as caught:
        drive(flow(), outside(airflow_api_url=server.url, airflow_username="ada", airflow_password="pw pw"), log)
    assert caught.value.message == log.told[0].error == "no right: Bearer ***"


class Special(RunFailed):
    exit_code = 77


def test_a_redacted_error_keeps_everything_but_the_secret(outside, log):
    def flow():
        try:
            raise ValueError(f"inner {HIDDEN}")
        except ValueError as cause:
            error = Special(f"outer {HIDDEN}", code="JPE512", where="here", hint="do")
            error.status, error.log, error.secret = 422, [f"line {HIDDEN}"], HIDDEN
            error.__notes__ = [f"note {HIDDEN}"]
            raise error from cause
        yield

    with pytest.raises(Special) as caught:
        drive(flow(), outside(), log)
    error = caught.value
    assert (error.message, error.code, error.exit_code, error.where, error.hint) == (
        "outer ***",
        "JPE512",
        77,
        "here",
        "do",
    )
    assert (error.status, error.log, error.secret, error.args) == (422, ["line ***"], "***", ("outer ***",))
    assert error.__notes__ == ["note ***"]
    assert error.__cause__ is error.__context__ is None
    assert HIDDEN not in repr(error) + str(error)


def test_a_steps_error_loses_its_cause_too(outside, log, tmp_path):
    (tmp_path / "file").write_text("")

    def flow():
        yield Place(str(tmp_path / "file" / HIDDEN), File("x.py", "pass\n"))

    with pytest.raises(PublishError) as caught:
        drive(flow(), outside(), log)
    assert HIDDEN not in str(caught.value)
    assert "***" in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_the_flow_may_look_at_an_error_as_it_is(outside, log, tmp_path):
    (tmp_path / HIDDEN).write_text("mine\n")
    seen = []

    def flow():
        try:
            yield Place(str(tmp_path), File(HIDDEN, "ours\n"))
        except PublishError as error:
            seen.append(HIDDEN in error.message)

    drive(flow(), outside(), log)
    assert seen == [True]
