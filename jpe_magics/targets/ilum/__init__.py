"""The target `ilum`: a job, a service or a schedule on an Ilum Spark cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.flow import Flow, Surroundings
from jpe_magics.core.render import LoadTemplate, render
from jpe_magics.core.spark_properties import not_carried
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.finding import Finding
from jpe_magics.model.option import Option, Request
from jpe_magics.model.planned import Planned
from jpe_magics.model.record import Record
from jpe_magics.model.task import Pipeline
from jpe_magics.targets.ilum.options import OPTIONS, check_options
from jpe_magics.targets.ilum.requests import SERVICE_PACKAGE, own_image
from jpe_magics.targets.ilum.view import SERVICE_CLASS, module_view


@dataclass(frozen=True)
class IlumTarget:
    """`pipeline_exp_<name>.py`: a script (`single`), a service's class (`service`), or both in one module (`cron`)."""

    name: str = "ilum"
    title: str = "Ilum Spark job"
    description: str = "A job, service or schedule on an Ilum cluster"
    available: bool = True
    options: tuple[Option, ...] = OPTIONS
    probes: tuple[str, ...] = ("ilum_api_url",)
    actions: frozenset[str] = frozenset({"run", "stop", "status"})

    def button(self, options: Mapping[str, Any]) -> str:
        """Return what the panel's button says."""
        return {"service": "Create Ilum Service", "cron": "Create schedule"}.get(options["mode"], "Submit job")

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return complete, valid options; raise `OptionError` naming the option that is wrong."""
        return check_options(options)

    def languages(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return Python only."""
        return frozenset({"python"})

    def shape(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return "none": there are no tasks."""
        return "none"

    def shares_session(self, options: Mapping[str, Any]) -> bool:
        """A single job has a Spark session of its own; a service's outlives the run."""
        return bool(options["mode"] != "single")

    def reserved_names(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return none: there are no tasks."""
        return frozenset()

    def findings(
        self, pipeline: Pipeline, options: Mapping[str, Any], setting: Callable[[str], Any] | None = None
    ) -> tuple[Finding, ...]:
        """Return what `%%configure` cells ask for and no Spark property says, and what an image must hold."""
        found = []
        if dropped := not_carried(pipeline.session_conf):
            text = f"%%configure asks for what Ilum's jobs can't carry; not carried over: {', '.join(dropped)}"
            found.append(Finding("JPE317", text))
        presets = setting("spark_images") if setting is not None else None
        if presets is not None and (image := own_image(options, presets)):
            text = f"the image {image} must have the package {SERVICE_PACKAGE} in it, which a service's module imports"
            found.append(Finding("JPE319", text))
        return tuple(found)

    def render(self, pipeline: Pipeline, options: Mapping[str, Any], load: LoadTemplate, version: str) -> Artifact:
        """Return the module, and what `%%configure` cells ask of its Spark session."""
        values = module_view(pipeline, options, version)
        if options["mode"] == "single":
            text, constants = render("ilum/single.py.j2", values, load), {}
        else:
            text = render("ilum/service.py.j2", {**values, "class_name": SERVICE_CLASS}, load)
            constants = {"CELLS": values["cells"]}
        return Artifact((File(values["file"], text),), constants, pipeline.session_conf)

    def publish(self, artifact: Artifact, request: Request, around: Surroundings) -> Flow:
        """Yield the steps that submit the job, or make the service or schedule."""
        from jpe_magics.targets.ilum.publish import publish

        return publish(artifact, request, around)

    def plan(self, artifact: Artifact, request: Request, around: Surroundings) -> tuple[Planned, ...]:
        """Return the requests by which publishing makes something."""
        from jpe_magics.targets.ilum.plan import plan

        return plan(artifact, request, around)

    def again(self, record: Record, values: Mapping[str, Any], wait: bool, around: Surroundings) -> Flow:
        """Yield the steps that run the service, or submit the job, once more."""
        from jpe_magics.targets.ilum.history import again

        return again(record, values, wait, around)

    def stop(self, record: Record, around: Surroundings) -> Flow:
        """Yield the steps that stop the job, or the service and the schedule."""
        from jpe_magics.targets.ilum.history import stop

        return stop(record, around)

    def status(self, record: Record, around: Surroundings) -> Flow:
        """Yield the steps that ask how the job, service, schedule and last run are."""
        from jpe_magics.targets.ilum.status import status

        return status(record, around)


target = IlumTarget()
