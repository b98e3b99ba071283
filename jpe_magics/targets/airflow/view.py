"""A pipeline → the values of the DAG's template."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from jpe_magics.core.header import header_lines
from jpe_magics.core.literal import Code, comment, identifier, literal
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.task import Pipeline, Task
from jpe_magics.targets.airflow.session import session_body

#: Names that the generated module binds or reads (a test collects them from the templates), and the
#: tasks that it adds.  A task with such a name would take it away.
_NAMES = """
    ANYTHING AirflowPythonOperator DAG DEAD FIRST_POLL LAST_POLL NOTEBOOK_CODE OUTAGE OUTPUT_LIMIT PARAMETERS Param
    PythonOperator SENT_TWICE SESSION START_LIMIT TOUCH_EVERY UNFINISHED WHOLE
    _LivyError _SessionGone _StatementFailed _best_effort _call _check_session _close_session _config
    _config_code _fatal _follow _found _in_time _jpe_coerce _list _livy _livy_run _marker _may_be_of_run _once
    _open_session _post _prefix _result _run_statement _send _sent_twice _sessions_of_run _start_session
    _submit_statement _succeeded _ticks _to_undo _wait_until_idle
    BaseException Exception ImportError OSError OverflowError RecursionError RuntimeError ValueError __doc__
    bool dict float int isinstance len list max min next set sorted str tuple
    config dag datetime json livy_cleanup livy_session log logging pendulum quote run_notebook time
    threading timedelta timezone uuid
"""
RESERVED = frozenset(_NAMES.split())

JSON_TYPES = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "str": "string",
    "list": "array",
    "tuple": "array",
    "dict": "object",
}
LONGEST_DELAY = 600


class TaskView(NamedTuple):
    """A task as the template writes it: `variable` and `constant` name its operator and its code."""

    id: str
    variable: Code
    constant: Code
    code: str
    retries: int | None
    kind: str
    after: Code
    note: Code


@dataclass(frozen=True)
class ParameterView:
    """A parameter as Airflow's `Param` shows it; `kind` is what its value is coerced to.

    `schema` are the words of JSON Schema that choose the field in Airflow's form; none for "any".
    """

    name: str
    kind: str
    default: Any
    schema: Mapping[str, Any]
    description: str


def dag_view(pipeline: Pipeline, options: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return what the template `airflow/dag.py.j2` needs."""
    mode = options["mode"]
    body, _ = session_body(pipeline, options)
    zone = options["timezone"]
    parameters = [_parameter(one) for one in pipeline.parameters]
    return {
        "header": header_lines(pipeline, version),
        "doc": _doc(pipeline, mode),
        "session": body,
        "parameters": parameters,
        "anything": any(one.kind == "any" for one in parameters),
        "config_names": Code("config = _jpe_config" if pipeline.config_name == "config" else pipeline.config_name),
        "json_module": Code("json"),
        "mode": mode,
        "python": any(task.language == "python" for task in pipeline.tasks),
        "tasks": task_views(pipeline.tasks, mode),
        "timezone": "" if zone == "UTC" else zone,
        "start_date": _start_date(options["start_date"], zone),
        "tags": list(options["tags"]),
        "max_retry_delay": max(LONGEST_DELAY, options["retry_delay"]),
        **{
            name: options[name]
            for name in (
                "dag_id",
                "schedule",
                "catchup",
                "description",
                "owner",
                "retries",
                "retry_delay",
                "livy_conn_id",
            )
        },
    }


def task_views(tasks: Sequence[Task], mode: str) -> list[TaskView]:
    """Return the tasks with the names of their variables and constants, none of them used twice."""
    taken = {unicodedata.normalize("NFKC", name) for name in (*RESERVED, *(task.id for task in tasks))}
    views = []
    for task in tasks:
        constant = "NOTEBOOK_CODE" if mode == "batch" else _constant(task.id, taken)
        taken.add(constant)
        views.append(
            TaskView(
                id=task.id,
                variable=identifier(task.id),
                constant=identifier(constant),
                code=task.code,
                retries=task.retries,
                kind="spark" if task.language == "scala" else "",
                after=_after(task),
                note=_note(task),
            )
        )
    return views


def _constant(task_id: str, taken: set[str]) -> str:
    """Return the task's name in upper case, with `CODE_` in front where that is taken."""
    name = unicodedata.normalize("NFKC", task_id).upper()
    while name in taken:
        name = f"CODE_{name}"
    return name


def _after(task: Task) -> Code:
    names = [identifier(one) for one in task.upstream] or [Code("livy_session")]
    return names[0] if len(names) == 1 else Code(f"[{', '.join(names)}]")


def _note(task: Task) -> Code:
    numbers = [str(one.cell.number) for one in task.cells]
    return Code(f"# cell {numbers[0]}" if len(numbers) == 1 else f"# cells {', '.join(numbers)}")


def _parameter(parameter: Parameter) -> ParameterView:
    default = _json(parameter.default)
    if not parameter.literal or parameter.type not in JSON_TYPES or default is None:
        return ParameterView(parameter.name, "any", None, {}, _described(parameter))
    return ParameterView(
        parameter.name, parameter.type, default, _schema(parameter.type, default), parameter.description
    )


def _schema(kind: str, default: Any) -> dict[str, Any]:
    """Return the schema of a default, chosen so that Airflow's form hands back untouched what it shows.

    The form sends null for a field that is empty, takes one line of text where no format says more, and
    makes texts of a list's items unless their type says otherwise.
    """
    json_type = JSON_TYPES[kind]
    if default in ("", []):
        return {"type": ["null", json_type]}
    if kind == "str" and "\n" in default:
        return {"type": json_type, "format": "multiline"}
    if json_type == "array" and not all(isinstance(one, str) for one in default):
        return {"type": json_type, "items": {"type": sorted({_json_type(one) for one in default})}}
    return {"type": json_type}


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    return "number" if type(value) in (int, float) else JSON_TYPES[type(value).__name__]


def _described(parameter: Parameter) -> str:
    if parameter.expression and not parameter.literal:
        note = f"if empty: {parameter.expression}"
        return f"{parameter.description} ({note})" if parameter.description else note
    return parameter.description


def _json(value: Any) -> Any:
    """Return a default as JSON gives it back; None where JSON can't hold it (then the notebook's own counts)."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()  # Airflow's database holds no lone surrogate
        told = json.loads(text)
    except (TypeError, ValueError):
        return None
    return told if told == (list(value) if isinstance(value, tuple) else value) else None


def _start_date(text: str, zone: str) -> Code:
    moment = datetime.fromisoformat(text)
    parts = [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second]
    while len(parts) > 3 and not parts[-1]:
        parts.pop()
    numbers = ", ".join(str(part) for part in parts)
    if zone == "UTC":
        return Code(f"datetime({numbers}, tzinfo=timezone.utc)")
    return Code(f"pendulum.datetime({numbers}, tz={literal(zone)})")


def _doc(pipeline: Pipeline, mode: str) -> str:
    what = "one task for the whole notebook" if mode == "batch" else "a task per cell, in order, in one Spark session"
    notebook = comment(pipeline.notebook)  # a docstring may hold no lone surrogate from Python 3.13 on
    lines = [
        f"The notebook `{notebook}` as an Airflow DAG: {what}.",
        "",
        "It needs Airflow 2.10 or later and the provider apache-airflow-providers-apache-livy.",
    ]
    if pipeline.parameters:
        names = ", ".join(f"`{one.name}`" for one in pipeline.parameters)
        lines += ["", f"Parameters, which a run may set: {names}."]
    return "\n".join(lines) + "\n"
