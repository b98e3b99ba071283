"""The task graph as a picture: what runs after what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jpe_magics.core.summary.document import count, cut
from jpe_magics.core.summary.export import MOST_TASKS
from jpe_magics.core.summary.html import Html, element
from jpe_magics.core.summary.plain import columns
from jpe_magics.model.task import Task

_WIDTH, _HEIGHT = 150, 30
_ACROSS, _DOWN = 34, 18
_EDGE, _ROUND = 6, 5
#: How far above its boxes an arrow is led that passes others; the curve gets three quarters as high.
_OVER = 36
#: Columns of a name that fit into a box.
_FITS = 19
#: Boxes of a plain chain that stand side by side, and how many, how far apart, in a narrow cell (336 pixels).
_IN_A_ROW = 4
_NARROW, _NARROW_ACROSS = 2, 18
#: Tasks of a chain that is drawn for narrow cells too; more are scrolled there.
_TWICE = 40
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

    A plain chain goes on in the next line after a few tasks, in a narrow cell after two (the style sheet chooses the
    picture); any other graph runs from left to right, a column for all that can start at the same time.  A box with a
    broken line has a task that nobody named.
    """
    shown = tasks[:MOST_TASKS]
    if len(shown) < 2:
        return Html()
    label = told(tasks)
    if _NARROW < len(shown) <= _TWICE and _is_chain(shown):
        narrow = _in_lines(shown, _NARROW, _NARROW_ACROSS)
        pictures = [_picture(_placed(shown), label, " jpe-wide"), _picture(narrow, label, " jpe-narrow")]
    else:
        pictures = [_picture(_placed(shown), label)]
    more = [element("div", f"… and {count(len(tasks) - MOST_TASKS, 'more task')}")] if len(tasks) > MOST_TASKS else []
    return element("div", *pictures, *more, class_="jpe-graph")


def _picture(boxes: Sequence[Box], label: str, kind: str = "") -> Html:
    """Return the picture of placed boxes, which is `label` in words."""
    width = max(box.x for box in boxes) + _WIDTH + _EDGE
    height = max(box.y for box in boxes) + _HEIGHT + _EDGE
    where = {box.task.id: box for box in boxes}
    edges = [_edge(where[name], box) for box in boxes for name in box.task.upstream if name in where]
    frames = {named: "".join(_frame(box) for box in boxes if box.task.named is named) for named in (True, False)}
    # one path for all of a kind: a notebook of hundreds of cells would have thousands of elements
    picture = element(
        "svg",
        element("path", d="".join(line for line, _ in edges)),
        element("path", d="".join(tip for _, tip in edges), class_="jpe-tip"),
        *(
            element("path", d=drawn, class_=f"jpe-frame jpe-{'named' if named else 'unnamed'}")
            for named, drawn in frames.items()
            if drawn
        ),
        element("g", *map(_name, boxes), text_anchor="middle"),
        role="img",
        aria_label=label,
        width=str(width),
        height=str(height),
        viewBox=f"0 0 {width} {height}",
    )
    place = f"jpe-graph-box{kind}"
    return element("div", picture, class_=place, role="region", aria_label="Task graph", tabindex="0")


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
    if _is_chain(tasks):
        return _in_lines(tasks, _IN_A_ROW, _ACROSS)
    return [
        Box(task, _EDGE + across * (_WIDTH + _ACROSS), _EDGE + _OVER // 2 + down * (_HEIGHT + _DOWN))
        for task, (across, down) in zip(tasks, _layers(tasks), strict=True)
    ]


def _is_chain(tasks: Sequence[Task]) -> bool:
    ids = [task.id for task in tasks]
    return all(task.upstream == (before,) for before, task in zip(ids, tasks[1:], strict=False))


def _in_lines(tasks: Sequence[Task], most: int, gap: int) -> list[Box]:
    """Return a box for each task, `most` of them in a line, `gap` pixels apart."""
    return [
        Box(task, _EDGE + place % most * (_WIDTH + gap), _EDGE + place // most * (_HEIGHT + _DOWN))
        for place, task in enumerate(tasks)
    ]


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


def _frame(box: Box) -> str:
    """Return the path of a box with round corners."""
    across, down, left, top = _WIDTH - 2 * _ROUND, _HEIGHT - 2 * _ROUND, box.x + _ROUND, box.y + _ROUND
    right, low, back, up = (
        f"q{_ROUND} 0 {_ROUND} {_ROUND}",
        f"q0 {_ROUND}-{_ROUND} {_ROUND}",
        f"q-{_ROUND} 0-{_ROUND}-{_ROUND}",
        f"q0-{_ROUND} {_ROUND}-{_ROUND}",
    )
    return f"M{left} {box.y}h{across}{right}v{down}{low}H{left}{back}V{top}{up}z"


def _name(box: Box) -> Html:
    """Return the task's name in its box; what is cut stands in its tooltip."""
    name = box.task.id
    fitted = _fitted(name)
    more = [element("title", name)] if fitted != name else []
    return element("text", *more, fitted, x=str(box.x + _WIDTH // 2), y=str(box.y + _HEIGHT // 2 + 4))


def _edge(start: Box, end: Box) -> tuple[str, str]:
    """Return the paths of an arrow and of its tip: straight to the right, else around to the next line or column."""
    x1, y1 = start.x + _WIDTH, start.y + _HEIGHT // 2
    x2, y2 = end.x, end.y + _HEIGHT // 2
    if x2 - x1 > _ACROSS:  # over the boxes between the two
        top = min(y1, y2) - _OVER
        line = f"M{x1} {y1}C{x1 + _ACROSS} {top} {x2 - _ACROSS} {top} {x2 - 5} {y2 - 2}"
        return line, f"M{x2} {y2}l-8-1l3-6z"
    if x2 > x1:
        middle = (x1 + x2) // 2
        way = f"H{x2 - 5}" if y1 == y2 else f"C{middle} {y1} {middle} {y2} {x2 - 5} {y2}"
        return f"M{x1} {y1}{way}", f"M{x2} {y2}l-7-4v8z"
    # down to the next line: along the gap between the two
    x1, y1 = start.x + _WIDTH // 2, start.y + _HEIGHT
    x2, y2 = end.x + _WIDTH // 2, end.y
    gap = y2 - _DOWN // 2
    return f"M{x1} {y1}V{gap}H{x2}V{y2 - 5}", f"M{x2} {y2}l-4-7h8z"


def _fitted(name: str) -> str:
    """Return a name that fits into a box."""
    if columns(name) <= _FITS:
        return name
    length = _FITS
    while columns(name[:length]) > _FITS:
        length -= 1
    return cut(name, length)
