"""What a `%%configure` cell asks of Livy's session, as Spark properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Livy's session fields as Spark properties (Spark's configuration page).
SPARK_PROPERTIES: Mapping[str, str] = {
    "driverMemory": "spark.driver.memory",
    "driverCores": "spark.driver.cores",
    "executorMemory": "spark.executor.memory",
    "executorCores": "spark.executor.cores",
    "numExecutors": "spark.executor.instances",
    "queue": "spark.yarn.queue",
    "jars": "spark.jars",
    "pyFiles": "spark.submit.pyFiles",
    "files": "spark.files",
    "archives": "spark.archives",
}
#: Fields that can be carried over.
CARRIED = frozenset({*SPARK_PROPERTIES, "conf", "name"})


def spark_conf(session_conf: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the body of Livy's POST /sessions as pairs of property and value, in Spark's spelling.

    >>> spark_conf({"executorMemory": "4g", "conf": {"spark.eventLog.enabled": True}})
    [('spark.executor.memory', '4g'), ('spark.eventLog.enabled', 'true')]
    """
    pairs: dict[str, str] = {}
    for field, key in SPARK_PROPERTIES.items():
        value = session_conf.get(field)
        if isinstance(value, list) and value:
            pairs[key] = ",".join(str(one) for one in value)
        elif isinstance(value, (str, int)) and value != "":
            pairs[key] = str(value)
    conf = session_conf.get("conf")
    for key, value in conf.items() if isinstance(conf, Mapping) else ():
        if isinstance(value, (str, int, float)):
            pairs[str(key)] = str(value).lower() if isinstance(value, bool) else str(value)
    return list(pairs.items())


def not_carried(session_conf: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that no Spark property says."""
    return tuple(field for field in session_conf if field not in CARRIED)
