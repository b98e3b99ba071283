"""Parameter cells: assignments become look-ups, and nothing else changes."""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from jpe_magics.core.coerce import coerce, type_of
from jpe_magics.core.edits import Edit, Offsets, apply
from jpe_magics.core.literal import literal
from jpe_magics.core.tree import tree_of
from jpe_magics.errors import OptionError
from jpe_magics.model.finding import Finding
from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.text import Text

#: Python reads and writes no decimal number of more digits (4300), and JSON has no other.
_MOST_BITS = 10_000


class ParameterCell(NamedTuple):
    """A parameter cell as found: the parameters in order, and the assignments that are none."""

    parameters: tuple[Parameter, ...]
    findings: tuple[Finding, ...]


def find_parameters(text: Text, cell: Cell) -> ParameterCell:
    """Return the parameters of a parameter cell's code, which must be valid Python.

    Each top-level assignment of one value to one plain name is a parameter, annotated or not.  A
    chained, tuple or augmented assignment, and one inside a block, is reported.
    """
    tree = tree_of(text.text)
    comments = _comments(text.text)
    offsets = Offsets(text.text)
    parameters: list[Parameter] = []
    findings: list[Finding] = []
    for node in tree.body:
        name, value = _assignment(node)
        if name is None or value is None:
            if _binds_names(node):
                shown = _shown(_segment(text.text, offsets, node))
                told = f"{shown} is no parameter: only `name = value` at the cell's top level is"
                findings.append(Finding.of(cell, "JPE360", told, text.source_line(node.lineno)))
            continue
        known, default = _literal_value(value)
        parameters.append(
            Parameter(
                name=name,
                type=type_of(default) if known else "any",
                default=default,
                literal=known,
                expression="" if known else _segment(text.text, offsets, value),
                description=comments.get(node.end_lineno or node.lineno, ""),
                cell=cell.index,
                line=text.source_line(node.lineno),
            )
        )
    return ParameterCell(tuple(parameters), tuple(findings))


def read_values(types: Mapping[str, str], given: Iterable[tuple[str, str]]) -> tuple[tuple[str, Any], ...]:
    """Return the values of `--run-param` as their parameters' `types` (by name) say.

    A name that does not exist, or a value that its type can't take, raises `OptionError` JPE004.

    >>> read_values({"n": "int"}, [("n", "3")])
    (('n', 3),)
    """
    return tuple((name, _read(types, name, value, "--run-param")) for name, value in given)


def _read(types: Mapping[str, str], name: str, value: str, option: str) -> Any:
    where = f"{option} {name}=…"
    if name not in types:
        known = ", ".join(types) or "none: no cell is tagged `parameters`"
        hint = f"the notebook's parameters are {known}"
        raise OptionError(f"there is no parameter {name!r}", code="JPE004", where=where, hint=hint)
    try:
        return coerce(types[name], value)
    except ValueError as error:
        hint = f"the parameter is of type {types[name]}: {option} {name}=VALUE"
        raise OptionError(f"the value for {name} {error}", code="JPE004", where=where, hint=hint) from None


def declare(
    found: Iterable[Parameter], injected: Iterable[Parameter], given: Iterable[tuple[str, str]]
) -> tuple[Parameter, ...]:
    """Return the pipeline's parameters, one a name, with their defaults as they will stand in the artifact.

    `injected` are those of papermill's `injected-parameters` cells, whose literals become the defaults;
    `given` the values of `--param`, which win.  A name that is assigned twice has no one default: its
    look-ups keep their own expressions and it counts as no literal.  A name that does not exist, or a
    value that its type can't take, raises `OptionError` JPE004.
    """
    parameters: dict[str, Parameter] = {}
    for one in found:
        twice = one.name in parameters
        parameters[one.name] = replace(one, type="any", default=None, literal=False) if twice else one
    for one in injected:
        if one.literal and one.name in parameters:
            parameters[one.name] = replace(parameters[one.name], type=one.type, default=one.default, literal=True)
    for name, value in given:
        default = _read({name: one.type for name, one in parameters.items()}, name, value, "--param")
        parameters[name] = replace(parameters[name], default=default, literal=True)
    return tuple(parameters.values())


def assigned_again(found: Iterable[Parameter], declared: Iterable[Parameter]) -> Iterator[tuple[Parameter, Parameter]]:
    """Yield each assignment of a parameter that is not its first, after the first; none where one default counts."""
    first: dict[str, Parameter] = {}
    several = {one.name for one in declared if not one.literal}
    for one in found:
        if one.name in first and one.name in several:
            yield first[one.name], one
        first.setdefault(one.name, one)


def look_up(text: Text, parameters: Mapping[str, Parameter], config: str) -> Text:
    """Return a parameter cell's code with its parameters looked up in the dict named `config`.

    The default stays the user's own text, byte for byte, unless `parameters` (by name) holds another
    value for it.

    >>> look_up(Text.of("n = 3  # rows"), {"n": Parameter("n", "int", 3)}, "config").text
    'n = config.get("n", 3)  # rows'
    """
    offsets = Offsets(text.text)
    edits = []
    for node in tree_of(text.text).body:
        name, value = _assignment(node)
        if name is None or value is None or name not in parameters:
            continue
        start, end = offsets.span(value)
        before, after = f"{config}.get({literal(name)}, ", ")"
        parameter = parameters[name]
        known, default = _literal_value(value)
        if parameter.literal and not (known and _same(default, parameter.default)):
            edits.append(Edit(start, end, f"{before}{literal(parameter.default)}{after}"))
            continue
        if isinstance(value, ast.Tuple) and not _has_brackets(text.text[start:end]):
            before, after = before + "(", ")" + after
        edits += [Edit(start, start, before), Edit(end, end, after)]
    return apply(text, edits)


def _assignment(node: ast.stmt) -> tuple[str | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and node.simple and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return None, None


def _binds_names(node: ast.stmt) -> bool:
    """Tell whether a reader could take the statement for a parameter (a bare annotation is none)."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    return any(isinstance(one, (ast.Assign, ast.AugAssign, ast.For, ast.AsyncFor)) for one in ast.walk(node))


def _segment(code: str, offsets: Offsets, node: ast.expr | ast.stmt) -> str:
    start, end = offsets.span(node)
    return code[start:end]


def _shown(code: str) -> str:
    shown = code.split("\n", 1)[0]
    return f"`{shown[:60]}…`" if len(shown) > 60 else f"`{shown}`"


def _literal_value(node: ast.expr) -> tuple[bool, Any]:
    """Return whether `node` is a literal that JSON could carry (a tuple included), and its value."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False, None
    return (True, value) if _portable(value) else (False, None)


def _portable(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_portable(one) for one in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _portable(one) for key, one in value.items())
    if isinstance(value, float):
        return math.isfinite(value)  # JSON has no infinity
    if isinstance(value, int):
        return value.bit_length() <= _MOST_BITS
    return value is None or isinstance(value, str)


def _has_brackets(written: str) -> bool:
    """Tell whether one pair of brackets holds all of a tuple: `(1, 2), 3` and `(1), (2)` only look like it."""
    if not written.startswith("(") or not written.endswith(")"):
        return False
    try:
        tree_of(f"[{written[1:-1]}]")
    except SyntaxError:
        return False
    return True


def _same(one: Any, other: Any) -> bool:
    """Compare literals with their types: 1, 1.0 and True are three values."""
    return type(one) is type(other) and repr(one) == repr(other)


def _comments(text: str) -> dict[int, str]:
    """Return the comment at the end of each line that has one, without its `#`."""
    found: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found[token.start[0]] = token.string.lstrip("#").strip()
    return found
