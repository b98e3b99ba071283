"""How far long work is, as text and as HTML."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.core.summary import Steps, progress_lines, progress_view, to_html, to_text
from jpe_magics.core.summary.document import Bar, Document, duration
from jpe_magics.core.summary.progress import MOST_LINES, MOST_STEPS
from jpe_magics.core.summary.run import run_table
from jpe_magics.core.summary.status import level, task_mark
from jpe_magics.model.progress import Progress, TaskState

COMMIT = Progress("committing dags/etl.py to main of ada/dags")
WAIT = Progress("waiting for Airflow to show the DAG", "it has 1a2b3c4", limit=120)
TASKS = (TaskState("load", "success", 1, 3.21), TaskState("clean", "running", 2, 185.0), TaskState("write"))
RUN = Progress("following the run", "1 of 3 tasks is done", 1 / 3, TASKS, 3600)


def told(*progress: Progress, every: float = 1.0) -> Steps:
    steps = Steps()
    for at, one in enumerate(progress):
        steps = steps.told(one, at * every)
    return steps


def text(steps: Steps, seconds: float) -> str:
    return to_text(progress_view(steps, seconds))


def test_what_is_done_what_is_waited_for_and_how_the_tasks_are() -> None:
    assert (
        text(told(COMMIT, WAIT, RUN, every=1.2), 14.4)
        == """\
In progress
✓ committing dags/etl.py to main of ada/dags · 1.2 s
✓ waiting for Airflow to show the DAG · 1.2 s
\N{INFORMATION SOURCE} following the run · 1 of 3 tasks is done
  [######..............] 33 % 12 s of at most 1 h 00 min

3 tasks of the run: 1 success, 1 running, 1 none
Task   State      Tries  Took
-----  ---------  -----  ----------
load   ✓ success  1      3.2 s
clean  \N{INFORMATION SOURCE} running  2      3 min 05 s
write  \N{INFORMATION SOURCE} none     -      -"""
    )


def test_a_step_is_told_again_with_more_of_it_done() -> None:
    steps = told(WAIT, Progress(WAIT.step, "it has 5d6e7f8", limit=120))
    shown = text(steps, 12)
    assert shown.count(WAIT.step) == 1
    assert "it has 5d6e7f8" in shown
    assert "it has 1a2b3c4" not in shown
    assert "  12 s of at most 120 s" in shown.split("\n")


def test_a_step_that_comes_back_is_another_one() -> None:
    assert text(told(WAIT, COMMIT, WAIT), 3).count(WAIT.step) == 2


def test_the_tasks_stay_while_a_later_step_tells_of_none() -> None:
    shown = text(told(RUN, Progress("reading the log of clean")), 2)
    assert shown.count("3 tasks of the run") == 1
    assert "reading the log" in shown


@pytest.mark.parametrize(("good", "sign"), [(True, "✓"), (False, "✗")])
def test_the_last_step_ends_too(good: bool, sign: str) -> None:
    ended = told(COMMIT, WAIT).end(8.0, good)
    assert text(ended, 99).split("\n")[1:] == [f"✓ {COMMIT.step} · 1 s", f"{sign} {WAIT.step} · 7 s"]
    assert ended.end(50) == ended
    assert "<progress" not in to_html(progress_view(ended, 99))


def test_many_steps_are_counted() -> None:
    steps = told(*(Progress(f"step {at}") for at in range(MOST_STEPS + 3)))
    shown = text(steps, 30)
    assert "… 2 earlier steps" in shown
    assert "step 1 ·" not in shown
    assert "step 2 · 1 s" in shown


# --- the bar -------------------------------------------------------------------------------------


def html(fraction: float | None, beside: str = "") -> str:
    return to_html(Document("t", (Bar("following <the> run", fraction, beside),)))


@pytest.mark.parametrize(
    ("fraction", "drawn", "value"),
    [
        (0.0, "[....................] 0 %", 'value="0"'),
        (0.5, "[##########..........] 50 %", 'value="50"'),
        (0.999, "[###################.] 99 %", 'value="99"'),
        (1.0, "[####################] 100 %", 'value="100"'),
        (7.0, "[####################] 100 %", 'value="100"'),
        (-1.0, "[....................] 0 %", 'value="0"'),
        (math.inf, "[####################] 100 %", 'value="100"'),
    ],
)
def test_a_bar(fraction: float, drawn: str, value: str) -> None:
    assert to_text(Document("t", (Bar("x", fraction, "3 s"),))) == f"t\n  {drawn} 3 s"
    assert f'<progress max="100" aria-label="following &lt;the&gt; run" {value}></progress>' in html(fraction)
    assert f"<span>{drawn.split('] ')[1]} · 3 s</span>" in html(fraction, "3 s")


@pytest.mark.parametrize("fraction", [None, math.nan])
def test_a_bar_of_which_nobody_knows_the_end(fraction: float | None) -> None:
    assert to_text(Document("t", (Bar("x", fraction, "3 s"),))) == "t\n  3 s"
    assert '<progress max="100" aria-label="following &lt;the&gt; run"></progress>' in html(fraction)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"), (0.04, "0 s"), (3.25, "3.2 s"), (9.96, "10 s"), (179.4, "179 s"), (179.6, "3 min 00 s"),
        (3600, "1 h 00 min"), (90000, "25 h 00 min"), (-5, "0 s"), (None, "-"), (math.nan, "-"), (math.inf, "-"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


# --- the tasks -----------------------------------------------------------------------------------


def test_airflows_words_have_levels() -> None:
    words = {
        "good": ["success"],
        "bad": ["failed", "upstream_failed"],
        "warn": ["up_for_retry", "skipped"],
        "info": ["queued", "scheduled", "running", "deferred", "up_for_reschedule", "none", ""],
    }
    assert {wanted: [level(word) for word in group] for wanted, group in words.items()} == {
        wanted: [wanted] * len(group) for wanted, group in words.items()
    }
    assert task_mark("").text == "none"


def test_of_many_tasks_those_that_failed_or_run_are_shown_and_the_others_counted() -> None:
    states = ["success"] * 480 + ["failed", "running"] + [""] * 18
    tasks = tuple(TaskState(f"task_{at}", state) for at, state in enumerate(states))
    shown = to_text(Document("t", (run_table(tasks, 30),)))
    assert "500 tasks of the run: 480 success, 18 none, 1 failed, 1 running" in shown
    assert [line.split()[0] for line in shown.split("\n")[5:8]] == ["task_480", "task_481", "task_482"]
    assert "… and 470 more rows" in shown
    markup = to_html(progress_view(told(Progress("x", tasks=tasks)), 1))
    assert markup.count("<tr>") == 31
    assert len(markup) < 20_000


def test_a_server_that_says_anything_as_a_state_fills_no_page() -> None:
    tasks = tuple(TaskState("x" * 100_000, f"{at}" * 10_000) for at in range(50))
    document = progress_view(told(Progress("s" * 10**6, "d" * 10**6, None, tasks)), 1)
    assert len(to_html(document)) < 100_000
    assert max(map(len, to_text(document).split("\n"))) <= 600


# --- a terminal's lines --------------------------------------------------------------------------


def lines(*progress: Progress) -> list[str]:
    steps, found = Steps(), []
    for one in progress:
        found += progress_lines(steps, one)
        steps = steps.told(one, 0)
    return found


def test_a_line_for_each_step_and_each_change_of_a_task() -> None:
    again = Progress(RUN.step, "2 of 3", 2 / 3, (TASKS[0], TaskState("clean", "success", 2, 190), TASKS[2]), 3600)
    assert lines(COMMIT, COMMIT, WAIT, Progress(WAIT.step, "more"), RUN, RUN, again, again) == [
        "committing dags/etl.py to main of ada/dags",
        "waiting for Airflow to show the DAG · it has 1a2b3c4 (at most 120 s)",
        "following the run · 1 of 3 tasks is done (at most 1 h 00 min)",
        "  load  success  3.2 s",
        "  clean  running  try 2  3 min 05 s",
        "  clean  running → success  try 2  3 min 10 s",
    ]


def test_a_try_again_is_a_change() -> None:
    first, second = (Progress("x", tasks=(TaskState("a", "running", tries),)) for tries in (1, 2))
    assert lines(first, second)[1:] == ["  a  running", "  a  running → running  try 2"]


def test_a_task_that_gets_its_first_state() -> None:
    before, after = (Progress("x", tasks=(TaskState("a", state),)) for state in ("", "queued"))
    assert lines(before, after) == ["x", "  a  none → queued"]


def test_no_look_at_a_run_floods_a_terminal_and_failures_are_told() -> None:
    tasks = tuple(TaskState(f"t{at}", "failed" if at == 499 else "success") for at in range(500))
    found = lines(Progress("x", tasks=tasks))
    assert len(found) == MOST_LINES + 2
    assert found[1] == "  t499  failed"
    assert found[-1] == "  … and 460 more tasks"


@given(st.text(), st.text())
def test_lines_are_single_lines_that_a_terminal_does_not_obey(one: str, other: str) -> None:
    for line in lines(Progress(one, other, tasks=(TaskState(other, one),))):
        assert line.isprintable() or not set(line) & {chr(code) for code in (*range(32), *range(127, 160), 0x202E)}
        assert "\n" not in line
        line.encode()
