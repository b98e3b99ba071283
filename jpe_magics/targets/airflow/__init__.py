"""The target `airflow`: a DAG that runs the notebook's cells through Livy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.flow import Flow, Surroundings
from jpe_magics.core.headings import between_headings
from jpe_magics.core.render import LoadTemplate, render
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.finding import Finding
from jpe_magics.model.option import Option, Request
from jpe_magics.model.planned import Planned
from jpe_magics.model.record import Record
from jpe_magics.model.task import Pipeline
from jpe_magics.targets.airflow.options import OPTIONS, check_options
from jpe_magics.targets.airflow.session import session_body
from jpe_magics.targets.airflow.view import RESERVED, dag_view

TEMPLATE = "airflow/dag.py.j2"


@dataclass(frozen=True)
class AirflowTarget:
    """`<dag_id>.py`; `per_cell` has a task per cell in a shared Livy session, `batch` one task."""

    name: str = "airflow"
    title: str = "Airflow DAG"
    description: str = "A DAG that runs the notebook's cells on Spark, through Livy"
    available: bool = True
    options: tuple[Option, ...] = OPTIONS
    probes: tuple[str, ...] = ("airflow_api_url", "git_api_url")
    actions: frozenset[str] = frozenset({"run", "stop", "status"})

    def button(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return what the panel's button says."""
        return "Create DAG"

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return complete, valid options; raise `OptionError` naming the option that is wrong."""
        return check_options(options)

    def languages(self, options: Mapping[str, Any]) -> frozenset[str]:
        """Return what Livy can be sent: Scala too, where each cell is a statement of its own."""
        return frozenset({"python"} if options["mode"] == "batch" else {"python", "scala"})

    def shape(self, options: Mapping[str, Any]) -> str:
        """Return "one" for `batch`, "tasks" for `per_cell`."""
        return "one" if options["mode"] == "batch" else "tasks"

    def shares_session(self, options: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Livy owns the Spark session."""
        return True

    def reserved_names(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return the names that the generated module uses itself."""
        return RESERVED

    def findings(
        self,
        pipeline: Pipeline,
        options: Mapping[str, Any],
        setting: Callable[[str], Any] | None = None,  # noqa: ARG002
    ) -> tuple[Finding, ...]:
        """Return what `%%configure` cells ask for and Livy's sessions don't know."""
        _, dropped = session_body(pipeline, options)
        text = "%%configure asks for what Livy's sessions don't know; not carried over: "
        return (Finding("JPE317", text + ", ".join(dropped)),) if dropped else ()

    def render(self, pipeline: Pipeline, options: Mapping[str, Any], load: LoadTemplate, version: str) -> Artifact:
        """Return `<dag_id>.py`."""
        values = dag_view(pipeline, options, version)
        text = render(TEMPLATE, values, load)
        constants = {str(task.constant): task.code for task in values["tasks"]}
        ours = between_headings(load(TEMPLATE), "How cells are run", "The pipeline", "of jpe_magics that run the cells")
        return Artifact((File(f"{options['dag_id']}.py", text, boilerplate=ours),), constants)

    def publish(self, artifact: Artifact, request: Request, around: Surroundings) -> Flow:
        """Yield the steps that put the DAG where Airflow reads it."""
        from jpe_magics.targets.airflow.publish import publish

        return publish(artifact, request, around)

    def plan(self, artifact: Artifact, request: Request, around: Surroundings) -> tuple[Planned, ...]:  # noqa: ARG002
        """Return none: what is sent is the file itself."""
        return ()

    def again(self, record: Record, values: Mapping[str, Any], wait: bool, around: Surroundings) -> Flow:
        """Yield the steps that start another run of the DAG."""
        from jpe_magics.targets.airflow.history import again

        return again(record, values, wait, around)

    def stop(self, record: Record, around: Surroundings) -> Flow:
        """Yield the steps that mark the last run failed, which ends its tasks."""
        from jpe_magics.targets.airflow.history import stop

        return stop(record, around)

    def status(self, record: Record, around: Surroundings) -> Flow:
        """Yield the steps that ask for the last run's state and its tasks'."""
        from jpe_magics.targets.airflow.history import status

        return status(record, around)


target = AirflowTarget()
