"""What a notebook is called before it was read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jpe_magics.adapters.live import read_given
from jpe_magics.panel.naming import name_of

VSCODE = "vscode-notebook-cell:/home/ada/my%20etl.ipynb#W0sZmlsZQ%3D%3D"


def live(mirror: str | None, cell_id: str | None) -> Any:
    """A live notebook whose page told `mirror`, and whose last request came from the cell `cell_id`."""
    told = None if mirror is None else SimpleNamespace(latest=lambda: SimpleNamespace(path=mirror))
    asked = None if cell_id is None else SimpleNamespace(cell_id=cell_id)
    return SimpleNamespace(mirror=told, recorder=SimpleNamespace(latest=asked))


@pytest.mark.parametrize(
    ("mirror", "cell_id", "name"),
    [
        ("work/etl daily.ipynb", VSCODE, "etl daily"),
        (None, VSCODE, "my etl"),
        (None, "a1b2", ""),
        (None, None, ""),
    ],
)
def test_what_the_front_end_tells_now_is_known_at_once(
    user: Any, monkeypatch: pytest.MonkeyPatch, mirror: str | None, cell_id: str | None, name: str
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "old name.ipynb")  # a rename has made it wrong
    del user.environ["JPE_NOTEBOOK_PATH"]
    session = user.session
    session.live = live(mirror, cell_id)
    assert name_of(session, None) == name


def test_the_setting_counts_before_and_what_was_read_above_all(user: Any) -> None:
    session = user.session
    session.live = live("other.ipynb", None)
    assert name_of(session, None) == "etl daily"
    assert name_of(session, read_given(str(user.write("x = 1").rename(user.folder / "read.ipynb")))) == "read"


def test_without_any_place_nothing_is_known(user: Any) -> None:
    del user.environ["JPE_NOTEBOOK_PATH"]
    assert name_of(user.session, None) == ""
