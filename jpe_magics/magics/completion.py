"""Tab completion on the lines of our magics."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from jpe_magics.errors import JpeError
from jpe_magics.magics.line import last_word, split

if TYPE_CHECKING:
    from jpe_magics.model.option import Option
    from jpe_magics.session import Session

#: A line of ours up to the cursor, as a whole or behind `x =`; without % where automagic would add it.
_LINE = re.compile(
    r"\s*(?:[\w.\[\]'\", ]+=\s*%|%?)(?P<magic>export_pipeline|jpe_history)\s(?P<rest>[^\n]*)\Z", re.ASCII
)

#: Values worth offering for options that take any text.
_SUGGESTED = {
    "schedule": ("@once", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly", "none"),
    "kinds": ("auto", "spark", "pyspark", "sql", "scala", "plain"),
}


class Completer:
    """Completes targets, options, their values, notebook paths and record ids."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    def complete(self, text: str) -> tuple[str, list[str]] | None:
        """Return the fragment before the cursor and what it can become; None if the line is not ours."""
        line = _LINE.match(text.rpartition("\n")[2])
        if line is None:
            return None
        start, _ = last_word(line["rest"])
        before, fragment = line["rest"][:start], line["rest"][start:]
        try:
            words = self._words(line["magic"], split(before), fragment)
            # a path with a blank in it becomes a quoted one
            return fragment, [word for word in words if word.startswith((fragment, f'"{fragment}'))]
        except JpeError:  # a broken setting or history is told when the line runs, not while it is typed
            return fragment, []

    def _words(self, magic: str, before: Sequence[str], fragment: str) -> Iterable[str]:
        from jpe_magics.targets import targets

        usable = [name for name, one in targets().items() if one.available]
        if magic == "jpe_history":
            from jpe_magics.answers import HISTORY_OPTIONS

            options = HISTORY_OPTIONS
        elif not before:
            return usable
        elif before[0] in usable:
            from jpe_magics.core.options import options_of

            options = options_of(targets()[before[0]].options)
        else:
            return ()
        by_flag = {one.flag: one for one in options}
        named, sign, value = fragment.partition("=")
        if sign and named in by_flag:
            return (f"{named}={one}" for one in self._values(by_flag[named], value, usable))
        waiting = by_flag.get(before[-1]) if before else None
        if waiting is not None and waiting.type != "flag":
            return self._values(waiting, fragment, usable)
        if magic == "jpe_history" and not fragment.startswith("-"):
            return self._records()
        return _flags(options, before)

    def _values(self, option: Option, fragment: str, usable: Sequence[str]) -> Iterable[str]:
        if option.choices:
            return option.choices
        if option.type == "list":
            done = fragment.rpartition(",")[0]
            prefix = f"{done}," if done else ""
            return (prefix + one for one in _SUGGESTED.get(option.name, ()) if one not in done.split(","))
        if option.type == "path":
            return _paths(fragment, (".ipynb",) if option.name == "notebook" else None)
        if option.name == "diff":
            return self._records()
        if option.name == "target":
            return usable
        return _SUGGESTED.get(option.name, ())

    def _records(self) -> Iterable[str]:
        return [row.id for row in self._session().history.newest(50)]


def _flags(options: Sequence[Option], before: Sequence[str]) -> Iterator[str]:
    used = {word.partition("=")[0] for word in before}
    for one in options:
        spellings = [one.flag]
        if one.type == "flag" and one.default is not False:
            spellings.append("--no-" + one.flag[2:])
        if one.type == "map" or used.isdisjoint(spellings):
            yield from spellings


def _paths(fragment: str, endings: tuple[str, ...] | None) -> Iterator[str]:
    """Return folders (with a / at the end) and files below the fragment's folder, quoted where they need it."""
    quote = fragment[:1] if fragment[:1] in ("'", '"') else ""
    folder, _, name = fragment[len(quote) :].rpartition("/")
    root = folder or ("/" if fragment[len(quote) :].startswith("/") else ".")
    try:
        entries = sorted(os.scandir(os.path.expanduser(root)), key=lambda one: one.name)  # noqa: PTH111
    except OSError:
        return
    lead = fragment[len(quote) : len(fragment) - len(name)] if name else fragment[len(quote) :]
    for entry in entries:
        if not entry.name.startswith(name) or (entry.name.startswith(".") and not name.startswith(".")):
            continue
        if entry.is_dir():
            yield f"{quote}{lead}{entry.name}/"
        elif endings is None or entry.name.endswith(endings):
            path = lead + entry.name
            yield f"{quote}{path}{quote}" if quote else path if shlex.quote(path) == path else f'"{path}"'
