"""What Airflow's API tells of a DAG, a run, a task: as much of it as we read.

Everything comes from a server, so nothing is believed to have the right type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jpe_magics.core.flow.received import text
from jpe_magics.model.progress import TaskState
from jpe_magics.targets.masked import masked

#: Characters of a sentence that somebody far away wrote.
_LONGEST = 400
#: Seconds that no task takes.
_NEVER = 1e9

#: States in which Airflow leaves a task for good.
ENDED = frozenset({"success", "failed", "upstream_failed", "skipped", "removed"})


def rows(told: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the objects listed under `name`."""
    listed = told.get(name) if isinstance(told, Mapping) else None
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


@dataclass(frozen=True)
class Part:
    """A part of Airflow: `status` is "healthy", "unhealthy", or "" where it never ran; `heartbeat` its last, in UTC."""

    name: str
    status: str
    heartbeat: str

    @classmethod
    def of(cls, name: str, told: Mapping[str, Any]) -> Part:
        """Return the part `name` of the answer of `/health`."""
        found = told.get(name)
        part = found if isinstance(found, Mapping) else {}
        return cls(name, text(part.get("status")), text(part.get(f"latest_{name}_heartbeat")))


@dataclass(frozen=True)
class Dag:
    """A DAG as Airflow knows it now.

    `stale`: its file was not there any more when Airflow looked last.  `broken`: it can't be imported any more.
    `token` is what makes Airflow look at its file again.  `bundle` is where it comes from, `version` that
    bundle's commit ("" for a plain folder), `file` its path there.  `next_run` is when its schedule's next run
    is due.
    """

    id: str
    paused: bool = False
    stale: bool = False
    broken: bool = False
    token: str = ""
    bundle: str = ""
    version: str = ""
    file: str = ""
    parsed: str = ""
    next_run: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Dag:
        """Return the DAG of an answer of `/dags/{id}`, of Airflow 3 or 2."""
        return cls(
            id=text(told.get("dag_id")),
            paused=told.get("is_paused") is True,
            stale=told.get("is_stale") is True or told.get("is_active") is False,
            broken=told.get("has_import_errors") is True,
            token=text(told.get("file_token")),
            bundle=text(told.get("bundle_name")),
            version=text(told.get("bundle_version")),
            file=text(told.get("relative_fileloc")) or text(told.get("fileloc")),
            parsed=text(told.get("last_parsed_time")),
            next_run=text(told.get("next_dagrun_run_after")) or text(told.get("next_dagrun_create_after")),
        )


@dataclass(frozen=True)
class ImportFailure:
    """Why Airflow can't import a file: `trace` is the stack trace, `time` when it looked, `file` the path it knows."""

    file: str
    trace: str
    time: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> ImportFailure:
        """Return the failure of a row of `/importErrors`."""
        return cls(text(told.get("filename")), text(told.get("stack_trace")), text(told.get("timestamp")))

    @property
    def lines(self) -> list[str]:
        """The trace's lines without what looks like a secret."""
        return masked(self.trace.strip())

    @property
    def sentence(self) -> str:
        """The last line of the trace, which names the error."""
        lines = [line.strip() for line in masked(self.trace, width=_LONGEST) if line.strip()]
        return lines[-1] if lines else "no reason is given"

    def is_of(self, path: str) -> bool:
        """Tell whether this is about the file at `path`: one of the two paths is the end of the other.

        >>> ImportFailure("/opt/airflow/dags/etl.py", "", "").is_of("dags/etl.py")
        True
        """
        one, other = f"/{self.file.strip('/')}", f"/{path.strip('/')}"
        return one.endswith(other) or other.endswith(one)


@dataclass(frozen=True)
class Run:
    """A DAG run: `type` is "manual", "scheduled" …, `state` "queued", "running", "success" or "failed".

    `values` are its parameters, as texts.
    """

    id: str
    state: str
    type: str = ""
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Run:
        """Return the run of an answer of `/dagRuns`."""
        conf = told.get("conf")
        values = conf.items() if isinstance(conf, Mapping) else ()
        return cls(
            text(told.get("dag_run_id")),
            text(told.get("state")),
            text(told.get("run_type")),
            tuple((str(name), one if isinstance(one, str) else json.dumps(one)) for name, one in values),
        )

    @property
    def ended(self) -> bool:
        """Whether Airflow calls it over."""
        return self.state in ("success", "failed")


@dataclass(frozen=True)
class TaskInstance:
    """A task of a run; `ended` is when, "" where it has not."""

    state: TaskState
    ended: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> TaskInstance:
        """Return the task of a row of `/taskInstances`."""
        tries, seconds = told.get("try_number"), told.get("duration")
        state = TaskState(
            text(told.get("task_id")),
            text(told.get("state")),
            tries if isinstance(tries, int) and 0 <= tries < _NEVER else 0,
            float(seconds) if isinstance(seconds, (int, float)) and 0 <= seconds < _NEVER else None,
        )
        return cls(state, text(told.get("end_date")))
