"""A server's text as it may be shown and compared."""

from __future__ import annotations

import re
from typing import Any

#: Colours and the like of terminals, and what else a text must not hold: controls but line ends and tabs, marks that
#: turn the order of letters, halves of characters, which no terminal can be sent.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def text(value: Any) -> str:
    """Return a text of the server without control characters, "" for anything else.

    >>> text("a\\x1b[31mb\\u202ec"), text(17)
    ('abc', '')
    """
    return _CONTROL.sub("", _ANSI.sub("", value.replace("\r\n", "\n"))) if isinstance(value, str) else ""
