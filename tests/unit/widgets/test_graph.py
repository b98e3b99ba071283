from __future__ import annotations

import re

from jpe_magics.widgets.graph import MOST, graph, told
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
    assert f"<div>… and {20} more tasks</div>" in graph(chain(MOST + 20))
    assert len(places(graph(chain(MOST + 20)))) == MOST
    assert 'tabindex="0"' in graph(chain(2))
