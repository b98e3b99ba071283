"""One flow from its beginning to its end: carried out, written down, and ended in our own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event

from jpe_magics.adapters.dags_folder import write_outputs
from jpe_magics.adapters.drive import Outside, drive
from jpe_magics.adapters.history.journal import Journal
from jpe_magics.adapters.settings import Settings
from jpe_magics.core.flow import Flow
from jpe_magics.errors import Interrupted, JpeError, OptionError
from jpe_magics.model.artifact import Artifact
from jpe_magics.model.option import Request


@dataclass(frozen=True)
class Errand:
    """What a flow is carried out with.

    `redact` knows the secrets of the notebook, of the request and of the settings, `user` is who signs in.
    """

    settings: Settings
    redact: Callable[[str], str]
    stop: Event
    user: str = ""

    def publish(
        self, flow: Flow, artifact: Artifact, request: Request, journal: Journal, others: Mapping[str, str]
    ) -> JpeError | None:
        """Write the artifact where `--output` says, and carry out `flow`; return what stopped it, None for nothing.

        `others` are those of the `Surroundings`.
        What else escapes (a fault of a target's) is raised as it is, and the record says that it failed.
        """
        try:
            error = self._publish(flow, artifact, request, journal, others)
        except BaseException as escaped:
            text = self.redact(f"{type(escaped).__name__}: {escaped}")
            how = "interrupted" if isinstance(escaped, KeyboardInterrupt) else "failed"
            journal.end("" if journal.states else how, text)
            raise
        _end(journal, "exported", error)
        return error

    def _publish(
        self, flow: Flow, artifact: Artifact, request: Request, journal: Journal, others: Mapping[str, str]
    ) -> JpeError | None:
        try:
            if self.stop.is_set():
                raise Interrupted("stopped on the way; nothing was done", hint="run it again when you like")
            if request.output:
                for made in write_outputs(request.output, artifact.files, request.replace, others):
                    journal.made(made)
        except JpeError as failed:
            return failed
        return self._run(flow, journal)

    def act(self, flow: Flow, action: str, journal: Journal) -> JpeError | None:
        """Carry out the flow of an action on a record; return what stopped it, None for nothing.

        An action that makes no sense for the record raises `OptionError`.
        """
        error = self._run(flow, journal)
        if isinstance(error, OptionError):
            raise error  # nobody was asked for anything
        if action == "run" and (journal.published or journal.states):
            _end(journal, "", error)  # else nothing was started, and what the record says still holds
        return error

    def _run(self, flow: Flow, journal: Journal) -> JpeError | None:
        outside = Outside(self.settings, self.stop, self.redact, self.user)
        try:
            drive(flow, outside, journal)
        except (KeyboardInterrupt, Interrupted) as stopped:
            return _interrupted(journal, unclear=isinstance(stopped, Interrupted) and stopped.unclear)
        except JpeError as error:
            return error
        return None


def _end(journal: Journal, otherwise: str, error: JpeError | None) -> None:
    """Write down how it ended; the state of a run that was started is told by the run alone."""
    if not journal.states and error is not None:
        otherwise = "interrupted" if isinstance(error, Interrupted) else "failed"
    journal.end("" if journal.states else otherwise, str(error or ""))


def _interrupted(journal: Journal, *, unclear: bool) -> Interrupted:
    """Return the error that says what is done and how to go on; `unclear`: the last step may be done as well."""
    made = [f"{one.kind} {one.place} {one.note}".strip() for one in journal.published]
    where = f"while {journal.step}" if journal.step else "on its way"
    record = journal.record.id
    if any(one.kind in ("run", "job") for one in journal.published):
        kinds = {row.get("kind") for row in journal.record.published}
        more = "".join(f", and the {kind} with it" for kind in ("service", "schedule") if kind in kinds)
        hint = f"the run goes on: %jpe_history {record} --status shows it, %jpe_history {record} --stop ends it{more}"
    elif made:
        hint = f"what was made stays; %jpe_history {record} --run starts it, and exporting again does all of it again"
    else:
        hint = "run it again when you like"
    if unclear:
        where, hint = f"{where}, which may be done all the same", f"look there first whether it is; if not: {hint}"
    return Interrupted(
        f"stopped {where}; done until then: {'; '.join(made) or 'nothing'}", where=f"record {record}", hint=hint
    )
