"""Documents as HTML that needs nothing else: no script, no file, no front end.

A saved notebook shows it, and so do nbviewer and VS Code.  Where a front end takes styles away (a notebook that is not
trusted), plain tables stay.  Colours are VS Code's, then JupyterLab's, then ones that can be
read on light and dark: VS Code defines the `--jp-*` names too, as constant light values even in a
dark theme, so that its own must come first.
"""

from __future__ import annotations

from jpe_magics.core.summary.document import (
    LONGEST_CELL,
    SIGNS,
    Bar,
    Block,
    Code,
    Diff,
    Document,
    Facts,
    Link,
    Mark,
    Mono,
    Note,
    Phrase,
    Piece,
    Table,
    Trace,
    count,
    cut,
    pieces,
    safe_href,
    without_middle,
)
from jpe_magics.core.summary.html import Html, element, join, style

#: Characters of a file that are shown.
LONGEST_CODE = 200_000
#: A trace of more lines is folded away.
_FOLDED = 12

# `.jpe.jpe`: JupyterLab styles what it shows by a class and an element, and later than we do.
STYLE = """
.jpe{color:var(--vscode-editor-foreground,var(--jp-content-font-color1,inherit));
font-family:var(--vscode-font-family,var(--jp-ui-font-family,system-ui,sans-serif));font-size:13px;line-height:1.5;
max-width:100%;overflow-wrap:break-word}
.jpe-title{font-weight:600;font-size:15px;margin:4px 0}
.jpe-note{margin:4px 0;padding:2px 8px;border-left:3px solid currentColor;white-space:pre-wrap}
.jpe.jpe dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 12px;margin:6px 0}
.jpe.jpe dl dt{opacity:.75;font-weight:normal;float:none;width:auto;margin:0}
.jpe.jpe dl dd{margin:0;padding:0;width:auto;white-space:pre-wrap}
.jpe-scroll{overflow-x:auto;margin:8px 0}
.jpe.jpe table{border-collapse:collapse;table-layout:auto;margin:0;font-size:inherit}
.jpe.jpe caption{caption-side:top;text-align:left;font-weight:600;padding:2px 0;color:inherit}
.jpe.jpe th,.jpe.jpe td{text-align:left;vertical-align:top;padding:2px 10px 2px 0;max-width:48em;white-space:pre-wrap;
font-weight:normal;border-bottom:1px solid var(--vscode-panel-border,var(--jp-border-color2,rgba(128,128,128,.4)))}
.jpe.jpe thead th{font-weight:600}.jpe.jpe th[scope=row]{white-space:nowrap}
.jpe.jpe th.jpe-name{white-space:normal;overflow-wrap:anywhere;min-width:8em}.jpe-name code{white-space:inherit}
.jpe.jpe pre,.jpe.jpe code{font-family:
var(--vscode-editor-font-family,var(--jp-code-font-family,ui-monospace,monospace));
font-size:12px;color:inherit;background:transparent;padding:0}
.jpe.jpe pre{overflow:auto;max-height:40em;margin:4px 0;padding:6px 8px;white-space:pre;
border:1px solid var(--vscode-panel-border,var(--jp-border-color2,rgba(128,128,128,.4)))}
.jpe.jpe details{margin:6px 0}.jpe.jpe summary{cursor:pointer;font-weight:600}
.jpe.jpe a{color:var(--vscode-textLink-foreground,var(--jp-content-link-color,#3b82d0));text-decoration:underline}
.jpe-good{border-color:var(--vscode-testing-iconPassed,var(--jp-success-color1,#2a8a3e))}
.jpe-warn{border-color:var(--vscode-editorWarning-foreground,var(--jp-warn-color1,#b26a00))}
.jpe-bad{border-color:var(--vscode-editorError-foreground,var(--jp-error-color1,#d03c3c))}
.jpe-info{border-color:var(--vscode-editorInfo-foreground,var(--jp-info-color1,#3b82d0))}
.jpe-bar{display:flex;flex-wrap:wrap;align-items:center;gap:2px 10px;margin:4px 0}
.jpe.jpe progress{flex:0 1 16em;min-width:8em;height:12px;
accent-color:var(--vscode-progressBar-background,var(--jp-brand-color1,#3b82d0))}
.jpe-mark{border-width:1px;border-style:solid;border-radius:9px;padding:0 7px;white-space:nowrap}
.jpe.jpe ins{background:rgba(42,138,62,.22);text-decoration:none}
.jpe.jpe del{background:rgba(208,60,60,.22);text-decoration:none}
@media (max-width:480px){.jpe.jpe dl{grid-template-columns:1fr;gap:0}.jpe.jpe dl dd{margin-bottom:4px}}
"""


def to_html(document: Document) -> Html:
    """Return the document as one section of HTML with its styles."""
    # no <h3>: JupyterLab would list it in the notebook's table of contents
    title = element("div", document.title, class_="jpe-title", role="heading", aria_level="3")
    blocks = (_block(block) for block in document.blocks)
    return join(style(STYLE), element("section", title, *blocks, class_="jpe", aria_label=document.title))


def _block(block: Block) -> Html:
    if isinstance(block, Note):
        return element("div", SIGNS[block.level] + " ", _phrase(block.text), class_=f"jpe-note jpe-{block.level}")
    if isinstance(block, Facts):
        rows = (join(element("dt", name), element("dd", _phrase(phrase))) for name, phrase in block.rows)
        return element("dl", *rows)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Diff):
        return _scroll(block.caption, element("pre", element("code", *map(_changed, block.lines))), title=True)
    if isinstance(block, Trace):
        return _trace(block)
    return _bar(block) if isinstance(block, Bar) else _code(block)


def _bar(bar: Bar) -> Html:
    """Return the bar; one without a figure moves, which front ends draw themselves."""
    figure = {} if bar.percent is None else {"value": str(bar.percent)}
    drawn = element("progress", max="100", aria_label=bar.name, **figure)
    told = " · ".join(filter(None, ("" if bar.percent is None else f"{bar.percent} %", bar.text)))
    return element("div", drawn, element("span", told), class_="jpe-bar")


def _trace(trace: Trace) -> Html:
    text = without_middle(trace.text)
    lines = text.count("\n") + 1
    shown = element("pre", element("code", text), tabindex="0", aria_label=trace.caption)
    if lines > _FOLDED:
        return element("details", element("summary", f"{trace.caption} ({count(lines, 'line')})"), shown)
    return join(element("div", trace.caption), shown)


def _phrase(phrase: Phrase) -> Html:
    return join(*map(_piece, pieces(phrase)))


def _piece(piece: Piece) -> Html:
    if isinstance(piece, Mark):
        return element("span", f"{SIGNS[piece.level]} {piece.text}", class_=f"jpe-mark jpe-{piece.level}")
    if isinstance(piece, Mono):
        return element("code", cut(piece.text, LONGEST_CELL))
    if isinstance(piece, Link) and (href := safe_href(piece.href)):
        return element("a", piece.text, href=href, target="_blank", rel="noopener noreferrer")
    return join(cut(piece.text if isinstance(piece, Link) else piece, LONGEST_CELL))


def _table(table: Table) -> Html:
    head = element("tr", *(element("th", name, scope="col") for name in table.columns))
    names = table.columns[0] not in table.whole
    rows = [_row(row, names) for row in table.rows[: table.most]]
    body = [element("caption", table.caption), element("thead", head), element("tbody", *rows)]
    more = len(table.rows) - len(rows)
    rest = [element("div", f"… and {count(more, 'more row')}")] if more else []
    return join(_scroll(table.caption, element("table", *body)), *rest)


def _row(row: tuple[Phrase, ...], names: bool) -> Html:
    """Return a row; with `names`, an identifier in its first cell goes on below where there is little room."""
    first, *others = row
    name = {"class_": "jpe-name"} if names and isinstance(first, Mono) else {}
    head = element("th", _phrase(first), scope="row", **name)
    return element("tr", head, *(element("td", _phrase(one)) for one in others))


def _code(code: Code) -> Html:
    text = cut(code.text, LONGEST_CODE)
    lines = count(code.text.removesuffix("\n").count("\n") + 1, "line")
    summary = element("summary", element("code", code.caption), f" ({lines})")
    shown = [element("pre", element("code", text), tabindex="0", aria_label=code.caption)]
    if len(text) < len(code.text):
        shown.append(element("div", f"Cut here: the whole text has {lines}."))
    return element("details", summary, *shown, **({"open": "open"} if code.open else {}))


def _changed(line: str) -> Html:
    """Return a line of a diff; its sign stays in front of it."""
    tag = {"+": "ins", "-": "del"}.get(line[:1], "span")
    return join(element(tag, line), "\n")


def _scroll(label: str, content: Html, title: bool = False) -> Html:
    """Return content that scrolls on its own in a narrow cell, with the keyboard too."""
    heading = [element("div", label, class_="jpe-title")] if title else []
    return element("div", *heading, content, class_="jpe-scroll", role="region", aria_label=label, tabindex="0")
