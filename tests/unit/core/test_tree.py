from __future__ import annotations

import ast

import pytest

from jpe_magics.core.remembered import remembering
from jpe_magics.core.tree import parsed, tree_of


def test_a_text_is_parsed_once_in_an_export_and_in_the_next() -> None:
    with remembering():
        first = tree_of("x = 1")
        assert tree_of("x = 1") is first
        assert parsed("x = 1") is not first
    with remembering():
        assert tree_of("x = 1") is first


def test_nothing_is_said_about_the_users_code() -> None:
    assert isinstance(tree_of(r"x = '\d'"), ast.Module)  # a warning would be an error here


def test_what_is_no_python_is_told_each_time() -> None:
    with remembering():
        for _ in range(2):
            with pytest.raises(SyntaxError):
                tree_of("x =")
