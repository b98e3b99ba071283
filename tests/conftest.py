"""What tests of several folders need: pipelines made by hand, and the templates of this checkout."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.task import Pipeline, PreparedCell, Task
from jpe_magics.model.text import Text

# The same examples every time: a suite that fails by chance tells nothing about a change.  JPE_EXPLORE=1 looks
# for new ones; what it finds becomes a plain test.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("explore" if os.environ.get("JPE_EXPLORE") else "repeatable")

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


def pytest_configure() -> None:
    """Take Ctrl-C also where a shell has started us in the background: it is ignored there, and by all children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pipeline(
    tasks: Sequence[Any], parameters: Sequence[Parameter] = (), whole: bool = False, **values: Any
) -> Pipeline:
    """Return a pipeline of (name, code[, values of Task]) in a chain; `whole` makes the one task of `batch`."""
    cells: list[PreparedCell] = []
    chain: list[Task] = []
    for number, (name, code, *more) in enumerate(tasks, 1):
        extra = dict(more[0]) if more else {}
        language = extra.get("language", "python")
        cells.append(PreparedCell(Cell(code, number, number), "pyspark", "task", Text.of(code), language, name))
        upstream = extra.pop("upstream", (chain[-1].id,) if chain else ())
        chain.append(Task(name, (cells[-1],), code, upstream=upstream, named=True, **extra))
    if whole:
        retries = next((task.retries for task in chain if task.retries is not None), None)
        code = "\n\n".join(task.code for task in chain)
        chain = [Task("run_notebook", tuple(cells), code, retries=retries)]
    known: dict[str, Any] = {"notebook": "etl_daily", "path": "/home/x/etl_daily.ipynb", "digest": "ab" * 32}
    return Pipeline(cells=tuple(cells), tasks=tuple(chain), parameters=tuple(parameters), **{**known, **values})


def template(name: str) -> str | None:
    """Return the source of one of our templates."""
    path = TEMPLATES / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


@pytest.fixture
def pipeline_of() -> Callable[..., Pipeline]:
    return pipeline


@pytest.fixture
def load_template() -> Callable[[str], str | None]:
    return template


def beside(name: str) -> ModuleType:
    """Return the module in the file `tests/<name>.py`."""
    spec = importlib.util.spec_from_file_location(f"jpe_tests_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    """The module `tests/fake_livy.py`."""
    return beside("fake_livy")


@pytest.fixture
def livy(fakes: ModuleType) -> Iterator[Any]:
    with fakes.FakeLivy() as running:
        yield running


@pytest.fixture(scope="session")
def airflow_stub() -> ModuleType:
    """The module `tests/stub_airflow.py`."""
    return beside("stub_airflow")
