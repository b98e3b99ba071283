"""Livy's words: states, kinds, what a client may send, how refusals read.

Sources: Apache Livy's REST API page, and its servlets for the status codes (`SessionServlet`,
`InteractiveSessionServlet`, `CreateInteractiveRequest`).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    """Return Livy's 404 for a session that is not there, or is not there any more."""
    return LivyError(404, {"msg": f"Session '{id_or_name}' not found."})


def illegal_state(state: SessionState) -> LivyError:
    """Return Livy's 500 for a statement that is posted or cancelled in a session that is not running."""
    return LivyError(500, f"java.lang.IllegalStateException: Session is in state {state.value}")


class SessionState(enum.Enum):
    """Livy's session states, as far as they occur here."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
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
        """True where the session's process is gone for good."""
        return self in (SessionState.ERROR, SessionState.DEAD, SessionState.KILLED)

    @property
    def shows_statements(self) -> bool:
        """True where Livy calls the session active: `error` counts."""
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
    raise bad_request(f"Invalid kind: {text} ({served})")


@dataclass(frozen=True)
class SessionRequest:
    """The body of `POST /sessions`."""

    kind: Kind = Kind.SHARED
    name: str | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    heartbeat_timeout: int = 0
    """Seconds; 0 means none."""
    ttl: float | None = None
    """Seconds from the start to the end, whatever happens."""
    idle_timeout: float | None = None
    """Seconds without activity; None means the server's."""


@dataclass(frozen=True)
class StatementRequest:
    """The body of `POST /sessions/{id}/statements`; `kind` None means the session's."""

    code: str
    kind: Kind | None = None


#: Fields of `POST /sessions` that stand for a Spark property.
_SPARK_PROPERTIES = {
    "driverMemory": "spark.driver.memory",
    "driverCores": "spark.driver.cores",
    "executorMemory": "spark.executor.memory",
    "executorCores": "spark.executor.cores",
    "numExecutors": "spark.executor.instances",
    "name": "spark.app.name",
    "queue": "spark.yarn.queue",
    "jars": "spark.jars",
    "pyFiles": "spark.submit.pyFiles",
    "files": "spark.files",
    "archives": "spark.archives",
}
_TEXTS = ("kind", "proxyUser", "name", "ttl", "idleTimeout", "driverMemory", "executorMemory", "queue")
_NUMBERS = ("driverCores", "executorCores", "numExecutors", "heartbeatTimeoutInSecond")
_LISTS = ("jars", "pyFiles", "files", "archives")


def session_request(body: Any) -> SessionRequest:
    """Return what the JSON body of `POST /sessions` asks for; unknown or wrong fields are a 400, as in Livy.

    `proxyUser` is taken and has no effect, as in a Livy without impersonation.
    """
    fields = _known(body, (*_TEXTS, *_NUMBERS, *_LISTS, "conf"))
    texts = {name: _text(name, fields[name]) for name in _TEXTS if name in fields}
    numbers = {name: _number(name, fields[name]) for name in _NUMBERS if name in fields}
    texts.update({name: ",".join(_texts(name, fields[name])) for name in _LISTS if name in fields})
    conf = _text_map("conf", fields.get("conf", {}))
    given = {**texts, **numbers}
    conf.update({spark: str(given[ours]) for ours, spark in _SPARK_PROPERTIES.items() if ours in given})
    return SessionRequest(
        kind=kind_of(texts.get("kind", "shared")),
        name=texts.get("name"),
        conf=conf,
        heartbeat_timeout=numbers.get("heartbeatTimeoutInSecond", 0),
        ttl=seconds(texts["ttl"]) if "ttl" in texts else None,
        idle_timeout=seconds(texts["idleTimeout"]) if "idleTimeout" in texts else None,
    )


def statement_request(body: Any) -> StatementRequest:
    """Return what the JSON body of `POST …/statements` asks for."""
    fields = _known(body, ("code", "kind"))
    if "code" not in fields:
        raise bad_request("requirement failed: code is missing")
    return StatementRequest(
        code=_text("code", fields["code"]),
        kind=kind_of(_text("kind", fields["kind"])) if "kind" in fields else None,
    )


_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """Return a time such as `90s`, `10m` or `1h` (Livy's `ttl` and `idleTimeout`) in seconds; raises a 400."""
    match = re.fullmatch(r"(\d+)\s*([a-z]+)", text.strip().lower())
    if match is None or match[2] not in _UNITS:
        raise bad_request(f"Invalid time string: {text}")
    return int(match[1]) * _UNITS[match[2]]


def page(items: Sequence[Any], query: Mapping[str, str], *, size: int) -> Sequence[Any]:
    """Return the part of the items that `from` and `size` in the query name."""
    start = max(0, query_number(query, "from", 0))
    return items[start : start + max(0, query_number(query, "size", size))]


def query_number(query: Mapping[str, str], name: str, default: int) -> int:
    """Return an integer of the query; raises Livy's 400 where it is none."""
    text = query.get(name, str(default))
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise bad_request(f'For input string: "{text}"')
    return int(text)


def _known(body: Any, names: Sequence[str]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise LivyError(400, "Can not deserialize the body: a JSON object is expected")
    for name in body:
        if name not in names:
            raise LivyError(400, f'Unrecognized field "{name}", not marked as ignorable (known: {", ".join(names)})')
    return {name: value for name, value in body.items() if value is not None}


def _text(name: str, value: Any) -> str:
    # Jackson, which Livy reads with, takes any scalar for text.
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise LivyError(400, f"Can not deserialize {name}: a string is expected")


def _number(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value.strip()):
        return int(value)
    raise LivyError(400, f"Can not deserialize {name}: an integer is expected")


def _texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise LivyError(400, f"Can not deserialize {name}: a list of strings is expected")
    return [_text(name, one) for one in value]


def _text_map(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise LivyError(400, f"Can not deserialize {name}: an object of strings is expected")
    return {key: _text(name, one) for key, one in value.items()}
