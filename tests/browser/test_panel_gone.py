"""What a page shows of a panel whose kernel is gone."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.harness import poll
from tests.browser.pages import NotebookPage
from tests.browser.panel import PanelOnPage

#: What front ends say in place of a widget that they don't know.
ERRORS = ("model not found", "could not be displayed", "missing widget manager")
CELLS = ("%load_ext jpe_magics", "import os\nos._exit(1)", "%export_pipeline", "rows = 1")


def opened(open_notebook: Callable[..., NotebookPage]) -> tuple[NotebookPage, PanelOnPage]:
    notebook = open_notebook(CELLS)
    notebook.run(0)
    notebook.run(2)
    panel = PanelOnPage(notebook)
    panel.previewed("rows = 1")
    return notebook, panel


def test_a_panel_whose_kernel_died_says_so_and_hides_what_was_true(open_notebook: Callable[..., NotebookPage]) -> None:
    notebook, panel = opened(open_notebook)
    assert not panel.part("lost").is_visible()
    notebook.begin(1)
    panel.part("lost").wait_for(timeout=40_000)
    assert "Open it again with %export_pipeline" in panel.part("lost").inner_text()
    for part in ("buttons", "header", "operating"):
        assert not panel.part(part).is_visible(), part
    assert "rows = 1" in panel.previewed("rows = 1"), "what was typed and made can still be copied"


def test_a_reopened_notebook_shows_the_summary_and_no_error(open_notebook: Callable[..., NotebookPage]) -> None:
    notebook, _ = opened(open_notebook)
    notebook.save()
    kernel = notebook.kernel()
    assert kernel is not None
    notebook.close()
    again = open_notebook(notebook)
    poll("the summary", lambda: "%export_pipeline" in again.output(2), 40)
    poll("another kernel", lambda: (now := again.kernel()) is not None and now["id"] != kernel["id"], 40)
    place = again.cell(2)
    poll("the error of the front end", lambda: any(one in (place.text_content() or "") for one in ERRORS), 40)
    assert not [one for one in ERRORS if one in place.inner_text()], "it can be seen"
