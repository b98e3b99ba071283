# ruff: noqa: N802 - the names are PySpark's
"""The part of `pyspark.sql` that every generated module touches."""

import itertools
import types

_numbers = itertools.count(1)


class _Builder:
    def __init__(self):
        self._conf = {}

    def appName(self, name):
        return self.config("spark.app.name", name)

    def config(self, key, value):
        self._conf[key] = value
        return self

    def getOrCreate(self):
        SparkSession._active = SparkSession._active or SparkSession(self._conf)
        return SparkSession._active


class _BuilderOfClass:
    def __get__(self, session, session_class):
        return _Builder()


class SparkSession:
    """A session without Spark; `conf` is what it was built with."""

    builder = _BuilderOfClass()
    _active = None

    def __init__(self, conf):
        self.conf = dict(conf)
        self.number = next(_numbers)
        self.sparkContext = types.SimpleNamespace(applicationId="local-stub", stop=self.stop)
        self.catalog = types.SimpleNamespace(clearCache=lambda: None)

    @classmethod
    def getActiveSession(cls):
        return cls._active

    def newSession(self):
        return SparkSession(self.conf)

    def stop(self):
        SparkSession._active = None
