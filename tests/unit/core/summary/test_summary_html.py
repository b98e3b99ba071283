"""HTML of summaries: nothing that is shown can get out of its place."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.core.flow import State
from jpe_magics.core.summary import (
    Steps,
    TargetRow,
    diff_html,
    error_html,
    history_html,
    parameters_html,
    progress_view,
    record_html,
    submission_html,
    summary_html,
    targets_html,
    to_html,
    to_text,
)
from jpe_magics.core.summary.document import (
    Bar,
    Code,
    Diff,
    Document,
    Facts,
    Link,
    Mark,
    Mono,
    Note,
    Table,
    Trace,
    safe_href,
    visible,
)
from jpe_magics.core.summary.html import Html, element, escape, join
from jpe_magics.core.summary.page import LONGEST_CODE
from jpe_magics.errors import HistoryError, RunFailed
from jpe_magics.model.artifact import Boilerplate, File
from jpe_magics.model.badge import Badge
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.model.publication import Published
from jpe_magics.model.record import fold, report_fields
from jpe_magics.model.report import Report
from jpe_magics.model.task import PreparedCell, Task
from jpe_magics.results import Submission

PAYLOADS = (
    "<script>alert(1)</script>",
    "</code></pre></td></table></section><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "</style><style>*{display:none}",
    "<!-- -->]]>&lt;&#60;&amp;",
    "javascript:alert(1)",
    "{{ 1 }}{% x %}",
    "\x00\x1b[31m\u202e\ud800\u2028",
)
HOSTILE = st.one_of(st.text(), st.sampled_from(PAYLOADS), st.text(alphabet="<>&\"'/=!-abcs \n\0\u202e\r"))


class Read(HTMLParser):
    """What a browser would see: the shape (tags and attribute names), the texts, the attributes' values."""

    VOID = frozenset({"br", "img", "input", "link", "meta", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: list[str] = []
        self.text: list[str] = []
        self.values: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in self.VOID
        self.shape.append(f"<{tag} {' '.join(name for name, _ in attrs)}>")
        self.values += attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.shape.append(f"</{tag}>")
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


@settings(deadline=None)
@given(HOSTILE, HOSTILE)
def test_an_element_holds_exactly_its_text_and_attribute(text: str, value: str) -> None:
    read = Read(element("code", text, title=value))
    assert read.shape == ["<code title>", "</code>"]
    assert "".join(read.text) == visible(text)
    assert read.values == [("title", visible(value))]


@settings(deadline=None)
@given(HOSTILE)
def test_markup_that_is_joined_like_text_is_escaped_again(text: str) -> None:
    for mistake in (element("b", text) + text, f"{element('b')}{text}", "".join([escape(text), "<i>"])):
        assert type(mistake) is str
        assert Read(element("p", mistake)).shape == ["<p >", "</p>"]
    assert Read(element("p", title=Html('"><script>'))).shape == ["<p title>", "</p>"], "no markup in an attribute"


def everything(text: str, href: str = "https://airflow.example/x") -> str:
    """Each view once, with `text` in every place that takes any."""
    cell = Cell(text, 0, 1, text, metadata={})
    task = Task(text, (PreparedCell(cell, "plain", "task"),), text, retries=1, upstream=(text,))
    report = Report(
        text, text, (text,), {"dag_id": text, "mode": "per_cell", "note": [text]}, 1,
        (Rejection.of(cell, text, text, text),), (), (Parameter(text, text, text, description=text),),
        (task,), (Finding.of(cell, text, text, 1),), ((text, text),), 200, "",
    )  # fmt: skip
    published = (Published(text, text, href, text), Published("file", text))
    record = fold(
        [
            {
                **report_fields(report), "id": "a", "time": text, "user": text, "name": text, "version": text,
                "notebook": {"path": text, "name": text, "digest": text}, "error": text, "status": text,
                "published": [one.to_json() for one in published], "secrets_allowed": True,
                "files": [{"path": text, "text": text}],
                "states": [{"status": text, "error": text, "tasks": [{"id": text, "state": text}]}],
            }
        ]
    )  # fmt: skip
    badge = Badge(text, "down", href, text)
    states = (State(text, text, (TaskState(text, text, 1, 2.0),)),)
    steps = Steps().told(Progress(f"{text} 1"), 0).told(Progress(text, text, 0.5, states[0].tasks, 9), 1)
    failed = RunFailed(text, where=text, hint=text)
    traces = (Bar(text, None, text), Trace(text, text), Trace(text, "x\n" * 20 + text))
    return "".join(
        [
            summary_html(report, published, text, (File(text, text),), notices=(text,)),
            summary_html(Report(text, text, status=400, error=text, error_code=text), preview=True),
            parameters_html(report.parameters, report.warnings),
            parameters_html((Parameter(text, "any", None, False, text),)),
            history_html([record.row], 1),
            record_html(record, code=True),
            diff_html(text + "\nold", text + "\nnew", text, text),
            targets_html((TargetRow(text, text, text, True, (badge,)), TargetRow(text, text, text, False)), (text,)),
            error_html(HistoryError(text, where=text, hint=text)),
            error_html(HistoryError(text + "\n" * 9 + text)),
            summary_html(report, published, error=failed, states=states),
            submission_html(Submission("run", record, published, states, (text,), failed)),
            submission_html(Submission("status", record, (), states)),
            to_html(progress_view(steps, 5, text)),
            to_html(Document(text, traces)),
        ]
    )


SHAPE = Read(everything("plain")).shape


@settings(deadline=None)
@given(HOSTILE.filter(bool))
def test_no_view_can_be_broken_out_of(text: str) -> None:
    """Whatever stands in a notebook, an option or a server's answer: the same elements, the same attributes."""
    if text in (" ",) or not text.strip():
        return  # an empty name is left out, which changes the shape in our own ways
    html = everything(text)
    read = Read(html)
    assert {one for one in read.shape if "<ins" not in one} <= {*SHAPE, "<span >", "</span>", "<ins >", "<del >"}
    assert all(name not in ("src", "style") and not name.startswith("on") for name, _ in read.values)
    assert all(value == "https://airflow.example/x" for name, value in read.values if name == "href")
    html.encode()  # no lone surrogate


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_change_no_element(payload: str) -> None:
    assert Read(everything(payload)).shape == SHAPE


ADDRESSES = [
    ("https://airflow.example:8080/dags/a?x=1&y=%20#z", True),
    ("HTTP://ilum-core:9888/", True),
    ("http://[::1]:8080/x", True),
    ("javascript:alert(1)", False),
    ("JaVaScRiPt:alert(1)", False),
    (" https://x", False),
    ("https://x\n", False),
    ("java\nscript:x", False),
    ("data:text/html,<script>", False),
    ("file:///etc/passwd", False),
    ("vbscript:x", False),
    ("//evil.example", False),
    ("/relative", False),
    ("https://", False),
    ("https://user:hunter2@host/", False),
    ("https://x/\u202e", False),
    ('https://x/"onclick="y', False),
    ("", False),
]


@pytest.mark.parametrize(("address", "safe"), ADDRESSES)
def test_only_web_addresses_become_links(address: str, safe: bool) -> None:
    assert safe_href(address) == (address if safe else "")
    html = to_html(Document("t", (Note("info", Link("there", address)),)))
    assert ("<a " in html) is safe
    assert "hunter2" not in html
    if safe:
        assert 'rel="noopener noreferrer"' in html


@settings(deadline=None)
@given(HOSTILE)
def test_code_is_shown_as_it_is(text: str) -> None:
    (shown,) = (block for block in [to_html(Document("t", (Code("a.py", text),)))])
    code = shown.split('<pre tabindex="0" aria-label="a.py">', 1)[1].split("</pre>", 1)[0]
    assert "".join(Read(code).text) == visible(text)


def test_tables_tell_a_screen_reader_what_is_what() -> None:
    table = Table("Taken out", ("Cell", "Text"), (("cell 3", Mono("%x")), ("cell 4", "y")))
    html = to_html(Document("t", (table,)))
    assert "<caption>Taken out</caption>" in html
    assert html.count('<th scope="col">') == 2
    assert html.count('<th scope="row">') == 2
    assert 'role="region" aria-label="Taken out" tabindex="0"' in html
    assert "<h1" not in html
    assert "<h3" not in html, "JupyterLab lists headings in the table of contents"


def test_nothing_is_told_by_colour_alone() -> None:
    blocks = (Note("bad", "x"), Facts((("State", Mark("good", "up")),)), Diff("d", ("+new", "-old")))
    text = "".join(Read(to_html(Document("t", blocks))).text)
    for told in ("✗ x", "✓ up", "+new", "-old"):
        assert told in text


def test_it_needs_nothing_else_and_takes_the_colours_of_the_theme() -> None:
    html = everything("x")
    for word in ("<script", "src=", "url(", "@import", "<link", "<iframe"):
        assert word not in html
    assert "var(--vscode-editor-foreground,var(--jp-content-font-color1,inherit))" in html
    assert html.index("--vscode-") < html.index("--jp-")


def test_large_results_stay_small() -> None:
    rows = tuple((str(at), "x" * 5000) for at in range(1000))
    html = to_html(Document("t", (Table("many", ("a", "b"), rows), Code("big.py", "x = 1\n" * 100_000))))
    assert "… and 800 more rows" in html
    assert "Cut here: the whole text has 100,000 lines." in html
    assert len(html) < LONGEST_CODE + 200 * 1200 + 20_000


def test_join_escapes_what_is_no_markup() -> None:
    parts: tuple[Any, ...] = (element("b", "x"), "<i>")
    assert join(*parts) == "<b>x</b>&lt;i&gt;"


def test_boilerplate_is_folded_away_in_html_and_whole_in_text() -> None:
    ours = Boilerplate("# ours", "# yours", "of ours")
    text = "a = 1\n# ours\nb = '<i>'\nb = 3\n# yours\nc = 4\n"
    shown = Document("T", (Code("a.py", text, open=True, boilerplate=ours),))
    html = to_html(shown)
    above, _, folded = html.partition('<details class="jpe-ours">')
    inside, _, below = folded.partition("</details>")
    assert "<summary>2 lines of ours</summary>" in inside
    assert "b = &#x27;&lt;i&gt;&#x27;\nb = 3\n" in inside
    assert "a = 1\n# ours\n" in above
    assert "# yours\nc = 4\n" in below
    assert text.rstrip("\n") in to_text(shown)
    assert (
        "jpe-ours" not in to_html(Document("T", (Code("a.py", text * 2, boilerplate=ours),))).partition("</style>")[2]
    )
