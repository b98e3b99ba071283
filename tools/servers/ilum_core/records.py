"""What the core keeps: definitions, jobs, groups, instances of executions, schedules; and how it tells them."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.servers.ilum_core.forms import SIZES, Form
from tools.servers.ilum_core.readings import Readings

if TYPE_CHECKING:
    from tools.servers.ilum_core.program import Program

ENDED = frozenset({"FINISHED", "FAILED", "CANCELED"})


def new_id() -> str:
    """Return an id; Ilum's are opaque too."""
    return uuid.uuid4().hex


@dataclass
class Definition:
    """What was asked for: `fields` are the form's, typed; `folder` holds the files, a folder for each part."""

    fields: dict[str, Any]
    folder: Path

    @classmethod
    def made(cls, form: Form, folder: Path) -> Definition:
        """Keep the form's files in `folder`."""
        for part, files in form.files.items():
            (folder / part).mkdir(parents=True)
            for name, data in files:
                (folder / part / name).write_bytes(data)
        return cls(form.typed(), folder)

    def copy(self) -> Definition:
        """Return what later updates don't change; the files are the same."""
        return Definition(dict(self.fields), self.folder)

    def get(self, name: str, default: Any = None) -> Any:
        return self.fields.get(name, default)

    @property
    def conf(self) -> dict[str, str]:
        return dict(self.get("jobConfig", {}))

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.get("tags", {}))

    def files(self, *parts: str) -> list[Path]:
        """Return the files of these parts."""
        return [one for part in parts for one in sorted((self.folder / part).glob("*"))]

    def info(self, readings: Readings) -> dict[str, Any]:
        """Return what jobs, groups and schedules tell alike."""
        sizes = {name: self.get(name, False if kind == "flag" else None) for name, kind in SIZES.items()}
        return {
            "tags": told(self.tags, readings),
            "language": self.get("language", "SCALA"),
            "clusterName": self.get("clusterName"),
            "jobConfig": self.conf,
            "pyRequirements": self.get("pyRequirements"),
            "packages": self.get("packages"),
            "memorySettings": sizes,
        }


def told(values: Mapping[str, str], readings: Readings) -> dict[str, str] | str:
    """Return pairs in the type in which they are told."""
    if readings.tags_as == "text":
        return ";".join(f"{key}={value}" for key, value in values.items())
    return dict(values)


@dataclass
class Job:
    """A Spark application: single, or a group's driver.  Times are epoch milliseconds."""

    definition: Definition
    log: Path
    submitted: int
    kind: str = "SINGLE"
    group: str | None = None
    schedule: str | None = None
    id: str = field(default_factory=new_id)
    state: str = "SUBMITTED"
    error: str | None = None
    started: int | None = None
    ended_at: int | None = None
    attempt: int = 1
    app: str | None = None
    states: list[str] = field(default_factory=lambda: ["SUBMITTED"])
    program: Program | None = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    def info(self, readings: Readings) -> dict[str, Any]:
        asked = self.definition
        return {
            **asked.info(readings),
            "jobId": self.id,
            "groupId": self.group,
            "scheduleId": self.schedule,
            "jobName": asked.get("name"),
            "jobType": self.kind,
            "jobClass": asked.get("jobClass"),
            "jobConfig": told(asked.conf, readings),
            "args": asked.get("args", []),
            "appId": self.app,
            "state": self.state,
            "error": self.error,
            "submitTime": self.submitted,
            "startTime": self.started,
            "endTime": self.ended_at,
            "maxRetries": asked.get("maxRetries", 0),
            "attempt": self.attempt,
        }


@dataclass
class Instance:
    """One execution in a group."""

    group: str
    job_class: str
    config: dict[str, Any]
    submitted: int
    id: str = field(default_factory=new_id)
    job: str | None = None
    started: int | None = None
    ended_at: int | None = None
    result: str | None = None
    error: dict[str, str] | None = None

    def info(self) -> dict[str, Any]:
        return {
            "jobInstanceId": self.id,
            "jobId": self.job,
            "groupId": self.group,
            "startTime": self.started,
            "endTime": self.ended_at,
            "jobClass": self.job_class,
            "jobConfig": self.config,
            "result": self.result,
            "error": self.error,
        }


@dataclass
class Group:
    """A service: its drivers, past and present, and what they have been asked."""

    definition: Definition
    created: int
    last_used: float
    scale: int = 1
    id: str = field(default_factory=new_id)
    state: str = "ACTIVE"
    archived: int | None = None
    resting: str = ""  # "paused" by a call, "idle" by itself
    jobs: list[Job] = field(default_factory=list)
    waiting: deque[Instance] = field(default_factory=deque)
    instances: list[Instance] = field(default_factory=list)

    @property
    def drivers(self) -> list[Job]:
        """The drivers that live, or are coming."""
        return [job for job in self.jobs if not job.ended]

    def info(self, readings: Readings, jobs: list[Job]) -> dict[str, Any]:
        asked = self.definition
        return {
            **asked.info(readings),
            "id": self.id,
            "name": asked.get("name"),
            "description": asked.get("description"),
            "kind": asked.get("kind", "JOB"),
            "state": self.state,
            "scale": self.scale,
            "createdTime": self.created,
            "archivedTime": self.archived,
            "autoPause": asked.get("autoPause", False),
            "jobs": [job.info(readings) for job in jobs],
        }


@dataclass
class Schedule:
    """Makes single jobs; `seen` is the time until which its fires have been made, in seconds."""

    definition: Definition
    created: int
    seen: float
    id: str = field(default_factory=new_id)
    state: str = "ENABLED"
    disabled: int | None = None

    def info(self, readings: Readings, jobs: list[Job]) -> dict[str, Any]:
        asked = self.definition
        return {
            **asked.info(readings),
            "id": self.id,
            "name": asked.get("name"),
            "description": asked.get("description"),
            "cron": asked.get("cron"),
            "state": self.state,
            "jobClass": asked.get("jobClass"),
            "args": asked.get("args", []),
            "startTime": asked.get("startTime"),
            "endTime": asked.get("endTime"),
            "maxRetries": asked.get("maxRetries", 0),
            "createdTime": self.created,
            "disabledTime": self.disabled,
            "jobs": [job.info(readings) for job in jobs],
        }
