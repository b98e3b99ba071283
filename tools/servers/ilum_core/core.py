"""The core as a whole."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.servers.errors import ServerError
from tools.servers.ilum_core.access import LIFE_SECONDS, Access
from tools.servers.ilum_core.api import PREFIX, Api
from tools.servers.ilum_core.clock import Clock
from tools.servers.ilum_core.faults import Fault
from tools.servers.ilum_core.groups import Groups
from tools.servers.ilum_core.http import HOST, Door
from tools.servers.ilum_core.jobs import Jobs
from tools.servers.ilum_core.readings import Readings
from tools.servers.ilum_core.records import ENDED, Definition, Job
from tools.servers.ilum_core.runner import PythonRunner
from tools.servers.ilum_core.schedules import Schedules
from tools.servers.ilum_core.state import State
from tools.servers.server import Server


class IlumCore(Server):
    """A core that keeps its files below `work`; its clock begins at `start`, now where that is None.

    What a test may switch while it runs: `readings`, `access` (tokens, licence, clusters), `state.slots`,
    `state.idle_seconds`, `door.upload_limit` (bytes) and `faults`.
    """

    def __init__(
        self,
        work: Path,
        *,
        runner: PythonRunner | None = None,
        readings: Readings | None = None,
        start: datetime | None = None,
    ) -> None:
        self.work, self.runner, self.readings = work.absolute(), runner or PythonRunner(), readings or Readings()
        self.clock = Clock(start)
        self.state = State(self.work, self.runner, self.clock, self.readings)
        self.access = Access(self.clock)
        self._jobs = Jobs(self.state)
        self._groups = Groups(self.state, self._jobs)
        self._schedules = Schedules(self.state, self._jobs)
        self.door = Door(Api(self.state, self._jobs, self._groups, self._schedules, self.access).answer)

    @property
    def faults(self) -> list[Fault]:
        """What goes wrong with the requests to come."""
        return self.door.faults

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Method and path, with the query, of all requests that came."""
        return self.door.requests

    def start(self) -> None:
        """Start it and return when it listens; raises `ServerError` and leaves nothing running."""
        self.work.mkdir(parents=True, exist_ok=True)
        self.runner.start(self.work)
        self.door.open()
        self.url = f"http://{HOST}:{self.door.port}"
        self.api_url = self.url + PREFIX

    def stop(self) -> None:
        """End it, its jobs and its drivers."""
        with self.state.changed:
            self.state.closing = True
            self.state.changed.notify_all()
        self.door.close()
        for job in list(self.state.jobs.values()):
            self._jobs.stop(job)
        for thread in self.state.threads:
            thread.join()
        self.runner.stop()

    def vanish(self) -> None:
        """Be gone as in a crash of the core alone: jobs and drivers, which are processes of their own, go on."""
        self.door.close()

    def restart(self) -> None:
        """Come back at the same address, after `vanish` or a fault "gone", with the state kept."""
        self.door.close()
        self.door.open()

    def token(self, seconds: float = LIFE_SECONDS, *, may_change: bool = True) -> str:
        """Return a bearer token, and ask for one from now on."""
        self.access.needs_token = True
        return self.access.token(seconds, may_change=may_change)

    def tick(self, *, to: datetime) -> list[str]:
        """Put the clock forward; return the ids of the jobs that schedules have made until then."""
        if to.timestamp() < self.clock.seconds():
            raise ValueError(f"the clock is past {to} already")
        made = self._schedules.fire(to.timestamp())
        self._groups.let_idle_ones_rest()
        return [job.id for job in made]

    def job(self, key: str) -> Job:
        """Return a job as the core keeps it: its files, `states` in order, its program with a `pid`."""
        return self.state.jobs[key]

    def driver(self, group: str) -> Job:
        """Return a group's newest driver."""
        return self.state.groups[group].jobs[-1]

    def definition(self, key: str) -> Definition:
        """Return what a job, group or schedule was asked for with: fields, files, Spark properties."""
        kept: dict[str, Any] = {**self.state.jobs, **self.state.groups, **self.state.schedules}
        found: Definition = kept[key].definition
        return found

    def wait(self, key: str, *states: str, seconds: float = 30.0) -> Job:
        """Return a job when it is in one of `states`, or has ended where none is named; raises `ServerError`."""
        job, deadline = self.state.jobs[key], time.monotonic() + seconds
        with self.state.changed:
            while job.state not in (states or ENDED):
                if time.monotonic() > deadline or job.ended:
                    raise ServerError(f"job {key} is {job.state}, not {states or 'at its end'}\n{self._tail(job)}")
                self.state.changed.wait(0.1)
        return job

    def logs(self, lines: int = 40) -> str:
        """Return the last lines of all jobs."""
        return "\n".join(self._tail(job, lines) for job in self.state.jobs.values())

    def _tail(self, job: Job, lines: int = 40) -> str:
        told = job.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join([f"--- {job.kind} {job.id} {job.state}", *told])
