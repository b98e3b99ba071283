"""A file's text, coloured, to be selected and copied."""

from __future__ import annotations

from ipywidgets import HTML  # type: ignore[import-untyped]

from jpe_magics.core.summary.document import visible
from jpe_magics.core.summary.html import Html, element, join, style
from jpe_magics.core.summary.page import LONGEST_CODE, STYLE
from jpe_magics.model.artifact import File

#: Longer texts are shown plain: colours of more than this are slow to make and to draw.
LONGEST_COLOURED = 60_000

#: Colours that can be read on light and dark; JupyterLab's own where it has them.  VS Code defines the
#: `--jp-*` names too, as light ones, but has no variables for code.
_CSS = """
.jpe-code pre{overflow:auto;max-height:40em;margin:4px 0;padding:6px 8px;white-space:pre;line-height:1.4}
.jpe-code .k{color:var(--jp-mirror-editor-keyword-color,#2a7f3f);font-weight:600}
.jpe-code .s{color:var(--jp-mirror-editor-string-color,#b5483a)}
.jpe-code .c{color:var(--jp-mirror-editor-comment-color,#6f8a8d);font-style:italic}
.jpe-code .m{color:var(--jp-mirror-editor-number-color,#2f8a57)}
.jpe-code .n{color:var(--jp-mirror-editor-def-color,#3b76d0)}
body.vscode-dark .jpe-code .k{color:#569cd6}body.vscode-dark .jpe-code .s{color:#ce9178}
body.vscode-dark .jpe-code .c{color:#6a9955}body.vscode-dark .jpe-code .m{color:#b5cea8}
body.vscode-dark .jpe-code .n{color:#dcdcaa}
"""


def code_view(file: File) -> HTML:
    """Return the file's text as a widget; what is too long is cut, and says so."""
    text = file.text[:LONGEST_CODE]
    shown = coloured(text, file.language) if len(text) <= LONGEST_COLOURED else element("span", text)
    parts = [element("pre", element("code", shown), tabindex="0", aria_label=file.path)]
    if len(text) < len(file.text):
        parts.append(element("div", f"Cut here: the whole text has {len(file.text):,} characters."))
    return HTML(value=join(style(STYLE + _CSS), element("div", *parts, class_="jpe jpe-code")))


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
