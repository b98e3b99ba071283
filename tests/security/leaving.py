"""Everything that leaves: what is gathered, and how a value is looked for in it."""

from __future__ import annotations

import base64
import dataclasses
import html
import json
import logging
import os
import stat
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus


class Leaving:
    """Texts by the place where they leave; `secrets` is what must be in none of them, by a name for it."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.secrets = dict(secrets)
        self.texts: list[tuple[str, bytes]] = []
        self._spelled = {name: spellings(value) for name, value in self.secrets.items()}

    def add(self, place: str, *things: object) -> None:
        """Take texts and bytes as they are, all else by its repr and, for dataclasses, that of its fields."""
        for thing in things:
            if isinstance(thing, BaseException):
                self.texts.append((place, told_by(thing).encode(errors="replace")))
            elif isinstance(thing, bytes):
                self.texts.append((place, thing))
            else:
                self.texts.append((place, (thing if isinstance(thing, str) else repr(thing)).encode(errors="replace")))

    def files(self, place: str, folder: Path, *, but: Iterable[Path] = ()) -> None:
        """Take every file below `folder`, its name too."""
        left_out = set(but)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path not in left_out:
                self.add(f"{place}: {path.name}", str(path), path.read_bytes())

    def found(self) -> list[str]:
        """Return where which secret was found, and what stands around it."""
        return [
            f"{name} in {place}: …{text[max(0, text.find(one) - 60) : text.find(one) + 40]!r}…"
            for place, text in self.texts
            for name, spelled in self._spelled.items()
            for one in spelled
            if one in text
        ]


def spellings(value: str) -> list[bytes]:
    """Return the ways in which a value may stand in a text."""
    first = max(value.split("\n"), key=len)  # of several lines, one is one too many
    plain = {first, repr(first)[1:-1], json.dumps(first)[1:-1], html.escape(first), quote(first), quote_plus(first)}
    raw = first.encode()
    packed = {base64.b64encode(raw), base64.urlsafe_b64encode(raw), raw.hex().encode()}
    return [one.encode() for one in plain] + [one.rstrip(b"=") for one in packed if len(raw) >= 12]


def told_by(error: BaseException) -> str:
    """Return all that a program can show of an error: its chain, its attributes, the variables of all frames.

    The frames of the tests themselves are left out: they hold what they have planted.
    """
    texts: list[str] = []
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        texts += [str(one), repr(one), repr(one.args), repr(vars(one))]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if f"{os.sep}tests{os.sep}" not in frame.f_code.co_filename:
                where = f"{frame.f_code.co_filename}, {frame.f_code.co_name}"
                texts += [f"{where}: {name} = {shown!r}" for name, shown in frame.f_locals.items()]
        todo += [linked for linked in (one.__cause__, one.__context__) if linked is not None]
    return "\n".join(texts)


def fields_of(thing: Any) -> str:
    """Return the reprs of all that a result object holds but the artifact, which is what was asked for."""
    if not dataclasses.is_dataclass(thing):
        return repr(thing)
    held = [getattr(thing, one.name) for one in dataclasses.fields(thing) if one.name != "artifact"]
    return "\n".join(repr(one) for one in held)


def widget_states(root: Any) -> str:
    """Return what a front end gets of a view: the state of every widget in it."""
    states, todo, seen = [], [root], set()
    while todo:
        one = todo.pop()
        if one.model_id in seen:
            continue
        seen.add(one.model_id)
        states.append(repr(one.get_state()))
        todo += [child for child in getattr(one, "children", ()) if hasattr(child, "model_id")]
    return "\n".join(states)


@contextmanager
def logged() -> Iterator[list[str]]:
    """Yield a list that gets every record of every logger at DEBUG, with the tracebacks in it."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, handler = logging.getLogger(), Keep(logging.DEBUG)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


class Processes:
    """Reads the arguments of all processes of the machine while it is open; `arguments` is what was seen."""

    def __init__(self) -> None:
        self.arguments: set[bytes] = set()
        self.looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Processes:  # noqa: PYI034
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not (self.looks and self._over.wait(0.002)):
            self.looks += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):  # it has ended meanwhile
                    self.arguments.add(path.read_bytes())


GIT_SPY = """\
#!/bin/sh
# Stands in front of git: keeps its arguments, its input and all that lies in its folder, then is git.
{{
  printf '%s\\n' "$@"
  test -n "$GIT_DIR" && find "$GIT_DIR" -type f ! -name 'pack-*' -exec cat {{}} +
}} >> {log} 2>/dev/null
exec {git} "$@"
"""


def spy_on_git(folder: Path, git: str) -> Path:
    """Put a program named git into `folder`, which is to come first in PATH; return the file that it writes to."""
    log = folder / "git.log"
    spy = folder / "git"
    spy.write_text(GIT_SPY.format(log=log, git=git))
    spy.chmod(spy.stat().st_mode | stat.S_IXUSR)
    return log
