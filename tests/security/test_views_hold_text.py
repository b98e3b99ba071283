"""Every view, with hostile text in every text of what it shows: the elements are those of harmless text, and no others.

What is shown is a whole panel: preview, record, history, work, results and errors, each text in it replaced.  The HTML
of results and of all widgets is parsed, and its elements, attributes and the values of those that do something are
compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

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
    whole_view,
)
from jpe_magics.core.summary.html import Html
from jpe_magics.errors import JpeError
from jpe_magics.model.badge import Badge
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.panel.state import PanelState, Past, Question, Work
from jpe_magics.results import Submission
from jpe_magics.widgets.panel import history_view, panel_view
from jpe_magics.widgets.result import result_view
from tests.unit.widgets import fake_panel
from tests.unit.widgets.walk import walk

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)' x='",
    "</code></pre></td></tr></table></section></div><b>out</b>",
    "</style><style>*{display:none}</style>",
    "<!--",
    "]]><![CDATA[",
    "&lt;b&gt;&#60;i&#62;&amp;",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'http://x.example/" onclick="alert(1)',
    "\x00\x1b[31m\u202e\u2066\ufeff",
    "$\\alpha$ \\(x\\) `<b>` [a](javascript:alert(1))",
    "{{ constructor.constructor('alert(1)')() }}",
)
#: Texts that choose what is done, not what is said: the names of our own things, and states by which a view branches.
CHOOSING = {
    *("target", "option", "control", "section", "kind", "outcome", "language", "type", "mode", "state"),
    *("status", "time", "choices", "modes", "flag", "default", "operating", "id", "level", "code", "sha256"),
    *("metavar", "env", "name"),
}  # fmt: skip

#: Fields that hold an address.
LINKED = ("link", "url", "address")


def poisoned(thing: Any, text: str, links: str = "") -> Any:
    """Return the same with `text` behind every text in it that people are shown, at any depth.

    `links` stands instead of its links: a link that leads nowhere good is shown as text: that would be another element.
    """
    if isinstance(thing, Html):
        return thing
    if isinstance(thing, str):
        return thing + text
    if isinstance(thing, JpeError):
        return type(thing)(thing.message + text, code=thing.code, where=thing.where + text, hint=thing.hint + text)
    if is_dataclass(thing) and not isinstance(thing, type):
        changed = {
            one.name: (links or getattr(thing, one.name))
            if one.name in LINKED
            else poisoned(getattr(thing, one.name), text, links)
            for one in fields(thing)
            if one.init and (one.name not in CHOOSING or not isinstance(getattr(thing, one.name), str))
        }
        return replace(thing, **changed)
    if isinstance(thing, Mapping):
        changed = {key: value if key in CHOOSING else poisoned(value, text, links) for key, value in thing.items()}
        return {key: (links or thing[key]) if key in LINKED else value for key, value in changed.items()}
    if isinstance(thing, (tuple, list)):
        return type(thing)(poisoned(one, text, links) for one in thing)
    return thing


class Skeleton(HTMLParser):
    """What a browser makes of a page, without its texts: elements with their attributes, and where links lead."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[Any] = []
        self.text = ""
        self._in_code = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_code += tag == "code"
        if self._in_code and tag == "span" and [name for name, _ in attrs] == ["class"]:
            assert str(attrs[0][1]).isalnum()
            return  # the colours of code, which follow from the code
        kept = {name: value for name, value in attrs if name in ("class", "role", "rel", "target", "type", "dir")}
        self.parts.append((tag, sorted(name for name, _ in attrs if name not in ("open",)), sorted(kept.items())))
        for name, value in attrs:
            assert not name.startswith("on"), f"<{tag} {name}={value!r}>"
            if name in ("href", "src", "action", "formaction", "xlink:href"):
                scheme = str(value).partition(":")[0].lower()
                assert scheme in ("http", "https") or str(value).startswith(
                    ("#", "data:text/x-python;base64,", "data:text/plain;charset=utf-8;base64,")
                ), value

    def handle_endtag(self, tag: str) -> None:
        if not (self._in_code and tag == "span"):
            self.parts.append(f"/{tag}")
        self._in_code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"declaration {decl}")

    unknown_decl = handle_pi = handle_decl


ERROR = JpeError("it did not work", code="JPE502", where="a place", hint="do this")
TASKS = (TaskState("load", "success"), TaskState("cell_2", "failed"))
STATE = State("failed", "why it failed", TASKS, "some detail")
PROGRESS = (Progress("Ask Airflow", detail="health"), Progress("Wait", detail="for the run", tasks=TASKS, limit=20.0))
STEPS = Steps().told(PROGRESS[0], 1.0).told(PROGRESS[1], 2.0)
BADGE = Badge("airflow", "down", "http://airflow:80", "tried it")
ROW = TargetRow("airflow", "Airflow", "what it is", True, (BADGE,))
DONE = replace(fake_panel.DONE, requests=("GET /x",), states=(STATE,), notices=("a notice",), error=ERROR)
SUBMISSION = Submission(
    "run", fake_panel.RECORD, published=DONE.published, states=(STATE,), notices=("a notice",), error=ERROR
)
PAST = Past(
    fake_panel.ROWS,
    search="etl",
    record=fake_panel.RECORD,
    before=fake_panel.RECORD,
    actions=frozenset({"run"}),
    error=ERROR,
)
PANEL = replace(
    fake_panel.OPEN,
    past=PAST,
    parameters={"n": "4"},
    run_parameters={"n": "5"},
    parameter_errors={"n": "no number"},
    notice=ERROR,
)
PANELS = {
    "open": PANEL,
    "refused": replace(PANEL, preview=replace(fake_panel.PREVIEW, error=ERROR, artifact=None, shown=())),
    "wrong": replace(PANEL, errors={"dag_id": "wrong", "": "another", "param": "no"}, missing=frozenset({"schedule"})),
    "working": replace(PANEL, work=Work("Create DAG", STEPS, 1.0)),
    "asking": replace(PANEL, question=Question("Overwrite it?", "replace", "Overwrite", destroys=True)),
    "done": replace(PANEL, done=DONE),
    "submitted": replace(PANEL, done=SUBMISSION),
    "closed": replace(PANEL, because="another one was opened"),
}  # fmt: skip


def diffed(pair: tuple[str, str]) -> str:
    return diff_html(*pair)


PAGES: dict[str, tuple[Callable[[Any], str], Any]] = {
    "export": (lambda done: done._repr_html_(), DONE),
    "export, whole": (lambda done: to_html(whole_view(done)), DONE),
    "refusal": (lambda done: done._repr_html_(), replace(DONE, artifact=None, shown=(), published=())),
    "summary": (summary_html, fake_panel.REPORT),
    "submission": (submission_html, SUBMISSION),
    "record": (partial(record_html, code=True), fake_panel.RECORD),
    "history": (history_html, fake_panel.ROWS),
    "parameters": (parameters_html, fake_panel.REPORT.parameters),
    "targets": (targets_html, (ROW,)),
    "error": (error_html, ERROR),
    "progress": (lambda steps: to_html(progress_view(steps, 3.0)), STEPS),
    "diff": (diffed, ("a\nb\n", "a\nc\n")),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_a_page_has_the_same_elements_whatever_the_texts(name: str, payload: str) -> None:
    show, thing = PAGES[name]
    harmless, hostile = Skeleton(show(poisoned(thing, "x"))), Skeleton(show(poisoned(thing, payload)))
    assert hostile.parts == harmless.parts
    if payload.isprintable():
        assert payload in hostile.text, "it is shown as it is"


LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "\x01javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>1</script>",
    "vbscript:x",
    "file:///etc/passwd",
    'http://x" onclick="alert(1)',
    "//x",
    "http:javascript:alert(1)",
    "http://x/<script>",
    " http://x",
)


@pytest.mark.parametrize("link", LINKS, ids=ascii)
def test_a_link_leads_to_the_web_or_is_text(link: str) -> None:
    for show, thing in PAGES.values():
        Skeleton(show(poisoned(thing, "x", link)))  # which looks where links lead


# --- widgets


@pytest.fixture(scope="module", autouse=True)
def shell() -> Iterator[None]:
    """Give the widgets a kernel-less IPython, as in a terminal: comms go nowhere."""
    InteractiveShell.clear_instance()
    yield
    InteractiveShell.clear_instance()


def markup(view: Any) -> Iterator[tuple[str, str, str]]:
    """Yield class, trait and text of all that a front end takes for markup, and the texts that it takes for text."""
    for one in walk(view):
        kind = type(one).__name__
        for trait in ("value", "description", "tooltip", "placeholder", "title"):
            told = getattr(one, trait, None)
            if isinstance(told, str):
                yield kind, trait, told
        for title in getattr(one, "titles", ()):
            yield kind, "titles", str(title)


def pages_of(view: Any) -> list[Any]:
    return [Skeleton(told).parts for kind, trait, told in markup(view) if kind == "HTML" and trait == "value"]


def drawn(state: PanelState) -> Any:
    view = panel_view(fake_panel.Fake(state), lambda: 3.0)
    tabs = next(one for one in walk(view) if type(one).__name__ == "Tab")
    for place in range(len(tabs.children)):
        tabs.selected_index = place
    return view


#: All at once: to draw a panel takes its time.
ALL = " ".join(PAYLOADS)


@pytest.mark.parametrize("name", PANELS)
def test_the_panel_has_the_same_elements_whatever_the_texts(name: str) -> None:
    harmless, hostile = drawn(poisoned(PANELS[name], "x")), drawn(poisoned(PANELS[name], ALL))
    try:
        assert pages_of(hostile) == pages_of(harmless)
        # descriptions and titles would be taken for markup where somebody asked for it
        assert not [one for one in walk(hostile) if getattr(one, "description_allow_html", False)]
    finally:
        harmless.close()
        hostile.close()


def test_the_views_of_results_and_history_have_the_same_elements() -> None:
    for make in (
        lambda text: result_view(poisoned(DONE, text), poisoned(fake_panel.RECORD, text)),
        lambda text: history_view(fake_panel.Fake(poisoned(PANEL, text)), lambda: 3.0),
    ):
        harmless, hostile = make("x"), make(ALL)
        assert pages_of(hostile) == pages_of(harmless)
        assert len(pages_of(hostile)) > 2
        harmless.close()
        hostile.close()


def test_the_comparison_sees_markup() -> None:
    assert Skeleton("<div>a</div>").parts != Skeleton("<div><b>a</b></div>").parts
    assert Skeleton('<a href="http://x">').parts != Skeleton('<a href="http://x" style="x">').parts
    with pytest.raises(AssertionError):
        Skeleton("<a href='javascript:x'>")
    with pytest.raises(AssertionError):
        Skeleton("<b onclick=x>")
