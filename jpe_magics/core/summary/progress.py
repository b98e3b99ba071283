"""The view of long work: what is done, what is waited for, and how the run's tasks are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from jpe_magics.core.summary.document import Bar, Block, Document, Note, count, cut, duration, visible
from jpe_magics.core.summary.run import run_table
from jpe_magics.core.summary.status import level, task_mark
from jpe_magics.model.progress import Progress, TaskState

#: Steps and tasks that are shown; the view is made anew several times a second.
MOST_STEPS = 20
MOST_TASKS = 30
#: Lines that one look at a run adds in a terminal.
MOST_LINES = 40

_LONGEST = 200


@dataclass(frozen=True)
class Step:
    """A step of the work: what was told of it last, and when it began and ended, in the clock's seconds."""

    told: Progress
    began: float
    ended: float | None = None
    good: bool = True


@dataclass(frozen=True)
class Steps:
    """What was told so far: the steps that ended, the one that goes on, and the tasks that were told of last."""

    ended: tuple[Step, ...] = ()
    now: Step | None = None
    tasks: tuple[TaskState, ...] = ()

    def told(self, progress: Progress, seconds: float) -> Steps:
        """Return the steps after this was told when the clock showed `seconds`; another name is another step."""
        tasks = progress.tasks or self.tasks
        if self.now is not None and self.now.told.step == progress.step:
            return replace(self, now=replace(self.now, told=progress), tasks=tasks)
        return replace(self.end(seconds), now=Step(progress, seconds), tasks=tasks)

    def end(self, seconds: float, good: bool = True) -> Steps:
        """Return the steps after the one that went on has ended."""
        if self.now is None:
            return self
        return replace(self, ended=(*self.ended, replace(self.now, ended=seconds, good=good)), now=None)

    def is_news(self, progress: Progress) -> bool:
        """Tell whether this begins a step, or tells of another state of a task."""
        return self.now is None or self.now.told.step != progress.step or any(self.changes(progress))

    def changes(self, progress: Progress) -> Iterator[tuple[TaskState | None, TaskState]]:
        """Yield the tasks that have another state than told before, each after what was known of it."""
        if progress.tasks is self.tasks:
            return
        known = {task.id: task for task in self.tasks}
        for task in progress.tasks:
            before = known.get(task.id)
            if (before.state, before.tries) != (task.state, task.tries) if before else task.state:
                yield before, task


def progress_view(steps: Steps, seconds: float, title: str = "In progress") -> Document:
    """Return how far the work is when the clock shows `seconds`."""
    blocks: list[Block] = []
    if len(steps.ended) > MOST_STEPS:
        blocks.append(Note("info", f"… {count(len(steps.ended) - MOST_STEPS, 'earlier step')}"))
    blocks += [
        Note("good" if step.good else "bad", f"{_short(step.told.step)} · {duration(_took(step, seconds))}")
        for step in steps.ended[-MOST_STEPS:]
    ]
    if steps.now is not None:
        told = steps.now.told
        blocks.append(Note("info", " · ".join(filter(None, (_short(told.step), _short(told.detail))))))
        blocks.append(Bar(_short(told.step), told.fraction, _limited(_took(steps.now, seconds), told.limit)))
    if steps.tasks:
        blocks.append(run_table(steps.tasks, MOST_TASKS))
    return Document(title, tuple(blocks))


def progress_lines(steps: Steps, progress: Progress) -> Iterable[str]:
    """Yield the lines that a terminal gets when `progress` is told after `steps`: a new step, tasks that changed."""
    if steps.now is None or steps.now.told.step != progress.step:
        limit = f" (at most {duration(progress.limit)})" if progress.limit else ""
        yield " · ".join(filter(None, (_short(progress.step), _short(progress.detail)))) + limit
    changes = list(steps.changes(progress))
    if len(changes) > MOST_LINES:  # none of those that failed is left out before the others
        changes.sort(key=lambda change: level(change[1].state) != "bad")
    for before, task in changes[:MOST_LINES]:
        yield _changed(before, task)
    if len(changes) > MOST_LINES:
        yield f"  … and {count(len(changes) - MOST_LINES, 'more task')}"


def _changed(before: TaskState | None, task: TaskState) -> str:
    states = " → ".join(task_mark(one.state).text for one in (before, task) if one is not None)
    tries = f"try {task.tries}" if task.tries > 1 else ""
    took = "" if task.seconds is None else duration(task.seconds)
    return "  " + "  ".join(filter(None, (_short(task.id), _short(states), tries, took)))


def _took(step: Step, seconds: float) -> float:
    return (seconds if step.ended is None else step.ended) - step.began


def _limited(took: float, limit: float) -> str:
    return duration(took) + (f" of at most {duration(limit)}" if limit else "")


def _short(text: str) -> str:
    """Return the text in one line that a terminal can be shown."""
    return visible(cut(" ".join(text[: _LONGEST * 4].split()), _LONGEST))
