"""The page of the imports: the layers, what imports what, and what each module is for.  Needs grimp."""

from __future__ import annotations

import ast
import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.docs.markdown import NOTHING, anchor, code, intro, prose, table

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "jpe_magics"


class Import(NamedTuple):
    """One part of the package imports another, in so many places."""

    importer: str
    imported: str
    places: int


def page() -> str:
    """Return the page, of the imports as they are now."""
    layers = layers_of(ROOT / "pyproject.toml")
    found = imports_of(layers)
    return "\n".join(
        (
            intro("imports"),
            f"```{{raw}} html\n{drawing(layers, found)}\n```\n",
            "## What imports what\n",
            table(
                ("part", "imports (in so many places)"),
                (
                    (
                        code(part),
                        ", ".join(f"{code(one.imported)} {one.places}" for one in found if one.importer == part)
                        or NOTHING,
                    )
                    for layer in layers
                    for part in layer
                ),
            ),
            "## The modules\n",
            "What each says of itself in the first line of its docstring.\n",
            *(_modules(part) for layer in layers for part in layer),
        )
    )


def layers_of(pyproject: Path) -> tuple[tuple[str, ...], ...]:
    """Return the parts of the package, layer by layer from the top, as the contract of import-linter names them."""
    lines = pyproject.read_text(encoding="utf-8").partition('type = "layers"')[2].partition("]")[0]
    written = [line.strip().strip('",') for line in lines.splitlines() if PACKAGE in line]
    return tuple(tuple(part.strip().removeprefix(PACKAGE + ".") for part in layer.split("|")) for layer in written)


def imports_of(layers: Sequence[Sequence[str]]) -> tuple[Import, ...]:
    """Return which part imports which; imports inside of functions count, those for type checkers alone do not."""
    import grimp

    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    parts = [part for layer in layers for part in layer]
    modules = {part: {f"{PACKAGE}.{part}"} | graph.find_descendants(f"{PACKAGE}.{part}") for part in parts}
    part_of = {module: part for part, names in modules.items() for module in names}
    counted: dict[tuple[str, str], int] = {}
    for module, part in part_of.items():
        for imported in graph.find_modules_directly_imported_by(module):
            other = part_of.get(imported, part)
            if other != part:
                counted[part, other] = counted.get((part, other), 0) + 1
    order = {part: place for place, part in enumerate(parts)}
    return tuple(
        Import(*pair, counted[pair]) for pair in sorted(counted, key=lambda pair: (order[pair[0]], order[pair[1]]))
    )


def needed(found: Iterable[Import]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that no way over a third part stands for (the transitive reduction of the graph).

    >>> needed([Import("a", "b", 1), Import("b", "c", 1), Import("a", "c", 1)])
    (('a', 'b'), ('b', 'c'))
    """
    pairs = [(one.importer, one.imported) for one in found]
    below: dict[str, set[str]] = {}
    for importer, imported in pairs:
        below.setdefault(importer, set()).add(imported)

    def reaches(start: str, end: str) -> bool:
        seen, todo = set(), [start]
        while todo:
            one = todo.pop()
            if one == end:
                return True
            if one not in seen:
                seen.add(one)
                todo += below.get(one, ())
        return False

    return tuple(
        (importer, imported)
        for importer, imported in pairs
        if not any(other != imported and reaches(other, imported) for other in below[importer])
    )


_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z"/></marker></defs>'
)
_WIDE, _HIGH, _GAP, _STEP, _ACROSS = 132, 34, 28, 74, 720


def drawing(layers: Sequence[Sequence[str]], found: Iterable[Import]) -> str:
    """Return the layers as a picture (SVG) in the colours of the page."""
    places: dict[str, Place] = {}
    for row, layer in enumerate(layers):
        width = len(layer) * _WIDE + (len(layer) - 1) * _GAP
        for column, part in enumerate(layer):
            places[part] = Place(row, (_ACROSS - width) / 2 + column * (_WIDE + _GAP), 8 + row * _STEP)
    height = 16 + (len(layers) - 1) * _STEP + _HIGH
    title = f"The layers of {PACKAGE}, the highest on top, with an arrow for each import between them"
    return (
        f'<svg class="imports" viewBox="0 0 {_ACROSS} {height}" role="img" aria-label="{title}">'
        + _TIP
        + "".join(_arrows([len(layer) for layer in layers], places, needed(found)))
        + "".join(_box(part, place) for part, place in places.items())
        + "</svg>"
    )


class Place(NamedTuple):
    """Where a box stands: its row from the top, and its upper left corner."""

    row: int
    x: float
    y: float

    @property
    def middle(self) -> float:
        """Its middle, across."""
        return self.x + _WIDE / 2


def _arrows(widths: Sequence[int], places: Mapping[str, Place], pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each pair: straight to the row below, else in a lane of its own beside the rows between."""
    lanes = {-1: 0, 1: 0}
    for one, other in pairs:
        start, end = places[one], places[other]
        if end.row == start.row + 1:
            yield _line([(start.middle, start.y + _HIGH), (end.middle, end.y - 2)])
            continue
        apart = start.middle - _ACROSS / 2
        side = (1 if apart > 0 else -1) if abs(apart) > 1 else min(lanes, key=lambda one: lanes[one])
        widest = max(widths[start.row : end.row])
        lane = _ACROSS / 2 + side * ((widest * (_WIDE + _GAP) - _GAP) / 2 + 20 + 11 * lanes[side])
        into = end.middle + side * (_WIDE / 2 - 16 - 11 * (lanes[side] % 4))
        lanes[side] += 1
        from_side = start.middle + side * _WIDE / 2
        above = end.y - 10 - 4 * (lanes[side] % 3)
        middle = start.y + _HIGH / 2 + side * 3
        yield _line([(from_side, middle), (lane, middle), (lane, above), (into, above), (into, end.y - 2)])


def _line(points: Sequence[tuple[float, float]]) -> str:
    path = "L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path d="M{path}" marker-end="url(#tip)"/>'


def _box(part: str, place: Place) -> str:
    name, x, y = html.escape(part), place.x, place.y
    link, middle = name.replace("_", "-"), y + _HIGH / 2 + 4.5
    return (
        f'<a href="#imports-{link}"><rect x="{x:g}" y="{y:g}" width="{_WIDE}" height="{_HIGH}" rx="6"/>'
        f'<text x="{place.middle:g}" y="{middle:g}">{name}</text></a>'
    )


def _modules(part: str) -> str:
    rows = ((code(name), prose(told)) for name, told in _first_lines(part).items())
    return "\n".join(
        (anchor(f"imports-{part.replace('_', '-')}"), f"### {code(part)}\n", table(("module", "is for"), rows))
    )


def _first_lines(part: str) -> Mapping[str, str]:
    return dict(_read(part))


def _read(part: str) -> Iterator[tuple[str, str]]:
    folder = ROOT / PACKAGE / part
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    for file in files:
        told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        name = ".".join(file.relative_to(ROOT / PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        yield name, " ".join(told.partition("\n\n")[0].split()).partition(".  ")[0]
