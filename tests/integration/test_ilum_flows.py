"""Notebooks through the real session to an Ilum that runs them in plain Python: all modes, what fails, bad input.

What is asserted is what people have in the end: the files that the notebook writes, the error that they read, the
record in the history.  The same on real Spark stands in `tests/live/test_ilum.py`.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from jpe_magics import cli
from jpe_magics.errors import JpeError, OptionError, RunFailed
from jpe_magics.results import Export, Submission
from jpe_magics.session import Session
from tools.servers.ilum_core import Fault, IlumCore

START = datetime(2026, 5, 20, 12, tzinfo=timezone.utc)
CRON = ["--mode", "cron", "--cron", "0 5 * * *"]
SECONDS = 30
PASSWORD = "".join(("Hx7", "kQ9", "-not-a-real-one"))  # in pieces: scanners of this repository look for such texts

PARAMETERS = """\
run_date = "2026-05-20"
top = 3  # how many rows
scale = 1.5
labels = ["a", "b"]
broken = False
out = {out!r}"""
WRITE = """\
import json
from pathlib import Path

rows = [[run_date, number * scale, labels[number % len(labels)]] for number in range(top)]
assert "leftover" not in globals(), "a run before this one has left something"
leftover = rows
if broken:
    raise KeyError("no such region: größe")
Path(out, run_date + ".json").write_text(json.dumps(rows))"""
WAITS = """\
import time
from pathlib import Path

Path(out, "waiting").write_text("now")
while True:
    time.sleep(0.05)"""


class User:
    """Has notebooks in a folder, a core, and a history; `out` is where the notebooks write."""

    def __init__(self, folder: Path, core: IlumCore) -> None:
        self.folder, self.core, self.out = folder, core, folder / "out"
        self.out.mkdir()
        self.environ = {
            "ILUM_API_URL": core.api_url,
            "ILUM_UI_URL": "http://ilum.example:9777",
            "JPE_AUDIT_LOG": str(folder / "audit.jsonl"),
            "JPE_REQUEST_TIMEOUT": "5",
        }
        self.notebook((PARAMETERS.format(out=str(self.out)), "parameters"), WRITE)

    @property
    def session(self) -> Session:
        return Session(environ=self.environ)

    @property
    def path(self) -> Path:
        return self.folder / "etl.ipynb"

    def notebook(self, *cells: str | tuple[str, ...]) -> None:
        """Write the notebook: a source, or a source and its tags, a cell."""
        rows = [(one,) if isinstance(one, str) else one for one in cells]
        made = [
            {"cell_type": "code", "id": f"c{number}", "metadata": {"tags": list(tags)}, "source": source}
            | {"outputs": [], "execution_count": None}
            for number, (source, *tags) in enumerate(rows)
        ]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        self.path.write_text(json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))

    def export(self, *words: str, name: str = "kpi") -> Export:
        session = self.session
        return session.run(session.parse(["ilum", "--name", name, "--notebook", str(self.path), *words]))

    def made(self, *words: str, name: str = "kpi") -> str:
        """Export, and return the record's id."""
        done = self.export(*words, name=name)
        assert done.error is None, done.error
        return done.record_id

    def run(self, record: str, wait: bool = True, **values: str) -> Submission:
        return self.session.act("run", record, values, wait=wait)

    def status(self, record: str) -> Submission:
        return self.session.act("status", record)

    def stop(self, record: str) -> Submission:
        return self.session.act("stop", record)

    def record(self, id: str) -> dict[str, Any]:
        """Return a record as the history has it on disk."""
        return self.session.history.get(id).to_json()

    def id_of(self, record: str, kind: str) -> str:
        """Return the id of the job, service, schedule or run that the record names last."""
        return str([row["place"] for row in self.record(record)["published"] if row["kind"] == kind][-1])

    def rows(self, run_date: str = "2026-05-20") -> Any:
        """Return what the notebook has written, and take it away."""
        file = self.out / f"{run_date}.json"
        told = json.loads(file.read_text())
        file.unlink()
        return told

    def count(self, method: str, path: str) -> int:
        """Return how many such requests the core has seen."""
        return sum((one, where.partition("?")[0]) == (method, f"/api/v1{path}") for one, where in self.core.requests)

    def kept(self) -> tuple[int, int, int]:
        """Return how many jobs, services and schedules the core has: drivers are no jobs here."""
        state = self.core.state
        return sum(one.kind == "SINGLE" for one in state.jobs.values()), len(state.groups), len(state.schedules)


def expected(run_date: str = "2026-05-20", top: int = 3, scale: float = 1.5, labels: Sequence[str] = "ab") -> Any:
    return [[run_date, number * scale, labels[number % len(labels)]] for number in range(top)]


@pytest.fixture
def core(tmp_path: Path) -> Iterator[IlumCore]:
    with IlumCore(tmp_path / "core", start=START) as one:
        yield one


@pytest.fixture
def user(tmp_path: Path, core: IlumCore) -> User:
    return User(tmp_path, core)


@contextmanager
def coming_back(core: IlumCore) -> Iterator[None]:
    """Let the core come back as soon as a fault has taken it away."""

    def restart() -> None:
        if core.door.wait_gone(SECONDS):
            core.restart()

    thread = threading.Thread(target=restart)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def error_of(done: Export | Submission) -> JpeError:
    assert done.error is not None, done
    return done.error


def shown(done: Export | Submission) -> str:
    """Return the summary as text, in one line."""
    return " ".join(done.text().split())


# --- the three modes


def test_a_single_job_writes_what_the_notebook_writes(user: User) -> None:
    done = user.export("--wait", "--run-param", "top=5", "--run-param", "scale=2")
    assert done.error is None, done.error
    assert user.rows() == expected(top=5, scale=2.0)
    record = user.record(done.record_id)
    (job,) = record["published"]
    assert job["link"] == f"http://ilum.example:9777/workloads/details/job/{job['place']}"
    assert [one["status"] for one in record["states"]][-1] == record["status"] == "success"
    assert user.core.definition(job["place"]).tags == {"jpe_export": done.record_id}

    again = user.run(done.record_id, run_date="2026-05-21", labels='["x"]')
    assert again.error is None, again.error
    assert user.rows("2026-05-21") == expected("2026-05-21", labels="x")
    assert user.kept() == (2, 0, 0)
    assert user.id_of(done.record_id, "job") != job["place"]
    assert user.status(done.record_id).record.status == "success"


def test_a_service_runs_again_and_again_without_an_upload_and_without_leftovers(user: User) -> None:
    record = user.made("--mode", "service")
    assert user.kept() == (0, 1, 0)
    for top in range(6):
        done = user.run(record, top=str(top), run_date=f"2026-05-{top + 1:02}")
        assert done.error is None, done.error
        assert user.rows(f"2026-05-{top + 1:02}") == expected(f"2026-05-{top + 1:02}", top=top)
        assert done.record.status == "success"
    assert user.count("POST", "/group") == 1
    assert user.count("POST", "/job/submit") == 0
    driver = user.core.driver(user.id_of(record, "service"))
    assert driver.states.count("STARTING") == 1, "one driver has done it all"
    notes = [row["note"] for row in user.record(record)["published"] if row["kind"] == "run"]
    assert sum(one.startswith('returned {"status": "ok"') for one in notes) == 6

    assert "The run succeeded." in shown(user.status(record))
    assert user.stop(record).record.status == "stopped"
    assert driver.ended
    asked = user.status(record)
    assert asked.record.status == "stopped", "its last run went well, and can't be run again"
    assert "is archived" in shown(asked)
    error = error_of(user.run(record))
    assert error.code == "JPE515"
    assert "was stopped" in error.message


def test_a_schedule_fires_at_its_times_and_its_service_runs_between(user: User) -> None:
    record = user.made(*CRON)
    assert user.kept() == (0, 1, 1)
    assert "it has started no job yet" in shown(user.status(record))
    assert user.core.tick(to=START + timedelta(hours=16)) == []
    for _ in range(2):
        (fired,) = user.core.tick(
            to=datetime.fromtimestamp(user.core.clock.seconds(), timezone.utc) + timedelta(days=1)
        )
        assert user.core.wait(fired, seconds=SECONDS).state == "FINISHED", user.core.logs()
        assert user.rows() == expected()
    assert f"its last job {fired} is success" in shown(user.status(record))
    assert user.run(record, top="1").error is None
    assert user.rows() == expected(top=1)
    said = shown(user.status(record))
    assert f"the run {user.id_of(record, 'run')} is success" in said
    assert f"its last job {fired} is success, http://ilum.example:9777/workloads/details/job/{fired}" in "".join(
        said.split("\n")
    )

    assert user.stop(record).record.status == "stopped"
    assert user.core.tick(to=START + timedelta(days=30)) == []
    with pytest.raises(OptionError, match="not there, or was stopped already"):
        user.stop(record)


def test_a_schedule_alone_runs_from_the_history_as_a_job(user: User) -> None:
    record = user.made(*CRON, "--schedule-only", "--param", "top=2")
    assert user.kept() == (0, 0, 1)
    assert user.run(record).error is None
    assert user.rows() == expected(top=2)
    assert user.run(record, top="4").error is None
    assert user.rows() == expected(top=4)
    assert user.kept() == (2, 0, 1)


def test_six_fields_where_ilum_has_seconds(user: User) -> None:
    user.core.readings.cron_fields = 6
    refused = user.export(*CRON)
    assert error_of(refused).code == "JPE508"
    assert "6 fields" in error_of(refused).message
    assert user.kept() == (0, 0, 0), "the service was taken back"
    user.made("--mode", "cron", "--cron", "30 0 5 * * *", "--six-field-cron")
    (fired,) = user.core.tick(to=START + timedelta(days=1))
    assert user.core.wait(fired, seconds=SECONDS).state == "FINISHED"
    assert user.rows() == expected()


@pytest.mark.parametrize(
    "reading",
    [{"tags_as": "text"}, {"params_as_text": True}, {"unfinished_results": False}, {"unique_names": "never"}],
    ids=str,
)
def test_what_the_documentation_leaves_open_changes_nothing(user: User, reading: dict[str, Any]) -> None:
    for name, value in reading.items():
        setattr(user.core.readings, name, value)
    record = user.made("--mode", "service", "--wait", "--run-param", 'labels=["x"]', "--run-param", "broken=false")
    assert user.rows() == expected(labels="x")
    assert user.run(record, top="4").error is None
    assert user.rows() == expected(top=4)
    user.core.faults.append(Fault("POST", ".*/job/submit", "lost"))
    assert user.export("--wait", name="once").error is None
    assert user.kept() == (1, 1, 0)
    done = user.export("--mode", "service", "--replace")
    assert done.error is None, done.error
    assert [one.state for one in user.core.state.groups.values()] == ["ARCHIVED", "ACTIVE"]


def test_execute_waits_for_the_end(user: User) -> None:
    record = user.made("--mode", "service", "--execute")
    done = user.run(record, top="2")
    assert done.error is None, done.error
    assert done.record.status == "success"
    assert user.rows() == expected(top=2)
    failed = error_of(user.run(record, broken="1"))
    assert isinstance(failed, RunFailed)
    assert "no such region: größe" in failed.message


# --- what fails


def test_a_cell_that_fails_ends_the_command_with_5(
    user: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in user.environ.items():
        monkeypatch.setenv(name, value)
    words = ["export", str(user.path), "ilum", "--name", "kpi", "--run-param", "broken=true"]
    assert cli.main([*words, "--wait"]) == 5
    said = capsys.readouterr()
    assert "JPE510: the job " in said.err
    assert "KeyError: 'no such region: größe'" in said.err
    assert "Traceback (most recent call last)" in said.err
    assert "at: http://ilum.example:9777/workloads/details/job/" in said.err
    assert "failed in cell 2: " in said.err
    assert "(cell 2), in <module>" in said.err
    assert "do: correct the notebook and export it again" in said.err
    (row,) = user.session.history.newest()
    assert user.record(row.id)["status"] == "failed"
    assert "no such region" in user.record(row.id)["error"]
    assert cli.main(words) == 0, "without --wait the command only submits"


def test_a_run_of_a_service_that_fails_says_which_cell(user: User) -> None:
    record = user.made("--mode", "service")
    failed = error_of(user.run(record, broken="true"))
    assert isinstance(failed, RunFailed)
    assert "KeyError: 'no such region: größe'" in failed.message
    assert '"<etl, cell 2>", line 8' in failed.message
    assert 'raise KeyError("no such region: größe")' in failed.message
    assert user.record(record)["status"] == "failed"
    assert user.run(record, broken="false").error is None, "the service goes on"


def test_a_single_job_whose_driver_is_killed(user: User) -> None:
    user.notebook((PARAMETERS.format(out=str(user.out)), "parameters"), WAITS)
    record = user.made()
    job = user.core.wait(user.id_of(record, "job"), "BUSY", seconds=SECONDS)
    os.kill(job.program.pid, signal.SIGKILL)
    user.core.wait(job.id, seconds=SECONDS)
    asked = user.status(record)
    assert asked.record.status == "failed"
    assert "exit code -9" in asked.states[-1].error


def test_a_service_whose_driver_died_says_so_and_goes_on_when_it_was_restarted(user: User) -> None:
    import httpx

    record = user.made("--mode", "service", "--wait")
    service = user.id_of(record, "service")
    driver = user.core.driver(service)
    os.kill(driver.program.pid, signal.SIGKILL)
    user.core.wait(driver.id, seconds=SECONDS)
    asked = user.status(record)
    assert asked.record.status == "failed", "though its last run went well"
    assert f"the driver of the service kpi ({service}) died" in shown(asked)
    assert f"restart the service in Ilum, then %jpe_history {record} --run" in asked.states[-1].detail
    error = error_of(user.run(record))
    assert error.code == "JPE515"
    assert f"the driver of the service kpi ({service}) died" in error.message
    assert f"restart the service in Ilum, then %jpe_history {record} --run" in error.hint
    assert len(user.core.state.groups[service].instances) == 1, "nothing was asked for"
    assert httpx.post(f"{user.core.api_url}/group/{service}/restart", trust_env=False).status_code == 200
    assert user.run(record, run_date="2026-05-30").error is None
    assert user.rows("2026-05-30") == expected("2026-05-30")


@pytest.mark.parametrize("dead", ["refuse", "error", "wait"])
def test_a_driver_that_is_killed_while_it_runs(user: User, dead: str) -> None:
    user.core.readings.dead_driver = dead  # type: ignore[assignment]
    user.notebook((PARAMETERS.format(out=str(user.out)), "parameters"), WAITS)
    record = user.made("--mode", "service")
    service = user.id_of(record, "service")

    def kill() -> None:
        driver = user.core.wait(user.core.driver(service).id, "BUSY", seconds=SECONDS)
        os.kill(driver.program.pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    failed = error_of(user.run(record))
    thread.join()
    assert isinstance(failed, RunFailed)
    assert "ended" in failed.message or "died" in failed.message
    assert user.record(record)["status"] == "failed"


# --- secrets in what the servers say


@pytest.mark.parametrize("mode", ["single", "service"])
def test_a_secret_among_the_parameters_of_a_run_is_only_sent(user: User, mode: str) -> None:
    user.notebook(("password = 'changeme'", "parameters"), "print(password)\nraise ValueError('bad ' + password)")
    words = ["--mode", mode, "--run-param", f"password={PASSWORD}"]
    assert PASSWORD not in "".join(user.export(*words, "--preview").requests)
    done = user.export(*words, "--wait")
    assert isinstance(error_of(done), RunFailed)
    asked = user.status(done.record_id)
    said = "\n".join([str(done.error), done.text(), asked.text(), str(asked.states), str(asked.record.to_json())])
    assert "ValueError: bad ***" in said
    assert PASSWORD not in said + (user.folder / "audit.jsonl").read_text()
    if mode == "single":
        (job,) = user.core.state.jobs.values()
        assert job.definition.get("args") == [f"password={PASSWORD}"], "the job itself has got it"


@pytest.mark.parametrize("mode", ["single", "service"])
def test_a_secret_that_was_allowed_does_not_come_back_with_an_error(user: User, mode: str) -> None:
    user.notebook(f"password = '{PASSWORD}'\nraise ValueError('bad ' + password)")
    done = user.export("--mode", mode, "--allow-secrets", *(["--trigger"] if mode == "service" else []))
    assert done.error is None, done.error
    until = time.monotonic() + SECONDS
    while (asked := user.status(done.record_id)).states[-1].status != "failed":
        assert time.monotonic() < until
    assert "failed, and may say the secret that it was exported with" in asked.states[-1].error
    told = [asked.text()]
    if mode == "service":
        again = user.run(done.record_id)
        assert isinstance(error_of(again), RunFailed)
        told += [again.text(), str(again.error)]
    assert PASSWORD not in "".join(told) + (user.folder / "audit.jsonl").read_text()


def test_a_token_in_a_traceback_is_masked_when_the_history_asks(user: User) -> None:
    token = "".join(("AKIA", "IOSFODNN7", "EXAMPLX"))
    user.notebook(f"raise ValueError('bad ' + ''.join(({token[:4]!r}, {token[4:]!r})))")
    record = user.made()
    user.core.wait(user.id_of(record, "job"), seconds=SECONDS)
    assert "ValueError: bad AKIA…" in user.status(record).states[-1].error
    assert token not in (user.folder / "audit.jsonl").read_text()


# --- exactly once


@pytest.mark.parametrize("how", ["lost", "error-done", "gone-done"])
@pytest.mark.parametrize(
    ("path", "words", "kept"),
    [
        (".*/job/submit", [], (1, 0, 0)),
        (".*/group", ["--mode", "service"], (0, 1, 0)),
        (".*/schedule", CRON, (0, 1, 1)),
    ],
    ids=["job", "service", "schedule"],
)
def test_a_lost_answer_makes_nothing_twice(
    user: User, how: str, path: str, words: list[str], kept: tuple[int, int, int]
) -> None:
    user.core.faults.append(Fault("POST", path, how))
    if how == "gone-done":
        with coming_back(user.core):
            record = user.made(*words)
    else:
        record = user.made(*words)
    assert user.kept() == kept
    assert user.status(record).error is None


def test_what_did_not_arrive_is_sent_again(user: User) -> None:
    user.core.faults.append(Fault("POST", ".*/job/submit", "gone"))
    with coming_back(user.core):
        record = user.made("--wait")
    assert user.kept() == (1, 0, 0)
    assert user.rows() == expected()
    assert user.record(record)["status"] == "success"


def test_a_core_that_stays_away_loses_nothing(user: User) -> None:
    user.core.faults.append(Fault("POST", ".*/job/submit", "lost"))
    user.core.faults.append(Fault("GET", ".*/job", "error", status=403))
    failed = user.export()
    assert "it is not known whether Ilum has made the job kpi" in error_of(failed).message
    assert f"%jpe_history {failed.record_id} --status" in error_of(failed).hint
    found = user.status(failed.record_id)
    assert found.error is None, found.error
    assert [one.note for one in found.published] == ["found by its tag"]
    assert user.kept() == (1, 0, 0)


@pytest.mark.parametrize("how", ["lost", "error-done"])
@pytest.mark.parametrize("words", [[], ["--execute"]], ids=["submit", "execute"])
def test_a_run_whose_answer_was_lost_is_found_and_followed(user: User, how: str, words: list[str]) -> None:
    record = user.made("--mode", "service", *words)
    service = user.id_of(record, "service")
    user.core.wait(user.core.driver(service).id, "READY", seconds=SECONDS)
    user.core.faults.append(Fault("POST", ".*/job/(submit|execute)", how))
    done = user.run(record, top="2")
    assert done.error is None, done.error
    assert done.record.status == "success"
    assert user.rows() == expected(top=2)
    (run,) = user.core.state.groups[service].instances
    assert user.id_of(record, "run") == run.id


def test_a_run_whose_request_was_lost_is_not_known(user: User) -> None:
    record = user.made("--mode", "service")
    service = user.id_of(record, "service")
    user.core.wait(user.core.driver(service).id, "READY", seconds=SECONDS)
    user.core.faults.append(Fault("POST", ".*/job/submit", "dropped"))
    error = error_of(user.run(record))
    assert error.code == "JPE517"
    assert "it is not known whether a run" in error.message
    assert user.core.state.groups[service].instances == []
    assert user.status(record).record.status == "unknown"


def test_a_run_that_is_told_of_at_its_end_only_is_found_later(user: User) -> None:
    user.core.readings.unfinished_results = False
    user.notebook(
        (PARAMETERS.format(out=str(user.out)), "parameters"),
        WAITS.replace("while True:", 'while not Path(out, "go").exists():'),
    )
    record = user.made("--mode", "service")
    service = user.id_of(record, "service")
    user.core.faults.append(Fault("POST", ".*/job/submit", "lost"))
    assert error_of(user.run(record)).code == "JPE517"
    assert user.status(record).record.status == "unknown"
    (user.out / "go").touch()
    until = time.monotonic() + SECONDS
    while (asked := user.status(record)).record.status != "success":
        assert time.monotonic() < until, asked
    (run,) = user.core.state.groups[service].instances
    assert user.id_of(record, "run") == run.id


def test_the_history_says_with_which_parameters_each_run_was_started(user: User) -> None:
    user.notebook((PARAMETERS.format(out=str(user.out)) + "\npassword = 'x'", "parameters"), WRITE)
    single = user.made("--wait", "--run-param", "run_date=2026-05-21", "--run-param", f"password={PASSWORD}")
    assert user.run(single, run_date="2026-05-22").error is None
    notes = [row["note"] for row in user.record(single)["published"]]
    assert notes == ["created with run_date=2026-05-21, password=***", "created with run_date=2026-05-22"]
    service = user.made("--mode", "service", name="svc")
    assert user.run(service, run_date="2026-05-23", top="2", password=PASSWORD).error is None
    notes = [row["note"] for row in user.record(service)["published"]]
    assert "started with run_date=2026-05-23, top=2, password=***" in notes
    assert PASSWORD not in (user.folder / "audit.jsonl").read_text()


def test_a_job_that_is_left_alone_is_stopped_with_the_others_of_its_record(user: User) -> None:
    user.notebook((PARAMETERS.format(out=str(user.out)), "parameters"), WAITS)
    stop = threading.Event()
    session = user.session

    def tell(progress: Any) -> None:
        if progress.step.startswith("following") and (user.out / "waiting").exists():
            stop.set()

    words = ["ilum", "--name", "kpi", "--notebook", str(user.path), "--wait"]
    done = session.run(session.parse(words), tell, stop)
    error = error_of(done)
    assert error.code == "JPE511"
    assert "the run goes on" in error.hint
    assert "--run " not in error.hint
    first = user.id_of(done.record_id, "job")
    again = user.run(done.record_id, wait=False)
    second = user.id_of(done.record_id, "job")
    assert again.published[0].note == f"created; still going on beside it: {first}"
    assert f"stopped the job {first} and the job {second}" in shown(user.stop(done.record_id))
    assert {one.state for one in user.core.state.jobs.values()} == {"CANCELED"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mode", "service", "--no-trigger", "--wait"], "--no-trigger starts none"),
        (["--no-push", "--wait"], "--no-push sends nothing"),
        (["--no-trigger"], "a single job runs by being submitted"),
    ],
)
def test_a_line_that_contradicts_itself_leaves_no_record(user: User, words: list[str], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        user.export(*words)
    assert not (user.folder / "audit.jsonl").exists()
    assert user.core.requests == []


def test_half_a_schedule_is_taken_back(user: User) -> None:
    user.core.faults.append(Fault("POST", ".*/schedule", "error", status=400))
    error = error_of(user.export(*CRON))
    assert "was taken back" in error.message
    assert user.kept() == (0, 0, 0)
    assert user.export(*CRON).error is None


# --- what stands there already


@pytest.mark.parametrize("unique", ["living", "never"])
def test_a_name_that_is_taken_is_kept_until_replace(user: User, unique: str) -> None:
    user.core.readings.unique_names = unique  # type: ignore[assignment]
    first = user.made(*CRON)
    error = error_of(user.export(*CRON))
    assert error.code == "JPE502"
    assert user.id_of(first, "service") in error.message
    assert user.id_of(first, "schedule") in error.message
    assert "--replace" in error.hint
    assert user.kept() == (0, 1, 1)

    second = user.made(*CRON, "--replace", "--param", "top=1")
    assert [one.state for one in user.core.state.groups.values()] == ["ARCHIVED", "ACTIVE"]
    assert [one.state for one in user.core.state.schedules.values()] == ["DISABLED", "ENABLED"]
    (fired,) = user.core.tick(to=START + timedelta(days=1))
    assert user.core.wait(fired, seconds=SECONDS).state == "FINISHED"
    assert user.rows() == expected(top=1)
    assert user.run(second).error is None
    assert user.rows() == expected(top=1)
    assert "was stopped" in error_of(user.run(first)).message


def test_names_that_become_one_module_are_told(user: User) -> None:
    user.made("--mode", "service", name="daily-kpi")
    record = user.made("--mode", "service", name="Daily kpi")
    (service,) = user.record(record)["published"]
    assert "its module has the same name as that of daily-kpi" in service["note"]
    assert user.run(record).error is None


def test_an_image_that_is_no_preset_must_have_what_services_need(user: User) -> None:
    warned = "the image mine/spark:1 must have the package ilum-job-api in it"
    for number, (words, expected_in) in enumerate(((["--mode", "service"], True), (CRON, True), ([], False))):
        done = user.export(*words, "--image", "mine/spark:1", name=f"kpi{number}")
        assert (warned in shown(done)) is expected_in, shown(done)
    preset = next(name for name, image in user.session.settings.get("spark_images").items() if image)
    assert "ilum-job-api" not in shown(user.export("--mode", "service", "--image", preset, name="preset"))


def test_a_service_that_nobody_has_run_tells_of_its_driver(user: User) -> None:
    record = user.made("--mode", "service")
    service = user.id_of(record, "service")
    driver = user.core.wait(user.core.driver(service).id, "READY", seconds=SECONDS)
    assert f"the service {service} is active, its driver {driver.id} is ready" in shown(user.status(record))
    os.kill(driver.program.pid, signal.SIGKILL)
    user.core.wait(driver.id, seconds=SECONDS)
    said = shown(user.status(record))
    assert f"the driver of the service kpi ({service}) died" in said
    assert f"%jpe_history {record} --run" in said


def test_a_schedule_whose_job_failed_says_so(user: User) -> None:
    record = user.made(*CRON, "--param", "broken=true")
    (fired,) = user.core.tick(to=START + timedelta(days=1))
    user.core.wait(fired, seconds=SECONDS)
    assert f"its last job {fired} is failed (the driver ended with exit code 1)" in shown(user.status(record))


def test_where_the_new_one_fails_the_old_one_stays(user: User) -> None:
    user.core.readings.unique_names = "never"
    first = user.made("--mode", "service")
    user.core.faults.append(Fault("POST", ".*/group", "error", status=400))
    assert error_of(user.export("--mode", "service", "--replace")).code == "JPE508"
    assert user.run(first).error is None
    assert user.rows() == expected()


def test_an_old_service_that_cant_be_stopped_is_named_with_the_new_one(user: User) -> None:
    user.core.readings.unique_names = "never"
    first = user.made("--mode", "service")
    old = user.id_of(first, "service")
    user.core.faults.append(Fault("POST", f".*/group/{old}/stop", "error", status=403))
    failed = user.export("--mode", "service", "--replace")
    new = user.id_of(failed.record_id, "service")
    assert new != old
    assert old in error_of(failed).message
    assert new in error_of(failed).message
    assert user.run(failed.record_id).error is None
    assert user.rows() == expected()


# --- the preview


@pytest.mark.parametrize(
    ("words", "addresses"),
    [([], ["/job/submit"]), (["--mode", "service"], ["/group"]), (CRON, ["/group", "/schedule"])],
    ids=["single", "service", "cron"],
)
def test_a_preview_shows_module_and_requests_and_touches_nothing(
    user: User, words: list[str], addresses: list[str]
) -> None:
    conf = [f"--spark-conf=spark.hadoop.fs.s3a.secret.key={PASSWORD}", "--spark-conf=spark.sql.shuffle.partitions=4"]
    more = ["--tags", "team=data", "--executors", "2", "--image", "mine/spark:1", "--allow-secrets"]
    done = user.export(*words, *conf, *more, "--preview")
    assert done.error is None, done.error
    assert [one.splitlines()[0] for one in done.requests] == [f"POST {user.core.api_url}{one}" for one in addresses]
    for request in done.requests:
        assert "name = kpi" in request
        assert "language = PYTHON" in request
        assert "tags = team=data;jpe_export=<id of the export>" in request
        assert "spark.sql.shuffle.partitions=4" in request
        assert "spark.kubernetes.container.image=mine/spark:1" in request
        assert "executors = 2" in request
        assert "pyFiles = the file pipeline_exp_kpi.py (" in request
    everything = "\n".join([*done.requests, done.text(), done._repr_html_(), repr(done), done.code])
    assert PASSWORD not in everything
    assert "spark.hadoop.fs.s3a.secret.key=" in everything
    compile(done.code, "pipeline_exp_kpi.py", "exec")
    assert user.core.requests == []
    assert not (user.folder / "audit.jsonl").exists()
    assert list(user.out.iterdir()) == []

    sent = user.made(*words, *conf, *more)
    kinds = {"/job/submit": "job", "/group": "service", "/schedule": "schedule"}
    for address in addresses:
        given = user.core.definition(user.id_of(sent, kinds[address]))
        assert given.conf["spark.hadoop.fs.s3a.secret.key"] == PASSWORD, "what is sent is the value itself"
        fields, _, note = done.requests[addresses.index(address)].partition("\n\n# ")
        assert {line.partition(" = ")[0] for line in fields.splitlines()[3:]} == {*given.fields, "pyFiles"}
        assert ("by the clock of Ilum's core; if that is UTC, next at " in note) is (address == "/schedule")
    assert PASSWORD not in (user.folder / "audit.jsonl").read_text()


# --- bad input


def assert_nothing_lost(user: User) -> None:
    """The notebook is as it was, nothing was made, and an export that is right goes through."""
    assert user.kept() == (0, 0, 0)
    record = user.made("--wait")
    assert user.rows() == expected()
    assert user.record(record)["status"] == "success"


@pytest.mark.parametrize(
    ("words", "name", "said"),
    [
        ([], "", "--name"),
        ([], "../../etc/passwd", "--name"),
        ([], "a;jpe_export=x", "--name"),
        ([], "größe", "--name"),
        ([], "n" * 101, "--name"),
        ([], "-kpi", "--name"),
        (["--mode", "cron"], "kpi", "--cron is needed"),
        (["--mode", "cron", "--cron", "0 0 30 2 *"], "kpi", "never"),
        (["--mode", "cron", "--cron", "0 5 * *"], "kpi", "5 fields"),
        (["--mode", "cron", "--cron", "0 0 5 * * *"], "kpi", "--six-field-cron"),
        (["--executors", "many"], "kpi", "--executors takes a whole number, not 'many'"),
        (["--mode", "wrong"], "kpi", "--mode is one of single, service, cron, not 'wrong'"),
        (["--schedule", "@daily"], "kpi", "did you mean --mode cron --cron"),
        (["--cluster", ""], "kpi", "--cluster names no cluster"),
        (["--spark-conf", "spark.executor.memory=9g", "--executor-memory", "2g"], "kpi", "contradict each other"),
        (["--mode", "cron", "--cron", "61 5 * * *"], "kpi", "--cron"),
        (["--cron", "0 5 * * *"], "kpi", "means nothing in mode single"),
        (["--tags", "jpe_export=mine"], "kpi", "jpe_export"),
        (["--spark-conf", "spark.x=a;b=c"], "kpi", "semicolon"),
        (["--executors", "0"], "kpi", "whole number"),
        (["--run-param", "top=many"], "kpi", "top"),
        (["--run-param", "top=0.5"], "kpi", "top"),
        (["--run-param", "no_such=1"], "kpi", "no_such"),
        (["--run-param", "run_date=a;b"], "kpi", "semicolon"),
        (["--param", "scale=wide"], "kpi", "scale"),
    ],
)
def test_options_that_cant_be_meant_are_refused_before_anybody_is_asked(
    user: User, words: list[str], name: str, said: str
) -> None:
    with pytest.raises(JpeError) as caught:
        done = user.export(*words, name=name)
        raise error_of(done)
    assert caught.value.exit_code == 2
    assert said in str(caught.value)
    assert [one for one in user.core.requests if one[0] != "GET"] == []
    assert user.kept() == (0, 0, 0)


def test_an_unknown_cluster_lists_the_known_ones(user: User) -> None:
    user.core.access.clusters = ("default", "gpu")
    error = error_of(user.export("--cluster", "gpus"))
    assert "gpus" in error.message
    assert "default, gpu" in error.hint
    assert_nothing_lost(user)


def test_an_expired_licence(user: User) -> None:
    user.core.access.licence_expired = True
    failed = user.export()
    assert error_of(failed).code == "JPE506"
    assert "licence" in error_of(failed).message
    assert "License expired" in error_of(failed).message
    assert user.record(failed.record_id)["status"] == "failed"
    user.core.access.licence_expired = False
    assert_nothing_lost(user)


@pytest.mark.parametrize("proxy", [False, True])
@pytest.mark.parametrize("words", [[], ["--mode", "service"], CRON], ids=["single", "service", "cron"])
def test_a_module_over_the_upload_limit(user: User, proxy: bool, words: list[str]) -> None:
    if proxy:
        user.core.faults.append(Fault("POST", ".*", "error", status=413, html=True))
    else:
        user.core.door.upload_limit = 1000
    failed = user.export(*words)
    assert error_of(failed).code == "JPE508"
    assert "pipeline_exp_kpi.py is too large for Ilum" in error_of(failed).message
    assert f"{len(failed.code.encode()):,} bytes" in error_of(failed).message
    assert user.record(failed.record_id)["files"][0]["text"] == failed.code, "the history has the module"
    user.core.door.upload_limit = None
    assert_nothing_lost(user)


@pytest.mark.parametrize("value", ["many", "0.5", ""])
def test_a_parameter_of_the_wrong_type_starts_no_run(user: User, value: str) -> None:
    record = user.made("--mode", "service")
    with pytest.raises(OptionError, match="top"):
        user.run(record, top=value)
    with pytest.raises(OptionError, match="no_such"):
        user.run(record, no_such="1")
    assert user.core.state.groups[user.id_of(record, "service")].instances == []
    assert user.run(record, top="1").error is None
    assert user.rows() == expected(top=1)


def test_an_expired_token_is_told_and_a_new_one_goes_on(user: User) -> None:
    user.environ["ILUM_TOKEN"] = user.core.token(3600)
    record = user.made("--mode", "service", "--wait")
    assert user.rows() == expected()
    user.core.tick(to=START + timedelta(hours=2))
    old = user.environ["ILUM_TOKEN"]
    for done in (user.export(name="other"), user.run(record), user.status(record), user.stop(record)):
        error = error_of(done)
        assert error.code == "JPE505"
        assert "ILUM_TOKEN" in error.hint
        assert old not in str(error)
    assert user.kept() == (0, 1, 0)
    user.environ["ILUM_TOKEN"] = user.core.token()
    assert user.run(record, top="2").error is None
    assert user.rows() == expected(top=2)
    log = (user.folder / "audit.jsonl").read_text()
    assert old not in log
    assert user.environ["ILUM_TOKEN"] not in log


def test_a_token_that_may_only_look(user: User) -> None:
    user.environ["ILUM_TOKEN"] = user.core.token(may_change=False)
    assert error_of(user.export()).code == "JPE506"
    user.environ["ILUM_TOKEN"] = user.core.token()
    assert_nothing_lost(user)


def test_no_token_where_one_is_needed(user: User) -> None:
    user.core.token()
    error = error_of(user.export())
    assert error.code == "JPE505"
    assert "none is set" in error.message


def test_what_answers_is_not_ilum(user: User) -> None:
    user.environ["ILUM_API_URL"] = user.core.url
    error = error_of(user.export())
    assert error.code == "JPE508"
    assert "not Ilum" in error.message
    assert "/api/v1" in error.hint
