"""The kernel's half of the mirror, with a widget that is none."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from jpe_magics.adapters.live.mirror import PAGES, Mirror


class Widget:
    """Keeps what is sent, and answers like a page where `answer` is set."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        self.answer: Any = None

    def on_msg(self, callback: Any) -> None:
        self.push = lambda message: callback(self, message, [])

    def send(self, content: dict[str, Any]) -> None:
        self.sent.append(content)
        if self.answer:
            threading.Thread(target=self.answer, args=[content]).start()

    def close(self) -> None:
        self.closed = True


def snapshot(
    revision: int = 1, page: str = "p", path: str = "etl.ipynb", sources: tuple[str, ...] = ("x = 1",), **more: Any
) -> dict[str, Any]:
    cells = [
        {"cell_type": "code", "id": f"{page}{n}", "source": source, "metadata": {"tags": ["t"]}}
        for n, source in enumerate(sources)
    ]
    return {
        "protocol": 1,
        "type": "snapshot",
        "id": None,
        "page": page,
        "revision": revision,
        "taken": 5000.0,
        "front": "lab",
        "path": path,
        "dirty": False,
        "notebook": {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "python3"}},
            "cells": cells,
        },
        **more,
    }


@pytest.fixture
def widget() -> Widget:
    return Widget()


@pytest.fixture
def mirror(widget: Widget):
    made = Mirror(make=lambda: widget, clock=lambda: 77.0)
    made.open()
    yield made
    made.close()


def off_main(act: Any) -> Any:
    """Return what `act` returns on a worker thread: the main thread never waits."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(act()))
    thread.start()
    thread.join(10)
    return found[0]


def test_nothing_before_the_first_push(mirror):
    assert mirror.latest() is None


def test_a_push(mirror, widget):
    widget.push(snapshot())
    state = mirror.latest()
    assert (state.path, state.taken, state.received, state.front) == ("etl.ipynb", 5.0, 77.0, "lab")
    assert (state.notebook.name, state.notebook.kernel) == ("etl", "python3")
    (cell,) = state.notebook.cells
    assert (cell.source, cell.tags, cell.id, cell.number) == ("x = 1", ("t",), "p0", 1)


def test_an_older_revision_that_comes_late_is_dropped(mirror, widget):
    widget.push(snapshot(2, sources=("new",)))
    widget.push(snapshot(1, sources=("old",)))
    assert mirror.latest().notebook.cells[0].source == "new"


def test_the_newest_of_two_tabs_wins_but_the_cell_that_runs_decides(mirror, widget):
    widget.push(snapshot(9, page="a", path="a.ipynb"))
    widget.push(snapshot(1, page="b", path="b.ipynb"))
    assert mirror.latest().path == "b.ipynb"
    assert mirror.latest("a0").path == "a.ipynb"
    widget.push(snapshot(10, page="a", path="a.ipynb"))
    assert mirror.latest().path == "a.ipynb"


def told(kind: str, page: str) -> dict[str, Any]:
    return {"protocol": 1, "page": page, "type": kind}


def test_of_two_tabs_the_one_counts_that_asks_or_else_the_one_in_use(mirror, widget):
    widget.push(snapshot(page="a", client="tab-a", sources=("a",)))
    widget.push(snapshot(page="b", client="tab-b", sources=("b",)))
    assert [mirror.latest(client=one).page for one in ("tab-a", "tab-b", "another", "")] == ["a", "b", "b", "b"]
    widget.push(told("here", "a"))
    assert mirror.latest().page == "a"
    widget.push(snapshot(2, page="b", client="tab-b", sources=("b2",), id="q7"))  # an answer: nobody sits there
    assert mirror.latest().page == "a"
    assert mirror.latest(client="tab-b").notebook.cells[0].source == "b2"
    widget.push(snapshot(3, page="b", client="tab-b", sources=("b3",)))
    assert mirror.latest().page == "b"


def test_other_pages_with_another_content_are_counted(mirror, widget):
    widget.push(snapshot(page="a", sources=("a",)))
    assert mirror.others(mirror.latest()) == 0
    widget.push({**snapshot(page="b", sources=("b",))})
    widget.push(snapshot(page="c", path="other.ipynb"))
    widget.push(told("here", "a"))
    assert mirror.others(mirror.latest()) == 1
    widget.push(told("gone", "b"))
    assert mirror.others(mirror.latest()) == 0


def test_a_page_that_is_gone_says_nothing_any_more(mirror, widget):
    widget.push(snapshot(page="a"))
    widget.push(told("gone", "a"))
    widget.push(told("here", "a"))
    assert (mirror.latest(), mirror.fault) == (None, "")
    widget.push(snapshot(2, page="a"))  # it came back
    assert mirror.latest().page == "a"


def test_pages_are_forgotten(mirror, widget):
    for number in range(PAGES + 3):
        widget.push(snapshot(page=f"page{number}-", path=f"{number}.ipynb"))
    assert mirror.latest("page0-0").path == f"{PAGES + 2}.ipynb"


@pytest.mark.parametrize(
    "message",
    [
        None,
        "text",
        {},
        {"protocol": 2, "type": "snapshot"},
        {"protocol": 1, "type": "unheard of"},
        snapshot(protocol=2),
    ],
)
def test_what_is_not_for_us_is_ignored(mirror, widget, message):
    widget.push(message)
    assert mirror.latest() is None
    assert mirror.fault == ""


@pytest.mark.parametrize(
    "broken",
    [
        {"notebook": None},
        {"notebook": {"cells": "none"}},
        {"notebook": {"cells": [{"source": 1}]}},
        {"notebook": {"cells": [{"source": "no type"}]}},
        {"notebook": {"cells": [{"cell_type": "code", "source": "x" * 9_000_000}]}},
        {"path": None},
        {"revision": "x"},
        {"revision": float("inf")},
        {"taken": None},
    ],
)
def test_a_broken_push_is_a_fault_and_leaves_nothing_stale(mirror, widget, broken):
    widget.push(snapshot())
    widget.push({**snapshot(2), **broken})
    assert mirror.latest() is None
    assert "can't be read" in mirror.fault
    widget.push(snapshot(3))
    assert mirror.latest() is not None
    assert mirror.fault == ""


def test_an_answer_to_no_question_of_ours_is_a_push(mirror, widget):
    widget.push({**snapshot(), "id": ["x"]})
    assert mirror.latest() is not None


def test_an_error_of_the_page(mirror, widget):
    widget.push(snapshot())
    widget.push({"protocol": 1, "page": "p", "type": "error", "id": None, "step": "size", "message": "too long"})
    assert mirror.latest() is None
    assert mirror.fault == "too long (size)"


def test_a_console_has_no_document_and_that_is_no_fault(mirror, widget):
    widget.push({"protocol": 1, "page": "p", "type": "error", "id": None, "step": "document", "message": "no document"})
    assert mirror.fault == ""


class TestAsking:
    def test_the_answer_is_awaited_on_a_worker_thread(self, mirror, widget):
        widget.answer = lambda asked: widget.push(snapshot(id=asked["id"]))
        assert off_main(lambda: mirror.ask(5)).path == "etl.ipynb"
        assert [one["type"] for one in widget.sent] == ["ask"]

    def test_no_answer(self, mirror, widget):
        widget.push(snapshot())
        assert off_main(lambda: mirror.ask(0.05)).path == "etl.ipynb"

    def test_an_error_is_an_answer(self, mirror, widget):
        error = {"protocol": 1, "page": "p", "type": "error", "step": "read", "message": "no"}
        widget.answer = lambda asked: widget.push({**error, "id": asked["id"]})
        assert off_main(lambda: mirror.ask(5)) is None

    def test_saved(self, mirror, widget):
        widget.answer = lambda asked: widget.push({"protocol": 1, "page": "p", "type": "saved", "id": asked["id"]})
        assert off_main(lambda: mirror.save(5)) is True

    def test_not_saved(self, mirror, widget):
        error = {"protocol": 1, "page": "p", "type": "error", "step": "save", "message": "read-only"}
        widget.answer = lambda asked: widget.push({**error, "id": asked["id"]})
        assert off_main(lambda: mirror.save(5)) is False
        assert mirror.fault == "read-only (save)"

    def test_closing_ends_the_wait(self, mirror, widget):
        widget.answer = lambda _asked: mirror.close()
        assert off_main(lambda: mirror.ask(5)) is None
        assert widget.closed

    def test_the_main_thread_never_waits(self, mirror, widget):
        widget.push(snapshot())
        assert mirror.ask(60).path == "etl.ipynb"
        assert mirror.save(60) is False

    def test_a_closed_mirror_asks_no_one(self, widget):
        assert Mirror(make=lambda: widget).ask(60) is None
        assert widget.sent == []


def test_pushes_from_many_threads(mirror, widget):
    threads = [threading.Thread(target=widget.push, args=[snapshot(number)]) for number in range(1, 60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mirror.latest().revision == 59


def test_the_front_end_half_is_in_the_package():
    from importlib.resources import files

    text = files("jpe_magics.adapters.live").joinpath("mirror.js").read_text(encoding="utf-8")
    assert "export default { initialize }" in text


def test_nothing_of_the_widget_stays():
    pytest.importorskip("anywidget")
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    mirror = Mirror()
    mirror.open()
    assert len(set(_instances) - before) == 2, "the widget and its layout"
    mirror.close()
    mirror.close()
    assert set(_instances) == before
