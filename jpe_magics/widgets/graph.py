"""The task graph as a picture: what runs after what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jpe_magics.core.summary.document import count, cut
from jpe_magics.core.summary.export import MOST_TASKS
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.core.summary.plain import columns
from jpe_magics.model.task import Task

_WIDTH, _HEIGHT = 150, 30
_ACROSS, _DOWN = 34, 18
_EDGE = 6
#: How far above its boxes an arrow is led that passes others; the curve gets three quarters as high.
_OVER = 36
#: Columns of a name that fit into a box.
_FITS = 19
#: Boxes of a plain chain that stand side by side.
_IN_A_ROW = 4
#: Tasks whose names are said in the text alternative; beyond it, the table of tasks says them.
_NAMED = 12


@dataclass(frozen=True)
class Box:
    """Where a task stands, in pixels from the top left."""

    task: Task
    x: int
    y: int


def graph(tasks: Sequence[Task]) -> Html:
    """Return the picture in a box that scrolls on its own; nothing for less than two tasks.

    A plain chain goes on in the next line after a few tasks; any other graph runs from left to right, a column for
    all that can start at the same time.  A box with a broken line has a task that nobody named.
    """
    shown = tasks[:MOST_TASKS]
    if len(shown) < 2:
        return Html()
    boxes = _placed(shown)
    width = max(box.x for box in boxes) + _WIDTH + _EDGE
    height = max(box.y for box in boxes) + _HEIGHT + _EDGE
    where = {box.task.id: box for box in boxes}
    edges = [_edge(where[name], box) for box in boxes for name in box.task.upstream if name in where]
    picture = element(
        "svg",
        *edges,
        *map(_drawn, boxes),
        role="img",
        aria_label=told(tasks),
        width=str(width),
        height=str(height),
        viewBox=f"0 0 {width} {height}",
    )
    more = [element("div", f"… and {count(len(tasks) - MOST_TASKS, 'more task')}")] if len(tasks) > MOST_TASKS else []
    label = "Task graph"
    inside = element("div", picture, class_="jpe-graph-box", role="region", aria_label=label, tabindex="0")
    return element("div", inside, *more, class_="jpe-graph")


def told(tasks: Sequence[Task]) -> str:
    """Return the graph in words.

    >>> told([Task("load", (), ""), Task("clean", (), "", upstream=("load",))])
    'Task graph of 2 tasks: load; clean after load'
    """
    said = "; ".join(f"{task.id} after {', '.join(task.upstream)}" if task.upstream else task.id for task in tasks)
    if len(tasks) > _NAMED:
        said = "the table of tasks says what runs after what"
    return f"Task graph of {count(len(tasks), 'task')}: {said}"


def _placed(tasks: Sequence[Task]) -> list[Box]:
    ids = [task.id for task in tasks]
    chain = all(task.upstream == (before,) for before, task in zip(ids, tasks[1:], strict=False))
    places = [_in_lines(place) for place in range(len(tasks))] if chain else _layers(tasks)
    top = _EDGE if chain else _EDGE + _OVER // 2
    return [
        Box(task, _EDGE + across * (_WIDTH + _ACROSS), top + down * (_HEIGHT + _DOWN))
        for task, (across, down) in zip(tasks, places, strict=True)
    ]


def _in_lines(place: int) -> tuple[int, int]:
    down, across = divmod(place, _IN_A_ROW)
    return across, down


def _layers(tasks: Sequence[Task]) -> list[tuple[int, int]]:
    """Return column and row of each task: a column right of all that it comes after."""
    column: dict[str, int] = {}
    height: dict[int, int] = {}
    places = []
    for task in tasks:  # in an order that respects `upstream`
        at = max((column[name] + 1 for name in task.upstream if name in column), default=0)
        column[task.id] = at
        places.append((at, height.get(at, 0)))
        height[at] = height.get(at, 0) + 1
    return places


def _drawn(box: Box) -> Html:
    name = box.task.id
    text = element(
        "text",
        _fitted(name),
        x=str(box.x + _WIDTH // 2),
        y=str(box.y + _HEIGHT // 2 + 4),
        text_anchor="middle",
    )
    shape = element("rect", x=str(box.x), y=str(box.y), width=str(_WIDTH), height=str(_HEIGHT), rx="5")
    return element("g", element("title", name), shape, text, class_="jpe-named" if box.task.named else "jpe-unnamed")


def _edge(start: Box, end: Box) -> Html:
    """Return an arrow: straight to the right, else around to the next line or column."""
    x1, y1 = start.x + _WIDTH, start.y + _HEIGHT // 2
    x2, y2 = end.x, end.y + _HEIGHT // 2
    if x2 - x1 > _ACROSS:  # over the boxes between the two
        top = min(y1, y2) - _OVER
        path = f"M{x1} {y1}C{x1 + _ACROSS} {top} {x2 - _ACROSS} {top} {x2 - 5} {y2 - 2}"
        tip = f"M{x2} {y2}l-8 -1l3 -6z"
    elif x2 > x1:
        middle = (x1 + x2) // 2
        path = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2 - 5} {y2}"
        tip = f"M{x2} {y2}l-7 -4v8z"
    else:  # down to the next line: along the gap between the two
        x1, y1 = start.x + _WIDTH // 2, start.y + _HEIGHT
        x2, y2 = end.x + _WIDTH // 2, end.y
        gap = y2 - _DOWN // 2
        path = f"M{x1} {y1}V{gap}H{x2}V{y2 - 5}"
        tip = f"M{x2} {y2}l-4 -7h8z"
    return join(element("path", d=path), element("path", d=tip, class_="jpe-tip"))


def _fitted(name: str) -> str:
    """Return a name that fits into a box; what is cut stands in the box's tooltip."""
    if columns(name) <= _FITS:
        return name
    length = _FITS
    while columns(name[:length]) > _FITS:
        length -= 1
    return cut(name, length)
