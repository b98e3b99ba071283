"""What is said of the parameters of a run, in the note of what was started."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from jpe_magics.core.secrets import Redactor, find_run_secrets

#: Characters of one value, and of all together, that a note shows.
_VALUE, _ALL = 60, 300


def run_note(done: str, values: Iterable[tuple[str, Any]]) -> str:
    """Return what was done and with which parameters, without what looks like a secret; long ones end early.

    >>> run_note("started", [("run_date", "2026-05-21"), ("top", 3), ("password", "Hx7kQ9-not-real")])
    'started with run_date=2026-05-21, top=3, password=***'
    >>> run_note("started", [])
    'started'
    """
    told = _cut(", ".join(f"{name}={_shown(name, value)}" for name, value in values), _ALL)
    return f"{done} with {told}" if told else done


def _shown(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    masked = Redactor(find_run_secrets([(name, text)]))(text)  # before it is cut: half a secret is one too
    return _cut(masked if masked.isprintable() else ascii(masked)[1:-1], _VALUE)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
