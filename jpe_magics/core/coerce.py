"""Parameter values that arrive as something else than the default's type.

The same rules stand in every artifact (`templates/shared/coerce.py.j2`); one table of tests drives both.
"""

from __future__ import annotations

import json
from typing import Any

TRUE = ("true", "1")
FALSE = ("false", "0")


def type_of(value: Any) -> str:
    """Return the parameter type (`jpe_magics.model.parameter.TYPES`) of a literal default.

    >>> type_of(True), type_of(1), type_of((1, 2)), type_of(None)
    ('bool', 'int', 'tuple', 'any')
    """
    for kind in (bool, int, float, str, list, dict, tuple):
        if isinstance(value, kind):
            return kind.__name__
    return "any"


def coerce(kind: str, value: Any) -> Any:
    """Return `value` as `kind`; raise ValueError, its text to be read behind "the value for NAME", if it can't be.

    bool takes true, false, 1 and 0; int refuses "0.5"; float takes whole numbers; list, dict and tuple
    come from JSON; `any` passes everything through.

    >>> coerce("int", "7"), coerce("float", 1), coerce("bool", "False"), coerce("list", "[1]")
    (7, 1.0, False, [1])
    """
    if kind == "any":
        return value
    if kind == "str":
        if isinstance(value, str):
            return value
        raise ValueError(f"must be text, not {_shown(value)}")
    if kind == "bool":
        return _bool(value)
    if kind == "int":
        return _int(value)
    if kind == "float":
        return _float(value)
    return _container(kind, value)


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(f"must be true or false, not {_shown(value)}")


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)  # JSON has one kind of number: 5.0 is a whole one
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            pass
    raise ValueError(f"must be a whole number, not {_shown(value)}")


def _float(value: Any) -> float:
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise ValueError(f"must be a number, not {_shown(value)}")


def _container(kind: str, value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError(f"must be JSON for a {kind}, not {_shown(value)}") from None
    if kind == "dict" and isinstance(value, dict):
        return value
    if kind == "list" and isinstance(value, (list, tuple)):
        return list(value)
    if kind == "tuple" and isinstance(value, (list, tuple)):
        return tuple(value)
    raise ValueError(f"must be a {kind}, not {_shown(value)}")


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:39] + "…"
