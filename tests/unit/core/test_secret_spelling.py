"""Where the source spells a value otherwise than it evaluates."""

from __future__ import annotations

import time

import pytest

from jpe_magics.core.secrets import Redactor, find_secrets
from jpe_magics.core.secrets.spelling import Spelling


@pytest.mark.parametrize(
    ("source", "value", "found"),
    [
        ('x = "a b c"', "b", ("b", ())),
        ('x = "AKIA" "IOSF"  # "', "AKIAIOSF", ('"AKIA" "IOSF"', ("AKIA", "IOSF"))),
        ('x = "ab" + "cd" + "ef" + "gh"', "de", ('"cd" + "ef"', ("d", "e"))),
        (r'x = "p\x41ss"', "pAss", (r'"p\x41ss"', (r"p\x41ss",))),
        ('x = f"a{b}c" "d"', "a{}c", ('x = f"a{b}c" "d"', ("a{b}c", "d"))),
        ("1_000", "1000", ("1_000", ("1_000",))),
    ],
)
def test_a_value_is_found_as_it_is_spelled(source: str, value: str, found: tuple[str, tuple[str, ...]]) -> None:
    start, end, pieces = Spelling(source, 0, len(source)).find(value)
    assert (source[start:end], pieces) == found


def test_values_are_found_in_any_order_and_again() -> None:
    source = 'x = "a1 b2" "c3" "d" "4" "e" "5"'
    spelling = Spelling(source, 0, len(source))
    for value in ("c3", "a1", "e5", "d4", "c3", "b2", "d4", "nowhere", "e5", "a1"):
        start, end, pieces = spelling.find(value)
        assert value in (source[start:end], "".join(pieces), "nowhere")


def test_a_number_is_masked_as_it_is_written() -> None:
    source = "password = 48_151_623"
    assert Redactor(find_secrets(source))(f"{source} # 48151623") == "password = *** # ***"


@pytest.mark.parametrize(
    "source",
    [
        "x = (" + " + ".join(f'"password=T0p" + "s3cr-{one}-x "' for one in range(1000)) + ")",
        "x = [" + ", ".join(f'"ein schlüssel key nummer {one} {"n" * 500}"' for one in range(4000)) + "]",
    ],
    ids=["joined", "one long line that is not ASCII"],
)
def test_many_literals_take_no_longer_than_one_at_a_time(source: str) -> None:
    started = time.process_time()
    find_secrets(source)
    assert time.process_time() - started < 3
