"""What the DAG's template is given: names that never collide, parameters as Airflow's form wants them, the session."""

from __future__ import annotations

import ast
import builtins
import symtable
from typing import Any

import pytest

from jpe_magics.core.check import check
from jpe_magics.model.artifact import Artifact
from jpe_magics.model.parameter import Parameter
from jpe_magics.targets.airflow import target
from jpe_magics.targets.airflow.session import session_body
from jpe_magics.targets.airflow.view import RESERVED, dag_view, task_views

CELLS = [("cell_1", "n = 1"), ("load_raw_sales", "rows = []\nrows", {"retries": 5}), ("cell_3", "n")]


def rendered(pipeline: Any, load: Any, **options: Any) -> Artifact:
    artifact = target.render(pipeline, target.check({"dag_id": "etl", **options}), load, "0.1.0")
    check(artifact)
    return artifact


def names_used(source: str) -> set[str]:
    """Names bound at module level, and names that any scope looks up there."""

    def walk(table: symtable.SymbolTable) -> set[str]:
        found = {
            symbol.get_name() for symbol in table.get_symbols() if table.get_type() == "module" or symbol.is_global()
        }
        return found.union(*(walk(child) for child in table.get_children()))

    return walk(symtable.symtable(source, "dag.py", "exec"))


def test_reserved_names_are_those_that_the_module_uses(pipeline_of: Any, load_template: Any) -> None:
    used: set[str] = set()
    for mode in ("per_cell", "batch"):
        for zone in ("UTC", "Europe/Warsaw"):
            parameters = [Parameter("n", "int", 1), Parameter("any", "any", None)]
            pipeline = pipeline_of([("task_a", "n = 1")], parameters, whole=mode == "batch")
            used |= names_used(rendered(pipeline, load_template, mode=mode, timezone=zone).files[0].text)
    used -= {"task_a", "TASK_A"}
    assert used - RESERVED == set()
    assert RESERVED - used == {"config"}  # what the cells find in the session
    assert used & set(dir(builtins)) <= RESERVED


@pytest.mark.parametrize("name", sorted(RESERVED - {"__doc__"}))
def test_a_reserved_name_is_an_identifier(name: str) -> None:
    assert name.isidentifier()


@pytest.mark.parametrize(
    ("tasks", "constants"),
    [
        (["load_raw_sales", "cell_3", "c2_c3"], ["LOAD_RAW_SALES", "CELL_3", "C2_C3"]),
        (["session", "outage"], ["CODE_SESSION", "CODE_OUTAGE"]),
        (["LOAD"], ["CODE_LOAD"]),
        (["load", "LOAD"], ["CODE_LOAD", "CODE_CODE_LOAD"]),
        (["straße", "strasse"], ["STRASSE", "CODE_STRASSE"]),
        (["größe"], ["GRÖSSE"]),
        (["_x"], ["_X"]),
        (["_"], ["CODE__"]),
    ],
)
def test_constants(tasks: list[str], constants: list[str], pipeline_of: Any, load_template: Any) -> None:
    pipeline = pipeline_of([(name, f"x = {name!r}\ny = 1") for name in tasks])
    assert [one.constant for one in task_views(pipeline.tasks, "per_cell")] == constants
    rendered(pipeline, load_template)


@pytest.mark.parametrize(
    ("parameter", "kind", "written"),
    [
        (Parameter("p", "int", 3), "int", "Param(3, type='integer')"),
        (Parameter("p", "float", 0.5), "float", "Param(0.5, type='number')"),
        (Parameter("p", "bool", True), "bool", "Param(True, type='boolean')"),
        (
            Parameter("p", "str", "it's", description='a "b"'),
            "str",
            "Param(\"it's\", type='string', description='a \"b\"')",
        ),
        (Parameter("p", "str", ""), "str", "Param('', type=['null', 'string'])"),
        (Parameter("p", "str", "a\nb"), "str", "Param('a\\nb', type='string', format='multiline')"),
        (Parameter("p", "list", ["a", "b"]), "list", "Param(['a', 'b'], type='array')"),
        (Parameter("p", "list", []), "list", "Param([], type=['null', 'array'])"),
        (
            Parameter("p", "list", [1, "a"]),
            "list",
            "Param([1, 'a'], type='array', items={'type': ['number', 'string']})",
        ),
        (
            Parameter("p", "tuple", (1, 2.5, None)),
            "tuple",
            "Param([1, 2.5, None], type='array', items={'type': ['null', 'number']})",
        ),
        (Parameter("p", "dict", {"a": None}), "dict", "Param({'a': None}, type='object')"),
        (Parameter("p", "any", None), "any", "Param(None, **ANYTHING)"),
        (
            Parameter("p", "any", None, literal=False, expression="now()"),
            "any",
            "Param(None, **ANYTHING, description='if empty: now()')",
        ),
        (Parameter("p", "dict", {1: 2}), "any", "Param(None, **ANYTHING)"),
        (Parameter("p", "float", 1e999), "any", "Param(None, **ANYTHING)"),
        (Parameter("p", "tuple", ((1, 2), 3)), "any", "Param(None, **ANYTHING)"),
        (Parameter("p", "str", "\ud800"), "any", "Param(None, **ANYTHING)"),
    ],
    ids=str,
)
def test_parameters(parameter: Parameter, kind: str, written: str, pipeline_of: Any, load_template: Any) -> None:
    text = rendered(pipeline_of(CELLS, [parameter]), load_template).files[0].text
    calls = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Param"
    ]
    assert [ast.unparse(call) for call in calls] == [written]
    assert f'    "p": "{kind}",\n' in text


@pytest.mark.parametrize(
    ("conf", "given", "body", "dropped"),
    [
        ({}, {}, {}, ()),
        (
            {"driverMemory": "2g", "executorCores": 4, "jars": ["a"]},
            {},
            {"driverMemory": "2g", "executorCores": 4, "jars": ["a"]},
            (),
        ),
        ({"conf": {"a.b": True, "c.d": 5, "e.f": "x"}}, {}, {"conf": {"a.b": "true", "c.d": "5", "e.f": "x"}}, ()),
        ({"conf": {"a.b": "1"}}, {"a.b": "2", "c.d": "3"}, {"conf": {"a.b": "2", "c.d": "3"}}, ()),
        ({"numExecutors": 2}, {"numExecutors": "8", "jars": "a, b"}, {"numExecutors": 8, "jars": ["a", "b"]}, ()),
        (
            {
                "--datalake-formats": "iceberg",
                "kind": "spark",
                "name": "x",
                "ttl": "1h",
                "heartbeatTimeoutInSecond": 60,
            },
            {},
            {},
            ("--datalake-formats", "kind", "name", "ttl", "heartbeatTimeoutInSecond"),
        ),
        ({"conf": {"a.b": {}}, "executorCores": "many", "jars": "a"}, {}, {}, ("conf.a.b", "executorCores", "jars")),
        ({"conf": "a=b"}, {}, {}, ("conf",)),
    ],
)
def test_the_session(conf: Any, given: Any, body: Any, dropped: Any, pipeline_of: Any) -> None:
    pipeline = pipeline_of(CELLS, session_conf=conf)
    assert session_body(pipeline, {"session_conf": given}) == ({"kind": "pyspark", **body}, dropped)


def test_kinds_of_session(pipeline_of: Any) -> None:
    scala = ("s", "val x = 1", {"language": "scala"})
    assert session_body(pipeline_of([scala]), {})[0] == {"kind": "spark"}
    assert session_body(pipeline_of([scala, ("p", "x = 1")]), {})[0] == {"kind": "pyspark"}


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({}, "datetime(2026, 1, 1, tzinfo=timezone.utc)"),
        ({"start_date": "2026-05-21T06:30"}, "datetime(2026, 5, 21, 6, 30, tzinfo=timezone.utc)"),
        ({"start_date": "2026-05-21T00:00:05"}, "datetime(2026, 5, 21, 0, 0, 5, tzinfo=timezone.utc)"),
        ({"timezone": "Europe/Warsaw"}, 'pendulum.datetime(2026, 1, 1, tz="Europe/Warsaw")'),
    ],
)
def test_the_start_date(options: Any, written: str, pipeline_of: Any) -> None:
    assert dag_view(pipeline_of(CELLS), target.check({"dag_id": "x", **options}), "1")["start_date"] == written


def test_a_graph_that_is_no_chain(pipeline_of: Any, load_template: Any) -> None:
    pipeline = pipeline_of(
        [
            ("a", "1"),
            ("b", "2", {"upstream": ("a",)}),
            ("c", "3", {"upstream": ("a",)}),
            ("d", "4", {"upstream": ("b", "c")}),
        ]
    )
    text = rendered(pipeline, load_template).files[0].text
    wiring = [line.strip() for line in text.splitlines() if line.endswith(" >> livy_cleanup")]
    assert wiring == [
        "livy_session >> a >> livy_cleanup",
        "a >> b >> livy_cleanup",
        "a >> c >> livy_cleanup",
        "[b, c] >> d >> livy_cleanup",
    ]


HOSTILE = "x'\"\\\n\u202e{{ 1 }}{% if %}\"\"\"'''\x00\ud800"


def test_nothing_of_the_users_gets_out_of_its_quotes(pipeline_of: Any, load_template: Any) -> None:
    names = {"notebook": HOSTILE, "path": f"/tmp/{HOSTILE}.ipynb"}
    scala = {"language": "scala"}
    pipeline = pipeline_of(
        [("a", HOSTILE, scala), ("b", "x = 1")],
        [Parameter("p", "str", HOSTILE.replace("\ud800", ""), description=HOSTILE)],
        session_conf={"conf": {f"a.{HOSTILE}": HOSTILE}, "queue": HOSTILE},
        **names,
    )
    options = {"owner": HOSTILE, "description": HOSTILE, "tags": [HOSTILE], "session_conf": {f"b.{HOSTILE}": HOSTILE}}
    text = rendered(pipeline, load_template, **options).files[0].text
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}
    plain = (
        rendered(pipeline_of([("a", "x"), ("b", "x = 1")], [Parameter("p", "str", "")]), load_template).files[0].text
    )
    assert calls == {ast.unparse(node.func) for node in ast.walk(ast.parse(plain)) if isinstance(node, ast.Call)}
    assert all(one.isprintable() or one == "\n" for one in text)


@pytest.mark.parametrize("mode", ["per_cell", "batch"])
def test_the_module_is_python_3_8(mode: str, pipeline_of: Any, load_template: Any) -> None:
    pipeline = pipeline_of(CELLS, [Parameter("n", "int", 1)], whole=mode == "batch")
    ast.parse(rendered(pipeline, load_template, mode=mode).files[0].text, feature_version=(3, 8))


def test_the_same_bytes_twice(pipeline_of: Any, load_template: Any) -> None:
    one, two = (rendered(pipeline_of(CELLS), load_template) for _ in range(2))
    assert one == two


def test_shapes_and_languages() -> None:
    batch, cells = ({"mode": mode} for mode in ("batch", "per_cell"))
    assert (target.shape(batch), target.shape(cells)) == ("one", "tasks")
    assert (target.languages(batch), target.languages(cells)) == (frozenset({"python"}), frozenset({"python", "scala"}))
    assert target.shares_session(cells)
    assert {
        "livy_session",
        "livy_cleanup",
        "run_notebook",
        "dag",
        "DAG",
        "config",
        "PythonOperator",
    } <= target.reserved_names(cells)
