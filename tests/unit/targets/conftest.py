"""The fake Airflow, and what the tests of its flows share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

_HERE = Path(__file__).parent


def _module(path: Path) -> ModuleType:
    """Return the module in the file `path`, as one and the same for all tests."""
    name = f"jpe_tests_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def fake_airflow() -> ModuleType:
    """The module `tests/fake_airflow.py`."""
    return _module(_HERE.parents[1] / "fake_airflow.py")


@pytest.fixture(scope="session")
def flows() -> ModuleType:
    """The module `airflow_flows.py` beside this file."""
    return _module(_HERE / "airflow_flows.py")
