"""What is asked of Livy when a DAG's session is opened: the body of `POST /sessions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jpe_magics.model.task import Pipeline

#: Fields of Livy's POST /sessions that a notebook or `--session-conf` may set, and how they are typed.
#: Not `kind` and `name`, which the DAG gives; not `heartbeatTimeoutInSecond`, which ends a session
#: between two tasks; not `ttl` and `idleTimeout`, which servers before 0.8 and 0.9 refuse.
FIELDS: Mapping[str, type] = {
    "proxyUser": str,
    "jars": list,
    "pyFiles": list,
    "files": list,
    "archives": list,
    "driverMemory": str,
    "driverCores": int,
    "executorMemory": str,
    "executorCores": int,
    "numExecutors": int,
    "queue": str,
    "conf": dict,
}


def session_body(pipeline: Pipeline, options: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the body, without the name, and the names of what `%%configure` asks for and Livy does not know.

    `--session-conf` counts over what the notebook says.
    """
    body: dict[str, Any] = {"kind": session_kind(pipeline)}
    conf: dict[str, str] = {}
    dropped = []
    for field, value in pipeline.session_conf.items():
        if field == "conf" and isinstance(value, Mapping):
            conf.update({key: _plain(one) for key, one in value.items() if _is_plain(key, one)})
            dropped += [f"conf.{key}" for key, one in value.items() if not _is_plain(key, one)]
        elif field != "conf" and field in FIELDS and _fits(FIELDS[field], value):
            body[field] = value
        else:
            dropped.append(str(field))
    for key, value in (options.get("session_conf") or {}).items():
        if key in FIELDS:
            body[key] = _typed(FIELDS[key], value)
        else:
            conf[key] = value
    if conf:
        body["conf"] = conf
    return body, tuple(dropped)


def session_kind(pipeline: Pipeline) -> str:
    """Return Livy's kind of the session: `spark` where every task is Scala, else `pyspark`."""
    languages = {task.language for task in pipeline.tasks}
    return "spark" if languages == {"scala"} else "pyspark"


def conf_problem(key: Any, value: Any) -> str:
    """Say what is wrong with one KEY=VALUE of `--session-conf`; "" where nothing is."""
    if not isinstance(key, str) or not isinstance(value, str):
        return "takes KEY=VALUE"
    if key == "conf" or (key not in FIELDS and "." not in key):
        return f"takes a Spark property (its name has dots) or one of {', '.join(sorted(set(FIELDS) - {'conf'}))}"
    if FIELDS.get(key) is int and not value.strip().isdecimal():
        return f"takes a whole number for {key}"
    return ""


def _typed(kind: type, value: str) -> Any:
    if kind is int:
        return int(value)
    if kind is list:
        return [one.strip() for one in value.split(",") if one.strip()]
    return value


def _fits(kind: type, value: Any) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind is int:  # "2" is what many notebooks write, and what Livy takes
        return not isinstance(value, bool) and str(value).isdecimal()
    return isinstance(value, kind)


def _is_plain(key: Any, value: Any) -> bool:
    return isinstance(key, str) and isinstance(value, (str, int, float))


def _plain(value: Any) -> str:
    """Return a Spark property's value as text, in Spark's spelling of true and false."""
    return str(value).lower() if isinstance(value, bool) else str(value)
