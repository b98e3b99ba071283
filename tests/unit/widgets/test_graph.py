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
    found = re.findall(r'<title>([^<]*)</title><rect x="(\d+)" y="(\d+)"', html)
    return {name: (int(x), int(y)) for name, x, y in found}


def test_a_chain_goes_on_in_the_next_line() -> None:
    found = places(graph(chain(6)))
    assert [found[f"t{n}"][1] for n in range(6)] == [found["t0"][1]] * 4 + [found["t4"][1]] * 2
    assert found["t4"][0] == found["t0"][0]
    assert graph(chain(6)).count('class="jpe-tip"') == 5


def test_what_can_run_side_by_side_stands_in_one_column() -> None:
    tasks = (task("a", 1), task("b", 2, "a"), task("c", 3, "a"), task("d", 4, "b", "c", "a"))
    found = places(graph(tasks))
    assert found["b"][0] == found["c"][0]
    assert found["a"][0] < found["b"][0] < found["d"][0]
    assert found["b"][1] != found["c"][1]
    assert graph(tasks).count('class="jpe-tip"') == 5


def test_it_says_in_words_what_it_shows() -> None:
    assert 'role="img" aria-label="Task graph of 2 tasks: t0; t1 after t0"' in graph(chain(2))
    assert told(chain(200)) == "Task graph of 200 tasks: the table of tasks says what runs after what"


def test_long_names_fit_and_stand_in_the_tooltip() -> None:
    name = "a_rather_long_name_of_a_task"
    html = graph((task(name, 1), task("数据清洗任务数据清洗任务", 2, name, named=False)))
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", html)
    assert shown == ["a_rather_long_name…", "数据清洗任务数据…"]
    assert f"<title>{name}</title>" in html
    assert html.count("jpe-unnamed") == 1


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
