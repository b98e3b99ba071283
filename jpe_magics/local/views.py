"""Livy's JSON for a session and for a batch (its `SessionInfo` and `BatchSessionView`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jpe_magics.local.bodies import BatchRequest, SessionRequest
from jpe_magics.local.protocol import SessionState

_TEXTS = ("proxyUser", "ttl", "idleTimeout", "driverMemory", "executorMemory", "queue")
_NUMBERS = ("driverCores", "executorCores", "numExecutors", "heartbeatTimeoutInSecond")
#: Spark's own `spark.redaction.regex`: clients print sessions into logs.
_SECRET_NAME = re.compile(r"(?i)secret|password|token|access[.]?key")
_REDACTED = "*********(redacted)"
_LISTS = ("jars", "pyFiles", "files", "archives")


def session_view(
    number: int, state: SessionState, request: SessionRequest, app: Mapping[str, Any], log: Sequence[str]
) -> dict[str, Any]:
    """Return what `GET /sessions/{id}` answers; what was not given is null, 0 or empty, as in Livy 0.9."""
    given = request.given
    return {
        "id": number,
        "name": request.name,
        "appId": app["appId"],
        "owner": None,
        "state": state.value,
        "kind": request.kind.value,
        "appInfo": {"driverLogUrl": None, "sparkUiUrl": app["sparkUiUrl"]},
        "log": list(log),
        **{name: given.get(name) for name in _TEXTS},
        **{name: given.get(name, 0) for name in _NUMBERS},
        **{name: given.get(name, []) for name in _LISTS},
        "conf": {key: _REDACTED if _SECRET_NAME.search(key) else value for key, value in given.get("conf", {}).items()},
    }


def batch_view(number: int, state: SessionState, request: BatchRequest, log: Sequence[str]) -> dict[str, Any]:
    """Return what `GET /batches/{id}` answers; as with Livy over a local Spark, its application has no known id."""
    return {
        "id": number,
        "name": request.name,
        "owner": None,
        "proxyUser": request.proxy_user,
        "state": state.value,
        "appId": None,
        "appInfo": {"driverLogUrl": None, "sparkUiUrl": None},
        "log": list(log),
    }
