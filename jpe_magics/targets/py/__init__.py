"""The target `py`: the notebook as one script that Spark can run, made without any server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.flow import Flow, Place, Surroundings
from jpe_magics.core.render import LoadTemplate, render
from jpe_magics.core.spark_properties import not_carried
from jpe_magics.core.target import PublishesOnly
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.finding import Finding
from jpe_magics.model.option import Option, Request
from jpe_magics.model.task import Pipeline
from jpe_magics.targets.py.options import OPTIONS, check_options
from jpe_magics.targets.py.view import py_view


@dataclass(frozen=True)
class PyTarget(PublishesOnly):
    """`<notebook name>.py`: the cells as top-level code, parameters as NAME=VALUE arguments."""

    name: str = "py"
    title: str = "Python script"
    description: str = "The notebook as one .py that spark-submit or python can run"
    available: bool = True
    options: tuple[Option, ...] = OPTIONS
    probes: tuple[str, ...] = ()

    def button(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return what the panel's button says."""
        return "Download .py"

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return no options; raise `OptionError` for any."""
        return check_options(options)

    def languages(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return Python only."""
        return frozenset({"python"})

    def shape(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return "none": there are no tasks."""
        return "none"

    def shares_session(self, options: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """The script makes its own Spark session, so `spark.stop()` stays."""
        return False

    def reserved_names(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return none: there are no tasks."""
        return frozenset()

    def findings(
        self,
        pipeline: Pipeline,
        options: Mapping[str, Any],  # noqa: ARG002
        setting: Callable[[str], Any] | None = None,  # noqa: ARG002
    ) -> tuple[Finding, ...]:
        """Return what `%%configure` cells ask for and no Spark property says."""
        dropped = not_carried(pipeline.session_conf)
        text = f"%%configure asks for what a script can't carry; give it to spark-submit: {', '.join(dropped)}"
        return (Finding("JPE317", text),) if dropped else ()

    def render(self, pipeline: Pipeline, options: Mapping[str, Any], load: LoadTemplate, version: str) -> Artifact:  # noqa: ARG002
        """Return the script."""
        values = py_view(pipeline, version)
        return Artifact((File(values["file"], render("py/script.py.j2", values, load)),))

    def publish(self, artifact: Artifact, request: Request, around: Surroundings) -> Flow:
        """Put the script beside the notebook; `--output` takes the place of that, `--no-push` means nothing here."""
        if not request.output:
            for file in artifact.files:
                yield Place(around.notebook_folder or ".", file, request.replace, around.others)


target = PyTarget()
