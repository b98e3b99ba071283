"""What Airflow pays for a generated DAG each time it parses it, beside the same DAG written by hand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks import notebooks, peers
from benchmarks.measure import Bench, Figure, beside, environ
from jpe_magics import Session

TITLE = "DAG parsing"
SIZES = (10, 100, 500)
MOST = 1.1
HOW = (
    "CPU of one process per parse, forked as Airflow's DAG processor does from one that has imported Airflow: "
    "`DagBag` with this "
    "one file.  The hand-written DAG has the same tasks and edges as plain PythonOperators, a function for each "
    "cell.  First "
    "parse: without byte code, when Python compiles what runs a cell too, some 600 lines in each generated DAG; next "
    "parses: with it, where Airflow keeps it"
)

#: Forks for each parse; prints the CPU seconds of the files in turn, round by round.
_PARSE = """
import json, os, resource, shutil, sys, time
from pathlib import Path
import airflow
from airflow.sdk import DAG
from airflow.providers.standard.operators.python import PythonOperator
from airflow.dag_processing.dagbag import DagBag

def parse(path, cold):
    if cold:
        shutil.rmtree(Path(path).parent / "__pycache__", ignore_errors=True)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        start = time.process_time()
        bag = DagBag(path)
        took = time.process_time() - start
        (dag,) = bag.dags.values()
        os.write(writing, json.dumps([took, len(dag.tasks), bag.import_errors]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        took, tasks, errors = json.loads(told.read())
    os.waitpid(child, 0)
    assert not errors, errors
    return took, tasks

rounds, *paths = json.loads(sys.argv[1])
found = []
for _ in range(rounds + 1):
    found.append([(*parse(path, True), parse(path, False)[0]) for path in paths])
print("FOUND " + json.dumps(found[1:]))
"""


def rows(bench: Bench) -> Iterator[Figure]:
    """Yield two lines for each number of tasks."""
    bench.versions.add(peers.version(peers.AIRFLOW, "apache-airflow"))
    for size in SIZES:
        folder = bench.folder / str(size)
        paths = [generated(folder / "ours", size), by_hand(folder / "hand", size)]
        found = parsing(paths, bench.rounds, folder)
        (tasks,) = {tasks for one in found for _, tasks, _ in one}
        for place, kind in ((0, "first"), (2, "next")):
            ours, theirs = ([one[which][place] for one in found] for which in (0, 1))
            yield beside(f"{kind} parse, {size} cells, {tasks} tasks", ours, "by hand", theirs, MOST)


def parsing(paths: list[Path], rounds: int, folder: Path) -> list[list[tuple[float, int, float]]]:
    """Return for each round and file the seconds of a first parse, its tasks, and the seconds of the next parse."""
    home = folder / "airflow"
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    }
    values = environ(folder, **settings)
    command = [str(peers.python_of(peers.AIRFLOW)), "-c", _PARSE, json.dumps([rounds, *map(str, paths)])]
    done = subprocess.run(command, capture_output=True, text=True, env=values, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    if done.returncode or not lines:
        raise RuntimeError(done.stderr[-2000:])
    found: list[list[tuple[float, int, float]]] = json.loads(lines[0].removeprefix("FOUND "))
    return found


def generated(folder: Path, size: int) -> Path:
    """Return the DAG that we make of a notebook of `size` cells with a task each."""
    folder.mkdir(parents=True)
    path = notebooks.write(folder / "nb.ipynb", cells(size))
    done = Session(environ=environ(folder)).export("airflow", notebook=path, dag_id="bench", preview=True)
    assert done.artifact is not None
    made = folder / "generated.py"
    made.write_text(done.artifact.files[0].text)
    return made


def cells(size: int) -> list[str]:
    """Return `size` sources without magics, parameters and prints, so that each becomes a task as it stands."""
    more = notebooks.sources(size + 2, magics=False)[2:]
    return [f"result_{number} = {number}\n" + one for number, one in enumerate(more)]


_HAND = '''\
"""The same DAG, by hand."""

from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG

from airflow.providers.standard.operators.python import PythonOperator


def open_session(**context):
    return None


def close_session(**context):
    return None

'''
_HAND_DAG = """

with DAG(
    dag_id="bench_hand",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True},
) as dag:
    livy_session = PythonOperator(task_id="livy_session", python_callable=open_session).as_setup()
"""


def by_hand(folder: Path, size: int) -> Path:
    """Return the DAG that a person writes for the same cells: a function and a task each, one after another."""
    folder.mkdir(parents=True)
    functions, tasks, edges = [], [], []
    for number, source in enumerate(cells(size), 1):
        body = "\n".join("    " + line if line else "" for line in source.split("\n"))
        functions.append(f"\ndef run_cell_{number}():\n{body}\n")
        tasks.append(
            f'    cell_{number} = PythonOperator(task_id="cell_{number}", python_callable=run_cell_{number})\n'
        )
        before = f"cell_{number - 1}" if number > 1 else "livy_session"
        edges.append(f"    {before} >> cell_{number} >> livy_cleanup\n")
    end = '    livy_cleanup = PythonOperator(task_id="livy_cleanup", python_callable=close_session)'
    end += ".as_teardown(setups=livy_session)\n"
    made = folder / "by_hand.py"
    made.write_text(_HAND + "\n".join(functions) + _HAND_DAG + "".join((*tasks, end, *edges)))
    return made
