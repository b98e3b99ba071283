from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from jpe_magics.core.summary import Document
from jpe_magics.core.summary.document import Note
from jpe_magics.magics.show import Display, Results
from jpe_magics.panel import current

DOCUMENT = Document("Title", (Note("good", "all <well>"),))
VIEW = "application/vnd.jupyter.widget-view+json"


def view() -> Any:
    from jpe_magics.widgets.view import document_view

    return document_view(DOCUMENT, "test")


def test_a_terminal_gets_text_alone(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Display(shell).show(DOCUMENT, view=view)
    assert capsys.readouterr().out == "Title\n✓ all <well>\n"


def test_a_front_end_gets_the_view_and_a_summary_of_its_own(kernel: Any) -> None:
    with capture_output() as told:
        Display(kernel).show(DOCUMENT, view=view)
    widget, summary = (one.data for one in told.outputs)
    assert VIEW in widget
    assert widget["text/plain"] == "<Title: the summary below says the same>"
    assert "text/html" not in widget
    assert set(summary) == {"text/plain", "text/html"}
    assert "all &lt;well&gt;" in summary["text/html"]
    assert told.outputs[1].metadata == {} or told.outputs[1].metadata is None


def test_a_headless_run_gets_the_summary_alone(kernel: Any) -> None:
    parent = {"header": {"msg_type": "execute_request"}, "content": {"code": "", "allow_stdin": False}}
    kernel.kernel = SimpleNamespace(get_parent=lambda _channel: parent)
    with capture_output() as told:
        Display(kernel).show(DOCUMENT, view=view)
    assert [sorted(one.data) for one in told.outputs] == [["text/html", "text/plain"]]


def test_so_does_a_front_end_without_ipywidgets(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with capture_output() as told:
        Display(kernel).show(DOCUMENT, view=view)
    assert len(told.outputs) == 1


def formatted(shell: Any, value: object) -> dict[str, Any]:
    return dict(shell.display_formatter.format(value)[0])


def test_what_was_shown_is_not_shown_again_as_out(kernel: Any) -> None:
    display = Display(kernel)
    display.register()
    mine, other = Results.of((1, 2), "row", DOCUMENT), Results.of((3,), "row", DOCUMENT)
    with capture_output():
        display.show(DOCUMENT, mine)
    assert formatted(kernel, mine) == {}
    assert formatted(kernel, other)["text/plain"] == "<1 row>"
    kernel.execution_count += 1
    later = formatted(kernel, mine)
    assert later["text/plain"] == "<2 rows>"
    assert "all &lt;well&gt;" in later["text/html"]
    display.unregister()
    kernel.execution_count -= 1
    assert formatted(kernel, mine) != {}


def test_in_a_terminal_out_is_one_line(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    display = Display(shell)
    display.register()
    mine = Results.of((1, 2), "row", DOCUMENT)
    display.show(DOCUMENT, mine)
    assert formatted(shell, mine)["text/plain"] == "<2 rows>"


def test_results_are_a_tuple() -> None:
    assert Results.of((1, 2), "row", DOCUMENT) == (1, 2)


def test_beside_a_widget_the_summary_is_brief_and_its_text_whole(kernel: Any) -> None:
    brief = Document("Short", (Note("info", "in short"),))
    with capture_output() as told:
        Display(kernel).show(DOCUMENT, view=view, brief=lambda: brief)
    assert "in short" in told.outputs[1].data["text/html"]
    assert "all <well>" in told.outputs[1].data["text/plain"]


def test_alone_it_is_whole(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with capture_output() as told:
        Display(kernel).show(DOCUMENT, view=view, brief=lambda: Document("Short", ()))
    assert "all &lt;well&gt;" in told.outputs[0].data["text/html"]


def test_a_live_view_has_a_summary_that_can_be_replaced(kernel: Any) -> None:
    with capture_output() as told:
        update = Display(kernel).show_live(view(), DOCUMENT)
        update(Document("Later", (Note("good", "done"),)))
    widget, summary, later = told.outputs
    assert VIEW in widget.data
    assert "all &lt;well&gt;" in summary.data["text/html"]
    assert "✓ done" in later.data["text/plain"]


def test_news_of_a_live_view_are_none_of_a_cell_that_captures_its_outputs(kernel: Any) -> None:
    with capture_output() as told:
        update = Display(kernel).show_live(view(), DOCUMENT)
    with capture_output() as others:
        update(Document("Later", ()))
    assert others.outputs == []
    assert "Later" in told.outputs[-1].data["text/plain"]


def run_cell(kernel: Any, cell: str) -> None:
    parent = {
        "header": {"msg_type": "execute_request", "msg_id": cell},
        "metadata": {"cellId": cell},
        "content": {"code": "", "allow_stdin": True},
    }
    kernel.kernel = SimpleNamespace(get_parent=lambda _channel: parent)
    kernel.events.trigger("pre_run_cell", SimpleNamespace(store_history=True, silent=False))


def test_a_view_ends_when_its_cell_runs_again(kernel: Any) -> None:
    display = Display(kernel)
    display.register()
    shown = []

    def made() -> Any:
        shown.append(view())
        return shown[-1]

    with capture_output():
        run_cell(kernel, "one")
        display.show(DOCUMENT, view=made)
        run_cell(kernel, "two")
        display.show(DOCUMENT, view=made)
    assert [one.comm is None for one in shown] == [False, False]
    run_cell(kernel, "one")
    assert [one.comm is None for one in shown] == [True, False]
    display.unregister()
    assert [one.comm is None for one in shown] == [True, True]
    assert display._before_cell not in kernel.events.callbacks["pre_run_cell"]


def test_the_panel_ends_when_its_cell_runs_again(kernel: Any) -> None:
    display = Display(kernel)
    display.register()
    closed = []
    current.take_over(SimpleNamespace(close=lambda **_: closed.append(True)), "one")
    run_cell(kernel, "two")
    assert closed == []
    run_cell(kernel, "one")
    assert closed == [True]
    display.unregister()
