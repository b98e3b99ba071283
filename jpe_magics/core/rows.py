"""What becomes of each code cell on its way: chosen or left out, then cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jpe_magics.core.classify import Classified
from jpe_magics.core.kinds import not_exported
from jpe_magics.core.sanitize import Rules, is_empty, sanitize
from jpe_magics.core.sql import sql_to_python
from jpe_magics.core.tags import Tags
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.task import PreparedCell
from jpe_magics.model.text import Text

#: Outcomes whose cell is still on its way into the artifact.
EXPORTED = ("task", "parameters")
#: Outcomes of cells that never reach the artifact, whatever they hold.
LEFT_OUT = ("filtered", "skipped", "unsupported", "control")


@dataclass
class Row:
    """One code cell on its way; the only mutable thing of the core, alive inside `prepare` alone."""

    classified: Classified
    tags: Tags
    outcome: str = "task"
    code: Text | None = None
    rejections: list[Rejection] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def cell(self) -> Cell:
        """The cell as the user sees it."""
        return self.classified.cell

    @property
    def exported(self) -> bool:
        """Whether the cell is still on its way into the artifact."""
        return self.outcome in EXPORTED

    def leave(self, outcome: str, kind: str = "", reason: str = "") -> None:
        """Take the whole cell out, with a rejection if `kind` is given; what was said of its parts is moot."""
        self.outcome, self.code = outcome, None
        if kind:
            self.rejections.append(self.reject(kind, reason))

    def reject(self, kind: str, reason: str) -> Rejection:
        """Return a rejection of the whole cell."""
        return Rejection.of(self.cell, kind, first_line(self.cell.source), reason, 1, self.cell.source.count("\n") + 1)

    def prepared(self) -> PreparedCell:
        """Return what became of the cell, as the plan and the report take it."""
        language = "scala" if self.classified.language == "scala" else "python"
        code = self.code if self.exported else None
        return PreparedCell(self.cell, self.classified.kind, self.outcome, code, language)


def first_line(source: str) -> str:
    """Return the first line that says something, cut to a readable length."""
    line = next((line.strip() for line in source.split("\n") if line.strip()), "")
    return line if len(line) <= 120 else line[:119] + "…"


def choose(rows: Sequence[Row], kinds: frozenset[str], languages: frozenset[str]) -> None:
    """Decide which cells are exported, by tag, kind and what the target can run."""
    for row in rows:
        classified, tags = row.classified, row.tags
        row.rejections += tags.rejections
        row.findings += tags.findings
        if not row.cell.source.strip():
            row.leave("emptied")  # nothing was taken out of a blank cell: no rejection
        elif _is_control(classified):
            row.leave("control")
        elif tags.skip:
            row.leave("skipped", "skipped", "tagged skip")
        elif tags.injected:
            row.leave("skipped", "skipped", "papermill's injected-parameters: its values became the defaults")
        elif classified.parameters and classified.language == "python":
            row.outcome = "parameters"  # kept whatever --kinds says
        elif classified.kind is not None and classified.kind not in kinds:
            row.leave(
                "filtered",
                f"filtered-cell:{classified.kind}",
                not_exported(classified.kind, kinds),
            )
        elif classified.language not in ("python", "sql", "") and classified.language not in languages:
            row.leave(
                "unsupported", f"unsupported-kind:{classified.kind}", f"this artifact can't run {classified.language}"
            )


def clean(rows: Sequence[Row], rules: Rules) -> None:
    """Sanitize the chosen cells and turn SQL into Python; a cell left with nothing is emptied."""
    chosen = [row for row in rows if row.exported]
    for row in chosen:
        row.rejections += row.classified.rejections
        row.findings += row.classified.findings
    # lines of ours come along for what they bind (`x = %export_pipeline …`): who reads it is told
    python = [row for row in rows if row.outcome == "control" or _is_python(row)]
    for row, cleaned in zip(python, sanitize([row.classified for row in python], rules), strict=True):
        if not row.exported:
            continue
        row.rejections += cleaned.rejections
        row.findings += cleaned.findings
        row.code = cleaned.code
        if cleaned.error:
            line, message = cleaned.error
            row.leave("invalid")
            row.rejections.append(Rejection.of(row.cell, "syntax-error", _line(row.cell.source, line), message, line))
    for row in chosen:
        if row.outcome == "invalid":
            continue
        if row.classified.language == "sql":
            row.code, findings = sql_to_python(row.classified)
            row.findings += findings
        elif row.classified.language != "python":
            row.code = row.classified.body
        if row.code is None or row.classified.gone or is_empty(row.code):
            row.leave("emptied", "emptied-cell", "nothing that could run is left in this cell")


def _is_python(row: Row) -> bool:
    return row.exported and row.classified.language == "python" and not row.classified.gone


def _is_control(classified: Classified) -> bool:
    """Tell whether the cell holds our own magics and nothing else; such a cell is no one's loss."""
    source = classified.cell.source
    if classified.language != "python" or classified.gone or not ("jpe_" in source or "export_pipeline" in source):
        return False
    (alone,) = sanitize([classified], Rules(shared_session=False))
    return alone.ours and alone.error is None and not alone.rejections and is_empty(alone.code)


def _line(source: str, line: int) -> str:
    lines = source.split("\n")
    return first_line(lines[min(max(line, 1), len(lines)) - 1])
