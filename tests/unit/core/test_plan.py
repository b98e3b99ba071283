from __future__ import annotations

import pytest

from jpe_magics.core.plan import plan_tasks, plan_whole
from jpe_magics.core.tags import Tags
from jpe_magics.errors import InvalidCells
from jpe_magics.model.notebook import Cell
from jpe_magics.model.task import PreparedCell
from jpe_magics.model.text import Text


def cell(number: int, code: str = "", outcome: str = "task", language: str = "python") -> PreparedCell:
    text = Text.of(code or f"x{number} = {number}")
    return PreparedCell(Cell(text.text, number + 9, number, f"id{number}"), "plain", outcome, text, language)


def plan(cells: list[PreparedCell], **tags: Tags):  # type: ignore[no-untyped-def]
    """Plan cells; `tags` are given as c3=Tags(…), by the cell's number."""
    return plan_tasks(cells, {one.cell.index: tags.get(f"c{one.cell.number}", Tags()) for one in cells})


def told(cells: list[PreparedCell], **tags: Tags) -> list[tuple[str, list[int], int | None, tuple[str, ...]]]:
    return [
        (task.id, [one.cell.number or 0 for one in task.cells], task.retries, task.upstream)
        for task in plan(cells, **tags).tasks
    ]


def test_one_task_a_cell_in_order() -> None:
    assert told([cell(1), cell(3)], c3=Tags(task="load", retries=2)) == [
        ("cell_1", [1], None, ()),
        ("load", [3], 2, ("cell_1",)),
    ]


def test_merge_joins_to_the_exported_cell_above() -> None:
    made = plan([cell(1), cell(2), cell(5)], c5=Tags(merge=True, retries=1))
    assert [task.id for task in made.tasks] == ["cell_1", "c2_c5"]
    assert made.tasks[1].code == "x2 = 2\n\nx5 = 5"
    assert made.tasks[1].retries == 1
    assert not made.tasks[1].named
    assert [one.task for one in made.tasks[1].cells] == ["c2_c5", "c2_c5"]


def test_a_name_on_a_merged_cell_names_the_task_and_the_first_one_wins() -> None:
    cells = [cell(1), cell(2), cell(3)]
    made = plan(cells, c2=Tags(merge=True, task="a"), c3=Tags(merge=True, task="b"))
    assert [(task.id, task.named) for task in made.tasks] == [("a", True)]
    assert ["task:b" in one.text for one in made.findings] == [True]


def test_the_first_valid_retries_of_a_merged_task_wins() -> None:
    made = plan([cell(1), cell(2), cell(3)], c1=Tags(), c2=Tags(merge=True, retries=0), c3=Tags(merge=True, retries=5))
    assert [task.retries for task in made.tasks] == [0]


@pytest.mark.parametrize(
    ("cells", "tagged"),
    [
        ([cell(1), cell(2)], 1),
        ([cell(1), cell(2, outcome="parameters")], 2),
        ([cell(1, outcome="parameters"), cell(2)], 2),
        ([cell(1, language="scala"), cell(2)], 2),
        ([cell(1), cell(2, language="scala")], 2),
    ],
)
def test_a_merge_that_can_not_be_is_ignored_and_reported(cells: list[PreparedCell], tagged: int) -> None:
    made = plan(cells, **{f"c{tagged}": Tags(merge=True)})
    assert [task.id for task in made.tasks] == ["cell_1", "cell_2"]
    assert [(one.kind, one.number, one.text) for one in made.rejections] == [("invalid-tag", tagged, "merge")]


def test_neighbours_with_one_name_are_one_task_and_a_finding_says_so() -> None:
    made = plan([cell(1), cell(4)], c1=Tags(task="load"), c4=Tags(task="load"))
    assert [task.id for task in made.tasks] == ["load"]
    assert "cells 1 and 4" in made.findings[0].text


def test_neighbours_of_two_languages_with_one_name_stay_apart() -> None:
    made = plan([cell(1), cell(2, language="scala")], c1=Tags(task="load"), c2=Tags(task="load"))
    assert [task.id for task in made.tasks] == ["load", "cell_2"]
    assert [(one.kind, one.text) for one in made.rejections] == [("invalid-tag", "task:load")]


def test_the_same_name_further_apart_is_an_error_that_names_both_cells() -> None:
    cells = [cell(1), cell(2), cell(3)]
    with pytest.raises(InvalidCells, match="cells 1 and 3") as caught:
        plan(cells, c1=Tags(task="load"), c3=Tags(task="load"))
    assert caught.value.code == "JPE204"


def test_a_name_that_a_merge_gave_counts_too() -> None:
    cells = [cell(1), cell(2), cell(3), cell(4)]
    with pytest.raises(InvalidCells, match="cells 1 and 4"):
        plan(cells, c2=Tags(merge=True, task="a"), c4=Tags(task="a"))


def test_the_whole_notebook_is_one_task_with_the_first_valid_retries() -> None:
    cells = [cell(1), cell(2), cell(3)]
    tags = {10: Tags(task="ignored"), 11: Tags(retries=4), 12: Tags(retries=9)}
    (task,) = plan_whole(cells, tags).tasks
    assert (task.id, task.retries, task.code) == ("run_notebook", 4, "x1 = 1\n\nx2 = 2\n\nx3 = 3")


def test_later_tasks_keep_the_futures_of_the_cells_above() -> None:
    made = plan([cell(1, "from __future__ import annotations\na = 1"), cell(2, "def f(x: nowhere): pass")])
    assert made.tasks[0].code == "from __future__ import annotations\na = 1"
    exec(compile(made.tasks[1].code, "<task>", "exec", dont_inherit=True), {})


def test_scala_is_not_parsed() -> None:
    made = plan([cell(1, "from __future__ import annotations"), cell(2, "val x = 1", language="scala")])
    assert made.tasks[1].code == "val x = 1"
