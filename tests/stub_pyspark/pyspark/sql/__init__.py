"""Sessions, views, settings and the cache, by PySpark's rules."""

from __future__ import annotations

import pathlib

from pyspark import SparkContext


class _Builder:
    def __init__(self):
        self._options = {}

    def appName(self, name):
        return self.config("spark.app.name", name)

    def config(self, key, value):
        self._options[key] = str(value)
        return self

    def getOrCreate(self):
        session = SparkSession._instantiatedSession
        if session is None or session.sparkContext.stopped:
            session = SparkSession(SparkContext.getOrCreate(self._options), self._options)
        for key, value in self._options.items():
            if key.startswith("spark.sql."):
                session.conf.set(key, value)
        return session


class _BuilderProperty:
    def __get__(self, instance, owner):
        return _Builder()


class _Conf:
    def __init__(self, context):
        self._context = context
        self.own = {}

    def set(self, key, value):
        self.own[key] = str(value)

    def get(self, key, default=None):
        return self.own.get(key, self._context.settings.get(key, default))


class _Catalog:
    def __init__(self, session):
        self._session = session

    def clearCache(self):
        self._session.sparkContext.cached.clear()

    def listTables(self):
        return sorted(self._session.views)


class _Frame:
    def __init__(self, session, rows, source=None):
        self._session, self._rows, self._source = session, rows, source

    def collect(self):
        return self._session.sparkContext.cached.get(self._source) or self._rows()

    def count(self):
        return len(self.collect())

    def cache(self):
        self._session.sparkContext.cached[self._source] = self._rows()
        return self

    def createOrReplaceTempView(self, name):
        self._session.views[name] = self


class _Reader:
    def __init__(self, session):
        self._session = session

    def text(self, path):
        return _Frame(self._session, lambda: pathlib.Path(path).read_text(encoding="utf-8").splitlines(), path)


class SparkSession:
    _instantiatedSession = None
    _activeSession = None
    builder = _BuilderProperty()

    def __init__(self, context, options=None):
        self.sparkContext = context
        self.conf = _Conf(context)
        self.views = {}
        self.catalog = _Catalog(self)
        if SparkSession._instantiatedSession is None or SparkSession._instantiatedSession.sparkContext.stopped:
            SparkSession._instantiatedSession = SparkSession._activeSession = self

    @property
    def read(self):
        return _Reader(self)

    @classmethod
    def getActiveSession(cls):
        return cls._activeSession if SparkContext._active_spark_context is not None else None

    def newSession(self):
        return SparkSession(self.sparkContext)

    def range(self, count):
        return _Frame(self, lambda: list(range(count)))

    def table(self, name):
        if name not in self.views:
            raise LookupError(f"[TABLE_OR_VIEW_NOT_FOUND] {name}")
        return self.views[name]

    def stop(self):
        print("the session is stopped") if self.sparkContext.settings.get("spark.test.tell") else None
        self.sparkContext.stop()
        SparkSession._instantiatedSession = SparkSession._activeSession = None


class SQLContext:
    def __init__(self, context, session=None):
        self.session = session or SparkSession.builder.getOrCreate()
        self.table = self.session.table
