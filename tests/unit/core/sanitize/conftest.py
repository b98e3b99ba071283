from __future__ import annotations

from collections.abc import Callable

import pytest

from jpe_magics.core.classified import Classified
from jpe_magics.core.sanitize import Rules, Sanitized, sanitize
from jpe_magics.model.notebook import Cell
from jpe_magics.model.text import Text

Clean = Callable[..., tuple[Sanitized, ...]]


def _clean(*sources: str, shared: bool = True, keep: bool = False) -> tuple[Sanitized, ...]:
    cells = [
        Classified(Cell(source, place, place + 1, f"id{place}"), "plain", "python", Text.of(source))
        for place, source in enumerate(sources)
    ]
    done = sanitize(cells, Rules(shared_session=shared, keep=keep))
    for one in done:
        if one.error is None:
            compile(one.code.text, "<cell>", "exec", dont_inherit=True)
    return done


@pytest.fixture
def clean() -> Clean:
    """Sanitize a notebook of plain cells; whatever comes back without an error compiles."""
    return _clean


@pytest.fixture
def same() -> Callable[[str], None]:
    """Check that a cell stays byte for byte and nothing is reported."""

    def check(source: str) -> None:
        (one,) = _clean(source)
        assert (one.error, one.code.text, one.rejections) == (None, source, ())

    return check


@pytest.fixture
def kinds() -> Callable[[Sanitized], list[tuple[str, int, int]]]:
    """Return kind, first and last line of each rejection."""

    def listed(one: Sanitized) -> list[tuple[str, int, int]]:
        return [(found.kind, found.line, found.end_line) for found in one.rejections]

    return listed
