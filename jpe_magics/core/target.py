"""What a target must offer, whether it is ours or a plugin's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from jpe_magics.core.flow import Flow, Surroundings
from jpe_magics.core.render import LoadTemplate
from jpe_magics.errors import OptionError
from jpe_magics.model.artifact import Artifact
from jpe_magics.model.finding import Finding
from jpe_magics.model.option import Option, Request
from jpe_magics.model.planned import Planned
from jpe_magics.model.record import Record
from jpe_magics.model.task import Pipeline


class Target(Protocol):
    """What a target must offer; everything is pure but for what `session` does with it.

    `available` is False for a target that is only announced: it has a name, a title and a
    description, is greyed in the panel, and says so when used.
    """

    name: str
    title: str
    description: str
    available: bool
    options: tuple[Option, ...]
    #: Names of settings that give the addresses to probe for the status badge.
    probes: tuple[str, ...]
    #: What can be done with a record of the history: some of "run", "stop", "status".
    actions: frozenset[str]

    def button(self, options: Mapping[str, Any]) -> str:
        """Return what the panel's button says that does it ("Create DAG"), for options as they are typed."""
        ...

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return complete, valid options; raise `OptionError` naming the option that is wrong."""
        ...

    def languages(self, options: Mapping[str, Any]) -> frozenset[str]:
        """Return the cell languages that the artifact can run ("python", "scala")."""
        ...

    def shape(self, options: Mapping[str, Any]) -> str:
        """Return "tasks" (a task per cell), "one" (a single task `run_notebook`) or "none" (a script)."""
        ...

    def shares_session(self, options: Mapping[str, Any]) -> bool:
        """Tell whether the Spark session outlives the code (then `spark.stop()` must go)."""
        ...

    def reserved_names(self, options: Mapping[str, Any]) -> frozenset[str]:
        """Return names that a `task:` tag must not take."""
        ...

    def findings(
        self, pipeline: Pipeline, options: Mapping[str, Any], setting: Callable[[str], Any] | None = None
    ) -> tuple[Finding, ...]:
        """Return what the artifact can't carry over from the notebook, and what it needs where it runs.

        `setting` returns a setting's value by its name, None where no settings are known.
        """
        ...

    def render(self, pipeline: Pipeline, options: Mapping[str, Any], load: LoadTemplate, version: str) -> Artifact:
        """Return the artifact: the same bytes for the same arguments."""
        ...

    def publish(self, artifact: Artifact, request: Request, around: Surroundings) -> Flow:
        """Yield the steps that bring the artifact where it runs."""
        ...

    def plan(self, artifact: Artifact, request: Request, around: Surroundings) -> tuple[Planned, ...]:
        """Return the requests that publishing will send to make something, for people to see before.

        Raises `OptionError` for what could not be sent.
        """
        ...

    def again(self, record: Record, values: Mapping[str, Any], wait: bool, around: Surroundings) -> Flow:
        """Yield the steps that run what `record` published once more, with `values` for its parameters."""
        ...

    def stop(self, record: Record, around: Surroundings) -> Flow:
        """Yield the steps that stop the record's last run."""
        ...

    def status(self, record: Record, around: Surroundings) -> Flow:
        """Yield the steps that find out the state of the record's last run; the last `State` tells it."""
        ...


class PublishesOnly:
    """The part of a target whose artifacts are not run by a server that we talk to."""

    actions: frozenset[str] = frozenset()

    def plan(self, artifact: Artifact, request: Request, around: Surroundings) -> tuple[Planned, ...]:  # noqa: ARG002
        """Return none: nothing is sent."""
        return ()

    def again(self, record: Record, values: Mapping[str, Any], wait: bool, around: Surroundings) -> Flow:  # noqa: ARG002
        """Raise `OptionError`: no server runs it."""
        raise _nothing_runs(record)

    def stop(self, record: Record, around: Surroundings) -> Flow:  # noqa: ARG002
        """Raise `OptionError`: no server runs it."""
        raise _nothing_runs(record)

    def status(self, record: Record, around: Surroundings) -> Flow:  # noqa: ARG002
        """Raise `OptionError`: no server runs it."""
        raise _nothing_runs(record)


def _nothing_runs(record: Record) -> OptionError:
    return OptionError(
        f"what {record.id} exported is run by no server that jpe_magics knows",
        code="JPE516",
        where=f"the target {record.target}",
        hint="run the file yourself",
    )
