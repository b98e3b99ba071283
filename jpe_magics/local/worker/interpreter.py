"""Run one statement as Livy's pyspark shell does (`fake_shell.py` in Apache Livy).

Top-level nodes run one by one, the last one in "single" mode, so that the repr of a trailing expression is printed;
what was printed is the statement's `text/plain`.  The namespace has no `__name__` (so that reads give `builtins`).
Livy's magics count only at the start of a line, and only where the text is no valid Python.

Two differences, both for the reader of an error: the lines of the statements stand in the traceback (Livy's shell
drops the top frame and knows no source), and what a failed statement had printed goes to the session's log (in
Livy's shell it turns up in the next statement's output).
"""

from __future__ import annotations

import ast
import io
import linecache
import pathlib
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

from .livy_magics import run_magic

_OUR_FOLDER = pathlib.Path(__file__).parent


class Captured(io.TextIOBase):
    """A text stream that keeps what is written until it is taken.

    It is never closed or replaced: a log handler made by one statement still works in the next.
    """

    encoding = "utf-8"

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._lock = threading.Lock()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Keep the text; return its length."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            self._parts.append(text)
        return len(text)

    def take(self) -> str:
        """Return what was written since the last time."""
        with self._lock:
            parts, self._parts = self._parts, []
        return "".join(parts)


class Interpreter:
    """A Python namespace in which statements run one after the other."""

    def __init__(self, names: dict[str, Any]) -> None:
        #: The namespace itself.
        self.names = dict(names)
        self._stdout = Captured()
        self._stderr = Captured()

    def capture(self) -> None:
        """Catch what Python code prints from here on; nothing can be read from standard input."""
        sys.stdin = io.StringIO()
        sys.stdout = self._stdout
        sys.stderr = self._stderr

    def execute(self, number: int, code: str) -> dict[str, Any]:
        """Run the code; return Livy's `output`, of status `ok` or `error`.

        Nothing is raised: whatever the code raises, `SystemExit` too, is its result, as in Livy's shell.
        """
        filename = f"<statement {number}>"
        linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
        try:
            data = self._run(code, filename)
        except BaseException as error:  # noqa: BLE001 - see above
            self.printed_to_log()
            return error_output(number, error)
        text = (self._stdout.take() + self._stderr.take()).rstrip()
        if text or not data:
            data["text/plain"] = text
        return {"status": "ok", "execution_count": number, "data": data}

    def _run(self, code: str, filename: str) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for part in _parts(code, filename):
            if isinstance(part, str):
                data = run_magic(part, self.names)
            else:
                data = {}
                self._run_nodes(part, filename)
        return data

    def _run_nodes(self, tree: ast.Module, filename: str) -> None:
        for node in tree.body[:-1]:
            # dont_inherit: this module's own __future__ imports must not reach the user's code.
            exec(compile(ast.Module([node], []), filename, "exec", dont_inherit=True), self.names)  # noqa: S102
        for node in tree.body[-1:]:
            exec(compile(ast.Interactive([node]), filename, "single", dont_inherit=True), self.names)  # noqa: S102

    def printed_to_log(self) -> None:
        """Move what was printed to the session's log: it is not part of any statement's output."""
        printed = self._stdout.take() + self._stderr.take()
        if printed and sys.__stderr__ is not None:
            sys.__stderr__.write(printed if printed.endswith("\n") else printed + "\n")
            sys.__stderr__.flush()


def error_output(number: int, error: BaseException) -> dict[str, Any]:
    """Return the `output` of a failed statement; its traceback starts at the user's own code."""
    frames = error.__traceback__
    while frames is not None and pathlib.Path(frames.tb_frame.f_code.co_filename).parent == _OUR_FOLDER:
        frames = frames.tb_next
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - the user's own __str__ failed: say so, as Python's tracebacks do
        message = "<exception str() failed>"
    return {
        "status": "error",
        "execution_count": number,
        "ename": type(error).__name__,
        "evalue": message,
        "traceback": traceback.format_exception(type(error), error, frames, chain=False),
    }


def _parts(code: str, filename: str) -> Iterator[ast.Module | str]:
    """Yield trees to run and magic lines; raise `SyntaxError` before anything is run."""
    try:
        whole = _parse(code, filename)
    except SyntaxError:
        split = list(_split_at_magics(code, filename))
        yield from split
    else:
        yield whole


def _split_at_magics(code: str, filename: str) -> Iterator[ast.Module | str]:
    chunk: list[str] = []
    start = 0
    for index, line in enumerate([*code.rstrip().split("\n"), "%"]):
        if not line.startswith("%"):
            chunk.append(line)
            continue
        if chunk:
            # The blank lines in front keep the line numbers those of the statement.
            yield _parse("\n" * start + "\n".join(chunk), filename)
        chunk = []
        start = index + 1
        if index < len(code.rstrip().split("\n")):
            yield line


def _parse(code: str, filename: str) -> ast.Module:
    tree = compile(code, filename, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Module)  # that is what the mode and the flag mean
    return tree
