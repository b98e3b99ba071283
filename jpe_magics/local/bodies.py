"""What a client may send: bodies and queries, read as strictly as Livy does.

Sources: `CreateInteractiveRequest`, `CreateBatchRequest`, `ExecuteRequest`, `CompletionRequest` and
`Session.prepareConf` of Apache Livy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jpe_magics.local.files import Files
from jpe_magics.local.protocol import Kind, LivyError, bad_request, kind_of


@dataclass(frozen=True)
class SessionRequest:
    """The body of `POST /sessions`."""

    kind: Kind = Kind.SHARED
    name: str | None = None
    conf: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Spark properties: those of `conf`, and those that other fields stand for."""
    given: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The fields as they were sent, for the session's own JSON."""
    heartbeat_timeout: int = 0
    """Seconds; 0 means none."""
    ttl: float | None = None
    """Seconds from the start to the end, whatever happens."""
    idle_timeout: float | None = None
    """Seconds without activity; None means the server's."""


@dataclass(frozen=True)
class BatchRequest:
    """The body of `POST /batches`; `file` is the absolute path of a Python file."""

    file: str
    name: str | None = None
    conf: Mapping[str, str] = field(default_factory=dict, repr=False)
    args: Sequence[str] = ()
    proxy_user: str | None = None


@dataclass(frozen=True)
class StatementRequest:
    """The body of `POST /sessions/{id}/statements`; `kind` None means the session's."""

    code: str
    kind: Kind | None = None


@dataclass(frozen=True)
class CompletionRequest:
    """The body of `POST /sessions/{id}/completion`; `cursor` counts characters from the start of the code."""

    code: str
    cursor: int
    kind: Kind | None = None


#: Fields that stand for a Spark property.
_SPARK_PROPERTIES = {
    "driverMemory": "spark.driver.memory",
    "driverCores": "spark.driver.cores",
    "executorMemory": "spark.executor.memory",
    "executorCores": "spark.executor.cores",
    "numExecutors": "spark.executor.instances",
    "name": "spark.app.name",
    "queue": "spark.yarn.queue",
}
#: The same for lists of files, which do not replace those in `conf` but stand in front of them.
_FILE_PROPERTIES = {
    "jars": "spark.jars",
    "pyFiles": "spark.submit.pyFiles",
    "files": "spark.files",
    "archives": "spark.archives",
}
_TEXTS = ("proxyUser", "name", "driverMemory", "executorMemory", "queue")
_NUMBERS = ("driverCores", "executorCores", "numExecutors")
_SESSION_TEXTS = ("kind", "ttl", "idleTimeout")
_SESSION_NUMBERS = ("heartbeatTimeoutInSecond",)


def session_request(body: Any, files: Files) -> SessionRequest:
    """Return what the JSON body of `POST /sessions` asks for; unknown or wrong fields are a 400, as in Livy.

    `proxyUser` is taken and has no effect, as in a Livy without impersonation.
    """
    given = _fields(body, texts=(*_TEXTS, *_SESSION_TEXTS), numbers=(*_NUMBERS, *_SESSION_NUMBERS))
    return SessionRequest(
        kind=kind_of(given.get("kind", "shared")),
        name=_session_name(given),
        conf=_spark_conf(given, files),
        given=given,
        heartbeat_timeout=given.get("heartbeatTimeoutInSecond", 0),
        ttl=seconds(given["ttl"]) if "ttl" in given else None,
        idle_timeout=seconds(given["idleTimeout"]) if "idleTimeout" in given else None,
    )


def batch_request(body: Any, files: Files) -> BatchRequest:
    """Return what the JSON body of `POST /batches` asks for; `className` is taken and means nothing to Python."""
    given = _fields(body, texts=(*_TEXTS, "file", "className"), numbers=_NUMBERS, lists=("args",))
    if "file" not in given:
        raise bad_request("requirement failed: File is required.")
    return BatchRequest(
        file=files.resolve_script(given["file"]),
        name=_session_name(given),
        conf=_spark_conf(given, files),
        args=given.get("args", []),
        proxy_user=given.get("proxyUser"),
    )


def statement_request(body: Any) -> StatementRequest:
    """Return what the JSON body of `POST …/statements` asks for."""
    fields = _known(body, ("code", "kind"))
    if "code" not in fields:
        raise bad_request("requirement failed: code is missing")
    return StatementRequest(code=_text("code", fields["code"]), kind=_kind(fields))


def completion_request(body: Any) -> CompletionRequest:
    """Return what the JSON body of `POST …/completion` asks for; with no cursor it stands behind the code."""
    fields = _known(body, ("code", "kind", "cursor"))
    if "code" not in fields:
        raise bad_request("requirement failed: code is missing")
    code = _text("code", fields["code"])
    cursor = _number("cursor", fields.get("cursor", len(code)))
    return CompletionRequest(code=code, cursor=min(max(cursor, 0), len(code)), kind=_kind(fields))


def resource_uri(body: Any) -> str:
    """Return the `uri` in the JSON body of `POST …/add-file` and `…/add-pyfile`."""
    fields = _known(body, ("uri",))
    if "uri" not in fields:
        raise bad_request("requirement failed: uri is missing")
    return _text("uri", fields["uri"])


_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """Return a time such as `90s`, `10m` or `1h` (Livy's `ttl` and `idleTimeout`) in seconds; raises a 400.

    As in Livy's `ClientConf`, a number alone counts milliseconds.
    """
    match = re.fullmatch(r"(-?[0-9]{1,18})([a-z]+)?", text.lower())
    if match is None:
        raise bad_request(f"Invalid time string: {text}")
    if match[2] is not None and match[2] not in _UNITS:
        raise bad_request(f'Invalid suffix: "{match[2]}"')
    return int(match[1]) * _UNITS[match[2] or "ms"]


def page(items: Sequence[Any], query: Mapping[str, str], *, size: int) -> Sequence[Any]:
    """Return the part of the items that `from` and `size` in the query name."""
    start = max(0, query_number(query, "from", 0))
    return items[start : start + max(0, query_number(query, "size", size))]


def query_number(query: Mapping[str, str], name: str, default: int) -> int:
    """Return an integer of the query; raises Livy's 400 where it is none."""
    return number_in(query.get(name, str(default)))


def number_in(text: str) -> int:
    """Return the integer that a path or query holds; raises Livy's 400 where it is none."""
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text) or not -(2**31) <= int(text) < 2**31:
        raise bad_request(f'For input string: "{text}"')
    return int(text)


def _fields(body: Any, texts: Sequence[str], numbers: Sequence[str], lists: Sequence[str] = ()) -> dict[str, Any]:
    """Return the fields that are given, each of its own type; any other field is a 400."""
    lists = (*_FILE_PROPERTIES, *lists)
    fields = _known(body, (*texts, *numbers, *lists, "conf"))
    given: dict[str, Any] = {name: _text(name, fields[name]) for name in texts if name in fields}
    given.update({name: _number(name, fields[name]) for name in numbers if name in fields})
    given.update({name: _texts(name, fields[name]) for name in lists if name in fields})
    if "conf" in fields:
        given["conf"] = _text_map("conf", fields["conf"])
    return given


def _spark_conf(given: Mapping[str, Any], files: Files) -> dict[str, str]:
    conf = dict(given.get("conf", {}))
    conf.update({spark: str(given[ours]) for ours, spark in _SPARK_PROPERTIES.items() if ours in given})
    for ours, spark in _FILE_PROPERTIES.items():
        uris = [*given.get(ours, ()), *re.split("[, ]+", conf.get(spark, ""))]
        resolved = [files.resolve(uri) for uri in uris if uri]
        if resolved:
            conf[spark] = ",".join(resolved)
    return conf


def _session_name(given: Mapping[str, Any]) -> str | None:
    name: str | None = given.get("name")
    if name is not None and re.fullmatch(r"\d*", name):  # paths take a number for an id
        raise bad_request(f"Invalid session name: {name}")
    return name


def _kind(fields: Mapping[str, Any]) -> Kind | None:
    return kind_of(_text("kind", fields["kind"])) if "kind" in fields else None


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
