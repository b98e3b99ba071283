"""The live notebook asked anew, with a page that is none."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from jpe_magics.adapters.live import LiveNotebook
from jpe_magics.adapters.live.mirror import Mirror
from jpe_magics.adapters.live.request import CellRequest
from jpe_magics.errors import NotebookError


class Shell:
    """As much of a shell as is asked here."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.history_manager = SimpleNamespace(input_hist_raw=[""])
        self.kernel = SimpleNamespace(get_parent=lambda channel: {})
        self.events = self
        self.callbacks: dict[str, list[Any]] = {"pre_run_cell": [], "post_run_cell": []}

    def register(self, event: str, callback: Any) -> None:
        self.callbacks[event].append(callback)

    def unregister(self, event: str, callback: Any) -> None:
        self.callbacks[event].remove(callback)


class Told:
    """A mirror that tells these states, one each time it is asked."""

    def __init__(self, *digests: str, saves: bool = True) -> None:
        self.digests, self.saves, self.fault = list(digests), saves, ""

    def latest(self, cell: str | None = None) -> Any:
        return SimpleNamespace(path="a.ipynb", notebook=SimpleNamespace(digest=self.digests[0]))

    def ask(self) -> Any:
        del self.digests[:-1]
        return self.latest()

    def save(self) -> bool:
        return self.saves

    def close(self) -> None: ...


@pytest.fixture
def live() -> Any:
    return LiveNotebook(Shell(), {})


def test_it_tells_whether_the_page_shows_another_notebook_than_before(live: Any) -> None:
    assert not live.refresh()
    assert not live.can_save
    live.mirror = Told("one", "two")
    assert live.can_save
    assert live.refresh()
    assert not live.refresh()


def test_it_waits_for_the_mirror_that_comes_with_the_end_of_the_cell_that_loaded_us(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.attach()
    live.recorder.latest = SimpleNamespace(from_vscode=False, cell_id="c", stdin=True)
    monkeypatch.setattr(live, "_make_mirror", lambda: setattr(live, "mirror", Told("one", "two")))
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(live.refresh()))
    thread.start()
    live._open_mirror()
    thread.join(5)
    assert found == [True]
    live.detach()


def test_it_is_told_once_that_a_page_has_shown_its_document(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from jpe_magics.adapters.live import mirror

    met: list[str] = []
    heard: list[str] = []
    live.met = lambda: met.append("met")
    monkeypatch.setattr(mirror.Mirror, "open", lambda self: None)
    live._make_mirror()
    live.watch(lambda: heard.append("heard"))
    assert met == []
    live.mirror.heard()
    live.mirror.heard()
    assert (met, heard) == (["met"], ["heard", "heard"])


def test_detached_it_meets_nobody(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from jpe_magics.adapters.live import mirror

    met: list[str] = []
    live.attach()
    live.met = lambda: met.append("met")
    monkeypatch.setattr(mirror.Mirror, "open", lambda self: None)
    live._make_mirror()
    late = live.mirror
    live.detach()
    late.heard()
    assert met == []


VSCODE = "vscode-notebook-cell:/home/ada/my%20etl.ipynb#W0sZmlsZQ%3D%3D"
UNTITLED = "vscode-notebook-cell:Untitled-1.ipynb#W0sdW50aXRsZWQ%3D"


def page(path: str, *cells: str, revision: int = 1) -> dict[str, Any]:
    """What a page that shows a document says."""
    told = [{"cell_type": "code", "id": one, "source": "", "metadata": {}} for one in cells]
    about = {"protocol": 1, "type": "snapshot", "page": path, "front": "lab", "revision": revision, "taken": 1.0}
    return {**about, "path": path, "notebook": {"cells": told, "metadata": {}}}


@pytest.mark.parametrize(
    ("paths", "cell_id", "name"),
    [
        (("work/etl daily.ipynb",), "a", "etl daily"),
        (("etl daily.py",), "a", "etl daily.py"),  # Jupytext: as it is when it has been read
        (("one.ipynb", "two.ipynb"), "one.ipynb a", "one"),
        (("one.ipynb", "two.ipynb"), "", "two"),
        (("one.ipynb",), VSCODE, "my etl"),
        ((), VSCODE, "my etl"),
        ((), UNTITLED, ""),
        ((), "a1b2", ""),
        ((), None, ""),
    ],
)
def test_the_name_is_that_of_the_notebook_that_will_be_read(
    live: Any, paths: tuple[str, ...], cell_id: str | None, name: str
) -> None:
    if paths:
        live.mirror = Mirror()
        for path in paths:
            live.mirror._on_message(page(path, f"{path} a"))
    if cell_id is not None:
        live.recorder.latest = CellRequest(metadata={"cellId": cell_id})
    assert live.name == name
    if paths and cell_id != VSCODE:
        assert live.snapshot(now=datetime.now(timezone.utc)).notebook.name == name


def test_detached_it_waits_for_nothing(live: Any) -> None:
    live.attach()
    live.recorder.latest = SimpleNamespace(from_vscode=False, cell_id="c", stdin=True)
    live.detach()
    assert live._looked.is_set()
    assert not live.refresh()


def test_a_page_that_has_not_saved_is_an_error_that_says_why(live: Any) -> None:
    live.mirror = Told("one")
    live.save()
    live.mirror = Told("one", saves=False)
    live.mirror.fault = "it is read-only"
    with pytest.raises(NotebookError, match="did not say that it has saved the notebook: it is read-only"):
        live.save()
    live.mirror = None
    with pytest.raises(NotebookError, match="did not say"):
        live.save()


@pytest.mark.parametrize("ask", [lambda live: live.refresh(), lambda live: live.save()], ids=["refresh", "save"])
def test_it_may_be_detached_while_it_asks(live: Any, ask: Any) -> None:
    live.mirror = told = Told("one", "two")
    latest, save = told.latest, told.save
    told.latest = lambda *words: (live.detach(), latest(*words))[1]  # type: ignore[method-assign]
    told.save = lambda: (live.detach(), save())[1]  # type: ignore[method-assign]
    ask(live)
    assert live.mirror is None


def test_so_it_may_while_a_notebook_is_read(live: Any) -> None:
    live.mirror = told = Told("one")
    told.latest = lambda *_: live.detach()  # type: ignore[method-assign]
    assert live._live_state(exporting=True) is None
    assert not live.can_save
