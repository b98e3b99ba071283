"""A file's text, coloured, to be selected and copied."""

from __future__ import annotations

from jpe_magics.core.summary.document import visible
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.core.summary.page import LONGEST_CODE
from jpe_magics.model.artifact import File

#: Longer texts are shown plain: colours of more than this are slow to make and to draw.
LONGEST_COLOURED = 60_000


def code_html(file: File) -> Html:
    """Return the file's text as markup; what is too long is cut, and says so."""
    text = file.text[:LONGEST_CODE]
    shown = coloured(text, file.language) if len(text) <= LONGEST_COLOURED else element("span", text)
    parts = [element("pre", element("code", shown), tabindex="0", role="region", aria_label=file.path, dir="ltr")]
    if len(text) < len(file.text):
        parts.append(element("div", f"Cut here: the whole text has {len(file.text):,} characters."))
    return element("div", *parts, class_="jpe-code")


def coloured(text: str, language: str) -> Html:
    """Return the text with its words marked by kind; any other language than Python stays plain.

    Without its tags the result is exactly the text, but for what would hide something (see `visible`).
    """
    if language != "python":
        return element("span", text)
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
    parts = []
    for kind, word in lexer.get_tokens(visible(text)):
        mark = next((marks[one] for one in reversed(kind.split()) if one in marks), "")
        parts.append(element("span", word, class_=mark) if mark else word)
    return join(*parts)
