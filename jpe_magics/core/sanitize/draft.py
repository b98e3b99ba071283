"""A cell on its way: its text, tree and names once IPython's syntax is set aside."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from jpe_magics.core.edits import Edit, apply
from jpe_magics.core.names import Use, uses
from jpe_magics.core.remembered import Remembered
from jpe_magics.core.sanitize.blocks import Block, blocks_in
from jpe_magics.core.sanitize.cut import Source
from jpe_magics.core.sanitize.escapes import scan
from jpe_magics.core.sanitize.prompts import without_prompts
from jpe_magics.core.sanitize.spelled import called, spelled, written_out
from jpe_magics.core.sanitize.taken import Taken
from jpe_magics.core.sanitize.valid import Fault, parse
from jpe_magics.model.text import Text

#: What makes it likely that a cell is no Python yet, and not worth while to ask the parser first.
_LIKELY = re.compile(r"^[ \t]*[%!]\w", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Draft:
    """The code of a cell: its `text` parses as `tree`, or has a `fault`.

    `held` maps the names that stand for escapes in the text to these; `taken` were taken off already
    (`%time` in front of code).  Cells of one code share one, in one export and in the next: nobody may change it.
    """

    text: Text
    tree: ast.Module
    held: dict[str, Taken] = field(default_factory=dict)
    taken: tuple[Taken, ...] = ()
    fault: Fault | None = None

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every use of a name."""
        return uses(self.tree)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that are used, in any scope."""
        return frozenset(use.name for use in self.uses)

    @cached_property
    def source(self) -> Source:
        """The text with the places of its statements."""
        return Source(self.text)

    @cached_property
    def held_name(self) -> re.Pattern[str]:
        """Finds the names in `held`, of which there must be some: they differ in their number."""
        return re.compile(re.escape(next(iter(self.held)).rstrip("0123456789")) + r"\d+")

    def restore(self, text: str) -> str:
        """Return a piece of the text with the escapes as the user wrote them."""
        return self.held_name.sub(lambda found: self.held[found[0]].text, text) if self.held else text

    def taken_out(self, node: ast.stmt, kind: str, reason: str) -> Taken:
        """Return `node` as something taken out."""
        line, end = self.source.user_lines(node)
        written = self.source.segment(node)
        if self.held:
            end = max([end, *(self.held[name].end_line for name in self.held_name.findall(written))])
        return Taken(kind, reason, self.restore(written), line, end)


def draft_of(body: Text, automagic: frozenset[str] = frozenset()) -> Draft:
    """Return the draft of a cell; `automagic` are the words that are magics without `%` in this notebook."""
    return _draft((body, automagic))


@Remembered
def _draft(cell: tuple[Text, frozenset[str]]) -> Draft:
    body, automagic = cell
    return _drafted(without_prompts(body), automagic)


def _drafted(text: Text, automagic: frozenset[str]) -> Draft:
    if not _LIKELY.search(text.text):
        tree = parse(text.text)
        if isinstance(tree, ast.Module):
            return Draft(text, tree)
    scanned = scan(text, automagic)  # which leaves valid Python as it is
    text, fault = scanned.text, scanned.fault
    tree = parse(text.text)
    if isinstance(tree, Fault):
        fault, tree = fault or tree, ast.Module([], [])
    if fault:
        fault = Fault(text.source_line(fault.line), fault.message)
    return Draft(text, tree, scanned.held, tuple(scanned.taken), fault)


def write_out(one: Draft, shells: frozenset[str], automagic: frozenset[str]) -> Draft:
    """Return the draft with the code that `get_ipython().run_line_magic("time", …)` and the like run in their place."""
    if not _spells(one, shells):
        return one
    return _write_out((one, shells, automagic))


def _spells(one: Draft, shells: frozenset[str]) -> bool:
    """Tell whether the draft may call the shell."""
    text = one.text.text
    return not one.fault and ("get_ipython" in text or any(name in text for name in shells))


@Remembered
def _write_out(what: tuple[Draft, frozenset[str], frozenset[str]]) -> Draft:
    one, shells, automagic = what
    for _ in range(8):  # what is written out may spell magics itself
        if not _spells(one, shells):
            break
        edits, taken = _written_out(one, shells)
        if not edits:
            break
        again = _drafted(_restored(one, edits), automagic)
        if again.fault:
            break
        one = replace(again, taken=(*one.taken, *taken, *again.taken))
    return one


def _written_out(one: Draft, shells: frozenset[str]) -> tuple[list[Edit], list[Taken]]:
    edits: list[Edit] = []
    taken: list[Taken] = []
    blocks = [Block(one.tree, one.tree.body)]
    while blocks:
        block = blocks.pop()
        for stmt in block.statements:
            blocks += blocks_in(stmt, block.guarded)
            call = called(stmt)
            what = spelled(call, shells) if call and not block.guarded else None
            code = written_out(stmt, what, stmt.col_offset) if what else None
            if call is None or what is None or code is None:
                continue
            start, end = one.source.span(call)
            line_end = one.text.text.find("\n", end)
            rest = one.text.text[end : line_end if line_end >= 0 else None].strip()
            if "\n" in code and rest and not rest.startswith("#"):
                continue
            edits.append(Edit(start, end, code))
            taken.append(one.taken_out(stmt, what.kind or "magic", what.reason))
    return edits, taken


def _restored(one: Draft, edits: list[Edit]) -> Text:
    """Return the text with the edits made and every escape as the user wrote it, to be read anew."""
    places = one.held_name.finditer(one.text.text) if one.held else ()
    return apply(one.text, [*edits, *(Edit(at.start(), at.end(), one.held[at[0]].text) for at in places)])
