"""SQL cells → Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jpe_magics.core.classified import Classified
from jpe_magics.core.literal import identifier, literal
from jpe_magics.model.finding import Finding
from jpe_magics.model.text import Text

_TOKEN = re.compile(
    r"""
    (?P<comment> --(?:\\\n|[^\n])* | /\*)
  | (?P<quoted>
        (?<!\w)[rR](?:'[^']*'|"[^"]*")          # raw text: no escapes
      | '(?:\\[\s\S]|[^'\\])*' | "(?:\\[\s\S]|[^"\\])*" | `[^`]*`
    )
  | (?P<end> ;)
  | (?P<blank> \s+)
  | (?P<other> \w+ | [\s\S])
    """,
    re.VERBOSE,
)


def sql_to_python(one: Classified) -> tuple[Text, tuple[Finding, ...]]:
    """Return the Python code of an SQL cell, and what the reader should know about it.

    Each statement becomes `spark.sql(...)` with its text unchanged; the result of the last one is
    assigned to the name after `-o`.  A cell without a statement gives an empty text.
    """
    code = translate(one.body, one.output)
    if not one.output or not code.text:
        return code, ()
    text = f"{one.output} is a Spark DataFrame in the export; in the notebook -o makes it a local pandas one"
    return code, (Finding.of(one.cell, "JPE313", text, one.body.lines[0]),)


def translate(body: Text, output: str = "") -> Text:
    """Return `spark.sql(...)` calls for the statements in `body`, with the lines they came from."""
    statements = list(split_statements(body.text))
    lines: list[str] = []
    places: list[int] = []
    for number, (start, statement) in enumerate(statements, 1):
        target = f"{identifier(output)} = " if output and number == len(statements) else ""
        call = f"{target}spark.sql({literal(statement)})".split("\n")
        first = body.text.count("\n", 0, start) + 1
        last = first + statement.count("\n")
        # a text that can't stand between triple quotes is written line by line, between parentheses
        shift = 0 if len(call) == last - first + 1 else 1
        lines += call
        places += [body.source_line(min(max(first + at - shift, first), last)) for at in range(len(call))]
    return Text("\n".join(lines), tuple(places)) if lines else Text("", body.lines[:1])


def split_statements(sql: str) -> Iterator[tuple[int, str]]:
    """Yield where each statement starts and its text, without the `;` and the blanks around it.

    A `;` in quotes or in a comment ends nothing (Spark SQL's lexical rules: backslash escapes, raw
    `r'…'`, bracketed comments that nest).  A `BEGIN … END` script is one statement.
    """
    start = at = 0
    words = 0
    while at < len(sql):
        token = _TOKEN.match(sql, at)
        assert token is not None  # `other` matches anything
        at = token.end()
        if token["end"]:
            if words:
                yield _trimmed(sql, start, token.start())
            start, words = at, 0
        elif token["comment"] == "/*":
            at = _comment_end(sql, at)
        elif token["quoted"] or token["other"]:
            if not words and token[0].upper() == "BEGIN":
                at = len(sql)
            words += 1
    if words:
        yield _trimmed(sql, start, len(sql))


def _comment_end(sql: str, at: int) -> int:
    depth = 1
    for mark in re.compile(r"/\*|\*/").finditer(sql, at):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


def _trimmed(sql: str, start: int, end: int) -> tuple[int, str]:
    text = sql[start:end]
    return start + len(text) - len(text.lstrip()), text.strip()
