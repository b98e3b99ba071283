"""Runs the blocks of a page in their order, as a reader would: one shell and one IPython for the whole page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

RUN = ("shell", "python", "ipython")
#: A block, with what stands between it and the block before: there a mark says why it is not run.
_FENCE = re.compile(r"^```(?P<language>[\w-]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"<!-- not run: (?P<why>.+?) -->\s*\Z", re.DOTALL)
#: How pages write the id of a record.
_RECORD = re.compile(r"(?<=history )ID\b")
_LIMIT = 120  # seconds for one block


@dataclass(frozen=True)
class Block:
    """One block; `why` says why it is not run ("": it is), `expected` what it prints last (None: nothing is said)."""

    line: int
    language: str
    text: str
    why: str = ""
    expected: str | None = None


def blocks_of(page: str) -> tuple[Block, ...]:
    """Return the blocks that could be run; a block of `text` right behind one is what it prints."""
    found = list(_FENCE.finditer(page))
    blocks: list[Block] = []
    for place, one in enumerate(found):
        if one["language"] not in RUN:
            continue
        before = page[found[place - 1].end() if place else 0 : one.start()]
        mark = _MARK.search(before)
        after = found[place + 1] if place + 1 < len(found) else None
        told = after is not None and after["language"] == "text" and not page[one.end() : after.start()].strip()
        blocks.append(
            Block(
                page.count("\n", 0, one.start()) + 1,
                one["language"],
                one["text"],
                " ".join(mark["why"].split()) if mark else "",
                after["text"] if after is not None and told else None,
            )
        )
    return tuple(blocks)


def ends(expected: str, said: str) -> bool:
    """Tell whether what was said ends with these lines; `…` stands for any text.

    A page shows of a long output what its last command said. Blanks at the ends of lines count for nothing.
    """
    pattern = r"[\s\S]*?".join(re.escape(part) for part in _bare(expected).split("…"))
    return re.fullmatch(r"(?:[\s\S]*\n)?" + pattern, _bare(said)) is not None


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def _steps(text: str) -> list[str]:
    """Return a block cut before each line that names a record: the lines above may make the one that is meant."""
    steps: list[str] = []
    for line in text.splitlines(keepends=True):
        if steps and not _RECORD.search(line):
            steps[-1] += line
        else:
            steps.append(line)
    return steps


class Reader:
    """Who does what a page says, in `folder`, with these variables; a context manager."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._state = folder.parent / "shell-state"
        self._environ = dict(environ)
        self._ipython: subprocess.Popen[str] | None = None

    def __enter__(self) -> Reader:  # noqa: PYI034
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ipython is not None:
            assert self._ipython.stdin is not None
            assert self._ipython.stdout is not None
            with suppress(BrokenPipeError):
                self._ipython.stdin.close()
            self._ipython.stdout.close()
            try:
                self._ipython.wait(30)
            except subprocess.TimeoutExpired:
                self._ipython.kill()
                self._ipython.wait()

    def run(self, block: Block) -> str:
        """Return what the block says on standard output; AssertionError where it fails."""
        one_after_the_other = self._shell if block.language == "shell" else self._python
        return "".join(one_after_the_other(_RECORD.sub(lambda _: self._newest(), text)) for text in _steps(block.text))

    def _shell(self, text: str) -> str:
        script = _SCRIPT.replace("TEXT", text)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._folder,
            env={**self._environ, "STATE": str(self._state)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        assert done.returncode == 0, f"{text}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _python(self, text: str) -> str:
        self._ipython = self._ipython or subprocess.Popen(
            [sys.executable, "-c", _IPYTHON],
            cwd=self._folder,
            env=self._variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._ipython.stdin is not None
        assert self._ipython.stdout is not None
        print(json.dumps(text), file=self._ipython.stdin, flush=True)
        answer = self._ipython.stdout.readline()
        assert answer, f"{text}\nended IPython"
        told = json.loads(answer)
        assert told["good"], f"{text}\nfailed\n{told['said']}"
        return str(told["said"])

    def _variables(self) -> dict[str, str]:
        """The variables as the shell has them now."""
        said = self._shell("env -0")
        return dict(one.split("=", 1) for one in said.split("\0") if "=" in one)

    def _newest(self) -> str:
        """The id of the newest record of the history."""
        rows = json.loads(self._shell("jpe history --limit 1 --json"))
        assert rows, "a record is named, and the history has none"
        return str(rows[0]["id"])


#: What the block leaves of variables, and its folder, is what the next one begins with.
_SCRIPT = """
set -euo pipefail
[ ! -f "$STATE" ] || . "$STATE"
TEXT
set +eu
{ export -p; echo "cd '$PWD'"; } > "$STATE"
"""
_IPYTHON = """
import json, os, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

answers = os.fdopen(os.dup(1), "w")
shell = InteractiveShell.instance()
shell.colors = "nocolor"
shell.history_manager.enabled = False
shell.push({"c": Config()})  # as in ipython_config.py
for line in sys.stdin:
    with capture_output() as said:
        done = shell.run_cell(json.loads(line), store_history=False)
    print(json.dumps({"good": done.success, "said": said.stdout}), file=answers, flush=True)
"""


def variables(home: Path, path: Sequence[Path]) -> dict[str, str]:
    """Return the variables of a user who has set nothing; programs are looked for in `path` first."""
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "PATH": os.pathsep.join([*map(str, path), os.environ["PATH"]]),
        "COLUMNS": "160",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
