"""Why a notebook may not be exported, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from jpe_magics.core.rows import Row
from jpe_magics.errors import EmptyPipeline, InvalidCells, SecretsFound
from jpe_magics.model.finding import Rejection


def secrets(found: Sequence[Rejection], given: Sequence[str] = ()) -> SecretsFound:
    """Return the refusal for secret-looking literals, in cells and in options; it names places, never values."""
    return SecretsFound(
        f"{_count(len(found) + len(given), 'secret-looking literal')} in what would be exported",
        where="; ".join([*given, *([_places(found)] if found else [])]),
        hint="read them from the environment or a secret store, tag the cell skip, or say --allow-secrets",
    )


def invalid(broken: Sequence[Rejection]) -> InvalidCells:
    """Return the refusal for cells that are not valid Python."""
    first = broken[0]
    return InvalidCells(
        f"cell {first.number}: {first.reason}",
        where=_places(broken),
        hint="mend the cell, or tag it skip",
    )


def empty(rows: Sequence[Row], kinds: frozenset[str], *, parameters_only: bool) -> EmptyPipeline:
    """Return the refusal for a notebook of which nothing is left; it says what `--kinds` would export."""
    filtered = Counter(row.classified.kind for row in rows if row.outcome == "filtered" and row.classified.kind)
    offers = [f"--kinds {kind} would export {_count(number, 'cell')}" for kind, number in filtered.most_common()]
    what = "only parameter cells are left to export" if parameters_only else "no cell is left to export"
    return EmptyPipeline(
        f"empty-pipeline: {what}",
        where=f"the exported kinds are {', '.join(sorted(kinds))}",
        hint="; ".join(offers) or "write a cell that does something: magics, displays and comments make no task",
    )


def _places(rejections: Sequence[Rejection]) -> str:
    places = list(dict.fromkeys(f"cell {one.number}, line {one.line}" for one in rejections))
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    return "; ".join(places[:5]) + more


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
