from __future__ import annotations

import pytest

from jpe_magics.local.log import Log


@pytest.mark.parametrize(
    ("is_stderr", "expected"),
    [(True, ["stdout: ", "\nstderr: ", "a", "b"]), (False, ["stdout: ", "a", "b", "\nstderr: "])],
)
def test_lines_stand_below_livys_headings(is_stderr: bool, expected: list[str]) -> None:
    log = Log(is_stderr=is_stderr)
    log.add("a")
    log.add("b")
    assert log.lines() == log.tail() == expected


def test_the_oldest_lines_go() -> None:
    log = Log(is_stderr=True)
    for number in range(1500):
        log.add(str(number))
    assert log.lines()[2:4] == ["500", "501"]
    assert log.tail() == [str(number) for number in range(1490, 1500)]
