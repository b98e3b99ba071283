"""What a report shows is masked; only what shows nothing is shared with what is exported."""

from __future__ import annotations

import pytest

from jpe_magics.core.report import Mask
from jpe_magics.core.secrets import Hit, Redactor
from jpe_magics.model.notebook import Cell
from jpe_magics.model.secret import Secret
from jpe_magics.model.task import PreparedCell, Task
from jpe_magics.model.text import Text

LONG = "0123456789abcdef" * 100  # looked for by itself, and no part of a pattern


def prepared(source: str, **more: object) -> PreparedCell:
    return PreparedCell(Cell(source, 3, 2, "id", **more), "plain", "task", Text.of(source), task="cell_2")  # type: ignore[arg-type]


def test_what_shows_nothing_is_the_same() -> None:
    cell = prepared("x = 1")
    task = Task("cell_2", (cell,), "x = 1")
    mask = Mask(Redactor())
    assert not mask.text
    assert mask.cells([cell])[0] is cell
    assert mask.tasks([task])[0] is task


@pytest.mark.parametrize("secret", ["hunter2", "x1", LONG, "-----BEGIN\n" + LONG])
@pytest.mark.parametrize("known", ["found", "set"])
def test_a_secret_is_masked_wherever_a_cell_has_it(secret: str, known: str) -> None:
    redact = Redactor([Hit(1, 1, secret, "password")]) if known == "found" else Redactor(secrets=[Secret(secret)])
    cell = prepared(f"password = {secret!r}", tags=(f"task:{secret}",))
    (shown,), (task,) = Mask(redact).cells([cell]), Mask(redact).tasks([Task("cell_2", (cell,), cell.cell.source)])
    assert redact
    for one in (shown, task):
        assert repr(secret)[1:-1] not in repr(one)
        assert "password = '***'" in repr(one)


@pytest.mark.parametrize("redact", [Redactor(), Redactor([Hit(1, 1, "hunter2", "password")])], ids=["none", "one"])
def test_a_cells_metadata_is_not_shown(redact: Redactor) -> None:
    cell = prepared("x = 1", metadata={"login": "nobody looks here for secrets"})
    (shown,), (task,) = Mask(redact).cells([cell]), Mask(redact).tasks([Task("cell_2", (cell,), "x = 1")])
    assert shown == prepared("x = 1")
    assert task == Task("cell_2", (shown,), "x = 1")
