"""Which of `spark`, `sc` and `sqlContext` a script must make, and whether the notebook makes them itself."""

from __future__ import annotations

import pytest

from jpe_magics.core.shell_names import makes_session, names_to_make

LOAD = "def load(name):\n    return spark.table(name)"
MAKE = "spark = SparkSession.builder.getOrCreate()"


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ([], []),
        (["x = 1"], []),
        (["df = spark.range(3)"], ["spark"]),
        (["sqlContext.sql(q)", "sc.parallelize([1])", "spark"], ["spark", "sc", "sqlContext"]),
        ([MAKE, "df = spark.range(3)"], []),
        (["df = spark.range(3)", MAKE], ["spark"]),
        (["spark = spark.newSession()"], ["spark"]),
        ([MAKE, "sc.parallelize([1])"], ["sc"]),
        ([LOAD, MAKE, "load('a')"], []),
        ([LOAD, "load('a')", MAKE], ["spark"]),
        ([LOAD], ["spark"]),
        ([LOAD, MAKE], []),
        (["class Job:\n    def go(self):\n        return spark", MAKE, "Job().go()"], []),
        (["class Job:\n    def go(self):\n        return spark", "Job().go()", MAKE], ["spark"]),
        (["class Job:\n    session = spark", MAKE], ["spark"]),
        (["def outer():\n    return inner()", "def inner():\n    return spark", "outer()", MAKE], ["spark"]),
        (["def outer():\n    return inner()", "def inner():\n    return spark", MAKE, "outer()"], []),
        ([LOAD, "alias = load", "alias('a')", MAKE], ["spark"]),
        ([f"{LOAD}\n{MAKE}\nload('a')"], []),
        (["def f(spark):\n    return spark"], []),
        (["def f(df=spark):\n    return df", MAKE], ["spark"]),
        (["rows = [spark for n in (1, 2)]", MAKE], ["spark"]),
        (["text = 'spark'  # spark"], []),
        (["def g():\n    global spark\n    spark = 1", "g()", "spark"], []),
        (["if True:\n    spark = 1\nspark.x"], []),
    ],
)
def test_names_to_make(codes: list[str], names: list[str]) -> None:
    assert names_to_make(codes) == names


@pytest.mark.parametrize(
    ("code", "makes"),
    [
        (MAKE, True),
        ("session = SparkSession.builder.getOrCreate()", True),
        ("context = pyspark.SparkContext(conf=conf)", True),
        ("context = SparkContext()", True),
        ("from our_company import spark", True),
        ("spark, sc = connect()", True),
        ("import pyspark", False),
        ("text = 'getOrCreate()'", False),
        ("def f():\n    sc = 1", False),
        ("make = SparkContext", False),
    ],
)
def test_makes_session(code: str, makes: bool) -> None:
    assert makes_session(["x = 1", code]) is makes


def test_a_long_notebook_takes_no_long_time() -> None:
    chain = ["def f0():\n    return spark"] + [f"x{n} = f0() + {f'x{n - 1}' if n else 0}" for n in range(3000)]
    assert names_to_make([MAKE, *chain]) == []
    assert names_to_make(chain) == ["spark"]
