"""A user with notebooks, a history and servers of this machine, who has a panel open."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jpe_magics.panel.controller import Panel
from jpe_magics.panel.state import PanelState
from jpe_magics.session import Session

#: Nothing answers here, and says so at once.
NOBODY = "http://127.0.0.1:9"


def until(true: Callable[[], Any], limit: float = 20.0) -> Any:
    """Return what `true` returns as soon as that is true; fail after `limit` seconds."""
    end = time.monotonic() + limit
    while not (found := true()):
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.002)
    return found


class User:
    """Has a notebook in a folder, and a panel whose states are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: list[PanelState] = []
        self.environ = {
            "JPE_AUDIT_LOG": str(folder / "audit.jsonl"),
            "JPE_LOCAL_DAGS_FOLDER": str(folder / "dags"),
            "JPE_GIT_PROVIDER": "local",
            "JPE_NOTEBOOK_PATH": str(folder / "etl daily.ipynb"),
            "JPE_REQUEST_TIMEOUT": "5",
            "JPE_AIRFLOW_ENABLED": "false",
            **dict.fromkeys(("ILUM_API_URL", "AIRFLOW_API_URL", "GITEA_API_URL"), NOBODY),
        }
        self.panels: list[Panel] = []
        self.write("x = n", "print(x)")

    def write(self, *sources: str, parameters: str = "n = 3", jpe: Mapping[str, Any] | None = None) -> Path:
        """Write the notebook: a cell of parameters, and these."""
        tagged = [(parameters, ["parameters"]), *((one, []) for one in sources)]
        cells = [
            {"cell_type": "code", "id": f"c{place}", "metadata": {"tags": tags}, "source": source}
            | {"outputs": [], "execution_count": None}
            for place, (source, tags) in enumerate(tagged)
        ]
        metadata = {} if jpe is None else {"jpe": jpe}
        path = Path(self.environ["JPE_NOTEBOOK_PATH"])
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}))
        return path

    @property
    def session(self) -> Session:
        return Session(environ=self.environ)

    def panel(self, session: Session | None = None, begin: bool = True) -> Panel:
        """Return an open panel."""
        panel = Panel(session or self.session)
        self.panels.append(panel)
        panel.listen(lambda state, _: self.states.append(state))
        if begin:
            panel.open()
        return panel

    def ready(self, session: Session | None = None) -> Panel:
        """Return an open panel with its first preview."""
        panel = self.panel(session)
        self.previewed(panel)
        return panel

    def previewed(self, panel: Panel) -> PanelState:
        """Return the state once the preview is that of the form."""
        return until(lambda: panel.state if not panel.state.stale else None)

    def done(self, panel: Panel) -> PanelState:
        """Return the state once the work has ended."""
        return until(lambda: panel.state if panel.state.work is None else None)

    def records(self) -> Sequence[Mapping[str, Any]]:
        log = self.folder / "audit.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    made = User(tmp_path)
    yield made
    for panel in made.panels:
        panel.close(2.0)


def _beside(name: str) -> ModuleType:
    full = f"jpe_tests_{name}"
    if full not in sys.modules:
        spec = spec_from_file_location(full, Path(__file__).parents[2] / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


@pytest.fixture(scope="session")
def fake_airflow() -> ModuleType:
    return _beside("fake_airflow")


@pytest.fixture(scope="session")
def fake_ilum() -> ModuleType:
    return _beside("fake_ilum")


@pytest.fixture(scope="session")
def scripted() -> ModuleType:
    return _beside("scripted_server")


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    return until
