"""What a `%%configure` cell asks of the session."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jpe_magics.model.text import Text

#: The fields of Livy's POST /sessions (Livy's REST API).
LIVY_FIELDS = frozenset(
    {
        *("kind", "name", "proxyUser", "queue", "ttl", "heartbeatTimeoutInSecond", "conf"),
        *("jars", "pyFiles", "files", "archives"),
        *("driverMemory", "driverCores", "executorMemory", "executorCores", "numExecutors"),
    }
)


def read_conf(body: Text, *, any_field: bool) -> tuple[Mapping[str, Any], tuple[str, ...], str]:
    """Return the JSON object in `body`, the fields left out of it, and what is wrong with it ("" for nothing).

    Sparkmagic hands every field on to Livy (`any_field`); Fabric's and Glue's lines may hold fields of
    their own, which mean nothing to Livy.
    """
    try:
        conf = json.loads(body.text)
    except json.JSONDecodeError as error:
        return {}, (), f"line {body.source_line(error.lineno)} is not JSON: {error.msg}"
    except (ValueError, RecursionError) as error:
        return {}, (), f"it is not JSON that can be read: {error}"
    if not isinstance(conf, dict):
        return {}, (), "it is not a JSON object"
    foreign = () if any_field else tuple(field for field in conf if field not in LIVY_FIELDS)
    return {field: value for field, value in conf.items() if field not in foreign}, foreign, ""
