"""Regular expressions that are compiled when they are first used: most cells hold nothing that any is asked about."""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """Stands for `re.compile(source)`; each method that was asked for is kept as an attribute."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._source), name)
        setattr(self, name, found)
        return found


def pattern(source: str) -> re.Pattern[str]:
    """Return what can be used as `re.compile(source)`; a wrong `source` is told by its first use."""
    return cast("re.Pattern[str]", _Pattern(source))
