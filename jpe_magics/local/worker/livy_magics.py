"""Livy's own magics: `%json NAME`, `%table NAME` and `%matplot NAME` (documented with Livy's REST API)."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

JSON = "application/json"
TABLE = "application/vnd.livy.table.v1+json"
IMAGE = "image/png"


class UnknownMagic(Exception):  # noqa: N818 - the name that Livy's clients are shown
    """A line starts with `%` and is none of Livy's magics."""


def run_magic(line: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the magic line shows, by mime type; `names` are the statement's globals."""
    magic, _, name = line[1:].partition(" ")
    if not magic:
        raise UnknownMagic("magic command not specified")
    if magic not in _MAGICS:
        raise UnknownMagic(f"unknown magic command '{magic}'")
    if name.strip() not in names:
        raise NameError(f"name {name.strip()!r} is not defined")
    return _MAGICS[magic](names[name.strip()])


def _json(value: Any) -> dict[str, Any]:
    return {JSON: value}


def _matplot(pyplot: Any) -> dict[str, Any]:
    image = io.BytesIO()
    pyplot.gcf().savefig(image, format="png")
    return {IMAGE: base64.b64encode(image.getvalue()).decode("ascii")}


def _table(value: Any) -> dict[str, Any]:
    headers: dict[Any, dict[str, str]] = {}
    data = []
    for row in value if isinstance(value, (list, tuple)) else [value]:
        cells = []
        for name, raw in _columns(row):
            cell_type, cell = _cell(raw)
            header = headers.setdefault(name, {"name": str(name), "type": cell_type})
            if header["type"] == "NULL_TYPE":
                header["type"] = cell_type
            if cell_type not in ("NULL_TYPE", header["type"]):
                raise ValueError("table rows have different types")
            cells.append(cell)
        data.append(cells)
    return {TABLE: {"headers": [headers[name] for name in sorted(headers)], "data": data}}


def _columns(row: Any) -> Iterable[tuple[Any, Any]]:
    if hasattr(row, "asDict"):  # a Row of Spark, which is a tuple too
        row = row.asDict()
    if isinstance(row, dict):
        return sorted(row.items())
    return enumerate(row if isinstance(row, (list, tuple)) else [row])


def _cell(value: Any) -> tuple[str, Any]:
    if isinstance(value, (list, tuple)):
        return "ARRAY_TYPE", [_cell(one)[1] for one in value]
    if isinstance(value, dict):
        return "MAP_TYPE", {str(key): _cell(one)[1] for key, one in value.items()}
    name, convert = _CELL_TYPES.get(type(value), ("STRING_TYPE", str))
    return name, convert(value)


def _same(value: Any) -> Any:
    return value


_CELL_TYPES: dict[type, tuple[str, Callable[[Any], Any]]] = {
    type(None): ("NULL_TYPE", _same),
    bool: ("BOOLEAN_TYPE", _same),
    int: ("INT_TYPE", _same),
    float: ("DOUBLE_TYPE", _same),
    dt.date: ("DATE_TYPE", str),
    dt.datetime: ("TIMESTAMP_TYPE", str),
    decimal.Decimal: ("DECIMAL_TYPE", str),
}

_MAGICS: dict[str, Callable[[Any], dict[str, Any]]] = {"json": _json, "table": _table, "matplot": _matplot}
