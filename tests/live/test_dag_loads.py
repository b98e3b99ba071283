"""The generated DAG in real Airflows: it loads without a warning, and `dag.test()` runs it.

The Pythons of the Airflows come from the environment: `JPE_AIRFLOW_210`, `_211`, `_30`, `_31`, `_33`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.core.check import check
from jpe_magics.model.parameter import Parameter
from jpe_magics.targets.airflow import target

VERSIONS = ("210", "211", "30", "31", "33")
HERE = Path(__file__).parent
PARAMETERS = (
    Parameter("n", "int", 3, description="how many"),
    Parameter("region", "str", "EU"),
    Parameter("share", "float", 0.5),
    Parameter("dry", "bool", False),
    Parameter("ids", "list", [1]),
    Parameter("pair", "tuple", (1, 2)),
    Parameter("more", "dict", {"a": {"b": None}}),
    Parameter("limit", "any", None),
    Parameter("out", "any", None, literal=False, expression='f"gold.{region}"'),
)
CELLS = [
    ("cell_1", 'n = config.get("n", 3)\nout = config.get("out", "gold")'),
    ("größe", "text = '''{{ ds }}\n  {% if %}'''\nprint('n is', n, text)"),
    ("cell_3", "rows = list(range(n))\nrows", {"retries": 1}),
]


TASKS = {"per_cell": ["cell_1", "cell_3", "größe", "livy_cleanup", "livy_session"], "batch": ["run_notebook"]}


@pytest.fixture(params=VERSIONS)
def airflow(request: Any, tmp_path_factory: Any) -> Any:
    """Return a function that runs a DAG file in one Airflow."""
    python = os.environ.get(f"JPE_AIRFLOW_{request.param}")
    if not python:
        pytest.skip(f"JPE_AIRFLOW_{request.param} is not set")
    base = tmp_path_factory.getbasetemp() / f"airflow_{request.param}"

    def environment(home: Path) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        }

    if not base.exists():
        (base / "dags").mkdir(parents=True)
        migrate = [python, "-m", "airflow", "db", "migrate"]
        subprocess.run(migrate, env=environment(base), check=True, capture_output=True, timeout=300)
    # a database for each test: with the DAG of another one under the same id, Airflow 3.1 runs that one
    home = tmp_path_factory.mktemp("airflow") / "home"
    shutil.copytree(base, home)

    def run(text: str, livy: Any = None, **asked: Any) -> Any:
        path = home / "dags" / "etl_daily.py"
        path.write_text(text, encoding="utf-8")
        more = (
            {}
            if livy is None
            else {"AIRFLOW_CONN_ILUM-LIVY-PROXY": json.dumps({"conn_type": "livy", "host": livy.url})}
        )
        done = subprocess.run(
            [python, str(HERE / "run_dag.py"), str(path), json.dumps(asked)],
            env={**environment(home), **more},
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        log = done.stdout + done.stderr
        results = [line for line in log.splitlines() if line.startswith("RESULT ")]
        assert results, log
        return json.loads(results[-1].removeprefix("RESULT ")), log

    return run


def rendered(pipeline: Any, load: Any, **options: Any) -> str:
    artifact = target.render(pipeline, target.check({"dag_id": "etl_daily", **options}), load, "0.1.0")
    check(artifact)
    return artifact.files[0].text


@pytest.mark.parametrize(
    "options",
    [
        {"schedule": "@daily", "tags": "a,b", "owner": "me", "description": 'what\'s "this"', "catchup": True},
        {"schedule": "30 2 * * *", "timezone": "Europe/Warsaw", "start_date": "2026-03-29T02:30", "retry_delay": "1d"},
        {"schedule": "@continuous"},
    ],
    ids=str,
)
def test_it_loads_without_a_warning(airflow: Any, options: Any, pipeline_of: Any, load_template: Any) -> None:
    parameters = PARAMETERS if not options.get("catchup") else ()
    told, log = airflow(rendered(pipeline_of(CELLS, parameters), load_template, **options), run=False)
    assert told["warnings"] == [], log
    assert sorted(told["tasks"]) == TASKS["per_cell"]


@pytest.mark.parametrize("mode", ["per_cell", "batch"])
def test_it_runs(airflow: Any, livy: Any, mode: str, pipeline_of: Any, load_template: Any) -> None:
    pipeline = pipeline_of(CELLS, PARAMETERS, whole=mode == "batch")
    told, log = airflow(rendered(pipeline, load_template, mode=mode), livy)
    assert told["warnings"] == [], log
    assert sorted(told["tasks"]) == TASKS[mode]
    assert told.get("state") == "success", log
    assert set(told["states"].values()) == {"success"}
    assert told["ours"] == []
    assert livy.made[0].namespace["rows"] == [0, 1, 2]
    assert livy.made[0].namespace["text"] == "{{ ds }}\n  {% if %}"
    assert livy.made[0].namespace["config"]["pair"] == (1, 2)
    assert "n is 3 {{ ds }}" in log
    assert livy.sessions == {}


def test_a_run_sets_parameters(airflow: Any, livy: Any, pipeline_of: Any, load_template: Any) -> None:
    text = rendered(pipeline_of(CELLS, PARAMETERS), load_template)
    told, log = airflow(text, livy, conf={"n": 5, "out": "x", "limit": [1]})
    assert told.get("state") == "success", log
    assert livy.made[0].namespace["rows"] == [0, 1, 2, 3, 4]
    assert livy.made[0].namespace["out"] == "x"


@pytest.mark.parametrize("name", ["nn"])
def test_an_unknown_parameter_fails_without_retries(
    airflow: Any, livy: Any, name: str, pipeline_of: Any, load_template: Any
) -> None:
    told, log = airflow(rendered(pipeline_of(CELLS, PARAMETERS), load_template, retry_delay="0"), livy, conf={name: 5})
    assert f"the notebook has no parameter {name}" in log
    assert told.get("state", "failed") == "failed"
    assert told["ours"] == []
    assert livy.made == []


def test_a_failing_cell(airflow: Any, livy: Any, pipeline_of: Any, load_template: Any) -> None:
    cells = [
        ("a", "n = 0", {"retries": 0}),
        ("b", "def f():\n    return 1 / n\nf()", {"retries": 0}),
        ("c", "n = 9", {"retries": 0}),
    ]
    told, log = airflow(rendered(pipeline_of(cells), load_template), livy)
    assert told.get("state", "failed") == "failed", log
    if "states" in told:
        assert told["states"]["b"] == "failed"
        assert told["states"]["c"] == "upstream_failed"
        assert told["states"]["livy_cleanup"] == "success"
    assert "ZeroDivisionError: division by zero" in log
    assert "in f" in log
    assert livy.made[0].namespace["n"] == 0
    assert livy.sessions == {}


def test_a_lost_session(airflow: Any, livy: Any, fakes: Any, pipeline_of: Any, load_template: Any) -> None:
    cells = [("a", "n = 0"), ("b", "n = 1")]
    livy.faults.append(fakes.Fault("POST", r"/sessions/0/statements", 200, times=0))
    original = livy.answer

    def answer(method: str, path: str, query: Any, body: Any) -> Any:
        if '"b"' in str(body.get("code")):
            livy.kill(0)
        return original(method, path, query, body)

    livy.answer = answer
    told, log = airflow(rendered(pipeline_of(cells), load_template, retry_delay="0"), livy)
    assert "clear the whole run" in log
    assert told.get("state", "failed") == "failed"
    assert livy.count("POST", "/sessions/0/statements") == 3  # config, a, b: b was not tried again
