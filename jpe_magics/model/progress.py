"""How far a long piece of work is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TaskState:
    """A task of a run: `state` is Airflow's word, "" before it has one; `seconds` is how long it ran, if known."""

    id: str
    state: str = ""
    tries: int = 0
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the row of a history record's `tasks`."""
        return {"id": self.id, "state": self.state, "tries": self.tries, "seconds": self.seconds}


@dataclass(frozen=True)
class Progress:
    """One step of the work: `step` is what is done or waited for ("waiting for Airflow to show the DAG").

    The same `step` may be told again with more of it done: `detail` says what was seen last, `fraction` (0 to 1)
    how much of the step is done, None where nobody can know.  `limit` is the longest it may take, in
    seconds, 0 for none.
    """

    step: str
    detail: str = ""
    fraction: float | None = None
    tasks: tuple[TaskState, ...] = ()
    limit: float = 0
