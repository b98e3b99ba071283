"""The target `shell`: the notebook as a script, and a shell file that starts it with spark-submit.

A worked example of a target that lives outside of jpe_magics.  Everything here is pure: what is to happen
on the machine is said by the steps that `publish` yields.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jpe_magics.core.flow import Flow, Place, Surroundings
from jpe_magics.core.literal import Code, comment
from jpe_magics.core.render import LoadTemplate, render
from jpe_magics.core.script import script_view
from jpe_magics.core.spark_properties import not_carried
from jpe_magics.core.target import PublishesOnly
from jpe_magics.errors import OptionError
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.finding import Finding
from jpe_magics.model.option import Option, Request
from jpe_magics.model.task import Pipeline

OPTIONS: tuple[Option, ...] = (
    Option(
        "name",
        "str",
        "names the files: run_<name>.sh and <name>_job.py",
        required=True,
        preset=True,
        metavar="NAME",
        example="nightly",
        main=True,
    ),
    Option("master", "str", "Spark's master", default="local[*]", metavar="URL", example="yarn", main=True),
    Option(
        "spark_conf",
        "map",
        "Spark configuration (repeatable)",
        metavar="KEY=VALUE",
        example="spark.executor.memory=4g",
        label="Spark configuration",
    ),
)


def quoted(text: str) -> Code:
    """Return `text` as one word of a shell: the only way by which a value gets into the shell file."""
    return Code(shlex.quote(text))


def with_own_templates(load: LoadTemplate) -> LoadTemplate:
    """Return what finds `shell/…` in this package where neither the user's folder nor jpe_magics has it."""

    def find(name: str) -> str | None:
        found = load(name)
        if found is None and name == "shell/run.sh.j2":
            return files(__name__).joinpath("templates", "run.sh.j2").read_text("utf-8")
        return found

    return find


@dataclass(frozen=True)
class ShellTarget(PublishesOnly):
    """`<name>_job.py`, the cells as top-level code, and `run_<name>.sh`, which starts it."""

    name: str = "shell"
    title: str = "Shell script"
    description: str = "The notebook as a script, and a shell file that starts it with spark-submit"
    available: bool = True
    options: tuple[Option, ...] = OPTIONS
    probes: tuple[str, ...] = ()

    def button(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return what the panel's button says."""
        return "Write shell script"

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return all options, valid; raise `OptionError` that names the wrong one."""
        name, master = str(options.get("name") or ""), str(options.get("master") or "local[*]")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name):
            raise OptionError(
                f"--name may hold letters, digits and _ only, not {name!a}",
                where="--name",
                hint="for example --name nightly",
            )
        if not re.fullmatch(r"[!-~]+", master):
            raise OptionError(f"--master is no address of a master: {master!a}", where="--master")
        return {"name": name, "master": master, "spark_conf": dict(options.get("spark_conf") or {})}

    def languages(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return Python only: a Scala cell is reported as one that can't be run."""
        return frozenset({"python"})

    def shape(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return "none": a script has no tasks."""
        return "none"

    def shares_session(self, options: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Return False: the script makes its own Spark session, so `spark.stop()` stays."""
        return False

    def reserved_names(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return none: there are no tasks to be named."""
        return frozenset()

    def findings(
        self,
        pipeline: Pipeline,
        options: Mapping[str, Any],  # noqa: ARG002
        setting: Callable[[str], Any] | None = None,  # noqa: ARG002
    ) -> tuple[Finding, ...]:
        """Return what `%%configure` cells ask for and no Spark property says."""
        dropped = not_carried(pipeline.session_conf)
        return (Finding("JPE317", f"%%configure asks for what is lost: {', '.join(dropped)}"),) if dropped else ()

    def render(self, pipeline: Pipeline, options: Mapping[str, Any], load: LoadTemplate, version: str) -> Artifact:
        """Return the script and the shell file: the same bytes for the same arguments."""
        script, starter = f"{options['name']}_job.py", f"run_{options['name']}.sh"
        values = script_view(pipeline, version)
        code = render("shared/script.py.j2", {**values, "file": script}, load)
        shell = {
            "header": values["header"],
            "starter": quoted(starter),
            "script": quoted(script),
            "usage": comment("".join(f" [{one.name}={one.type.upper()}]" for one in pipeline.parameters)),
            "master": quoted(options["master"]),
            "conf": [quoted(f"{key}={value}") for key, value in options["spark_conf"].items()],
        }
        text = render("shell/run.sh.j2", shell, with_own_templates(load))
        return Artifact((File(script, code), File(starter, text, language="bash")))

    def publish(self, artifact: Artifact, request: Request, around: Surroundings) -> Flow:
        """Put both files beside the notebook, where `--output` names no other place."""
        if not request.output:
            for file in artifact.files:
                yield Place(around.notebook_folder or ".", file, request.replace)


target = ShellTarget()
