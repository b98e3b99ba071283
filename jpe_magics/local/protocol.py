"""Livy's words: states, kinds, how refusals read.

Sources: Apache Livy's REST API page, and its servlets for the status codes (`SessionServlet`,
`InteractiveSessionServlet`, `BatchSessionServlet`).
"""

from __future__ import annotations

import enum
from typing import Any

#: The version of Livy whose protocol this is.
LIVY_VERSION = "0.9.0-incubating"


class LivyError(Exception):
    """An answer other than success; `body` is JSON: `{"msg": …}` or, for some of Livy's refusals, plain text."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def bad_request(message: str) -> LivyError:
    """Return Livy's 400 for a wrong argument (its IllegalArgumentException)."""
    return LivyError(400, {"msg": message})


def not_found(id_or_name: str) -> LivyError:
    """Return Livy's 404 for a session or batch that is not there, or is not there any more."""
    return LivyError(404, {"msg": f"Session '{id_or_name}' not found."})


def illegal_state(state: SessionState) -> LivyError:
    """Return Livy's 500 for what needs a session that runs: a statement, its cancelling, a completion."""
    return LivyError(500, f"java.lang.IllegalStateException: Session is in state {state.value}")


def driver_error(text: str) -> LivyError:
    """Return Livy's 500 for what the session's own process refuses."""
    return LivyError(500, f"java.util.concurrent.ExecutionException: org.apache.livy.rsc.rpc.RpcException: {text}")


class SessionState(enum.Enum):
    """Livy's states of sessions and batches, as far as they occur here; `running` and `success` are a batch's."""

    STARTING = "starting"
    RUNNING = "running"
    IDLE = "idle"
    BUSY = "busy"
    SUCCESS = "success"
    SHUTTING_DOWN = "shutting_down"
    ERROR = "error"
    DEAD = "dead"
    KILLED = "killed"

    @property
    def is_running(self) -> bool:
        """True where statements can be posted."""
        return self in (SessionState.IDLE, SessionState.BUSY)

    @property
    def is_finished(self) -> bool:
        """True where the process is gone for good."""
        return self in (SessionState.SUCCESS, SessionState.ERROR, SessionState.DEAD, SessionState.KILLED)

    @property
    def is_active(self) -> bool:
        """True where Livy calls the session active, and shows its statements: `error` counts."""
        return self in (SessionState.STARTING, SessionState.IDLE, SessionState.BUSY, SessionState.ERROR)


class StatementState(enum.Enum):
    """Livy's statement states; one that failed is `available`, with `output.status` = `error`."""

    WAITING = "waiting"
    RUNNING = "running"
    AVAILABLE = "available"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class Kind(enum.Enum):
    """The kinds of session and statement that are served."""

    PYSPARK = "pyspark"
    SQL = "sql"
    SHARED = "shared"


_KINDS = {"pyspark": Kind.PYSPARK, "python": Kind.PYSPARK, "sql": Kind.SQL, "shared": Kind.SHARED}
_LIVY_ONLY = ("spark", "scala", "sparkr", "r")


def kind_of(text: str) -> Kind:
    """Return the kind of that name; what Livy knows and we don't, and what nobody knows, is a 400."""
    if text in _KINDS:
        return _KINDS[text]
    served = "this server runs pyspark and sql only" if text in _LIVY_ONLY else "unknown"
    raise LivyError(400, f"Invalid kind: {text} ({served})")  # a string, since Livy's reader of JSON refuses it
