"""One browser and one server for the whole suite; a notebook of its own for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.harness import chromium
from tests.browser.pages import FRONT_ENDS, NotebookPage
from tests.browser.panel import PanelOnPage
from tests.browser.server import GivenCell, JupyterServer
from tests.fake_airflow import FakeAirflow
from tests.fake_ilum import FakeIlum

#: The notebook of `desk`: its last cell opens the panel.
CELLS: tuple[GivenCell, ...] = (
    "%load_ext jpe_magics",
    "%%pipeline_params\nthreshold = 0.95  # least share of valid rows\nregion = 'EU'",
    ("df = spark.range(10)", ["task:load"]),
    "print(df.count())\nfiles = !ls\nrows = df.count()",
    "%export_pipeline",
)


class Desk:
    """A notebook open in a front end, with a fresh panel whenever one is asked for."""

    def __init__(self, page: NotebookPage) -> None:
        self.notebook = page
        page.run(0)

    def view(self, line: str, root: str) -> PanelOnPage:
        """Run the last cell with that line, and return the view that it opens."""
        last = len(CELLS) - 1
        self.notebook.type_source(last, line)
        self.notebook.run(last)
        return PanelOnPage(self.notebook, root)

    def panel(self, target: str = "airflow") -> PanelOnPage:
        """Return a fresh panel with that card chosen; it opens with the one of the last export."""
        panel = self.view("%export_pipeline", ".jpe-panel").is_read()
        panel.choose(target)
        return panel


@pytest.fixture(scope="session")
def dags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DAGs folder of `airflow`, which is the local folder that kernels export to."""
    return tmp_path_factory.mktemp("dags")


@pytest.fixture(scope="session")
def airflow(dags: Path) -> Iterator[FakeAirflow]:
    with FakeAirflow(dags, parse_every=2) as running:
        yield running


@pytest.fixture(scope="session")
def ilum() -> Iterator[FakeIlum]:
    with FakeIlum() as running:
        yield running


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, airflow: FakeAirflow, ilum: FakeIlum, dags: Path
) -> Iterator[JupyterServer]:
    environment = {
        "AIRFLOW_API_URL": airflow.url,
        "AIRFLOW_JWT_SECRET": airflow.secret,
        "AIRFLOW_JWT_SUBJECT": "admin",
        "ILUM_API_URL": ilum.url,
        "GITEA_API_URL": "http://127.0.0.1:9/api/v1",  # nothing listens there
        "JPE_GIT_PROVIDER": "local",
        "JPE_LOCAL_DAGS_FOLDER": str(dags),
        "JPE_PROBE_TIMEOUT": "10",  # on a busy machine a new kernel's first question takes a while
    }
    with JupyterServer(tmp_path_factory.mktemp("jupyter"), environment) as server:
        yield server


@pytest.fixture(scope="session")
def context() -> Iterator[BrowserContext]:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(20_000)
        yield context


@pytest.fixture(scope="session", params=FRONT_ENDS)
def front(request: pytest.FixtureRequest) -> str:
    """The name of a front end: the test runs once in each."""
    return str(request.param)


@pytest.fixture
def open_notebook(
    request: pytest.FixtureRequest, server: JupyterServer, context: BrowserContext, front: str, tmp_path: Path
) -> Iterator[Callable[..., NotebookPage]]:
    """Return `open(cells, …)`, which writes a notebook and opens it; `open(page)` opens it in another tab.

    `name` is the file's.
    """
    opened: list[NotebookPage] = []

    def open_(cells: Sequence[GivenCell] | NotebookPage, *, name: str = "etl.ipynb", **how: Any) -> NotebookPage:
        if isinstance(cells, NotebookPage):
            path = cells.path
        else:
            path = f"{front}/{tmp_path.name}/{name}"
            server.write_notebook(path, cells, **how)
        opened.append(FRONT_ENDS[front](context, server, path))
        return opened[-1]

    yield open_
    for page in reversed(opened):
        page.close()


@pytest.fixture(scope="session")
def desk(server: JupyterServer, context: BrowserContext, front: str) -> Iterator[Desk]:
    """One page for all tests of the panel in that front end."""
    path = f"{front}/desk/etl.ipynb"
    server.write_notebook(path, CELLS)
    page = FRONT_ENDS[front](context, server, path)
    yield Desk(page)
    page.close()
