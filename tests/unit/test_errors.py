from __future__ import annotations

import re
from pathlib import Path

import pytest

from jpe_magics.errors import CODES, JpeError, NotebookError

SOURCES = Path(__file__).parents[2] / "jpe_magics"


def test_every_code_is_declared_and_every_declared_code_is_used() -> None:
    used: set[str] = set()
    for file in SOURCES.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if file.name == "errors.py":
            text = text.partition("class JpeError")[2]
        used |= set(re.findall(r"JPE\d{3}", text))
    assert used == set(CODES)


def test_an_error_shows_what_where_and_what_to_do() -> None:
    error = NotebookError("it is empty", where="nb.ipynb", hint="save it")
    assert str(error).split("\n") == ["JPE102: it is empty", "  at: nb.ipynb", "  do: save it"]
    assert error._render_traceback_() == error.lines()


def test_an_undeclared_code_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="JPE999"):
        JpeError("x", code="JPE999")
