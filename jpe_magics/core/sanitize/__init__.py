"""Taking out of notebook code what can't run in a job, and nothing else.

A cell on its way, one module for each step::

    prompts    >>> a = 1            →  a = 1
    escapes    %time n = f()        →  n = f()          x = !ls  →  x = _jpe_held_0, so that it parses
    survey     which names the whole notebook binds (its own print stays)
    judge      print(n, g())        →  goes, but g() stays
    cut        the statements leave the original text; a block left empty gets `pass`
    lost       who reads x now?
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jpe_magics.core.classified import Classified
from jpe_magics.core.names import module_names, names_of
from jpe_magics.core.remembered import Remembered
from jpe_magics.core.sanitize.cut import cut_out
from jpe_magics.core.sanitize.draft import Draft, draft_of, write_out
from jpe_magics.core.sanitize.future import future_first
from jpe_magics.core.sanitize.imports import drop_idle_imports
from jpe_magics.core.sanitize.judge import Judged, judge_cell
from jpe_magics.core.sanitize.lost import lost_names
from jpe_magics.core.sanitize.magics import LINE_MAGICS
from jpe_magics.core.sanitize.notice import Noticed, notices_of
from jpe_magics.core.sanitize.survey import survey_of
from jpe_magics.core.sanitize.taken import Taken
from jpe_magics.core.sanitize.valid import Fault, fault_of
from jpe_magics.core.silence import silence
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.text import Text

__all__ = ["Rules", "Sanitized", "is_empty", "sanitize"]


class Rules(NamedTuple):
    """What goes: `shared_session` tells that the Spark session outlives the code, so nothing may stop it.

    With `keep` (`--keep-rejections`) what is reported stays, as a comment where it is no Python.
    """

    shared_session: bool
    keep: bool = False


class Sanitized(NamedTuple):
    """What is left of a cell.

    `code` compiles unless `error` (the user's line, and what is wrong there) is set; it is empty where
    nothing is left.  `rejections` are in the order of their lines, their texts not masked yet.  `ours`
    tells that lines of our own (`%export_pipeline`) were dropped, which no rejection mentions.
    """

    code: Text
    rejections: tuple[Rejection, ...]
    findings: tuple[Finding, ...]
    ours: bool
    error: tuple[int, str] | None


def sanitize(cells: Sequence[Classified], rules: Rules) -> tuple[Sanitized, ...]:
    """Return what is left of the Python cells that are to be exported or hold lines of ours alone, in document order.

    They come together since a name that one cell binds means something in all others: a `print` of
    the notebook's own stays, and a name that was lost is reported where it is read.
    """
    with silence():
        drafts = [draft_of(cell.body) for cell in cells]
        whole = survey_of(drafts)
        words = LINE_MAGICS - whole.bound
        again = [draft_of(cell.body, words) if one.fault else one for cell, one in zip(cells, drafts, strict=True)]
        again = [write_out(one, whole.shells, words) for one in again]
        if again != drafts:
            drafts, whole = again, survey_of(again)
        judged = [judge_cell(one, whole, shared_session=rules.shared_session, keep=rules.keep) for one in drafts]
        if not rules.keep:
            drop_idle_imports(drafts, judged)
        left = [_left((one, what, one.names & whole.bound)) for one, what in zip(drafts, judged, strict=True)]
        noticed = [list(one.noticed) for one in left]
        for place, more in lost_names([cell.cell for cell in cells], drafts, judged, whole):
            noticed[place].append(more)
        return tuple(map(_sanitized, cells, left, noticed))


def is_empty(text: Text) -> bool:
    """Tell whether there is nothing to run: nothing but comments and blank lines."""
    bare = text.text.lstrip()
    if bare and bare[0] != "#":
        return False
    return all(not line.strip() or line.lstrip().startswith("#") for line in bare.split("\n"))


class _Left(NamedTuple):
    """What is left of a draft: see `Sanitized`; it is the same for all cells of one code."""

    code: Text
    taken: tuple[Taken, ...] = ()
    noticed: tuple[Noticed, ...] = ()
    fault: Fault | None = None


@Remembered
def _left(what: tuple[Draft, Judged, frozenset[str]]) -> _Left:
    one, judged, bound = what
    if one.fault:
        return _Left(one.text, fault=one.fault)
    text = one.text
    if judged.cuts:
        text = _trimmed(cut_out(one.source, one.tree, judged.cuts, one.restore))
    fault = fault_of(text.text)
    if fault and "__future__" in fault.message:
        text = future_first(text)
        fault = fault_of(text.text)
    elif judged.cuts and not fault and not judged.binds(one.text.text):
        module_names.keep(text.text, names_of(judged.staying))
    if fault:
        line, message = text.source_line(fault.line), fault.message
        if judged.cuts and fault_of(one.text.text) is None:
            message = f"without what can't run in a job, {message}: bind the name in Python before"
        return _Left(text, fault=Fault(line, message))
    taken = sorted((*one.taken, *judged.taken), key=lambda taken: taken.line)
    return _Left(text, tuple(taken), tuple(notices_of(one, judged, bound)))


def _sanitized(cell: Classified, left: _Left, noticed: Sequence[Noticed]) -> Sanitized:
    if left.fault:
        return Sanitized(cell.body, (), (), False, (left.fault.line, left.fault.message))
    if not (left.taken or noticed):
        return Sanitized(left.code, (), (), False, None)
    told = sorted(noticed, key=lambda one: one.line or 0) if len(noticed) > 1 else noticed
    return Sanitized(
        code=left.code,
        rejections=tuple(taken.rejection(cell.cell) for taken in left.taken if taken.kind),
        findings=tuple(Finding.of(cell.cell, one.code, one.text, one.line) for one in told),
        ours=any(not taken.kind for taken in left.taken),
        error=None,
    )


def _trimmed(text: Text) -> Text:
    """Return the text without the blank lines at its ends, where what stood there went."""
    lines = text.text.split("\n")
    if lines[0].strip() and lines[-1].strip():
        return text
    full = [row for row, line in enumerate(lines, 1) if line.strip()]
    if not full:
        return text.drop_lines(range(1, len(lines) + 1))
    return text.drop_lines([*range(1, full[0]), *range(full[-1] + 1, len(lines) + 1)])
