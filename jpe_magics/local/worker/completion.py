"""What may stand at a cursor: jedi's answer where it is installed, else the standard library's."""

from __future__ import annotations

import importlib
import re
import rlcompleter
import sys
import traceback
from typing import Any

MOST_CANDIDATES = 500


def candidates(code: str, cursor: int, names: dict[str, Any]) -> list[str]:
    """Return the names that may stand at the cursor, without what is in front of them, public ones first."""
    names = dict(names)  # a statement may be changing it
    try:
        found = _jedi(code, cursor, names)
    except ImportError:
        found = _rlcompleter(code[:cursor], names)
    except Exception:  # noqa: BLE001 - jedi can fail over its files on disk as well: the session's log has the fault
        traceback.print_exc(file=sys.__stderr__)
        found = _rlcompleter(code[:cursor], names)
    ordered = sorted(set(found), key=lambda name: (name.startswith("_"), name))
    return ordered[:MOST_CANDIDATES]


def _jedi(code: str, cursor: int, names: dict[str, Any]) -> list[str]:
    interpreter = importlib.import_module("jedi").Interpreter(code, [names])
    before = code[:cursor]
    column = cursor - (before.rfind("\n") + 1)
    return [one.name for one in interpreter.complete(before.count("\n") + 1, column)]


def _rlcompleter(before: str, names: dict[str, Any]) -> list[str]:
    match = re.search(r"[\w.]+$", before)
    if match is None:
        return []
    completer = rlcompleter.Completer(names)
    found: list[str] = []
    while len(found) < MOST_CANDIDATES:
        one = completer.complete(match.group(), len(found))
        if one is None:
            break
        found.append(re.sub(r"\W+$", "", one.rpartition(".")[2]))  # "range(" or "if "
    return found
