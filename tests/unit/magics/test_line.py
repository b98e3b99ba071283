from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.errors import OptionError
from jpe_magics.magics.line import last_word, silenced, split


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  airflow   --dag-id\tetl ", ["airflow", "--dag-id", "etl"]),
        ('--schedule "0 6 * * 1-5"', ["--schedule", "0 6 * * 1-5"]),
        ("--description 'it is \"daily\"'", ["--description", 'it is "daily"']),
        ('--description ""', ["--description", ""]),
        ("--param a=$HOME --param b={x}", ["--param", "a=$HOME", "--param", "b={x}"]),
        ("--tags a,b # no comment", ["--tags", "a,b", "#", "no", "comment"]),
        ("--conf 'a'b\"c\"", ["--conf", "abc"]),
        ("--name é中", ["--name", "é中"]),
    ],
)
def test_words_are_split_as_in_a_shell(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('airflow --description "daily', 'the quote " is not closed'),
        ("airflow --description it's", "the quote ' is not closed"),
        ("airflow 'a\"b", "the quote ' is not closed"),
        ("airflow a\\", "the line is cut"),
    ],
)
def test_an_open_quote_is_named(line: str, named: str) -> None:
    with pytest.raises(OptionError) as caught:
        split(line)
    assert named in caught.value.message
    assert caught.value.hint


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), max_size=5))
def test_quoted_words_come_back(words: list[str]) -> None:
    line = " ".join(map(shlex.quote, words))
    assert split(line) == words
    assert last_word(line)[1] == ""


@pytest.mark.parametrize(
    ("line", "start", "quote"),
    [("", 0, ""), ("a b", 2, ""), ("a ", 2, ""), ("a 'b c", 2, "'"), ("a 'b c'", 2, ""), ("a b\\ c", 2, "")],
)
def test_the_last_word(line: str, start: int, quote: str) -> None:
    assert last_word(line) == (start, quote)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("airflow;", ("airflow", True)),
        ("airflow ; ", ("airflow ", True)),
        ("--description 'a;'", ("--description 'a;'", False)),
        (";", ("", True)),
        ("airflow", ("airflow", False)),
    ],
)
def test_a_semicolon_at_the_end_silences(line: str, told: tuple[str, bool]) -> None:
    assert silenced(line) == told
