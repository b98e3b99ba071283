"""Who made what stands somewhere, from the records of a history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jpe_magics.adapters.history import History
from jpe_magics.adapters.history.owners import made_by_others
from jpe_magics.model.record import Record


@pytest.fixture
def kept(tmp_path: Path) -> History:
    return History(tmp_path / "jpe-audit.jsonl")


def notebook(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("{}")
    return folder / name


def draft(kept: History, path: str, folder: Path) -> Record:
    return kept.new(target="airflow", name="etl", notebook={"path": path, "folder": str(folder)})


def published(kept: History, path: str, folder: Path, place: str) -> None:
    record = draft(kept, path, folder)
    kept.begin(record)
    kept.add(record.id, "published", status="exported", published=[{"kind": "file", "place": place}])


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The records that are read whole."""
    asked: list[str] = []
    get = History.get

    def noted(self: History, record: str) -> Record:
        asked.append(record)
        return get(self, record)

    monkeypatch.setattr(History, "get", noted)
    return asked


def test_no_record_is_read_where_one_notebook_made_all(kept: History, tmp_path: Path, read: list[str]) -> None:
    own = notebook(tmp_path, "a.ipynb")
    for _ in range(3):
        published(kept, str(own), tmp_path, "dags/etl.py")
    assert made_by_others(kept, draft(kept, str(own), tmp_path)) == {}
    assert read == []


@pytest.mark.parametrize("last", ["other", "own"])
def test_the_last_one_to_publish_counts(kept: History, tmp_path: Path, read: list[str], last: str) -> None:
    own, other = notebook(tmp_path, "a.ipynb"), notebook(tmp_path, "b.ipynb")
    for one in (own, other) if last == "other" else (other, own):
        published(kept, str(one), tmp_path, "dags/etl.py")
    wanted: dict[str, Any] = {str(tmp_path / "dags/etl.py"): str(other)} if last == "other" else {}
    assert made_by_others(kept, draft(kept, str(own), tmp_path)) == wanted
    assert len(read) == 2


def test_one_relative_path_in_two_folders_is_two_notebooks(kept: History, tmp_path: Path) -> None:
    one, two = (notebook(tmp_path / name, "etl.ipynb").parent for name in ("one", "two"))
    published(kept, "etl.ipynb", one, str(tmp_path / "etl.py"))
    assert made_by_others(kept, draft(kept, "etl.ipynb", one)) == {}
    assert made_by_others(kept, draft(kept, "etl.ipynb", two)) == {str(tmp_path / "etl.py"): str(one / "etl.ipynb")}


def test_a_notebook_that_is_gone_is_nobody(kept: History, tmp_path: Path) -> None:
    own, other = notebook(tmp_path, "a.ipynb"), notebook(tmp_path, "b.ipynb")
    published(kept, str(other), tmp_path, "dags/etl.py")
    other.unlink()
    assert made_by_others(kept, draft(kept, str(own), tmp_path)) == {}
