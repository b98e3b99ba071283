"""What the work on a pipeline comes to: the result objects that the magics and the Python API return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jpe_magics.errors import JpeError, PublishError, RunFailed
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record
from jpe_magics.model.report import Report

if TYPE_CHECKING:
    from jpe_magics.core.flow import State


@dataclass(frozen=True)
class Export:
    """What an export did.  `error` is None where it did all that was asked.

    `report` and `shown` (the files as they may be shown: secrets masked) are for people and records;
    `artifact` holds the files as they were written; `requests` are what will be sent to make something of
    them, masked (previews only).  `published` says where they are now, `states` which
    states the run went through while it was followed.  `record` is the history's entry, None for a
    preview; `recorded` tells whether the history has it.  `notices` say what went wrong beside the export
    itself.
    """

    report: Report
    artifact: Artifact | None = None
    shown: tuple[File, ...] = ()
    requests: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    states: tuple[State, ...] = ()
    record: Record | None = None
    recorded: bool = False
    preview: bool = False
    notices: tuple[str, ...] = ()
    error: JpeError | None = None

    @property
    def ok(self) -> bool:
        """Whether all that was asked was done."""
        return self.error is None

    @property
    def record_id(self) -> str:
        """The id by which the history knows it, "" where it is not in there."""
        return self.record.id if self.record and self.recorded else ""

    @property
    def code(self) -> str:
        """The artifact's text as it may be shown, "" where there is none."""
        return self.shown[0].text if self.shown else ""

    def __repr__(self) -> str:
        what = "preview of " if self.preview else ""
        files = ", ".join(file.path for file in self.shown) or "nothing"
        return f"<Export {what}{self.report.target} {files}: {self._outcome()}>"

    def _outcome(self) -> str:
        if self.error is None:
            made = "; ".join(f"{one.place} {one.note}".strip() for one in self.published) or "not published"
            return f"{self.report.cells} cells, {made}"
        word = "failed" if isinstance(self.error, (PublishError, RunFailed)) else "refused"
        return f"{word}, {self.error.code}"

    def text(self) -> str:
        """Return the summary as plain text."""
        from jpe_magics.core.summary import to_text, whole_view

        return to_text(whole_view(self))

    def _repr_html_(self) -> str:
        from jpe_magics.core.summary import to_html, whole_view

        return to_html(whole_view(self))


@dataclass(frozen=True)
class Submission:
    """What was done with a record of the history: `action` is "run", "stop" or "status".

    `record` is the record as it is now, `published` what was made (the run), `states` which states were
    seen; `error` is None where all went well.  `notices` say what went wrong beside it.
    """

    action: str
    record: Record
    published: tuple[Published, ...] = ()
    states: tuple[State, ...] = ()
    notices: tuple[str, ...] = ()
    error: JpeError | None = None

    @property
    def ok(self) -> bool:
        """Whether all that was asked was done."""
        return self.error is None

    def __repr__(self) -> str:
        made = "; ".join(one.place for one in self.published)
        outcome = self.error.code if self.error else self.record.status
        return f"<Submission {self.action} {self.record.id} {' '.join(filter(None, (made, outcome)))}>"

    def text(self) -> str:
        """Return the summary as plain text."""
        from jpe_magics.core.summary import submission_text

        return submission_text(self)

    def _repr_html_(self) -> str:
        from jpe_magics.core.summary import submission_html

        return submission_html(self)
