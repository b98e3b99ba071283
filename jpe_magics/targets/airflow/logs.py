"""A task's log, and the remote error in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.flow.received import text
from jpe_magics.targets.airflow.resources import rows
from jpe_magics.targets.masked import masked

#: What the generated DAG logs before the error that the code raised in the session (`templates/airflow/livy.py.j2`).
FAILED = "The code failed in the session:\n"
#: What the generated DAG says of its own work, which is no output of the code.
_OWN = re.compile(r"(Statement|Session|Deleting session) ")
#: `[2026-11-21T02:56:12.949+0000] {other.py:16} ERROR - ` before each entry of Airflow 2's log.
_ENTRY = re.compile(r"^\[[^\]\n]{10,40}\] \{([^}\n]*?):\d+\} ([A-Z]+) - ", re.MULTILINE)
#: What Airflow logs with an exception that a task did not catch, and the exception below its traceback.
_CAUGHT = "Task failed with exception"
_RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:: .*)?$", re.MULTILINE)
#: What stands between an exception and the one that was raised because of it, or while it was handled.
_THEN = re.compile(r"^(?:The above exception was the direct|During handling of the above) .*:$", re.MULTILINE)
_OUTPUT_LINES, _TRACE_LINES = 5, 20


@dataclass(frozen=True)
class Line:
    """An entry of a log: `level` is "info", "error" …, `error` "Type: value" of the exception logged with it.

    `output` tells whether the task's own code said it.
    """

    text: str
    level: str = "info"
    error: str = ""
    output: bool = False


@dataclass(frozen=True)
class RemoteError:
    """Why a task failed: `error` is "Type: value" ("" where the log does not tell), `trace` where it happened.

    `output` is what the task printed last.
    """

    error: str = ""
    trace: tuple[str, ...] = ()
    output: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = [self.error, *self.trace]
        if self.output:
            told += ["It printed last:", *(f"  {line}" for line in self.output)]
        return "\n".join(line for line in told if line)


def lines_of_3(told: Any) -> Sequence[Line]:
    """Return the entries of a log of Airflow 3: an object each."""
    return [_line(one) for one in rows(told, "content") if not text(one.get("event")).startswith("::")]


def lines_of_2(told: Any, file: str) -> Sequence[Line]:
    """Return the entries of a log of Airflow 2: one text for each host, in a Python literal.

    `file` is the name of the DAG's file.
    """
    content = told.get("content") if isinstance(told, Mapping) else None
    try:
        hosts = ast.literal_eval(content) if isinstance(content, str) else ()
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        hosts = [("", content)]
    pairs = [one for one in hosts if isinstance(one, tuple) and len(one) == 2] if isinstance(hosts, list) else []
    return [line for _, log in pairs for line in _entries(text(log), file)]


def remote_error(lines: Iterable[Line], values: Iterable[tuple[str, str]] = ()) -> RemoteError:
    """Return why the task failed: what the code raised in the session, what Airflow caught, or its first complaint.

    `values` are the parameters of its run: those that look like secrets are masked, like all else that does.
    """
    remote, caught, complaint = "", "", ""
    output: list[str] = []
    for line in lines:
        if line.text.startswith(FAILED):
            remote = line.text[len(FAILED) :]
        elif line.error:
            caught = line.error
        elif line.level in ("error", "critical"):
            complaint = complaint or line.text.partition("\n")[0]
        elif line.output:
            output += line.text.splitlines()
    given = tuple(values)
    first, *trace = masked((remote or caught or complaint).strip(), given) or [""]
    printed = [one for one in masked("\n".join(output), given) if one]
    return RemoteError(first, tuple(trace[-_TRACE_LINES:]), tuple(printed[-_OUTPUT_LINES:]))


def _line(one: Mapping[str, Any]) -> Line:
    said = text(one.get("event"))
    printed = text(one.get("logger")) == "task.stdout" or text(one.get("chan")) == "stdout"
    logged = text(one.get("logger")) == "airflow.task" and not _OWN.match(said)
    level = text(one.get("level"))
    errors = [f"{text(each.get('exc_type'))}: {text(each.get('exc_value'))}" for each in rows(one, "error_detail")]
    return Line(said, level, errors[0] if errors else "", (printed or logged) and level == "info")


def _entries(log: str, file: str) -> list[Line]:
    """Return the entries of Airflow 2's text; one goes until the next begins."""
    begins = list(_ENTRY.finditer(log))
    ends = [*(one.start() for one in begins[1:]), len(log)]
    return [
        _entry(begin[1] in ("logging_mixin.py", file), begin[2].lower(), log[begin.end() : end].rstrip("\n"))
        for begin, end in zip(begins, ends, strict=False)
        if not log.startswith("::", begin.end())
    ]


def _entry(ours: bool, level: str, said: str) -> Line:
    """Return an entry; `ours` tells whether it was printed (logging_mixin.py) or logged by the DAG's file."""
    # the first line is Airflow's own word; of exceptions that led to another the last one counts
    trace = _THEN.split(said.partition("\n")[2])[-1] if level == "error" and said.startswith(_CAUGHT) else ""
    raised = _RAISED.search(trace)
    if raised is not None:
        return Line(_CAUGHT, level, raised[0])
    return Line(said, level, "", ours and level == "info" and not _OWN.match(said))
