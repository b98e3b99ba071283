"""Documents as HTML that needs nothing else: no script, no file, no front end.

A saved notebook shows it, and so do nbviewer and VS Code.  Where a front end takes styles away (a notebook that is not
trusted), plain tables stay.
"""

from __future__ import annotations

from collections.abc import Iterable

from jpe_magics.core.summary.document import (
    LONGEST_CELL,
    SIGNS,
    Bar,
    Block,
    Code,
    Diff,
    Document,
    Facts,
    Fold,
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
    lines_of,
    pieces,
    safe_href,
    without_middle,
)
from jpe_magics.core.summary.html import Html, element, join, style
from jpe_magics.core.summary.style import STYLE
from jpe_magics.model.artifact import Boilerplate

#: Characters of a file that are shown.
LONGEST_CODE = 200_000
#: A trace of more lines is folded away.
_FOLDED = 12


def to_html(document: Document) -> Html:
    """Return the document as one section of HTML with its styles."""
    return join(style(STYLE), section(document))


def section(document: Document) -> Html:
    """Return the document without the styles (`style.STYLE`), for a page that has them."""
    # no <h3>: JupyterLab would list it in the notebook's table of contents
    title = element("div", document.title, class_="jpe-title", role="heading", aria_level="3")
    return element("section", title, fragment(document.blocks), class_="jpe", aria_label=document.title)


def fragment(blocks: Iterable[Block]) -> Html:
    """Return blocks one after the other, for a place that has the styles and a heading."""
    return join(*map(_block, blocks))


def _block(block: Block) -> Html:
    if isinstance(block, Note):
        level = f"jpe-note jpe-{block.level}"
        return element("div", SIGNS[block.level] + " ", _phrase(block.text), class_=level, dir="auto")
    if isinstance(block, Facts):
        rows = (join(element("dt", name), element("dd", _phrase(phrase), dir="auto")) for name, phrase in block.rows)
        return element("dl", *rows)
    if isinstance(block, Fold):
        return element("details", element("summary", block.caption), fragment(block.blocks), class_="jpe-fold")
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
    return element("tr", head, *(element("td", _phrase(one), dir="auto") for one in others))


def _code(code: Code) -> Html:
    lines = lines_of(code.text, None)
    summary = element("summary", element("code", code.caption), f" ({lines})")
    above, ours, below = sections(code.text, code.boilerplate)
    shown = [_text_of(above, code.caption)]
    if ours:
        told = lines_of(ours, code.boilerplate)
        shown.append(element("details", element("summary", told), _text_of(ours, told), class_="jpe-ours"))
    if below:
        shown.append(_text_of(below, code.caption))
    if len(code.text) > LONGEST_CODE:
        shown.append(element("div", f"Cut here: the whole text has {lines}."))
    return element("details", summary, *shown, **({"open": "open"} if code.open else {}))


def sections(code: str, boilerplate: Boilerplate | None) -> tuple[str, str, str]:
    """Return the text above the boilerplate, that itself, and the text below, together no longer than may be shown.

    All is above where there is none, or where it can't be told.  That the whole text tells: in a text that was cut
    something of the notebook may be all that looks like it.
    """
    above, ours, below = boilerplate.split(code) if boilerplate else (code, "", "")
    first, then = above[:LONGEST_CODE], ours[: max(0, LONGEST_CODE - len(above))]
    return first, then, below[: max(0, LONGEST_CODE - len(above) - len(ours))]


def _text_of(code: str, name: str) -> Html:
    return element("pre", element("code", code), tabindex="0", aria_label=name)


def _changed(line: str) -> Html:
    """Return a line of a diff; its sign stays in front of it."""
    tag = {"+": "ins", "-": "del"}.get(line[:1], "span")
    return join(element(tag, line), "\n")


def _scroll(label: str, content: Html, title: bool = False) -> Html:
    """Return content that scrolls on its own in a narrow cell, with the keyboard too."""
    heading = [element("div", label, class_="jpe-title")] if title else []
    return element("div", *heading, content, class_="jpe-scroll", role="region", aria_label=label, tabindex="0")
