"""Which statements of a cell go, and why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from jpe_magics.core.names import Use
from jpe_magics.core.remembered import Remembered
from jpe_magics.core.sanitize.blocks import Block, asks, blocks_in
from jpe_magics.core.sanitize.cut import Cut, Piece
from jpe_magics.core.sanitize.draft import Draft
from jpe_magics.core.sanitize.escapes import is_automagic
from jpe_magics.core.sanitize.magics import LINE_MAGICS, Magic
from jpe_magics.core.sanitize.pure import Purity
from jpe_magics.core.sanitize.spelled import called, spelled
from jpe_magics.core.sanitize.survey import Seen, Survey
from jpe_magics.core.sanitize.taken import Taken
from jpe_magics.core.sanitize.valid import Fault, parse

#: Names that IPython puts into a notebook and nothing else does (`_`, `Out`, `_i3` and their like).
_IPYTHON_NAME = re.compile(r"get_ipython|__IPYTHON__|In|Out|_{1,3}|_i{1,3}|_i?\d+|_[iod]h")
#: What goes besides has one of these names in it.
_WORTH_A_LOOK = frozenset({"print", "display", "exit", "quit", "IPython"})
_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)

_DISPLAY = "a job has nobody to show it to: log it, or write it to a table"
_KEPT = f"{_DISPLAY} (what it called on the way stays)"
_IPYTHON = "it exists in a notebook only"
_STOP = "the Spark session is shared: what stops it stops the cells that follow"


@dataclass(eq=False)
class Judged:
    """What goes of one cell: `cuts` by the `id` of the statement, and what is reported (in any order).

    `why` tells for each statement in `cuts` what was taken out; `stays` are the expressions which stay of
    statements that go; `uses` are those of its draft.  Cells that are judged alike share one: whoever takes
    more must take it from a `copy`.
    """

    uses: Sequence[Use]
    cuts: dict[int, Cut] = field(default_factory=dict)
    why: dict[int, Taken] = field(default_factory=dict)
    gone: list[ast.stmt] = field(default_factory=list)
    stays: list[ast.expr] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    def take(self, stmt: ast.stmt, taken: Taken, cut: Cut | None) -> None:
        """Report a statement; it goes where there is a `cut`."""
        self.taken.append(taken)
        if cut is not None:
            self.cuts[id(stmt)] = cut
            self.why[id(stmt)] = taken
            self.gone.append(stmt)

    def copy(self) -> Judged:
        """Return one that more may be taken from."""
        return Judged(self.uses, {**self.cuts}, {**self.why}, [*self.gone], [*self.stays], [*self.taken])

    @cached_property
    def staying(self) -> Sequence[Use]:
        """The uses of names in what stays."""
        if not self.gone:
            return self.uses
        out = set(map(id, self.gone))
        for stmt in self.gone:
            if hasattr(stmt, "body") or hasattr(stmt, "cases"):
                out.update(id(one) for one in ast.walk(stmt) if isinstance(one, ast.stmt))
        kept = {id(node) for one in self.stays for node in ast.walk(one)}
        return [use for use in self.uses if id(use.stmt) not in out or id(use.node) in kept]

    def binds(self, text: str) -> bool:
        """Tell whether what goes of the `text` may bind a name, or say where one lives."""
        return ":=" in text or not all(isinstance(stmt, ast.Expr) for stmt in self.gone)

    @cached_property
    def lost(self) -> Sequence[Use]:
        """The uses that would have bound a name and are gone."""
        if not self.gone:
            return []
        left = set(map(id, self.staying))
        return [use for use in self.uses if use.binds and id(use) not in left]


def judge_cell(one: Draft, whole: Survey, *, shared_session: bool, keep: bool) -> Judged:
    """Return what goes of a cell."""
    return _judged((one, whole.of(one.names), shared_session, keep))


@Remembered
def _judged(what: tuple[Draft, Seen, bool, bool]) -> Judged:
    one, seen, shared_session, keep = what
    judged = Judged(one.uses)
    if not _may_go(one, seen):
        return judged
    judge_one = _Judge(one, seen, shared_session, keep)
    blocks = [Block(one.tree, one.tree.body)]
    while blocks:
        block = blocks.pop()
        for stmt in block.statements:
            verdict = judge_one.verdict(stmt, block)
            if verdict:
                judged.take(stmt, verdict.taken, verdict.cut)
                judged.stays += verdict.stays
            if not verdict or verdict.cut is None:
                blocks += blocks_in(stmt, block.guarded, block.tried)
    return judged


def _may_go(one: Draft, seen: Seen) -> bool:
    """Tell whether the cell uses anything by which a statement could go: most cells do not."""
    if one.held or seen.shells or seen.handles or "stop" in one.text.text:
        return True
    if not _WORTH_A_LOOK.isdisjoint(one.names) or any(map(_IPYTHON_NAME.fullmatch, one.names)):
        return True
    if LINE_MAGICS.isdisjoint(one.names):
        return False
    return any(word[1] in LINE_MAGICS for word in re.finditer(r"^(\w+)", one.text.text, re.MULTILINE))


class _Verdict(NamedTuple):
    taken: Taken
    cut: Cut | None
    stays: tuple[ast.expr, ...] = ()


class _Judge:
    def __init__(self, one: Draft, seen: Seen, shared_session: bool, keep: bool) -> None:
        self.one = one
        self.seen = seen
        self.shared_session = shared_session
        self.keep = keep
        self.purity = Purity(seen.own, seen.borrowed, seen.iterators)
        self.uses: dict[int, list[Use]] = {}
        for use in one.uses:
            self.uses.setdefault(id(use.stmt), []).append(use)

    def verdict(self, stmt: ast.stmt, block: Block) -> _Verdict | None:
        found = self.uses.get(id(stmt), [])
        for use in found:
            if use.name in self.one.held:
                held = self.one.held[use.name]
                return self._goes(stmt, held.kind, held.reason)
        if self.shared_session and _stops_session(stmt, self.seen.sessions):
            return _Verdict(self.one.taken_out(stmt, "session", _STOP), Cut())
        shown = self._shown(stmt, found, tried=block.tried)
        if shown:
            return shown
        if not block.guarded and (why := self._uses_ipython(stmt, found)):
            return self._goes(stmt, *why)
        if isinstance(block.owner, ast.Module) and (magic := self._automagic(stmt, found)):
            return self._goes(stmt, "" if magic.ours else magic.kind, magic.reason)
        return None

    def _goes(self, stmt: ast.stmt, kind: str, reason: str) -> _Verdict:
        return _Verdict(self.one.taken_out(stmt, kind, reason), Cut(comment=self.keep and kind != ""))

    def _shown(self, stmt: ast.stmt, found: list[Use], *, tried: bool) -> _Verdict | None:
        """Judge `print(…)`, `display(…)`, `x = display(…)` and, with that, `x.update(…)`."""
        call = called(stmt)
        if call is None or not (self._is_display(stmt, call, found) or self._updates(stmt, call, found)):
            return None
        kept = self.purity.kept(call, tried=tried)
        taken = self.one.taken_out(stmt, "display", _KEPT if kept else _DISPLAY)
        if self.keep:
            return _Verdict(taken, None)
        return _Verdict(taken, Cut(tuple(self._piece(node) for node in kept)), kept)

    def _is_display(self, stmt: ast.stmt, call: ast.Call, found: list[Use]) -> bool:
        if not isinstance(call.func, ast.Name):
            return False
        name = call.func.id
        if name != "display" and not (name == "print" and isinstance(stmt, ast.Expr)):
            return False
        own = any(use.node is call.func and use.home is not None for use in found) or name in self.seen.bound
        writes = name == "print" and any(keyword.arg in ("file", None) for keyword in call.keywords)
        return not (own or writes)

    def _updates(self, stmt: ast.stmt, call: ast.Call, found: list[Use]) -> bool:
        """Tell whether a statement is a call of what `display(…)` returned (IPython's `DisplayHandle`)."""
        if not isinstance(stmt, ast.Expr) or not isinstance(call.func, ast.Attribute):
            return False
        owner = next((use for use in found if use.node is call.func.value), None)
        shows = call.func.attr in ("update", "display")
        return shows and owner is not None and (owner.name, owner.home) in self.seen.handles

    def _piece(self, node: ast.expr) -> Piece:
        """Return `node` as a statement of its own: in brackets where it would not be one otherwise."""
        start, end = self.one.source.span(node)
        if isinstance(node, ast.Starred):  # what it unpacks is run by unpacking it
            return Piece(start, end, "[", "]")
        if isinstance(node, ast.Call) and node.lineno == node.end_lineno:
            return Piece(start, end)  # the most usual one: no need to ask the parser
        alone = parse(self.one.text.text[start:end])
        simple = not isinstance(alone, Fault) and len(alone.body) == 1 and isinstance(alone.body[0], ast.Expr)
        return Piece(start, end) if simple else Piece(start, end, "(", ")")

    def _uses_ipython(self, stmt: ast.stmt, found: list[Use]) -> tuple[str, str] | None:
        """Return kind and reason where a statement (of a compound one its head) uses what only IPython has."""
        call = called(stmt)
        if call is not None and (what := spelled(call, self._shells(found))):
            return what.kind, what.reason
        names = [use.name for use in found if use.home is None and self._is_ipythons(use.name)]
        if names and not any(asks(node) for node in _head(stmt)):
            with_it = "; what hangs on it goes too" if any(hasattr(stmt, suite) for suite in ("body", "cases")) else ""
            return "ipython", f"{names[0]}: {_IPYTHON}{with_it}"
        if isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Name) and stmt.value.id in ("exit", "quit"):
            return None if stmt.value.id in self.seen.bound else ("ipython", f"{stmt.value.id}: {_IPYTHON}")
        if isinstance(stmt, ast.If) and not stmt.orelse and self._shells(found) and self._empties(stmt):
            return "ipython", "it asks for IPython's shell, and nothing is left in it"
        return None

    def _is_ipythons(self, name: str) -> bool:
        return name not in self.seen.bound and _IPYTHON_NAME.fullmatch(name) is not None

    def _shells(self, found: list[Use]) -> frozenset[str]:
        """Return the names that hold the shell, as far as a statement uses them."""
        return frozenset(use.name for use in found if use.home is None and use.name in self.seen.shells)

    def _empties(self, stmt: ast.If) -> bool:
        inner = Block(stmt, stmt.body)
        verdicts = [self.verdict(one, inner) for one in stmt.body]
        return all(one and one.cut and not one.cut.pieces for one in verdicts)

    def _automagic(self, stmt: ast.stmt, found: list[Use]) -> Magic | None:
        """Return the magic where a line that parses as Python is one all the same (`ls`, `ls -la`)."""
        if not isinstance(stmt, ast.Expr) or self.seen.star:
            return None
        first = next((use for use in found if use.name in LINE_MAGICS and use.home is None), None)
        if first is None or first.name in self.seen.bound:
            return None
        segment = self.one.source.segment(stmt)
        if not segment.startswith(first.name) or not is_automagic(segment, LINE_MAGICS):
            return None
        return Magic.of(segment)


def _head(stmt: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts of a statement that are no blocks."""
    return (node for node in ast.iter_child_nodes(stmt) if not isinstance(node, _BLOCKS))


def _stops_session(stmt: ast.stmt, sessions: frozenset[str]) -> bool:
    """Tell whether a statement is `spark.stop()`, `spark.sparkContext.stop()` or `….getOrCreate().stop()`."""
    if not isinstance(stmt, ast.Expr) or not isinstance(stmt.value, ast.Call):
        return False
    func = stmt.value.func
    if not isinstance(func, ast.Attribute) or func.attr != "stop":
        return False
    owner = func.value
    if isinstance(owner, ast.Attribute) and owner.attr in ("sparkContext", "_sc"):
        owner = owner.value
    if isinstance(owner, ast.Call):
        return isinstance(owner.func, ast.Attribute) and owner.func.attr in ("getOrCreate", "getActiveSession")
    return isinstance(owner, ast.Name) and owner.id in sessions
