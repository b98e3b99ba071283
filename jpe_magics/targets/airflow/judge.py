"""How a run ended: judged by its tasks, for Airflow itself calls a run with a failed task a success at times.

That is so where somebody marked the run failed while a cell ran, and where only the last task counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jpe_magics.targets.airflow.resources import Run, TaskInstance

#: The task that closes the Livy session when all is done; what the notebook does is not in it.
CLEANUP = "livy_cleanup"


@dataclass(frozen=True)
class Verdict:
    """How a run ended.

    `state` is "success" or "failed".  `task` is the task to look at: the first that failed, None where there is
    none.  `why` says it in a sentence, also what is to be known of a success; "" where all is well.
    """

    state: str
    task: TaskInstance | None = None
    why: str = ""


def judge(run: Run, tasks: Sequence[TaskInstance]) -> Verdict:
    """Return how an ended run is to be called."""
    bad = sorted((one for one in tasks if one.state.state != "success"), key=_order)
    cells = [one for one in bad if one.state.id != CLEANUP]
    if not bad and run.state == "success":
        return Verdict("success")
    if not bad:
        return Verdict("failed", None, f"Airflow calls the run {run.state}, though each of its tasks succeeded")
    if not cells and run.state == "success":
        state = bad[0].state.state or "without a state"
        return Verdict("success", bad[0], f"{CLEANUP} is {state}: the Livy session may still be open")
    first = cells[0] if cells else bad[0]
    if first.state.state == "failed":
        return Verdict("failed", first, f"{first.state.id} failed")
    state = first.state.state or "without a state"
    return Verdict("failed", first, f"{first.state.id} did not run: it is {state}")


def _order(task: TaskInstance) -> tuple[bool, bool, bool, str]:
    """Tasks that failed come first, cells before the cleanup, then by when they ended."""
    return task.state.state != "failed", task.state.id == CLEANUP, not task.ended, task.ended
