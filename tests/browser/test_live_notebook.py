"""The live notebook in real front ends: what is exported is what stands on the screen, saved or not."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from harness import FRONT_ENDS, NotebookPage, Server, browser, poll

CELLS = ("%load_ext jpe_magics", "saved = 1", "%export_pipeline airflow --dag-id live --preview")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="module")
def context() -> Iterator[object]:
    with browser() as context:
        yield context


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_an_edit_that_is_neither_saved_nor_run_is_exported(server: Server, context: object, name: str) -> None:
    file = server.write_notebook(f"{name}/live.ipynb", CELLS)
    page = NotebookPage(context, server, name, f"{name}/live.ipynb")  # type: ignore[arg-type]
    try:
        page.run(0)
        page.type_source(1, "typed_but_not_run = 2")
        time.sleep(1)  # the mirror pushes an edit 200 ms after the last keystroke
        page.run(2)
        poll("the summary", lambda: "live notebook, 3 cells" in page.output(2), 20)
        assert "typed_but_not_run = 2" in page.cell(2).inner_html()
        assert "saved = 1" in file.read_text()  # nothing was saved for it
    finally:
        page.close()
