"""The `%%magic` line at the head of a cell, found as the cell's own kernel finds it."""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

from jpe_magics.core.remembered import Remembered
from jpe_magics.model.text import Text

#: Magics that Sparkmagic's kernels take with one `%` as well (its `UserCodeParser`).
_ONE_PERCENT = frozenset({"local", "spark", "info", "logs", "cleanup", "delete", "help", "send_to_spark"})


class Head(NamedTuple):
    """A cell magic: `%%name arguments`, on the user's `line`; `text` is that line without its indentation.

    `prelude` are the lines above it (only Synapse, Fabric and Glue take any that are not blank), `body`
    those below, each None where there are none.  `help` tells that the line asks for help (`%%name?`).
    """

    name: str
    arguments: str
    line: int
    text: str
    prelude: Text | None
    body: Text | None
    help: bool = False

    @property
    def rest(self) -> Text:
        """What is left of the cell without the magic line."""
        if self.prelude and self.body:
            return Text(f"{self.prelude.text}\n{self.body.text}", self.prelude.lines + self.body.lines)
        return self.prelude or self.body or Text("", (self.line,))


def ipython_head(text: Text) -> Head | None:
    """Return the head as IPython finds it: below blank lines only, and dedented with the cell."""
    return _ipython_head(text) if "%%" in text.text else None


@Remembered
def _ipython_head(text: Text) -> Head | None:
    text = leading_indent(text)
    lines = text.text.split("\n")
    at = next((at for at, line in enumerate(lines) if line.strip()), 0)
    return _head(text.drop_lines(range(1, at + 1)), 0) if lines[at].startswith("%%") else None


def sparkmagic_head(text: Text) -> Head | None:
    """Return the head as Sparkmagic's kernels find it: the cell's very first characters."""
    if text.text.startswith("%%"):
        return _head(text, 0)
    word = re.match(r"%(\w+)", text.text)
    return _head(text, 0) if word and word[1] in _ONE_PERCENT else None


def one_percent_head(text: Text) -> Head | None:
    """Return the first line that is not blank as a head where it is a line magic."""
    if "%" not in text.text:
        return None
    lines = text.text.split("\n")
    at = next((at for at, line in enumerate(lines) if line.strip()), 0)
    return _head(text.drop_lines(range(1, at + 1)), 0) if re.match(r"\s*%\w", lines[at]) else None


def lenient_head(text: Text) -> Head | None:
    """Return the head as Synapse, Fabric and Glue find it: below blank, comment and line-magic lines."""
    for at, line in enumerate(text.text.split("\n")):
        bare = line.strip()
        if bare.startswith("%%"):
            return _head(text, at)
        if bare and not bare.startswith(("#", "%")):
            return None
    return None


def _head(text: Text, at: int) -> Head:
    line = text.text.split("\n")[at].strip()
    name, arguments = [*re.split(r"\s+", line.lstrip("%"), maxsplit=1), ""][:2]
    help_asked = re.match(r"\w+\?", name)  # as IPython's cell_magic, which leaves such a line to its help
    count = len(text.lines)
    return Head(
        name=name.rstrip("?") if help_asked else name,
        arguments=arguments,
        line=text.source_line(at + 1),
        text=line,
        prelude=text.drop_lines(range(at + 1, count + 1)) if at else None,
        body=text.drop_lines(range(1, at + 2)) if at + 1 < count else None,
        help=help_asked is not None,
    )


def leading_indent(text: Text) -> Text:
    """Return a cell without the indentation that IPython takes off before it runs one.

    IPython 8 takes the first line's indentation from every line that has it, IPython 9 what all lines
    share (`inputtransformer2.leading_indent`).  The first line of code decides here, which is right for
    whatever either of them can run; a cell that starts at the margin stays as it is.
    """
    if text.text and not (text.text[0].isspace() or text.text[0] == "#"):
        return text
    lines = text.text.split("\n")
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    indent = first[: len(first) - len(first.lstrip(" \t"))]
    return Text("\n".join(line.removeprefix(indent) for line in lines), text.lines) if indent else text


def dedent(text: Text) -> Text:
    """Return a body as Sparkmagic sends it (`textwrap.dedent`, also inside of strings)."""
    return Text(textwrap.dedent(text.text), text.lines)
