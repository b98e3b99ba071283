"""A kernel that can be used while the panel works: with and without subshells, and with ipykernel 6."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.harness import poll
from tests.browser.pages import NotebookPage
from tests.browser.panel import PanelOnPage
from tests.browser.server import KERNEL_6, JupyterServer
from tests.fake_airflow import FakeAirflow

SETTING = "@jupyterlab/apputils-extension/kernels-settings"
CELLS = (
    "%load_ext jpe_magics\nimport ipykernel, pathlib, time",
    "a = 1",
    "%export_pipeline",
    "print(ipykernel.version_info[0], 6 * 7)",
)
needs_6 = pytest.mark.skipif(KERNEL_6 is None, reason="needs the environment with ipykernel 6, which test-live makes")


@pytest.fixture(
    params=[
        pytest.param(("python3", "perCommTarget", 7), id="subshells"),
        pytest.param(("python3", "disabled", 7), id="no-subshells"),
        pytest.param(("ipykernel-6", "perCommTarget", 6), id="ipykernel-6", marks=needs_6),
    ]
)
def kernel(request: pytest.FixtureRequest, server: JupyterServer) -> Iterator[tuple[str, int]]:
    """Return a kernel's name and its ipykernel's version, with JupyterLab set as the parameter says."""
    name, subshells, version = request.param
    server.setting(SETTING, {"commsOverSubshells": subshells})
    yield name, version
    server.setting(SETTING, {})


@pytest.mark.parametrize("front", ["lab"], indirect=True)
def test_cells_run_while_the_panel_works_and_the_panel_works_while_a_cell_runs(
    open_notebook: Callable[..., NotebookPage],
    kernel: tuple[str, int],
    airflow: FakeAirflow,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    name = f"beside_{request.node.callspec.id.replace('-', '_')}"
    page = open_notebook(CELLS, kernel=kernel[0])
    page.run(0)
    page.run(2)
    panel = PanelOnPage(page).is_read()
    panel.choose("airflow")
    panel.fill("dag_id", name)
    panel.tick("trigger", True)
    panel.previewed(f'dag_id="{name}"')
    read = airflow.read
    airflow.read = lambda: ("", {path: text for path, text in read()[1].items() if name not in path})
    try:
        panel.press()
        poll("a look for the DAG", lambda: airflow.count("GET", f".*/dags/{name}"), 20)
        page.run(3)
        assert page.output(3).strip() == f"{kernel[1]} 42"
        assert panel.part("work .jpe-stop").count() == 1, "the work ended too early for this test"
        # and the other way round: the export comes to its end while a cell runs
        wanted = tmp_path / "go on"
        page.type_source(1, f"while not pathlib.Path({str(wanted)!r}).exists(): time.sleep(0.02)")
        page.begin(1)
        poll("a running cell", lambda: "*" in page.number(1), 20)
    finally:
        airflow.read = read
    panel.done("Exported")
    assert "*" in page.number(1)
    assert len(airflow.dags[name].runs) == 1
    wanted.touch()
    poll("the end of the cell", lambda: "*" not in page.number(1), 20)
    # a long export is stopped by its button
    airflow.read = lambda: ("", {path: text for path, text in read()[1].items() if name not in path})
    try:
        panel.fill("dag_id", f"{name}_2")
        panel.previewed(f'dag_id="{name}_2"')
        panel.press()
        poll("a look for the DAG", lambda: airflow.count("GET", f".*/dags/{name}_2"), 20)
        panel.press("stop")
        panel.done("stopped")
    finally:
        airflow.read = read
