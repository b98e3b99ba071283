"""What an export sends to Ilum: one form for each thing that is made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.flow import Surroundings
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.option import Request
from jpe_magics.model.planned import Planned
from jpe_magics.targets.ilum.decide import wants_run
from jpe_magics.targets.ilum.requests import (
    group_form,
    job_config,
    run_request,
    schedule_form,
    service_class,
    submit_form,
)
from jpe_magics.targets.ilum.resources import JOB, SCHEDULE, SERVICE, Kind

#: What stands for the id of an export that was not made yet.
UNKNOWN_ID = "<id of the export>"
#: What stands for the id of a service that was not made yet.
UNKNOWN_SERVICE = "<id of the service>"


@dataclass(frozen=True)
class Job:
    """What is to run on Ilum: a module with the options of its export, and its Spark configuration."""

    file: File
    options: Mapping[str, Any]
    conf: Mapping[str, str]

    @classmethod
    def of(cls, file: File, options: Mapping[str, Any], session_conf: Mapping[str, Any], around: Surroundings) -> Job:
        """Return the job; raise `OptionError` for configuration that Ilum can't take."""
        return cls(file, options, job_config(session_conf, options, around.setting("spark_images")))

    @property
    def main_class(self) -> str:
        """What a service is told to call."""
        return service_class(self.file.path.removesuffix(".py"))

    def forms(self, export: str, values: Sequence[tuple[str, Any]] = ()) -> tuple[tuple[Kind, Planned], ...]:
        """Return what is made, in order, with the forms; `values` are parameters of a single job's run."""
        if self.options["mode"] == "single":
            return ((JOB, self.single(export, values)),)
        service = (SERVICE, group_form(self.file, self.options, self.conf, export=export))
        if self.options["mode"] == "service":
            return (service,)
        schedule = (SCHEDULE, schedule_form(self.file, self.options, self.conf, export=export))
        return (schedule,) if self.options["schedule_only"] else (service, schedule)

    def single(self, export: str, values: Sequence[tuple[str, Any]] = ()) -> Planned:
        """Return the form that runs the module once, as a job of its own."""
        return submit_form(self.file, self.options, self.conf, export=export, values=texts(values))


def job_of(artifact: Artifact, request: Request, around: Surroundings) -> Job:
    """Return what an export runs on Ilum."""
    return Job.of(artifact.files[0], request.options, artifact.session_conf, around)  # it is one module


def plan(artifact: Artifact, request: Request, around: Surroundings) -> tuple[Planned, ...]:
    """Return what publishing will send, nothing with --no-push; raise `OptionError` as it would.

    The address of a service's run holds the service's id, which is not known before.
    """
    run = wants_run(request)
    if not request.push:
        return ()
    job, export, values = job_of(artifact, request, around), around.id or UNKNOWN_ID, request.run_parameters
    forms = dict(job.forms(export, values))
    if not run or JOB in forms:
        return tuple(forms.values())
    if SERVICE not in forms:
        return (*forms.values(), job.single(export, values))
    execute = bool(request.options["execute"])
    started = run_request(UNKNOWN_SERVICE, job.main_class, texts(values), execute=execute, tag=export)
    return (*forms.values(), started)


def texts(values: Sequence[tuple[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return parameters as texts, from which the generated module makes each default's type again.

    >>> texts([("n", 3), ("day", "2026-01-01"), ("on", True), ("ids", [1, 2])])
    (('n', '3'), ('day', '2026-01-01'), ('on', 'true'), ('ids', '[1, 2]'))
    """
    return tuple((name, value if isinstance(value, str) else json.dumps(value)) for name, value in values)
