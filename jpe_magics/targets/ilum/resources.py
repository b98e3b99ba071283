"""What Ilum's API tells of a job, a service, a schedule, a run: as much of it as we read.

Everything comes from a server, so nothing is believed to have the right type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jpe_magics.core.flow.received import text
from jpe_magics.targets.ilum.requests import EXPORT_TAG
from jpe_magics.targets.ilum.view import RUN_TAG

#: Characters that an id may have at most, and a state.
_LONGEST_ID, _LONGEST_STATE = 200, 40

#: States that a job does not leave; UNKNOWN is none of them.
ENDED = frozenset({"FINISHED", "FAILED", "CANCELED"})
#: Ilum's words for a job's state, in ours.
_WORDS = {"BUSY": "running", "FINISHED": "success", "CANCELED": "cancelled"}


def ident(value: Any) -> str:
    """Return an id of the server, a number's digits too; "" for what can be none.

    >>> ident("a1"), ident(17), ident(True), ident("x" * 1000)
    ('a1', '17', '', '')
    """
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)
    return found if len(found) <= _LONGEST_ID else ""


def rows(told: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a page, or of a plain list."""
    listed = told.get("content") if isinstance(told, Mapping) else told
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def word(state: str) -> str:
    """Return a job's state as records say it.

    >>> word("BUSY"), word("CANCELED"), word("STARTING")
    ('running', 'cancelled', 'starting')
    """
    return _WORDS.get(state, state.lower()) or "unknown"


@dataclass(frozen=True)
class Kind:
    """One of the three things that Ilum makes from a form.

    `name` is the word for it in a record, `path` where it stands in the API, `key` where its id stands in an answer;
    `filter` is the query that chooses states, and `states` are all of them: without it a list holds the first few only.
    `standing` are those in which it can still run something.
    """

    name: str
    path: str
    key: str
    filter: str
    states: tuple[str, ...]
    standing: tuple[str, ...]


JOB = Kind(
    name="job",
    path="/job",
    key="jobId",
    filter="jobStates",
    states=("SUBMITTED", "STARTING", "READY", "BUSY", "FAILED", "FINISHED", "CANCELED", "UNKNOWN"),
    standing=("SUBMITTED", "STARTING", "READY", "BUSY", "UNKNOWN"),
)
SERVICE = Kind("service", "/group", "groupId", "groupStates", ("ACTIVE", "ARCHIVED"), ("ACTIVE",))
SCHEDULE = Kind(
    "schedule",
    "/schedule",
    "scheduleId",
    "scheduleStates",
    ("ENABLED", "DISABLED", "PAUSED"),
    ("ENABLED", "PAUSED"),
)


@dataclass(frozen=True)
class Workload:
    """A job, a service or a schedule as Ilum knows it now.

    `state` is Ilum's word; `error` says why a job failed.  `tags` are None where they can't be read.  `schedule`
    is the id of the schedule that made a job, `began` when it was submitted, in milliseconds, `values` its
    parameters.  `drivers` are a service's jobs; Ilum may tell their ids alone, then they have no state.
    """

    id: str
    name: str = ""
    state: str = ""
    error: str = ""
    tags: str | None = None
    schedule: str = ""
    began: int = 0
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    drivers: tuple[Workload, ...] = ()

    @classmethod
    def of(cls, kind: Kind, told: Mapping[str, Any]) -> Workload:
        """Return what an answer tells."""
        drivers = told.get("jobs")
        began = told.get("submitTime")
        return cls(
            id=ident(told.get(kind.key)) or ident(told.get("id")),
            name=text(told.get("jobName")) or text(told.get("name")),
            state=text(told.get("state"))[:_LONGEST_STATE],
            error=text(told.get("error")),
            tags=_tags(told.get("tags")),
            schedule=ident(told.get("scheduleId")) if kind is JOB else "",
            began=began if isinstance(began, int) else 0,
            values=_arguments(told.get("args")) if kind is JOB else (),
            drivers=tuple(_driver(one) for one in drivers) if isinstance(drivers, list) else (),
        )

    @property
    def ended(self) -> bool:
        """Whether a job is over."""
        return self.state in ENDED

    def is_of(self, export: str) -> bool:
        """Tell whether this is what the export made, by its tag."""
        return f"{EXPORT_TAG}={export}" in (self.tags or "").split(";")

    def may_be_of(self, name: str) -> bool:
        """Tell whether it has the name, and Ilum does not say whose it is."""
        return self.tags is None and self.name == name

    @property
    def is_exported(self) -> bool:
        """Whether an export made it."""
        return any(one.startswith(f"{EXPORT_TAG}=") for one in (self.tags or "").split(";"))


def _arguments(told: Any) -> tuple[tuple[str, str], ...]:
    """Return the pairs of NAME=VALUE of a job's `args`, whether Ilum tells them as a list or joined."""
    words = told if isinstance(told, list) else text(told).split(";")
    pairs = (text(one).partition("=") for one in words)
    return tuple((name, value) for name, sign, value in pairs if sign)


def _driver(told: Any) -> Workload:
    return Workload.of(JOB, told) if isinstance(told, Mapping) else Workload(ident(told))


def _tags(told: Any) -> str | None:
    """Return tags as `k=v;k=v`, whether Ilum tells them so, as an object, or as a list."""
    if isinstance(told, Mapping):
        return ";".join(f"{text(key)}={text(value)}" for key, value in told.items())
    if isinstance(told, list):
        return ";".join(text(one) for one in told)
    return ";".join(one.strip() for one in text(told).split(";")) if isinstance(told, str) else None


@dataclass(frozen=True)
class Run:
    """A run of a service: `job` is the id of the driver that does it.

    `result` is what the notebook's `run` returned; `error` and `trace` say how it failed, and are "" where it did
    not: Ilum answers 200 either way.  `values` are its parameters, `tag` is what it is found again by.
    """

    id: str
    job: str = ""
    ended: bool = False
    result: str = ""
    error: str = ""
    trace: str = ""
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tag: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Run:
        """Return what a groupJobInstanceInfo tells."""
        found = told.get("error")
        error = found if isinstance(found, Mapping) else {"message": found}
        message, trace = text(error.get("message")).strip(), _trace(error.get("stackTrace"))
        result, config = text(told.get("result")), told.get("jobConfig")
        values = dict(config) if isinstance(config, Mapping) else {}
        tag = values.pop(RUN_TAG, "")
        return cls(
            id=ident(told.get("jobInstanceId")),
            job=ident(told.get("jobId")),
            ended=bool(told.get("endTime") or message or trace or result),
            result=result,
            error=message or trace.rpartition("\n")[2],
            trace=trace,
            values=tuple((text(name), text(value)) for name, value in values.items()),
            tag=text(tag),
        )


def _trace(told: Any) -> str:
    lines = [text(one) for one in told] if isinstance(told, list) else [text(told)]
    return "\n".join(lines).strip()


def log_lines(told: Any) -> list[str]:
    """Return the driver's lines of an answer of `/logs`, which has a row for each process."""
    listed = rows(told)
    # the name comes last: that of an executor holds the job's own, which may be about drivers
    ways = [row for key in ("role", "type", "name") for row in listed if "driver" in text(row.get(key)).lower()]
    log = next(iter([*ways, *listed]), {}).get("log")
    return [text(line) for line in log] if isinstance(log, list) else text(log).splitlines()
