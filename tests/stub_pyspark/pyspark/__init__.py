"""As much of PySpark as tests of generated modules need, with the rules that such modules can trip over.

One context a process; settings outside of `spark.sql.` count only when it is made; views and settings
belong to a session, the cache to all of them.
"""

from __future__ import annotations


class SparkContext:
    _active_spark_context = None

    def __init__(self, conf=None):
        if SparkContext._active_spark_context is not None:
            raise ValueError("Cannot run multiple SparkContexts at once")
        self.settings = dict(conf or {})
        self.cached = {}
        self.stopped = False
        SparkContext._active_spark_context = self

    @classmethod
    def getOrCreate(cls, conf=None):
        return cls._active_spark_context or cls(conf)

    def parallelize(self, values):
        return list(values)

    def stop(self):
        self.stopped = True
        SparkContext._active_spark_context = None
