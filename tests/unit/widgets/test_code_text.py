from __future__ import annotations

import random
from collections.abc import Iterator
from html import unescape
from re import sub
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from jpe_magics.core.summary.html import escape
from jpe_magics.model.artifact import File
from jpe_magics.panel.actions import Actions
from jpe_magics.widgets.code_text import MOST, PIECE, CodeText, Lines, pieces
from jpe_magics.widgets.parts import Parts
from tests.unit.widgets.conftest import Wire
from tests.unit.widgets.fake_panel import Fake

LONG = "".join(f"value_{number} = {number}\n" for number in range(1000))


@pytest.fixture
def place(fake: Fake) -> Iterator[CodeText]:
    actions: Actions = fake
    parts = Parts(actions)
    yield CodeText(parts)
    parts.pool.close()


def shown(place: CodeText) -> str:
    values: list[Any] = [one.value for one in place.root.children]
    return unescape(sub("<[^>]+>", "", "".join(values)))


def lines_of(text: str) -> Lines:
    return tuple(escape(line) for line in text.splitlines(keepends=True))


def test_a_keystroke_sends_the_lines_around_it_only(place: CodeText, wire: Wire) -> None:
    place.show(File("a.py", LONG))
    assert shown(place) == LONG
    wire.clear()
    changed = LONG.replace("value_500 =", "value_five_hundred =")
    place.show(File("a.py", changed))
    assert shown(place) == changed
    assert (wire.count("comm_msg"), wire.count("comm_open")) == (1, 0)
    assert "value_500" not in str(wire.messages)
    assert wire.bytes < 30 * len(LONG) * PIECE / 1000
    wire.clear()
    place.show(File("a.py", changed))
    assert not wire.messages


def test_lines_that_come_and_go_move_the_others_without_sending_them(place: CodeText, wire: Wire) -> None:
    place.show(File("a.py", LONG))
    wire.clear()
    more = LONG.replace("value_150 =", "new = 1\nvalue_150 =")
    place.show(File("a.py", more))
    assert shown(place) == more
    assert "value_900" not in str(wire.messages)
    wire.clear()
    place.show(File("a.py", LONG))
    assert shown(place) == LONG
    assert "value_900" not in str(wire.messages)


def test_the_first_piece_is_reached_by_keyboard_and_what_is_gone_is_closed(place: CodeText) -> None:
    place.show(File("a.py", LONG))
    first, second, *_ = place.root.children
    assert 'tabindex="0"' in first.value
    assert 'aria-label="a.py"' in first.value
    assert "tabindex" not in second.value
    open_now = len(_instances)
    place.show(File("a.py", "x = 1\n"))
    assert shown(place) == "x = 1\n"
    assert len(_instances) < open_now
    place.clear()
    assert shown(place) == ""


def test_what_is_too_long_says_so(place: CodeText) -> None:
    place.show(File("a.py", "x = 1\n" * 50_000))
    assert "Cut here: the whole text has 300,000 characters." in shown(place)
    place.show(File("a.py", "x = 1\n"))
    assert shown(place) == "x = 1\n"


def test_pieces_hold_every_line_after_any_change() -> None:
    chance = random.Random(5)
    text = LONG
    before: list[Lines] = []
    for _ in range(300):
        lines = text.splitlines(keepends=True)
        at = chance.randrange(len(lines) + 1)
        lines[at : at + chance.choice((0, 0, 1, 3, 250))] = [f"new_{at}\n"] * chance.choice((0, 1, 2, 150))
        text = "".join(lines) or "x\n"
        first, now, last = pieces(before, lines_of(text))
        assert "".join("".join(piece) for piece in now) == text
        assert len(now) <= 2 + 2 * MOST
        assert all(now)
        same_length = sum(map(len, before)) == len(lines_of(text))
        if not same_length:
            assert now[:first] == before[:first]
            assert now[len(now) - last :] == before[len(before) - last :]
        before = now
