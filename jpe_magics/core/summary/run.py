"""What is to be said of a run: its tasks, and the error that it ended with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from jpe_magics.core.flow import State
from jpe_magics.core.summary.document import MOST_ROWS, Leaf, Mono, Table, count, cut, duration
from jpe_magics.core.summary.error import failure
from jpe_magics.core.summary.status import level, task_mark
from jpe_magics.model.progress import TaskState

_STATES_COUNTED = 8
#: Which tasks are shown where there are too many for the table.
_FIRST = ("bad", "warn", "info", "good")


def run_blocks(states: Sequence[State], said: str = "") -> Iterable[Leaf]:
    """Yield what the last of `states` tells of its run; an error that was `said` already is not said again.

    What a success has to say (its session may still be open) is no failure.
    """
    if not states:
        return
    last = states[-1]
    if last.error and last.error not in said:
        yield from failure(last.error, level="warn" if run_outcome([last], started=True) == "good" else "bad")
    if last.tasks:
        yield run_table(last.tasks)


def run_table(tasks: Sequence[TaskState], most: int = MOST_ROWS) -> Table:
    """Return the table of a run's tasks; where they are more than `most`, what failed or runs comes first."""
    states = Counter(task_mark(task.state).text for task in tasks)
    counted = [f"{number} {state}" for state, number in states.most_common(_STATES_COUNTED)]
    caption = f"{count(len(tasks), 'task')} of the run: {', '.join(counted)}"
    shown = tasks if len(tasks) <= most else sorted(tasks, key=lambda task: _FIRST.index(level(task.state)))
    rows = ((Mono(one.id), task_mark(one.state), str(one.tries or "-"), duration(one.seconds)) for one in shown)
    return Table(cut(caption, 200), ("Task", "State", "Tries", "Took"), tuple(rows), whole=("State",), most=most)


def run_outcome(states: Sequence[State], started: bool) -> str:
    """Return "good", "bad" or "" for the last run that `states` tell of, "started" where only that is known.

    `started` tells whether a run was made; an export's own state is none of a run.
    """
    last = states[-1].status.lower() if states else ""
    known = level(last) if last != "exported" else "info"
    if known in ("good", "bad"):
        return known
    return "started" if started else ""
