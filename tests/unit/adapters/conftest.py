"""Real servers on 127.0.0.1 for the tests of what talks to servers, and settings by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jpe_magics.adapters.declared import DECLARED
from jpe_magics.model.secret import Secret


def _beside(name: str) -> ModuleType:
    """Return the module in `tests/<name>.py`, as one and the same for all tests."""
    full = f"jpe_tests_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).parents[2] / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


@pytest.fixture(scope="session")
def scripted() -> ModuleType:
    """The module `tests/scripted_server.py`."""
    return _beside("scripted_server")


@pytest.fixture(scope="session")
def faulty() -> ModuleType:
    """The module `tests/faulty_proxy.py`."""
    return _beside("faulty_proxy")


class Given:
    """Settings: those that are given, checked as all are, else the defaults."""

    def __init__(self, **given: Any) -> None:
        self.given = given

    def get(self, name: str) -> Any:
        value = DECLARED[name].check(self.given[name]) if name in self.given else DECLARED[name].default_value
        return Secret(str(value)) if DECLARED[name].secret and not isinstance(value, Secret) else value


@pytest.fixture(scope="session")
def given() -> type[Given]:
    return Given
