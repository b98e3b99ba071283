"""Which Airflow answers, and whether it is in a state to run anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from jpe_magics.core.flow import Answer, Call, Surroundings
from jpe_magics.core.flow.received import text
from jpe_magics.errors import PublishError
from jpe_magics.targets.airflow.api import Api, Api2, Steps
from jpe_magics.targets.airflow.resources import Part

_SUPPORTED = "jpe_magics talks to Airflow 3 (/api/v2) and to Airflow 2.10 and 2.11 (/api/v1)"
#: No answer, and a server's error.
_PASSING = ("JPE504", "JPE508")
_WITHOUT = "or (in an export) say --no-trigger to publish the file alone"


def find_server(around: Surroundings, *, healthy: bool = True) -> Steps[Api]:
    """Return the API of the Airflow at `airflow_api_url`; with `healthy` it must be able to run something now.

    The health is asked first: it needs no login.  Raises `NoAnswer`, or `PublishError` JPE514 where it is no
    Airflow that we can talk to, or where its scheduler or its DAG processor is not healthy.
    """
    answer = yield from _first_answer()
    api = Api(around)
    if answer.status == 404:
        answer = yield Call("airflow", "GET", Api2.root + Api2.health_path)
        api = Api2(around)
    if answer.status == 404 or (answer.ok and not _is_health(answer)):
        raise _unsupported("what answers at airflow_api_url is no Airflow", around)
    if not answer.ok:
        raise api.refuse(answer, "to ask for its health")
    api = replace(api, version=(yield from _version(api)))
    if isinstance(api, Api2) and not _is_supported(api.version):
        raise _unsupported(f"Airflow {api.version or '2 of an unknown version'} is too old", around)
    if healthy:
        _check_health(answer.json, api)
    return api


def _first_answer() -> Steps[Answer]:
    """Return the answer to the first question; an error of it says how to do without Airflow."""
    try:
        answer: Answer = yield Call("airflow", "GET", Api.root + Api.health_path)
    except PublishError as error:  # of the request for a token, too
        if error.code in _PASSING:
            error.hint = f"{error.hint}; {_WITHOUT}"
        raise
    return answer


def _is_health(answer: Answer) -> bool:
    return isinstance(answer.json, Mapping) and isinstance(answer.json.get("scheduler"), Mapping)


def _version(api: Api) -> Steps[str]:
    answer = yield Call("airflow", "GET", f"{api.root}/version")
    return text(answer.json.get("version")) if answer.ok and isinstance(answer.json, Mapping) else ""


def _is_supported(version: str) -> bool:
    found = re.match(r"2\.(\d+)", version)
    return found is not None and int(found[1]) >= 10


def _unsupported(message: str, around: Surroundings) -> PublishError:
    where = around.setting("airflow_api_url")
    hint = f"{_SUPPORTED}; check AIRFLOW_API_URL (setting airflow_api_url), {_WITHOUT}"
    return PublishError(message, code="JPE514", where=where, hint=hint)


def _check_health(told: Mapping[str, object], api: Api) -> None:
    """Raise JPE514 for a part without which no DAG is read and no task is run.

    Airflow 2 has a DAG processor of its own only where it was set up so.
    """
    for name, title in (("scheduler", "scheduler"), ("dag_processor", "DAG processor")):
        part = Part.of(name, told)
        inside = isinstance(api, Api2) and name == "dag_processor" and not part.status
        if part.status == "healthy" or inside:
            continue
        state = f"is {part.status}" if part.status else "has never run"
        last = f" (its last heartbeat: {part.heartbeat})" if part.heartbeat else ""
        raise PublishError(
            f"Airflow's {title} {state}{last}, so it can't run anything",
            code="JPE514",
            where=api.around.setting("airflow_api_url"),
            hint=f"start it (airflow {name.replace('_', '-')}) and look at its log, {_WITHOUT}",
        )
