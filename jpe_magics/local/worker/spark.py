"""Real PySpark, as the worker needs it: a session, job groups (one for a statement), progress, SQL."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import importlib
import json
import os
import shlex
import warnings
from collections.abc import Iterator
from typing import Any

from .properties import properties_file

#: Livy's `livy.rsc.sql.num-rows`: a statement of kind sql returns at most so many rows.
MAX_SQL_ROWS = 1000
#: The variable with spark-submit's arguments, which PySpark reads when it starts its JVM.
_SUBMIT = "PYSPARK_SUBMIT_ARGS"


class Spark:
    """The session's SparkSession.

    A user's own code may stop the context and make another one: the active one counts, so nothing here
    keeps it.  Methods but `sql` are called from another thread than the statement's.
    """

    def __init__(self, conf: dict[str, str], folder: str) -> None:
        session_class = importlib.import_module("pyspark.sql").SparkSession
        self._context_class: Any = importlib.import_module("pyspark").SparkContext
        #: What a call into the JVM can raise while the context is being stopped by the user.
        self._gone = (importlib.import_module("py4j.protocol").Py4JError, AttributeError, OSError)
        # What a builder is given becomes arguments of the JVM.  Here as with Livy only spark.* properties count.
        with properties_file(conf, folder) as path, _submitting("--properties-file", path):
            self._session: Any = session_class.builder.getOrCreate()
        self._finished_jobs: dict[int, tuple[int, int]] = {}

    def names(self) -> dict[str, Any]:
        """Return what Livy predefines in every statement: `spark`, `sc` and `sqlContext`."""
        context = self._session.sparkContext
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLContext is deprecated, and Livy defines it all the same
            sql_context = importlib.import_module("pyspark.sql").SQLContext(context, self._session)
        return {"spark": self._session, "sc": context, "sqlContext": sql_context}

    def info(self) -> dict[str, str | None]:
        """Return the application's id, and the address of its Spark UI where that is on."""
        context = self._session.sparkContext
        return {"appId": context.applicationId, "sparkUiUrl": context.uiWebUrl}

    def begin(self, number: int) -> None:
        """Put the jobs of the calling thread into the statement's job group."""
        self._finished_jobs = {}
        context = self._context_class._active_spark_context
        if context is not None:
            context.setJobGroup(str(number), f"Job group for statement {number}", True)

    def add(self, what: str, path: str) -> None:
        """Give a file (`file`), or a Python module or package (`pyfile`), to the driver and the executors."""
        context = self._context_class._active_spark_context
        if context is None:
            raise RuntimeError("the SparkContext has been stopped")
        if what == "pyfile":
            context.addPyFile(path)
        else:
            context.addFile(path)

    def cancel(self, number: int) -> None:
        """Cancel the statement's jobs."""
        context = self._context_class._active_spark_context
        if context is None:
            return
        try:
            context.cancelJobGroup(str(number))
        except self._gone:
            return  # with the context its jobs are gone as well

    def progress(self, number: int) -> float | None:
        """Return the share of finished tasks, 0 to 1, among the statement's jobs so far (as Livy does)."""
        context = self._context_class._active_spark_context
        if context is None:
            return None
        try:
            tracker = context.statusTracker()
            counts = [self._tasks(tracker, job) for job in tracker.getJobIdsForGroup(str(number))]
        except self._gone:
            return None
        total = sum(count for _, count in counts)
        return sum(done for done, _ in counts) / total if total else 0.0

    def _tasks(self, tracker: Any, job: int) -> tuple[int, int]:
        """Return (finished, all) tasks of a job; a job that has ended is asked only once."""
        if job in self._finished_jobs:
            return self._finished_jobs[job]
        info = tracker.getJobInfo(job)
        stages = [tracker.getStageInfo(stage) for stage in info.stageIds] if info else []
        known = [stage for stage in stages if stage is not None]
        count = sum(stage.numCompletedTasks for stage in known), sum(stage.numTasks for stage in known)
        if info and info.status != "RUNNING":
            self._finished_jobs[job] = count
        return count

    def sql(self, query: str) -> dict[str, Any]:
        """Return Livy's answer to a statement of kind sql: `schema` and `data`, by mime type."""
        frame = self._session.sql(query)
        rows = [[_json_value(value) for value in row] for row in frame.take(MAX_SQL_ROWS)]
        return {"application/json": {"schema": json.loads(frame.schema.json()), "data": rows}}

    def jvm_exit(self) -> int | None:
        """Return the JVM's exit code, None while it runs."""
        process = getattr(self._context_class._gateway, "proc", None)
        return None if process is None else process.poll()


@contextlib.contextmanager
def _submitting(*words: str) -> Iterator[None]:
    """Put words in front of those with which PySpark starts its JVM."""
    before = os.environ.get(_SUBMIT)
    os.environ[_SUBMIT] = " ".join([*map(shlex.quote, words), before or "pyspark-shell"])
    try:
        yield
    finally:
        del os.environ[_SUBMIT]
        if before is not None:
            os.environ[_SUBMIT] = before


def _json_value(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # JSON knows neither NaN nor infinity
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return list(value)
    if hasattr(value, "asDict"):
        value = value.asDict()
    if isinstance(value, dict):
        return {str(key): _json_value(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        values: list[Any] = [_json_value(one) for one in value]
        return values
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
