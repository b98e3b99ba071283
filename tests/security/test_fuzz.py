"""Whole notebooks at random, through a session's preview for every target.

Nothing but a `JpeError` may come out, an artifact must compile, and what stays of the user's code must be the user's,
byte for byte.  JPE_EXPLORE=1 looks for new notebooks, for JPE_EXPLORE_SECONDS (60).  What it finds becomes a plain
test below.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jpe_magics import Session
from jpe_magics.core.options import Given
from jpe_magics.core.read import read_notebook
from jpe_magics.errors import JpeError, NotebookError
from jpe_magics.results import Export

TARGETS: list[tuple[str, dict[str, Any]]] = [
    ("airflow", {"dag_id": "d"}),
    ("airflow", {"dag_id": "d", "mode": "batch"}),
    ("ilum", {"name": "n"}),
    ("ilum", {"name": "n", "mode": "service"}),
    ("ilum", {"name": "n", "mode": "cron", "cron": "0 5 * * *"}),
    ("py", {}),
]

# --- notebooks -----------------------------------------------------------------------------------------------

#: Lines that stay as they are wherever they stand alone at a cell's top level; each is told by its number.
KEPT = [
    "kept_{n} = ['é🚀', \"{{{{ ds }}}}\", {n}]   # {{% kept %}}",
    'kept_{n} = """a\n  %who\n!ls\n{{{{ x }}}}\n"""; more_{n} = {n}',
    "def kept_{n}(a, *b):\n\treturn a +  {n}  # tabs",
    "for kept_{n} in  ( 1,{n} ) :  pass",
    "if True:\n  kept_{n} = r'\\d{n}\\'\n  # a comment\n  other_{n} = 1",
    "kept_{n} = (1 +\n   {n})  \\\n   , 2",
    "kept_{n} = f'{{1:>{n}}} {{{{ds}}}}'",
    "class kept_{n}:\n    '''{{# {n} #}}'''\n    x = 1",
    "kept_{n} = '\\ud800' '\\0' \"\\\"\"",
]
#: What a cell may begin with so that the lines below are Python all the same.
HEADS = [
    "",
    "",
    "",
    "%%time",
    "%%spark",
    "%%pyspark",
    "%%capture out",
    "# @pipeline-params",
    "%%pipeline_params",
    "# é",
]
#: Lines that go, or are rewritten, and leave those around them alone.
GOING = [
    *("%matplotlib inline", "!ls {x}", "x = !ls", "x = %time f()", "df?", "?df", "%time x = 1", "%run a", ",f a b"),
    *("print(1)", "print(x, f(y)); z = 1", "display(df)", "x = display(df)", "x.update(1)", "if a: print(1)", "/f"),
    *("get_ipython().system('ls')", "get_ipython().run_line_magic('time', 'x = 1')", "ip = get_ipython()", "Out[1]"),
    *("spark.stop()", "sc.stop()", "spark = SparkSession.builder.getOrCreate()", "x: int = 1", "config = 1", "_ + 1"),
    *("from x import *", "import os, sys as _sys", "%export_pipeline airflow", "dbutils.notebook.exit('x')", "exit()"),
    *("input()", "ls", "pip install x", "_jpe_held_0 = 1", "_jpe_spark = 1", "__name__ = 'x'", "with print(1): pass"),
    *("@print\ndef f(): print(2)", "try:\n  print(1)\nfinally:\n  !ls", "async def f():\n  await print(1)", "ﬁ = 1"),
    *("if a:\n\tprint(1)\nelif b:\n\t!ls\nelse:\n\tdf?", "x = %time print(1)", "%time %time x = 2", "print(é) ; é = 1"),
    *("for a in b: print(a); %who", "def g():\n '''doc'''\n print(1)", "# -*- coding: utf-7 -*-", "_jpe_config = 1"),
    *("%load_ext jpe_magics", "raise SystemExit", "#", ""),
]
#: Lines that break a cell, or make something else of it.
WILD = [
    *("%%time", "%%bash", "%%spark", "%%sql -o df", "%%configure -f", "%%writefile a.py", "%%html", "%%scala", "%%R"),
    *("else:", "from __future__ import annotations", "import *", "global x", "return 1", "await f()", "yield", "%%sql"),
    *(">>> x = 1", "In [1]: x", "x = '''", '"""', "\\", "x = (", ")", "    x = 1", "\tx = 1", "\f", "x = 1 \\", "'\\"),
    *(
        "del x",
        "x = lambda: (yield)",
        "print = 1",
        "-- select 1",
        "val x = 1",
        '{"conf": {"a": 1}}',
        "\0",
        "\ufeff",
        "\r",
    ),
    *("select * from `t` where 'a\\'", "# MAGIC %sql", "# Databricks notebook source", "password = 'hunter2hunter2'"),
    *('{"conf": [1], "driverMemory": {}, "name": 1}', "match x:\n case 1: print(2)"),
    *("%", "!", "?", "%%", "!!", "%?", "x = %", "= !", "%time", "%time !ls?", "a = b = !ls", "?%%x", "/", ",", ";f a"),
]
TAGS = [
    *(
        "parameters",
        "skip",
        "merge",
        "imports",
        "functions",
        "injected-parameters",
        "retries:3",
        "retries: 3",
        "retries:-1",
    ),
    *(
        "retries:" + "9" * 5000,
        "task:a",
        "task:größe",
        "task:dag",
        "task:print",
        "task:",
        "task:__init__",
        "task:ﬁ",
        "task:fi",
    ),
    *("task:livy_session", "task:CELL_1", "task:cell_2", "step:a", "prev:a", "block:a", "\0", "{{ x }}", "task:\ud800"),
]
KERNELS = [
    *(
        "python3",
        "pysparkkernel",
        "sparkkernel",
        "sparkrkernel",
        "scala",
        "ir",
        "synapse_pyspark",
        "glue_pyspark",
        "PySpark",
        "",
    ),
    *("\ud800", "{{ x }}", "x" * 1000),
]
odd_text = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["\ud800", "\0", "{{ x }}", "\r\n", "\u2028", "'''", "\U0001d499", "x" * 5000]),
)
odd_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text, inner, max_size=3),
    max_leaves=6,
)


class Numbered:
    """Gives each kept line a number of its own."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, template: str) -> str:
        self.count += 1
        return template.format(n=self.count)


kept_part = st.sampled_from(KEPT).map(lambda one: (True, one))
going_part = st.sampled_from(GOING).map(lambda one: (False, one))
wild_part = st.one_of(st.sampled_from(WILD), odd_text).map(lambda one: (False, one))
tame = st.tuples(
    st.sampled_from(HEADS).map(lambda one: [(False, one)] if one else []),
    st.lists(st.one_of(kept_part, kept_part, going_part), min_size=1, max_size=5),
).map(lambda pair: [*pair[0], *pair[1]])
wild = st.lists(st.one_of(kept_part, going_part, wild_part), max_size=5)


cells = st.fixed_dictionaries(
    {
        "wild": st.sampled_from([False] * 9 + [True]),
        "tame_parts": tame,
        "wild_parts": wild,
        "tags": st.one_of(st.just([]), st.lists(st.one_of(st.sampled_from(TAGS), odd_text), max_size=3), odd_json),
        "type": st.sampled_from(["code"] * 8 + ["markdown", "raw", "odd"]),
        "split": st.booleans(),
        "more": st.one_of(st.just({}), st.dictionaries(odd_text, odd_json, max_size=2)),
    }
)
languages = st.sampled_from(["python", "python", "scala", "sql", "R"]).map(lambda name: {"name": name})
presets = st.dictionaries(st.sampled_from(["schedule", "tags", "description", "mode", "retries", "timezone"]), odd_json)
odd_metadata = st.fixed_dictionaries(
    {},
    optional={
        "kernelspec": st.one_of(st.sampled_from(KERNELS).map(lambda name: {"name": name}), odd_json),
        "language_info": st.one_of(languages, odd_json),
        "jpe": st.one_of(presets, odd_json),
        "application/vnd.databricks.v1+notebook": odd_json,
    },
)
tame_metadata = st.sampled_from([{}, *({"kernelspec": {"name": name}} for name in KERNELS[:2])])
metadata = st.one_of(tame_metadata, tame_metadata, tame_metadata, odd_metadata)
notebooks = st.fixed_dictionaries(
    {
        "cells": st.lists(cells, max_size=6),
        "metadata": metadata,
        "minor": st.sampled_from([5, 4, 0, None, "5"]),
        "options": st.fixed_dictionaries(
            {},
            optional={
                "keep_rejections": st.booleans(),
                "allow_secrets": st.booleans(),
                "kinds": st.sampled_from([("auto",), *[("spark", "pyspark", "sql", "scala", "plain")] * 4]),
            },
        ),
    }
)


def written(made: dict[str, Any]) -> tuple[str, dict[int, list[str]]]:
    """Return the notebook's file, and what stays of each cell in which nothing can break it."""
    number, rows, kept = Numbered(), [], {}
    for index, cell in enumerate(made["cells"]):
        chosen = cell["wild_parts"] if cell["wild"] else cell["tame_parts"]
        parts = [(stays, number(text) if stays else text) for stays, text in chosen]
        source = "\n".join(text for _, text in parts)
        if not cell["wild"]:
            kept[index] = [text for stays, text in parts if stays]
        lines = source.splitlines(keepends=True) if cell["split"] else source
        row = {"cell_type": cell["type"], "source": lines, "metadata": {"tags": cell["tags"], **cell["more"]}}
        rows.append({**row, "id": f"c{index}", "outputs": [], "execution_count": None})
    document = {"nbformat": 4, "nbformat_minor": made["minor"], "metadata": made["metadata"], "cells": rows}
    return json.dumps(document), kept


def previewed(path: Path, target: str, options: dict[str, Any]) -> Export | None:
    """Return the preview, None where the notebook or its presets can't be used; anything but a JpeError is raised."""
    try:
        return Session(environ={}).run(Given(target, {"notebook": str(path), "preview": True, **options}))
    except JpeError as error:
        assert error.lines()
        return None


def examine(path: Path, made: dict[str, Any], target: str, options: dict[str, Any]) -> None:
    text, kept = written(made)
    path.write_text(text, encoding="utf-8")
    done = previewed(path, target, {**made["options"], **options})
    if done is None:
        return
    assert done.text()
    assert done._repr_html_()
    json.dumps(done.report.to_json())
    assert (done.error is None) == bool(done.shown)
    for file in done.shown:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(file.text.encode(), file.path, "exec", dont_inherit=True)
    for row in done.report.notebook:
        for text in kept.get(row.cell.index, ()):
            if row.outcome == "task" and row.language == "python" and row.kind != "sql":
                assert row.code is not None
                assert text in row.code.text


bounded = settings(
    max_examples=max(60, settings.default.max_examples // 4),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize(
    ("target", "options"), TARGETS, ids=lambda one: one if isinstance(one, str) else "-".join(map(str, one.values()))
)
def test_any_notebook_is_exported_or_refused_in_our_words(tmp_path: Path, target: str, options: dict[str, Any]) -> None:
    @bounded
    @given(made=notebooks)
    def explore(made: dict[str, Any]) -> None:
        examine(tmp_path / "n.ipynb", made, target, options)

    seconds = float(os.environ.get("JPE_EXPLORE_SECONDS", "60")) if os.environ.get("JPE_EXPLORE") else 0
    end = time.monotonic() + seconds / len(TARGETS)
    explore()
    while time.monotonic() < end:
        explore()


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    made=notebooks,
    place=st.integers(0),
    junk=st.one_of(odd_text, st.sampled_from(["[", "]", "{", "}", ",", '"', "\\u", "1e999", "-", "NaN"])),
)
def test_a_file_with_junk_in_it_is_read_or_refused_in_our_words(made: dict[str, Any], place: int, junk: str) -> None:
    text, _ = written(made)
    at = place % (len(text) + 1)
    for broken in (text[:at] + junk + text[at:], text[:at], text[at:]):
        try:
            read_notebook(broken.encode("utf-8", "surrogatepass"), name="n")
        except NotebookError as error:  # noqa: PERF203
            assert error.code in ("JPE102", "JPE103")


# --- what was found ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    ["!ls\nif x:\n    y = 1\nz \0", "if x:\n  !ls\ny \0\n%who", "x = 1\n\0%time y\n!ls", "!ls\0"],
    ids=ascii,
)
@pytest.mark.parametrize("keep", [False, True])
def test_a_null_among_magics_is_no_python(tmp_path: Path, source: str, keep: bool) -> None:
    """Python's own tokenizer may fail with a SystemError there (3.13, behind an indented block)."""
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": source, "metadata": {}}]}))
    done = previewed(path, "py", {"keep_rejections": keep})
    assert done is not None
    assert done.error is not None
    assert done.error.code in ("JPE202", "JPE203")
