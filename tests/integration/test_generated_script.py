"""The script of the target `py`, run by a Python of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.core.check import check
from jpe_magics.core.spark_properties import spark_conf
from jpe_magics.errors import OptionError
from jpe_magics.model.parameter import Parameter
from jpe_magics.targets.py import target
from jpe_magics.targets.py.view import file_name

PARAMETERS = (
    Parameter("n", "int", 3),
    Parameter("share", "float", 0.5),
    Parameter("dry", "bool", False),
    Parameter("ids", "list", [1]),
    Parameter("out", "any", None, literal=False, expression="now()"),
)


def script(pipeline: Any, load: Any) -> tuple[str, str]:
    artifact = target.render(pipeline, target.check({}), load, "0.1.0")
    check(artifact)
    (file,) = artifact.files
    return file.path, file.text


@pytest.fixture
def run(tmp_path: Path, pipeline_of: Any, load_template: Any) -> Any:
    """Return a function that renders cells and runs the script; it returns what was printed."""

    def go(cells: list[str], *arguments: str, fails: bool = False, **values: Any) -> str:
        pipeline = pipeline_of([(f"c{number}", code) for number, code in enumerate(cells)], **values)
        name, text = script(pipeline, load_template)
        (tmp_path / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, name, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr if fails else done.stdout

    return go


READ = 'import json as j\nprint(j.dumps({k: config.get(k) for k in ("n", "share", "dry", "ids", "out")}))'


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ([], '{"n": null, "share": null, "dry": null, "ids": null, "out": null}'),
        (
            ["n=7", "share=1", "dry=1", "ids=[2]", "out=a=b"],
            '{"n": 7, "share": 1.0, "dry": true, "ids": [2], "out": "a=b"}',
        ),
    ],
)
def test_arguments(run: Any, arguments: list[str], printed: str) -> None:
    assert run([READ], *arguments, parameters=PARAMETERS).strip() == printed


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("n=0.5", "parameter n must be a whole number, not '0.5'"),
        ("dry=yes", "parameter dry must be true or false"),
        ("ids=[", "parameter ids must be JSON for a list"),
        ("m=1", "there is no parameter m\nusage: etl_daily.py [n=INT] [share=FLOAT] [dry=BOOL] [ids=LIST] [out=ANY]"),
        ("n", "'n' is not NAME=VALUE"),
        ("--halp", "'--halp' is not NAME=VALUE"),
    ],
)
def test_wrong_arguments(run: Any, argument: str, why: str) -> None:
    assert why in run([READ], argument, fails=True, parameters=PARAMETERS)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["n=no", "--help"]])
def test_help_prints_the_usage_and_runs_nothing(run: Any, arguments: list[str]) -> None:
    usage = "usage: etl_daily.py [n=INT] [share=FLOAT] [dry=BOOL] [ids=LIST] [out=ANY]\n"
    assert run([READ], *arguments, parameters=PARAMETERS) == usage


@pytest.mark.parametrize(
    ("cells", "printed"),
    [
        (["n = 1", "def f():\n    global n\n    n += 1\nf()", "print(n)"], "2\n"),
        (["n = 1", "global n\nn = 2", "if n:\n    global n", "print(n)"], "2\n"),
        (["n = 1", "from __future__ import annotations\ndef f(x: nowhere): return x", "print(f(5))"], "5\n"),
        (["from __future__ import division; n = 1 / 2", "print(n)"], "0.5\n"),
        (["from math import *", "print(floor(2.5))"], "2\n"),
        (["text = '''a\n    b\n'''", "print(repr(text))"], "'a\\n    b\\n'\n"),
        (["if __name__ == '__main__':\n    print('main')"], "main\n"),
        (["# -*- coding: latin-1 -*-\nprint('é' == '\\xe9')"], "True\n"),
        (["json = 5\nsys = 6\nname = 7", "print(json, sys, name)"], "5 6 7\n"),
        (["class A:\n    x = 1\n    def f(self): return __class__.__name__", "print(A().f())"], "A\n"),
        (["'''a docstring'''", "print(__doc__ is None or True)"], "True\n"),
        (["x = 1 # no newline at the end", "\n\nprint(x)\n\n"], "1\n"),
        (["import sys\nprint(len(sys.argv))"], "1\n"),
    ],
)
def test_cells_mean_what_they_meant(run: Any, cells: list[str], printed: str) -> None:
    assert run(cells) == printed
    assert run(cells, parameters=PARAMETERS) == printed


def test_a_notebook_that_binds_config(run: Any) -> None:
    cells = ["config = {'mine': 1}", 'n = _jpe_config.get("n", 3)', "print(config, n)"]
    assert run(cells, "n=4", parameters=PARAMETERS, config_name="_jpe_config") == "{'mine': 1} 4\n"


SPARK = """
class SparkSession:
    class builder:
        said = []
        @classmethod
        def appName(cls, name): cls.said.append(name); return cls
        @classmethod
        def config(cls, key, value): cls.said.append((key, value)); return cls
        @classmethod
        def getOrCreate(cls): return SparkSession()
    sparkContext = "the context"
    def stop(self): print("stopped")
def SQLContext(sc): return "sql on " + sc
"""


@pytest.fixture
def fake_pyspark(tmp_path: Path) -> None:
    (tmp_path / "pyspark").mkdir()
    (tmp_path / "pyspark" / "__init__.py").write_text("")
    (tmp_path / "pyspark" / "sql.py").write_text(SPARK)


@pytest.mark.usefixtures("fake_pyspark")
@pytest.mark.parametrize(
    ("reads", "cells", "printed"),
    [
        ({"spark"}, ["print(spark.sparkContext, 'sc' in globals())\nspark.stop()"], "the context False\nstopped\n"),
        ({"sc"}, ["print(sc, 'spark' in globals())"], "the context False\n"),
        ({"sqlContext", "x"}, ["print(sqlContext)"], "sql on the context\n"),
        (set(), ["print('spark' in globals())"], "False\n"),
    ],
)
def test_spark_is_made_where_it_is_read(run: Any, reads: set[str], cells: list[str], printed: str) -> None:
    assert run(cells, reads=frozenset(reads)) == printed


@pytest.mark.usefixtures("fake_pyspark")
def test_what_configure_asked_for(run: Any) -> None:
    conf = {
        "driverMemory": "2g",
        "numExecutors": 3,
        "jars": ["a", "b"],
        "conf": {"x.y": True},
        "name": "app",
        "kind": "spark",
    }
    printed = run(["print(spark.builder.said)"], reads=frozenset({"spark"}), session_conf=conf)
    pairs = [("spark.driver.memory", "2g"), ("spark.executor.instances", "3"), ("spark.jars", "a,b"), ("x.y", "true")]
    assert printed.strip() == str(["app", *pairs])
    assert spark_conf(conf) == pairs


@pytest.mark.parametrize(
    ("notebook", "code", "name"),
    [
        ("etl_daily", "", "etl_daily.py"),
        ("My Notebook (1)", "", "My Notebook (1).py"),
        ("größe", "", "größe.py"),
        ("a.b", "", "a.b.py"),
        ("../../etc/x", "", "_.._etc_x.py"),
        ('a"b:c*\n\x00', "", "a_b_c___.py"),
        ("..", "", "notebook.py"),
        ("", "", "notebook.py"),
        ("json", "", "json_notebook.py"),
        ("pyspark", "", "pyspark_notebook.py"),
        ("pandas", "import pandas.io as p", "pandas_notebook.py"),
        ("pandas", "from pandas import DataFrame", "pandas_notebook.py"),
        ("pandas", "", "pandas.py"),
        ("ü" * 300, "", "ü" * 100 + ".py"),
        ("a\ud800", "", "a_.py"),
    ],
)
def test_the_files_name(notebook: str, code: str, name: str) -> None:
    assert file_name(notebook, [code]) == name


def test_the_target_takes_no_options_of_its_own() -> None:
    assert target.check({}) == {}
    with pytest.raises(OptionError, match="the target py has no option 'dag_id'"):
        target.check({"dag_id": "x"})


def test_a_hostile_notebook_name(pipeline_of: Any, load_template: Any) -> None:
    hostile = 'x\'"\\\n\u202e{{ 1 }}"""\x00\ud800 coding: utf-7'
    pipeline = pipeline_of([("a", "x = 1")], PARAMETERS, notebook=hostile, path=hostile, reads=frozenset({"spark"}))
    _, text = script(pipeline, load_template)
    assert all(one.isprintable() or one == "\n" for one in text)
