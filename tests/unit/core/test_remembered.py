"""What one export found out serves the next one, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest

from jpe_magics.core import remembered
from jpe_magics.core.remembered import Memory, Remembered, remembering


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def shout(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Remembered[str, str]]:
    def function(text: str) -> str:
        """Shout."""
        asked.append(text)
        return text.upper()

    monkeypatch.setattr(remembered, "_memories", [])
    yield Remembered(function)


def test_it_is_the_function(shout: Remembered[str, str]) -> None:
    assert shout("a") == "A"
    assert shout.__doc__ == "Shout."


def test_each_is_asked_for_once_in_an_export_and_in_the_next(shout: Remembered[str, str], asked: list[str]) -> None:
    for _ in range(3):
        with remembering():
            assert [shout(one) for one in "aba"] == ["A", "B", "A"]
    assert asked == ["a", "b"]


def test_what_an_export_did_not_ask_for_is_forgotten_with_it(shout: Remembered[str, str], asked: list[str]) -> None:
    for text in ("ab", "b", "ab"):
        with remembering():
            for one in text:
                shout(one)
    assert asked == ["a", "b", "a"]
    assert len(shout) == 2


def test_nothing_is_kept_outside_of_an_export(shout: Remembered[str, str], asked: list[str]) -> None:
    shout("a"), shout("a")
    assert (asked, len(shout)) == (["a", "a"], 0)


def test_no_more_is_kept_than_the_most(shout: Remembered[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 3)
    with remembering():
        for number in range(10):
            shout(str(number))
        assert len(shout) == 10
    assert len(shout) == 3


def test_nothing_of_much_code_is_kept(
    shout: Remembered[str, str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST_CHARACTERS", 10)
    other: Memory[tuple[str], str] = Memory()
    for text in ("a" * 10, "a" * 11):
        for _ in range(2):
            with remembering():
                shout(text)
                other.keep((text,), text)
        assert len(shout) == len(other) == (len(text) <= 10)
    assert asked == ["a" * 10, "a" * 11, "a" * 11]


def test_what_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_memories", [])
    never = Remembered(int)
    with remembering():
        for _ in range(2):
            with pytest.raises(ValueError, match="x"):
                never("x")
    assert len(never) == 0


def test_an_export_that_ends_takes_nothing_from_one_that_goes_on(shout: Remembered[str, str], asked: list[str]) -> None:
    with remembering():
        shout("a")
        for _ in range(3):
            with remembering():
                shout("b")
        shout("a")
    assert asked == ["a", "b"]


def test_many_threads(shout: Remembered[str, str]) -> None:
    start = Barrier(8)

    def export(number: int) -> list[str]:
        start.wait(30)
        found = []
        for _ in range(50):
            with remembering():
                found += [shout(f"{one} {number % 2}") for one in range(20)]
        return found

    with ThreadPoolExecutor(8) as pool:
        for number, found in enumerate(pool.map(export, range(8))):
            assert found == [f"{one} {number % 2}" for one in range(20)] * 50
    with remembering():
        pass
    with remembering():
        pass
    assert len(shout) == 0


def test_one_that_begins_while_the_last_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys hash themselves in Python, as `Text` does: that is where threads change."""
    monkeypatch.setattr(remembered, "_memories", [])
    monkeypatch.setattr(remembered, "MOST", 3)

    @dataclass(frozen=True)
    class Key:
        number: int

        def __hash__(self) -> int:
            if ending and self.number == 1:
                ending.pop()
                with remembering():
                    memory.keep((Key(-1),), "kept")
            return self.number

    ending: list[bool] = []
    memory: Memory[tuple[Key], str] = Memory()
    with remembering():
        for number in range(5):
            memory.keep((Key(number),), "")
        ending.append(True)
    assert len(memory) <= 3 + 1


def test_a_failure_ends_it(shout: Remembered[str, str], asked: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), remembering():
            shout("a")
            raise ZeroDivisionError
    assert asked == ["a"]
    shout("b")
    assert len(shout) == 1


def test_a_memory_of_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_memories", [])
    seen: Memory[str, bool] = Memory()
    with remembering():
        assert seen.get("a") is None
        assert seen.keep("a", True)
    assert seen.get("a")
    seen.cache_clear()
    assert seen.get("a") is None
