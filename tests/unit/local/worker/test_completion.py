from __future__ import annotations

import sys
from typing import Any

import pytest

from jpe_magics.local.worker.completion import candidates


class Frame:
    def select(self) -> None: ...

    def selectExpr(self) -> None: ...

    def _private(self) -> None: ...


NAMES: dict[str, Any] = {"frame": Frame(), "frames": [1], "text": "a"}


@pytest.fixture(params=["jedi", "standard library"])
def completer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "standard library":
        monkeypatch.setitem(sys.modules, "jedi", None)
    else:
        pytest.importorskip("jedi")
    return str(request.param)


@pytest.mark.usefixtures("completer")
@pytest.mark.parametrize(
    ("code", "cursor", "expected"),
    [
        ("frame.sel", None, ["select", "selectExpr"]),
        ("fram", None, ["frame", "frames"]),
        ("x = 1\nframe.select", None, ["select", "selectExpr"]),
        ("frame.sel + nothing", 9, ["select", "selectExpr"]),
        ("print(text.upp)", 14, ["upper"]),
        ("nothing.a", None, []),
        ("whil", None, ["while"]),
    ],
)
def test_names_that_may_stand_at_the_cursor(code: str, cursor: int | None, expected: list[str]) -> None:
    assert candidates(code, len(code) if cursor is None else cursor, NAMES) == expected


@pytest.mark.usefixtures("completer")
def test_public_names_come_first() -> None:
    found = candidates("frame.", 6, NAMES)
    assert found[:2] == ["select", "selectExpr"]


def test_the_namespace_is_left_as_it_was() -> None:
    names = dict(NAMES)
    candidates("frame.", 6, names)
    assert names == NAMES


def test_a_fault_of_jedis_stands_in_the_log_and_the_standard_library_answers(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def Interpreter(self, *_args: Any) -> Any:
            raise RuntimeError("a fault of jedi's")

    monkeypatch.setitem(sys.modules, "jedi", Broken())
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    assert candidates("fram", 4, NAMES) == ["frame", "frames"]
    assert "a fault of jedi's" in capfd.readouterr().err
