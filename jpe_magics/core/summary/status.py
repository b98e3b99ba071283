"""The badge of a state: of a record, of a run, of a task."""

from __future__ import annotations

from jpe_magics.core.summary.document import Mark, cut

_LEVELS = {
    "good": ("exported", "success", "succeeded", "finished", "done", "ok", "published"),
    "bad": ("failed", "error", "upstream_failed", "lost", "killed", "timeout"),
    "warn": (
        "refused",
        "stopped",
        "cancelled",
        "skipped",
        "unknown",
        "up_for_retry",
        "restarting",
        "removed",
        "interrupted",
    ),
}
_LEVEL = {word: level for level, words in _LEVELS.items() for word in words}

#: What the history's own words are for people: a record that was begun and never ended.
_SAID = {"intent": "begun"}

#: Characters of a state that are shown: a server may say anything.
_LONGEST = 60


def level(status: str) -> str:
    """Return the level (a key of `document.SIGNS`) of a state; one that is under way or not known is "info"."""
    return _LEVEL.get(status.lower(), "info")


def status_mark(status: str) -> Mark:
    """Return the badge of a record's or run's status."""
    return Mark(level(status), cut(_SAID.get(status, status), _LONGEST) or "unknown")


def task_mark(state: str) -> Mark:
    """Return the badge of a task's state, in Airflow's words; a task that has no state yet is "none" there."""
    return Mark(level(state), cut(state, _LONGEST) or "none")
