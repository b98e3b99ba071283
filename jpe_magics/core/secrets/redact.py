"""What was found, and how it is kept out of what people are shown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from jpe_magics.core.secrets.shapes import FORMATS, PUBLIC_START
from jpe_magics.model.secret import Secret

#: Longer values are looked for one by one: a pattern of so long a text takes 200 times its memory.
LONG = 1000
#: Beginnings within beginnings that a pattern may nest.
_DEEPEST = 40

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True)
class Hit:
    """A secret-looking literal: `line` and `end_line` are 1-based in the source that was searched.

    `value` is the secret as it evaluates, `pieces` the parts of the source that spell it where that is
    not in one go (`"AKIA" "IOSF…"`); both are for `Redactor` only.  `what` says what it looks like.
    """

    line: int
    end_line: int
    value: str = field(repr=False)
    what: str
    pieces: tuple[str, ...] = field(default=(), repr=False)


def mask(value: str, what: str) -> str:
    """Return what may be shown of a secret: the public start of a known format, else nothing of it.

    >>> mask("AKIAIOSFODNN7EXAMPLE", "AWS access key"), mask("hunter2", "password")
    ('AKIA…', '***')
    """
    start = PUBLIC_START.match(value)
    return f"{start[0]}…" if start and what in FORMATS else "***"


class Redactor:
    """Replaces every occurrence of every known secret in a text by its masked form.

    Made of all hits of a notebook and of the secret settings.  The spellings of a value in JSON, in
    Python literals, in HTML and in URLs are replaced too, and the single lines of a secret of several.
    Values of up to three characters are replaced only where they stand alone.

    >>> Redactor([Hit(1, 1, "hunter2", "password")])("password = 'hunter2'")
    "password = '***'"
    """

    def __init__(self, hits: Iterable[Hit] = (), secrets: Iterable[Secret] = ()) -> None:
        self._masked: dict[str, str] = {}
        for hit in hits:
            for value in (hit.value, *hit.pieces):
                self._add(value, mask(value, hit.what))
        for secret in secrets:
            self._add(secret.reveal(), "***")
        longest = sorted(self._masked, key=lambda value: (-len(value), value))
        self._long = [value for value in longest if len(value) > LONG]
        others = longest[len(self._long) :]
        alone = [rf"(?<!\w){re.escape(value)}(?!\w)" for value in others if len(value) <= 3]
        within = _any_of(sorted(value for value in others if len(value) > 3))
        self._pattern = re.compile("|".join(filter(None, [within, *alone]))) if others else None

    def __call__(self, text: str) -> str:
        """Return `text` without any of the secrets."""
        for value in self._long:
            text = text.replace(value, self._masked[value])
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._masked[match[0]], text)

    def __bool__(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._masked)

    def __repr__(self) -> str:
        return f"Redactor({len(self._masked)} spellings)"

    def _add(self, value: str, shown: str) -> None:
        for spelling in _spellings(value):
            if spelling.strip():
                self._masked.setdefault(spelling, shown)
        lines = [line.strip(" \t\r'\"+\\") for line in re.split(r"\n|\\n", value)]
        if len(lines) > 1:
            for line in lines:
                if len(line) >= 12 and not line.startswith("-----"):
                    self._masked.setdefault(line, "***")


def _spellings(value: str) -> set[str]:
    quoted = "".join(chr(one) if one in _UNRESERVED else f"%{one:02X}" for one in value.encode("utf-8", "replace"))
    return {
        value,
        value.strip(),
        repr(value)[1:-1],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        html.escape(value),
        html.escape(value, quote=False),
        quoted,
        quoted.replace("%20", "+"),
        quoted.replace("%2F", "/"),
    }


def _any_of(values: Sequence[str], depth: int = 0) -> str:
    """Return the pattern of any of the sorted `values`, the longest that stands there.

    Values that begin alike share that beginning: tried one after the other, as many values as a large notebook
    may hold would take minutes.
    """
    if depth > _DEEPEST:
        return "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))
    parts = []
    for _, group in groupby(values, key=lambda value: value[0]):
        alike = list(group)
        first, last = alike[0], alike[-1]  # of sorted texts these two differ first
        start = first[: next((at for at, one in enumerate(first) if one != last[at]), len(first))]
        rests = [value[len(start) :] for value in alike if len(value) > len(start)]
        ending = "|" if len(rests) < len(alike) else ""  # the start is a value itself
        parts.append(re.escape(start) + (f"(?:{_any_of(rests, depth + 1)}{ending})" if rests else ""))
    return "|".join(parts)


def shown(source: str, hit: Hit, redact: Redactor, width: int = 120) -> str:
    """Return the line of `hit` as people may see it: masked, cut at `width`, "…" for further lines.

    >>> hit = Hit(1, 1, "AKIAIOSFODNN7EXAMPLE", "AWS access key")
    >>> shown('access_key = "AKIAIOSFODNN7EXAMPLE"', hit, Redactor([hit]))
    'access_key = "AKIA…"'
    """
    # masked as a whole first: a secret may go over the line's end
    lines = source.split("\n")[hit.line - 1 : hit.end_line]
    text = redact("\n".join(lines)).strip()
    first = text.split("\n")[0].rstrip()
    if len(first) > width:
        first = first[: width - 1] + "…"
    elif first != text and not first.endswith("…"):
        first += " …"
    return first
