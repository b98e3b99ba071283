"""The panel and the notebook around it: edits, a rename, a reload, two tabs, and what is saved with the notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.harness import poll
from tests.browser.pages import NotebookPage
from tests.browser.panel import PanelOnPage
from tests.browser.server import JupyterServer
from tests.fake_airflow import FakeAirflow

Open = Callable[..., NotebookPage]
LOAD, PANEL = "%load_ext jpe_magics", "%export_pipeline"

#: Notebook 7 has JupyterLab's document and widgets; what differs there is tried without the panel.
in_both = pytest.mark.parametrize("front", ["lab", "classic"], indirect=True)


def opened(page: NotebookPage, cell: int, name: str) -> PanelOnPage:
    """Load the extension, run the cell that opens the panel, and fill in an Airflow pipeline's name."""
    page.run(0)
    page.run(cell)
    panel = PanelOnPage(page).is_read()
    panel.choose("airflow")
    panel.fill("dag_id", name)
    panel.tick("trigger", False)
    panel.previewed(f'dag_id="{name}"')
    return panel


def exported(panel: PanelOnPage, file: Path, code: str) -> str:
    """Press the button, and return the file that comes of it, which has that code."""
    panel.press()
    poll(f"{code} in the file", lambda: file.exists() and code in file.read_text(), 30)
    panel.done("Exported")
    return file.read_text()


@in_both
def test_what_is_added_moved_deleted_and_tagged_is_previewed_and_exported(
    open_notebook: Open, front: str, dags: Path, server: JupyterServer
) -> None:
    name = f"edited_by_hand_{front}"
    page = open_notebook([LOAD, "a = 1", "b = 2", "c = 3", PANEL])
    panel = opened(page, 4, name)
    page.insert_below(2, "new = 4")
    panel.previewed("new = 4")
    page.move_down(1)
    page.delete(4)
    poll("the preview without it", lambda: "c = 3" not in panel.part("preview .jpe-code").inner_text(), 20)
    page.show_tags()
    page.add_tag(1, "task:second")
    page.add_tag(2, "skip")
    panel.previewed('task_id="second"')
    panel.tab("Rejections")
    panel.wait("rejections", "skipped")
    text = exported(panel, dags / f"{name}.py", "new = 4")
    assert re.findall(r'task_id="(second|cell_\d+)"', text) == ["second", "cell_4"]
    assert "b = 2" in text
    assert "a = 1" not in text
    assert "c = 3" not in text
    assert [cell["source"] for cell in server.read_notebook(page.path)["cells"]][1:4] == ["a = 1", "b = 2", "c = 3"]


@in_both
def test_a_rename_while_the_panel_stands_there(open_notebook: Open, front: str, dags: Path) -> None:
    name = f"renamed_{front}"
    page = open_notebook([LOAD, "a = 1", PANEL])
    panel = opened(page, 2, name)
    panel.previewed("from etl.ipynb")
    page.rename("daily.ipynb")
    page.type_source(1, "after_the_rename = 2")
    panel.previewed("after_the_rename = 2")
    text = exported(panel, dags / f"{name}.py", "after_the_rename = 2")
    assert "from daily.ipynb" in text
    assert "etl.ipynb" not in text


@in_both
def test_a_reload_brings_the_panel_back_and_a_dead_kernel_leaves_the_summary(
    open_notebook: Open, front: str, dags: Path, server: JupyterServer
) -> None:
    name = f"reloaded_{front}"
    page = open_notebook([LOAD, "a = 1", PANEL])
    exported(opened(page, 2, name), dags / f"{name}.py", "a = 1")
    summary = page.page.locator("section.jpe").last
    poll("the summary", lambda: name in summary.inner_text(), 20)
    page.save()
    page.open()
    panel = PanelOnPage(page)  # the kernel still has it
    poll("what was filled in", lambda: panel.field("dag_id").input_value() == name, 20)
    page.type_source(1, "after_the_reload = 2")
    panel.previewed("after_the_reload = 2")
    # the summary stays as it is: no front end keeps a display's id over a reload
    exported(panel, dags / f"{name}.py", "after_the_reload = 2")
    page.save()
    kernel = (page.kernel() or {})["id"]
    server.api(f"/api/kernels/{kernel}/restart", "POST")
    page.open()
    assert page.page.locator(".jpe-panel").count() == 0
    summary.wait_for()
    assert name in summary.inner_text()
    page.run(1)  # first, so that each cell gets another number than the one that is saved
    panel = opened(page, 2, f"{name}_again")
    exported(panel, dags / f"{name}_again.py", "after_the_reload = 2")


@in_both
def test_without_anywidget_the_panel_asks_before_it_exports_what_may_be_old(
    open_notebook: Open, front: str, dags: Path
) -> None:
    name = f"no_mirror_{front}"
    page = open_notebook([LOAD, "saved = 1", PANEL], kernel="no-anywidget")
    panel = opened(page, 2, name)
    assert not panel.part("save").count()
    page.insert_below(1, "not_in_the_file = 2")
    page.run(2)
    panel.wait("preview", "1 executed cell is not in it, save and try again")
    panel.press()
    panel.wait("question", "Export it all the same?")
    assert not (dags / f"{name}.py").exists()
    panel.press("no")
    poll("no question", lambda: not panel.part("question button").count(), 10)
    page.save()
    panel.press("preview-now")
    panel.previewed("not_in_the_file = 2")
    exported(panel, dags / f"{name}.py", "not_in_the_file = 2")


@in_both
def test_of_two_tabs_the_one_that_is_used_counts(open_notebook: Open, front: str, dags: Path) -> None:
    name = f"two_tabs_{front}"
    first = open_notebook([LOAD, "saved = 1", PANEL])
    here = opened(first, 2, name)
    first.command_mode(1)  # the classic Notebook has no keys while a field has the focus
    first.save()
    second = open_notebook(first)
    there = PanelOnPage(second)  # the same panel: the kernel has one
    poll("what was filled in", lambda: there.field("dag_id").input_value() == name, 20)
    second.type_source(1, "in_the_second = 2")
    there.press("preview-now")
    there.previewed("in_the_second = 2")
    first.page.bring_to_front()
    first.type_source(1, "in_the_first = 1")
    here.press("preview-now")
    here.previewed("in_the_first = 1")
    exported(here, dags / f"{name}.py", "in_the_first = 1")
    there.wait("banner", "Exported")
    second.close(kernel=False)


@pytest.mark.parametrize("front", ["lab"], indirect=True)
def test_what_is_saved_with_the_notebook_holds_no_secret_and_code_at_most_once(
    open_notebook: Open, server: JupyterServer, airflow: FakeAirflow
) -> None:
    setting = "@jupyter-widgets/jupyterlab-manager/plugin"
    server.setting(setting, {"saveState": True})
    try:
        page = open_notebook([LOAD, "conspicuous = 1", PANEL])
        panel = opened(page, 2, "saved_state")
        panel.tab("Rejections")
        panel.tab("History")
        panel.tab("Preview")
        panel.previewed("conspicuous")

        def saved() -> str:
            page.save()
            states = server.read_notebook(page.path)["metadata"]["widgets"]
            return json.dumps(states["application/vnd.jupyter.widget-state+json"]["state"])

        state = saved()
        assert "jpe-panel" in state
        assert state.count("conspicuous") == 1
        assert airflow.secret not in state
        panel.press("close")
        poll("no panel", lambda: not page.page.locator(".jpe-panel").count(), 10)
        page.type_source(1, "conspicuous = 2")
        state = saved()
        assert "conspicuous" not in state
        assert "jpe-" not in state
    finally:
        server.setting(setting, {})
