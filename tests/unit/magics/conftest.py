from __future__ import annotations

import atexit
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder; home and Jupyter's folders are the test's own, beside it."""
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        folder = tmp_path / "home" / name.lower()
        folder.mkdir(parents=True)
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "0")
    monkeypatch.setenv("JPE_AUDIT_LOG", str(tmp_path / "audit.jsonl"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delenv("JPE_NOTEBOOK_PATH", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def shell() -> Iterator[Any]:
    """An IPython shell without a kernel, as in a terminal."""
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    yield made
    atexit.unregister(made.atexit_operations)
    made.atexit_operations()
    InteractiveShell.clear_instance()


def request(**content: Any) -> dict[str, Any]:
    """Return what a kernel says of the cell that it runs."""
    return {
        "header": {"msg_type": "execute_request", "msg_id": "1"},
        "metadata": {"cellId": "a"},
        "content": {"code": "1", "allow_stdin": True, **content},
    }


@pytest.fixture
def kernel(shell: Any) -> Any:
    """The same shell with a kernel, and someone who sits in front."""
    shell.kernel = SimpleNamespace(get_parent=lambda _channel: request())
    yield shell
    del shell.kernel
