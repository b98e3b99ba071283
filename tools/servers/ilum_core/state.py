"""The core's state, and what its parts share: one lock, one clock, one feed of changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.servers.ilum_core.clock import Clock
from tools.servers.ilum_core.feed import Feed
from tools.servers.ilum_core.readings import Readings
from tools.servers.ilum_core.records import Group, Job, Schedule
from tools.servers.ilum_core.runner import PythonRunner


@dataclass
class State:
    """`changed` guards everything here and is notified with every change."""

    work: Path
    runner: PythonRunner
    clock: Clock
    readings: Readings
    changed: threading.Condition = field(default_factory=threading.Condition)
    closing: bool = False
    slots: int = 2
    """How many single jobs run at once; more stay SUBMITTED, as on a full cluster."""
    idle_seconds: float = 3600.0
    """After how long a group with `autoPause` that nobody uses lets its drivers go."""
    jobs: dict[str, Job] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)
    """Of all jobs, also of those that were deleted."""

    def __post_init__(self) -> None:
        self.feed = Feed(self.changed)

    def folder(self, key: str) -> Path:
        """Return a new folder for a job's, group's or schedule's files."""
        folder = self.work / "kept" / key
        folder.mkdir(parents=True)
        return folder

    def move(self, job: Job, state: str, error: str | None = None) -> None:
        """Bring a job into a state and tell so; one that has ended stays as it is."""
        with self.changed:
            if job.ended:
                return
            now = self.clock.milliseconds()
            job.state, job.error = state, error
            job.states.append(state)
            if state == "STARTING":
                job.started = now
            if job.ended:
                job.ended_at = now
            self.feed.add("job", job.info(self.readings))

    def add(self, job: Job, run: Callable[[], None]) -> None:
        """Keep a new job, tell so, and let a thread `run` it."""
        with self.changed:
            self.jobs[job.id] = job
            self.feed.add("job", job.info(self.readings))
            self.threads.append(threading.Thread(target=run, name=f"job {job.id}"))
            self.threads[-1].start()
