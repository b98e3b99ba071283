"""Exported cells → tasks: names, merging, retries, and what runs after what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jpe_magics.core.join import join
from jpe_magics.core.tags import Tags
from jpe_magics.errors import InvalidCells
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.task import PreparedCell, Task

#: The one task of artifacts that run the whole notebook at once.
WHOLE = "run_notebook"


class Plan(NamedTuple):
    """Tasks in running order, and the tags that could not be followed."""

    tasks: tuple[Task, ...]
    rejections: tuple[Rejection, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass
class _Group:
    """A task to be: its cells so far, and what their tags say of it."""

    cells: list[PreparedCell]
    name: str
    retries: int | None
    tags: list[Tags] = field(default_factory=list)


def plan_tasks(cells: Sequence[PreparedCell], tags: Mapping[int, Tags]) -> Plan:
    """Return a task per exported cell, cells that are tagged so merged, each after the one before.

    `tags` are by the cell's 0-based position.  Two cells that follow each other with one name become
    one task; the same name further apart raises `InvalidCells` JPE204.
    """
    rejections: list[Rejection] = []
    findings: list[Finding] = []
    groups: list[_Group] = []
    for cell in cells:
        mine = tags[cell.cell.index]
        above = groups[-1] if groups else None
        same_name = above is not None and mine.task != "" and mine.task == above.name
        if mine.merge or same_name:
            obstacle = _obstacle(above, cell)
            if above is not None and not obstacle:
                _merge(above, cell, mine, findings, by_name=same_name and not mine.merge)
                continue
            if mine.merge:
                rejections.append(Rejection.of(cell.cell, "invalid-tag", "merge", f"merge is ignored {obstacle}"))
            if same_name:
                rejections.append(
                    Rejection.of(cell.cell, "invalid-tag", f"task:{mine.task}", f"the name is ignored {obstacle}")
                )
                mine = mine._replace(task="")
        groups.append(_Group([cell], mine.task, mine.retries, [mine]))
    _refuse_twice(groups)
    return Plan(_chain(groups), tuple(rejections), tuple(findings))


def plan_whole(cells: Sequence[PreparedCell], tags: Mapping[int, Tags]) -> Plan:
    """Return the one task `run_notebook` of all cells; the first valid `retries` of them counts."""
    retries = next((tags[one.cell.index].retries for one in cells if tags[one.cell.index].retries is not None), None)
    return Plan((Task(WHOLE, tuple(cells), join([one.code.text for one in cells if one.code]), retries=retries),))


def _obstacle(above: _Group | None, cell: PreparedCell) -> str:
    """Say why `cell` can't be joined to the task above; "" where it can."""
    if above is None:
        return "on the first exported cell"
    if cell.outcome == "parameters":
        return "on a parameter cell"
    if above.cells[-1].outcome == "parameters":
        return "below a parameter cell"
    if above.cells[-1].language != cell.language:
        return "below a cell of another language"
    return ""


def _merge(above: _Group, cell: PreparedCell, mine: Tags, findings: list[Finding], *, by_name: bool) -> None:
    above.cells.append(cell)
    above.tags.append(mine)
    if above.retries is None:
        above.retries = mine.retries
    if by_name:
        first = above.cells[0].cell.number
        findings.append(
            Finding.of(
                cell.cell, "JPE361", f"cells {first} and {cell.cell.number} are one task, {mine.task}: same name"
            )
        )
    elif mine.task and not above.name:
        above.name = mine.task
    elif mine.task and mine.task != above.name:
        findings.append(
            Finding.of(cell.cell, "JPE362", f"task:{mine.task} is not used: the merged task is named {above.name}")
        )


def _refuse_twice(groups: Sequence[_Group]) -> None:
    seen: dict[str, _Group] = {}
    for group in groups:
        if not group.name:
            continue
        if group.name in seen:
            first, second = seen[group.name].cells[0].cell, group.cells[0].cell
            raise InvalidCells(
                f"cells {first.number} and {second.number} both ask for the task name {group.name!r}",
                code="JPE204",
                where=f"cell {first.number} and cell {second.number}, tag task:{group.name}",
                hint="rename one of them; only cells that follow each other can share a task",
            )
        seen[group.name] = group


def _chain(groups: Sequence[_Group]) -> tuple[Task, ...]:
    tasks: list[Task] = []
    earlier: list[str] = []  # Python cells above whose `from __future__` lines go on counting
    for group in groups:
        code = [one.code.text for one in group.cells if one.code]
        python = group.cells[0].language == "python"
        numbers = [one.cell.number for one in group.cells]
        generated = f"cell_{numbers[0]}" if len(numbers) == 1 else "_".join(f"c{number}" for number in numbers)
        name = group.name or generated
        tasks.append(
            Task(
                id=name,
                cells=tuple(
                    PreparedCell(one.cell, one.kind, one.outcome, one.code, one.language, name) for one in group.cells
                ),
                code=join(code, earlier) if python else "\n".join(code),
                language=group.cells[0].language,
                retries=group.retries,
                upstream=(tasks[-1].id,) if tasks else (),
                named=bool(group.name),
            )
        )
        if python and "__future__" in tasks[-1].code:
            earlier += (one for one in code if "__future__" in one)
    return tuple(tasks)
