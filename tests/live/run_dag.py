"""Run by an Airflow's own Python: load a DAG file, run it once with `dag.test()`, print what happened as JSON.

    python run_dag.py DAG_FILE '{"conf": {…}}'

`description`, `tags` and `owners` are what Airflow has understood; `warnings` are those that loading the file
gave, when all that it imports was imported before; `states` are the tasks' states, `state` the run's.
"""

import importlib.util
import json
import os
import sys
import warnings

import airflow  # what a file of the oldest style needs warns here, not below

try:
    import airflow.providers.standard.operators.python
    import airflow.sdk
except ImportError:
    import airflow.models.param
    import airflow.operators.python


def load(path):
    spec = importlib.util.spec_from_file_location("generated_dag", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["generated_dag"] = module
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        spec.loader.exec_module(module)
    return module, [str(one.message) for one in caught]


def main(path, asked):
    module, caught = load(path)
    told = {"version": airflow.__version__, "warnings": caught, "tasks": list(module.dag.task_ids)}
    told |= {"description": module.dag.description, "tags": sorted(module.dag.tags)}
    told |= {"owners": sorted({one.owner for one in module.dag.tasks})}
    if asked.get("run", True):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                run = module.dag.test(run_conf=asked.get("conf"))
                told["state"] = str(getattr(run.state, "value", run.state))
                told["states"] = {
                    one.task_id: str(getattr(one.state, "value", one.state)) for one in run.get_task_instances()
                }
            except Exception as error:  # noqa: BLE001  a failed run raises, in some versions
                told["error"] = f"{type(error).__name__}: {error}"
        told["ours"] = [str(one.message) for one in caught if one.filename == path or "Exception" in str(one.message)]
    print("\nRESULT " + json.dumps(told), flush=True)
    sys.stderr.flush()
    os._exit(0)  # 3.0's in-process API server would keep the process alive


main(sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {})
