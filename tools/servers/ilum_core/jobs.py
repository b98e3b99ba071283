"""Single jobs: each has a thread that runs its file, again where it fails and may be tried again."""

from __future__ import annotations

from functools import partial
from typing import Any

from tools.servers.ilum_core.records import Definition, Job
from tools.servers.ilum_core.refusal import not_found
from tools.servers.ilum_core.runner import NothingToRun
from tools.servers.ilum_core.state import State

MOST_LINES = 25_000
_LOOK_SECONDS = 0.05
_ERROR_LINES = 40


class Jobs:
    """All jobs; a group's drivers are among them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._running = 0

    def submit(self, definition: Definition, schedule: str | None = None) -> Job:
        """Take a single job and return it; it runs when there is a slot."""
        job = Job(definition.copy(), definition.folder / "job.log", self._state.clock.milliseconds(), schedule=schedule)
        if schedule is not None:
            job.log = self._state.folder(job.id) / "job.log"
        job.log.touch()
        self._state.add(job, partial(self._run, job))
        return job

    def get(self, key: str) -> Job:
        """Return a job; raise `Refusal` 404."""
        if key not in self._state.jobs:
            raise not_found("Job", key)
        return self._state.jobs[key]

    def stop(self, job: Job, state: str = "CANCELED") -> None:
        """End a job, whatever it does; nothing happens to one that has ended."""
        self._state.move(job, state)
        if job.program is not None:
            job.program.end()

    def delete(self, job: Job) -> None:
        """End a job and forget it."""
        self.stop(job)
        with self._state.changed:
            self._state.jobs.pop(job.id, None)

    def logs(self, job: Job, start: int, size: int) -> list[dict[str, Any]]:
        """Return what the API tells of the driver's log: `size` lines from the line `start`."""
        size = min(size, MOST_LINES)
        lines = job.log.read_text(encoding="utf-8", errors="replace").splitlines()[start : start + size]
        log = {"name": f"job-{job.id}-driver", "type": "SPARK", "role": "DRIVER", "state": job.state}
        return [{**log, "from": start, "logSize": size, "fileName": job.log.name, "log": lines}]

    def _run(self, job: Job) -> None:
        state = self._state
        with state.changed:
            state.changed.wait_for(lambda: job.ended or state.closing or self._running < state.slots)
            if job.ended or state.closing:
                return
            self._running += 1
        try:
            self._tries(job)
        finally:
            with state.changed:
                self._running -= 1
                state.changed.notify_all()

    def _tries(self, job: Job) -> None:
        error: str | None = None
        for attempt in range(1, job.definition.get("maxRetries", 0) + 2):
            if attempt > 1:
                job.attempt = attempt
                self._state.move(job, "SUBMITTED")
            error = self._attempt(job)
            if error is None or self._state.closing:
                break
        self._state.move(job, "FINISHED" if error is None else "FAILED", error)

    def _attempt(self, job: Job) -> str | None:
        """Run the job once and return what went wrong."""
        state = self._state
        state.move(job, "STARTING")
        begun = job.log.stat().st_size
        try:
            program = job.program = state.runner.job(job, state.readings)
        except NothingToRun as error:
            return str(error)
        job.app = f"spark-{job.id}-{job.attempt}"
        code = None
        while code is None and not job.ended and not state.closing:
            code = program.wait(_LOOK_SECONDS)
            if job.state == "STARTING" and state.runner.works(job):
                state.move(job, "READY")
                state.move(job, "BUSY")
        program.close()
        if code == 0:
            return None
        told = job.log.read_bytes()[begun:].decode(errors="replace")
        return f"the driver ended with exit code {code}\n{error_of(told)}"


def error_of(log: str) -> str:
    """Return the end of a log from its last traceback on, or its last lines."""
    lines = log.splitlines()
    starts = [at for at, line in enumerate(lines) if line.startswith("Traceback ")]
    return "\n".join(lines[starts[-1] :][:_ERROR_LINES] if starts else lines[-_ERROR_LINES:])
