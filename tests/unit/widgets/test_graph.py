from __future__ import annotations

import re

from jpe_magics.core.summary.export import MOST_TASKS, task_table
from jpe_magics.core.summary.page import fragment
from jpe_magics.widgets.graph import graph, told
from jpe_magics.widgets.theme import SHEET
from tests.unit.widgets.fake_panel import task


def chain(length: int) -> tuple:
    return tuple(task(f"t{n}", n, *([f"t{n - 1}"] if n else [])) for n in range(length))


def places(html: str) -> dict[str, tuple[int, int]]:
    """Where the middle of each box is, by what stands in it, in the picture for wide cells."""
    html = html.partition("jpe-narrow")[0]
    found = re.findall(r'<text x="(\d+)" y="(\d+)">(?:<title>[^<]*</title>)?([^<]*)</text>', html)
    return {name: (int(x), int(y)) for x, y, name in found}


def tips(html: str) -> int:
    """How many arrows there are, in the picture for wide cells."""
    html = html.partition("jpe-narrow")[0]
    (path,) = re.findall(r'<path d="([^"]*)" class="jpe-tip">', html)
    return path.count("z")


def frames(html: str, kind: str) -> list[tuple[int, int]]:
    """The top left corners of the boxes of named or unnamed tasks, without their rounding, as in `places`."""
    html = html.partition("jpe-narrow")[0]
    found = re.findall(rf'<path d="([^"]*)" class="jpe-frame jpe-{kind}">', html)
    return [(int(x) - 5, int(y)) for path in found for x, y in re.findall(r"M(\d+) (\d+)", path)]


def test_a_chain_goes_on_in_the_next_line() -> None:
    found = places(graph(chain(6)))
    assert [found[f"t{n}"][1] for n in range(6)] == [found["t0"][1]] * 4 + [found["t4"][1]] * 2
    assert found["t4"][0] == found["t0"][0]
    assert tips(graph(chain(6))) == 5
    assert frames(graph(chain(6)), "named") == [(x - 75, y - 19) for x, y in found.values()], "each has its box"


def test_a_chain_has_a_picture_for_narrow_cells_too() -> None:
    wide, _, narrow = graph(chain(5)).partition("jpe-narrow")
    assert int(re.search(r'width="(\d+)"', wide)[1]) > 700
    assert int(re.search(r'width="(\d+)"', narrow)[1]) <= 336, "what a cell of 360 pixels has room for"
    assert tips(narrow) == tips(wide) == 4
    found = places(narrow)
    assert [found[f"t{n}"][1] for n in range(5)] == [25, 25, 73, 73, 121]
    assert "jpe-narrow" not in graph(chain(2)) + graph(chain(41))
    assert "@container jpe (max-width:750px){.jpe-graph-box.jpe-wide{display:none}" in SHEET


def test_what_can_run_side_by_side_stands_in_one_column() -> None:
    tasks = (task("a", 1), task("b", 2, "a"), task("c", 3, "a"), task("d", 4, "b", "c", "a"))
    found = places(graph(tasks))
    assert found["b"][0] == found["c"][0]
    assert found["a"][0] < found["b"][0] < found["d"][0]
    assert found["b"][1] != found["c"][1]
    assert tips(graph(tasks)) == 5


def test_it_says_in_words_what_it_shows() -> None:
    assert 'role="img" aria-label="Task graph of 2 tasks: t0; t1 after t0"' in graph(chain(2))
    assert told(chain(200)) == "Task graph of 200 tasks: the table of tasks says what runs after what"


def test_long_names_fit_and_stand_in_the_tooltip() -> None:
    name = "a_rather_long_name_of_a_task"
    html = graph((task(name, 1), task("数据清洗任务数据清洗任务", 2, name, named=False)))
    assert list(places(html)) == ["a_rather_long_name…", "数据清洗任务数据…"]
    assert f"<title>{name}</title>" in html
    assert (len(frames(html, "named")), len(frames(html, "unnamed"))) == (1, 1)


def test_a_short_name_needs_no_tooltip_and_a_graph_few_elements() -> None:
    assert "<title>" not in graph(chain(6))
    assert graph(chain(400)).count("<path") == 3
    assert len(graph(chain(400))) < 400 * 150


def test_nothing_for_one_task_and_a_limit_for_many() -> None:
    assert graph(chain(1)) == ""
    assert f"<div>… and {20} more tasks</div>" in graph(chain(MOST_TASKS + 20))
    assert len(places(graph(chain(MOST_TASKS + 20)))) == MOST_TASKS
    assert 'tabindex="0"' in graph(chain(2))


def test_hundreds_of_tasks_are_all_there_in_a_box_that_scrolls_on_its_own() -> None:
    html, table = graph(chain(260)), fragment([task_table(chain(260))])
    assert len(places(html)) == table.count("<tr>") - 1 == 260
    assert "more" not in html + table
    assert 'class="jpe-graph-box" role="region"' in html
    assert re.search(r"\.jpe-graph-box\{overflow:auto;max-height:\d+em", SHEET)
    assert re.search(r"\.jpe-graph svg\{display:block;max-width:none\}", SHEET), "it scrolls, and does not shrink"
    assert re.search(r"\.jpe-graph text\{[^}]*font-size:12px", SHEET)
