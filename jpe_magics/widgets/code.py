"""A file's text, coloured, to be selected and copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from jpe_magics.core.summary.document import lines_of, visible
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.core.summary.page import LONGEST_CODE, sections
from jpe_magics.model.artifact import File

#: Longer texts are shown plain: colours of more than this are slow to make and to draw.
LONGEST_COLOURED = 60_000


def code_html(file: File) -> Html:
    """Return the file's text as markup, its boilerplate folded away; what is too long is cut, and says so."""
    above, ours, below = sections(file.text, file.boilerplate)
    if not ours:
        return element("div", block(code_lines(above, file.language), file.path), cut_note(file), class_="jpe-code")
    told = lines_of(ours, file.boilerplate)
    folded = element("details", element("summary", told), block(code_lines(ours, file.language)), class_="jpe-ours")
    parts = (block(code_lines(above, file.language), file.path), folded, block(code_lines(below, file.language)))
    return element("div", element("div", *parts, class_="jpe-pieces"), cut_note(file), class_="jpe-code")


def block(lines: Iterable[Html], path: str = "") -> Html:
    """Return lines of code as one block, which is the place for the keyboard where it names the file."""
    reached = {"tabindex": "0", "role": "region", "aria_label": path} if path else {}
    return element("pre", element("code", *lines), dir="ltr", **reached)


def cut_note(file: File) -> Html:
    """Return what is said below a text that is too long, nothing for any other."""
    if len(file.text) <= LONGEST_CODE:
        return Html()
    return element("div", f"Cut here: the whole text has {len(file.text):,} characters.")


def code_lines(text: str, language: str) -> tuple[Html, ...]:
    """Return the lines of a file's text as markup, each with its end."""
    if len(text) <= LONGEST_COLOURED and language == "python":
        return coloured_lines(text)
    return tuple(join(line) for line in visible(text).splitlines(keepends=True))


def coloured_lines(text: str) -> tuple[Html, ...]:
    """Return the lines of Python code with their words marked by kind.

    Without its tags the result is exactly the text, but for what would hide something (see `visible`).
    """
    lines: list[list[Html]] = [[]]
    for mark, words in groupby(_marked(visible(text)), lambda one: one[0]):
        for line in "".join(word for _, word in words).splitlines(keepends=True):
            lines[-1].append(element("span", line, class_=mark) if mark and not line.isspace() else join(line))
            if line.endswith("\n"):
                lines.append([])
    return tuple(join(*line) for line in lines if line)


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text's words, each with the class of its kind, "" for none."""
    from pygments.lexers.python import PythonLexer
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    marks = {
        Keyword: "k",
        Operator.Word: "k",
        String: "s",
        Comment: "c",
        Number: "m",
        Name.Function: "n",
        Name.Class: "n",
        Name.Decorator: "n",
    }
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for kind, word in lexer.get_tokens(text):
        yield next((marks[one] for one in reversed(kind.split()) if one in marks), ""), word
