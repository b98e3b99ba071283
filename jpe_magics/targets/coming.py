"""Targets that can't be used, because they are announced only or do not load: shown greyed, and saying so when used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from jpe_magics.core.flow import Flow, Surroundings
from jpe_magics.core.render import LoadTemplate
from jpe_magics.core.target import PublishesOnly
from jpe_magics.errors import OptionError
from jpe_magics.model.artifact import Artifact
from jpe_magics.model.finding import Finding
from jpe_magics.model.option import Option, Request
from jpe_magics.model.task import Pipeline


@dataclass(frozen=True)
class ComingTarget(PublishesOnly):
    """A target that has a name and nothing more.  `absent` says why, in words that follow its title."""

    name: str
    title: str
    description: str
    absent: str = "is coming soon"
    #: Why it does not load, "" for one that is only announced.
    fault: str = ""
    available: bool = False
    options: tuple[Option, ...] = ()
    probes: tuple[str, ...] = ()

    def button(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return nothing: there is nothing to do."""
        return ""

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Raise `OptionError`: it is not there."""
        self._refuse()

    def languages(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return none."""
        return frozenset()

    def shape(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return "none"."""
        return "none"

    def shares_session(self, options: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Return False."""
        return False

    def reserved_names(self, options: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """Return none."""
        return frozenset()

    def findings(
        self,
        pipeline: Pipeline,  # noqa: ARG002
        options: Mapping[str, Any],  # noqa: ARG002
        setting: Callable[[str], Any] | None = None,  # noqa: ARG002
    ) -> tuple[Finding, ...]:
        """Return none."""
        return ()

    def render(
        self,
        pipeline: Pipeline,  # noqa: ARG002
        options: Mapping[str, Any],  # noqa: ARG002
        load: LoadTemplate,  # noqa: ARG002
        version: str,  # noqa: ARG002
    ) -> Artifact:
        """Raise `OptionError`: it is not there."""
        self._refuse()

    def publish(self, artifact: Artifact, request: Request, around: Surroundings) -> Flow:  # noqa: ARG002
        """Raise `OptionError`: it is not there."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise OptionError(f"{self.title} {self.absent}", code="JPE003", where=self.name)


def unloadable(name: str, package: str, error: Exception) -> ComingTarget:
    """Return what stands for the target of a package whose entry point raised `error` when it was loaded."""
    why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return ComingTarget(name, name, f"of {package}", absent=f"of {package} could not be loaded: {why}", fault=why)


sdp = ComingTarget("sdp", "Spark Declarative Pipelines", "Tables and flows that Spark keeps up to date")
dbt = ComingTarget("dbt", "dbt project", "Models of a dbt project")
duckdb = ComingTarget("duckdb", "DuckDB via Quack", "The pipeline on DuckDB")
