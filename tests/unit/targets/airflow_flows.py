"""What the tests of Airflow's flows share: settings, a driver without waits, and DAGs of a few lines."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from jpe_magics.adapters.declared import JpeMagics
from jpe_magics.adapters.drive import Outside, drive
from jpe_magics.adapters.settings import Settings
from jpe_magics.core.flow import Flow, Push, Pushed, State, Surroundings
from jpe_magics.errors import JpeError
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.option import Request
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record
from jpe_magics.targets.airflow.publish import publish

DAG = """\
with DAG(dag_id="etl", schedule={schedule!r}, params={{"n": Param(3, type="integer")}}) as dag:
    a = PythonOperator(task_id="cell_1")
    b = PythonOperator(task_id="cell_2")
    c = PythonOperator(task_id="livy_cleanup")
"""


def artifact(schedule: str | None = None, more: str = "") -> Artifact:
    return Artifact((File("etl.py", DAG.format(schedule=schedule) + more),))


def request(schedule: str | None = None, unpause: bool = False, **values: Any) -> Request:
    return Request(
        "airflow", {"dag_id": "etl", "schedule": schedule, "unpause": unpause}, **{"replace": True, **values}
    )


def settings(**environ: str) -> Settings:
    return Settings(JpeMagics(), environ, config_path=list)


def around(given: Settings, id: str = "261121-030000-abc") -> Surroundings:
    return Surroundings(given.get, given.is_set, id=id)


def record(shown: Watched, art: Artifact, schedule: str | None = None) -> Record:
    """Return the record that such an export leaves."""
    file = art.files[0]
    return Record(
        id="261121-030000-abc",
        target="airflow",
        status="exported",
        options={"dag_id": "etl", "schedule": schedule},
        files=({"path": file.path, "sha256": file.sha256, "text": ""},),
        published=tuple(one.to_json() for one in shown.published),
    )


class Watched:
    """Everything that a flow told."""

    def __init__(self) -> None:
        self.published: list[Published] = []
        self.states: list[State] = []
        self.progress: list[Progress] = []

    def made(self, published: Published) -> None:
        self.published.append(published)

    def state(self, state: State) -> None:
        self.states.append(state)

    def tell(self, progress: Progress) -> None:
        self.progress.append(progress)

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.published]


class Quick(Outside):
    """The outside, with waits a hundredth as long."""

    def pause(self, seconds: float) -> None:
        super().pause(seconds / 100)


def run(flow: Flow, given: Settings, watched: Watched | None = None) -> Watched:
    """Carry out a flow with the real driver and return what it told; raise what it raises."""
    shown = watched or Watched()
    drive(flow, Quick(given, threading.Event(), lambda text: text, patience=5), shown)
    return shown


def pushing(flow: Flow, commit: str, into: Any) -> Flow:
    """Return `flow` with its `Push` done by calling `into` with the file."""
    step = next(flow, None)
    while step is not None:
        if isinstance(step, Push):
            into(step.file)
            sent: Any = Pushed(Published("commit", commit), commit)
        else:
            sent = yield step
        try:
            step = flow.send(sent)
        except StopIteration:
            return


def given(airflow: Any, **more: str) -> Any:
    login = (
        {"AIRFLOW_USERNAME": "admin", "AIRFLOW_PASSWORD": "admin"}
        if airflow.old
        else {"AIRFLOW_JWT_SECRET": "s" * 64, "AIRFLOW_JWT_SUBJECT": "1"}
    )
    where = {"AIRFLOW_API_URL": airflow.url, "JPE_LOCAL_DAGS_FOLDER": str(airflow.folder), "JPE_GIT_PROVIDER": "local"}
    return settings(**{**where, **login, **more})


def export(
    airflow: Any,
    *,
    schedule: str | None = None,
    more: str = "",
    environ: dict[str, str] | None = None,
    id: str = "261121-030000-abc",
    **asked: Any,
) -> Watched:
    """Publish the DAG to that Airflow; `more` stands at its end, `environ` changes settings."""
    settings = given(airflow, **(environ or {}))
    return run(publish(artifact(schedule, more), request(schedule, **asked), around(settings, id)), settings)


def refused(airflow: Any, **asked: Any) -> JpeError:
    """Return the error of an export that must fail."""
    with pytest.raises(JpeError) as caught:
        export(airflow, **asked)
    return caught.value
