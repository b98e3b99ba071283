"""The rules for options that targets share."""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option
from jpe_magics.targets.rules import on_or_off, one_of, shown, words, wrong

LIST = Option("a_list", "list", "words", example="a,b")
MODE = Option("mode", "choice", "one of two", choices=("one", "two"))


@pytest.mark.parametrize(
    ("rule", "option", "value", "typed"),
    [
        (on_or_off, MODE, True, True),
        (on_or_off, MODE, "TRUE", True),
        (on_or_off, MODE, "0", False),
        (on_or_off, MODE, 1, True),
        (one_of, MODE, "two", "two"),
        (words, LIST, "a, b,,c ", ("a", "b", "c")),
        (words, LIST, ["a", " b "], ("a", "b")),
        (words, LIST, "", ()),
    ],
)
def test_what_a_value_becomes(rule: Any, option: Option, value: Any, typed: Any) -> None:
    assert rule(option, value) == typed


@pytest.mark.parametrize(
    ("rule", "option", "value", "why"),
    [
        (on_or_off, MODE, "yes", "--mode is on or off, not 'yes'"),
        (one_of, MODE, "three", "--mode is one of one, two, not 'three'"),
        (words, LIST, 5, "--a-list must be words with commas between, not 5"),
        (words, LIST, ["a", 5], "--a-list must be words with commas between, not ['a', 5]"),
    ],
)
def test_a_value_that_cant_be(rule: Any, option: Option, value: Any, why: str) -> None:
    with pytest.raises(OptionError) as caught:
        rule(option, value)
    assert (caught.value.message, caught.value.where) == (why, option.flag)


def test_the_hint_is_the_example_if_no_other() -> None:
    assert wrong(LIST, "is wrong").hint == "for example --a-list a,b"
    assert wrong(LIST, "is wrong", "leave it out").hint == "leave it out"
    assert wrong(MODE, "is wrong").hint == ""


def test_what_is_shown_is_short_and_printable() -> None:
    assert shown("a\n\u202e") == "'a\\n\\u202e'"
    assert (len(shown("x" * 500)), shown("x" * 500)[-1]) == (60, "…")
