"""The live notebook in real front ends: what is exported is what stands on the screen, saved or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.browser.harness import poll
from tests.browser.pages import NotebookPage
from tests.browser.server import JupyterServer

Open = Callable[..., NotebookPage]
LOAD, EXPORT = "%load_ext jpe_magics", "%export_pipeline airflow --dag-id live --preview"


def read(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the tasks of an export: each one's id, and its code as it will run."""
    code = {row["task"]: row["code"] for row in report["notebook"] if row["task"]}
    return [(task["id"], code[task["id"]]) for task in report["tasks"]]


def test_an_edit_that_is_neither_saved_nor_run_is_exported(open_notebook: Open, server: JupyterServer) -> None:
    page = open_notebook([LOAD, "saved = 1", EXPORT])
    page.run(0)
    page.type_source(1, "typed = 2")
    report = page.export(2)  # at once: no pause in which the page could have told of the edit by itself
    assert (report["source"], read(report)) == ("live notebook, 3 cells", [("cell_2", "typed = 2")])
    assert "typed = 2" in report["code"]
    poll("the summary", lambda: "live notebook, 3 cells" in page.output(2), 20)
    assert "saved = 1" in str(server.read_notebook(page.path))  # nothing was saved for it


def test_cells_added_moved_deleted_and_tagged(open_notebook: Open, server: JupyterServer) -> None:
    page = open_notebook([LOAD, "a = 1", "b = 2", "c = 3", EXPORT])
    page.run(0)
    page.insert_below(2, "new = 4")
    assert read(page.export(5)) == [
        ("cell_2", "a = 1"),
        ("cell_3", "b = 2"),
        ("cell_4", "new = 4"),
        ("cell_5", "c = 3"),
    ]
    page.move_down(1)
    assert [code for _, code in read(page.export(5))] == ["b = 2", "a = 1", "new = 4", "c = 3"]
    page.delete(4)
    assert [code for _, code in read(page.export(4))] == ["b = 2", "a = 1", "new = 4"]
    page.show_tags()
    page.add_tag(1, "task:second")
    page.add_tag(2, "skip")
    report = page.export(4)
    assert read(report) == [("second", "b = 2"), ("cell_4", "new = 4")]
    assert [(one["cell"], one["kind"]) for one in report["rejected"]] == [(2, "skipped")]
    assert report["source"] == "live notebook, 5 cells"
    saved = [cell["source"] for cell in server.read_notebook(page.path)["cells"]]
    assert saved == [LOAD, "a = 1", "b = 2", "c = 3", EXPORT]


def test_what_a_panel_needs_is_got_ready_as_soon_as_the_page_is_met(open_notebook: Open) -> None:
    ask = "import sys; print(sys.modules.keys() >= {'jpe_magics.magics.live', 'jpe_magics.targets.airflow'})"
    page = open_notebook([LOAD, ask])
    page.run(0)

    def asked() -> bool:
        page.run(1)
        return "True" in page.output(1)

    poll("what a panel needs", asked, 30)
    assert page.faults() == []
    assert page.output(0).strip() == ""


def test_a_rename_and_a_reload(open_notebook: Open) -> None:
    page = open_notebook([LOAD, "saved = 1", EXPORT])
    page.run(0)
    assert "etl.ipynb" in page.export(2)["code"]
    page.rename("daily.ipynb")
    page.type_source(1, "after_the_rename = 2")
    report = page.export(2)
    assert (report["source"], read(report)) == ("live notebook, 3 cells", [("cell_2", "after_the_rename = 2")])
    assert "daily.ipynb" in report["code"]
    assert "etl.ipynb" not in report["code"]
    page.save()
    page.type_source(1, "lost_by_the_reload = 3")
    page.open()
    # until the new page has told of its document, the saved file is read: it shows that too
    assert read(page.export(2)) == [("cell_2", "after_the_rename = 2")]
    poll("the live notebook", lambda: page.export(2)["source"] == "live notebook, 3 cells", 20)
    page.type_source(1, "after_the_reload = 4")
    assert read(page.export(2)) == [("cell_2", "after_the_reload = 4")]


def test_without_anywidget_the_file_and_what_ran_are_read_and_doubts_are_told(open_notebook: Open, front: str) -> None:
    page = open_notebook([LOAD, "saved = 1", "other = 1", EXPORT], kernel="no-anywidget")
    page.run(0)
    page.type_source(1, "ran = 2")
    page.run(1)
    page.type_source(2, "typed = 2")
    report = page.export(3)
    if front == "classic":  # it sends no cell ids: which cell ran is not known
        assert read(report) == [("cell_2", "saved = 1"), ("cell_3", "other = 1")]
        told = "saved file only: 1 executed cell is not in it, save and try again"
        assert report["source"] == told
    else:
        assert read(report) == [("cell_2", "ran = 2"), ("cell_3", "other = 1")]
        assert report["source"].endswith(" + 1 executed edit")
        assert report["source"].startswith("saved file of ")
        page.insert_below(1, "new = 3")
        page.run(2)
        assert report_doubts(page.export(4)) == "1 executed cell is not in it, save and try again"
        page.delete(2)
    page.save()
    report = page.export(3)
    assert read(report) == [("cell_2", "ran = 2"), ("cell_3", "typed = 2")]
    assert report["source"].startswith("saved file of ")
    assert report["source"].endswith(", 4 cells")


def report_doubts(report: dict[str, Any]) -> str:
    """Return what the report's source says after the colon."""
    return str(report["source"]).rpartition(": ")[2]


def test_in_two_tabs_the_one_that_exports_counts(open_notebook: Open) -> None:
    first = open_notebook([LOAD, "saved = 1", EXPORT])
    first.run(0)
    second = open_notebook(first)
    first.type_source(1, "first = 1")
    assert read(first.export(2)) == [("cell_2", "first = 1")]
    second.type_source(1, "second = 2")
    assert read(second.export(2)) == [("cell_2", "second = 2")]
    report = first.export(2)
    assert read(report) == [("cell_2", "first = 1")]
    assert [one["code"] for one in report["warnings"] if one["code"] == "JPE347"] == ["JPE347"]
    second.close(kernel=False)
    assert read(first.export(2)) == [("cell_2", "first = 1")]
