"""As much of Airflow as a generated DAG touches, and a run of it: tasks in order, retries, setup and teardown."""

from __future__ import annotations

import http.client
import json
import logging
import sys
import threading
import time
import types
import urllib.error
import urllib.request
from typing import Any

log = logging.getLogger("stub")


class AirflowFailException(Exception):
    """Fails a task without retries."""


class Param:
    def __init__(self, default: Any = None, description: str | None = None, **schema: Any) -> None:
        self.default, self.description, self.schema = default, description, schema


class DAG:
    current: Any = None

    def __init__(self, dag_id: str, params: dict[str, Param] | None = None, **values: Any) -> None:
        self.dag_id, self.params, self.values = dag_id, params or {}, values
        self.tasks: list[PythonOperator] = []

    def __enter__(self) -> DAG:  # noqa: PYI034
        DAG.current = self
        return self

    def __exit__(self, *_: object) -> None:
        DAG.current = None


class PythonOperator:
    template_fields: tuple[str, ...] = ("op_kwargs",)

    def __init__(
        self, task_id: str, python_callable: Any, op_kwargs: dict[str, Any], retries: int | None = None
    ) -> None:
        self.task_id, self.python_callable, self.op_kwargs = task_id, python_callable, op_kwargs
        self.dag = DAG.current
        self.retries = self.dag.values["default_args"]["retries"] if retries is None else retries
        self.upstream_task_ids: set[str] = set()
        self.role = ""
        self.dag.tasks.append(self)

    def __rshift__(self, other: PythonOperator) -> PythonOperator:
        other.upstream_task_ids.add(self.task_id)
        return other

    def __rrshift__(self, others: list[PythonOperator]) -> PythonOperator:
        for one in others:
            one >> self
        return self

    def as_setup(self) -> PythonOperator:
        self.role = "setup"
        return self

    def as_teardown(self, setups: PythonOperator) -> PythonOperator:
        self.role = "teardown"
        setups >> self
        return self


class AirflowNotFoundException(Exception):
    pass


class LivyHook:
    """Looks its connection up for each request, as the provider's does; `looked_up` holds each time."""

    url = ""
    looked_up: list[str] = []  # noqa: RUF012 - set anew by `install`

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        cls.looked_up.append(conn_id)
        if conn_id == "missing":
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
        return object()

    def __init__(self, livy_conn_id: str, extra_options: dict[str, Any]) -> None:
        assert extra_options["check_response"] is False
        self.http_conn_id = livy_conn_id
        self.timeout = extra_options["timeout"]
        self.opener = urllib.request.build_opener(*([] if extra_options["allow_redirects"] else [_Unmoved]))

    def run_method(self, endpoint: str, method: str = "GET", data: Any = None, headers: Any = None) -> Any:
        self.get_connection(self.http_conn_id)
        sent = {"Content-Type": "application/json", **(headers or {})}
        body = data.encode() if data is not None else None
        request = urllib.request.Request(self.url + endpoint, method=method, data=body, headers=sent)
        try:
            with self.opener.open(request, timeout=self.timeout) as answer:
                return _response(answer)
        except urllib.error.HTTPError as error:
            with error:
                return _response(error)
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionError(str(error)) from error


class _Unmoved(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for an answer, as the requests library does without `allow_redirects`."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _response(answer: Any) -> Any:
    try:
        text = answer.read().decode()
    except (http.client.HTTPException, ValueError) as error:  # cut, or garbled on its way
        raise ConnectionError(repr(error)) from error
    return types.SimpleNamespace(
        status_code=answer.status, text=text, headers=answer.headers, json=lambda: json.loads(text)
    )


def install(monkeypatch: Any, url: str) -> None:
    """Put the stubs where a generated DAG imports Airflow 3 from."""
    parts = {
        "airflow": {},
        "airflow.sdk": {"DAG": DAG, "Param": Param},
        "airflow.sdk.exceptions": {"AirflowFailException": AirflowFailException},
        "airflow.providers.standard.operators.python": {"PythonOperator": PythonOperator},
        "airflow.providers.apache.livy.hooks.livy": {"LivyHook": LivyHook},
    }
    for name, content in parts.items():
        for cut in range(1, name.count(".") + 2):
            parent = ".".join(name.split(".")[:cut])
            if parent not in sys.modules:
                monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
        vars(sys.modules[name]).update(content)
    monkeypatch.setattr(LivyHook, "url", url)
    monkeypatch.setattr(LivyHook, "looked_up", [])


class Clock:
    """A DAG's time: goes on by what is waited for and by nothing else, however busy the machine is.

    What is waited for really takes `speed` times less.
    """

    def __init__(self, speed: float) -> None:
        self._speed, self._now, self._lock = speed, 1000.0, threading.Lock()  # no real clock stands at 0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)
        with self._lock:
            self._now += seconds


def load(text: str, speed: float = 100.0) -> types.ModuleType:
    """Return the module of a generated DAG, in which waits take `speed` times less."""
    module = types.ModuleType("generated")
    exec(compile(text, "generated.py", "exec"), vars(module))
    vars(module)["time"] = Clock(speed)
    return module


class Run:
    """One run of a DAG; `states`, `errors` and `tries` by task, `xcom` what tasks returned."""

    def __init__(self, module: types.ModuleType, run_id: str = "manual__1", conf: dict[str, Any] | None = None) -> None:
        self.module, self.dag, self.run_id, self.conf = module, module.dag, run_id, conf
        self.states: dict[str, str] = {}
        self.errors: dict[str, BaseException] = {}
        self.tries: dict[str, int] = {}
        self.xcom: dict[str, Any] = {}

    def context(self, task: PythonOperator) -> dict[str, Any]:
        ti = types.SimpleNamespace(
            dag_id=self.dag.dag_id,
            run_id=self.run_id,
            task_id=task.task_id,
            try_number=self.tries.get(task.task_id, 0),
            xcom_pull=lambda task_ids: self.xcom.get(task_ids),
        )
        params = {name: one.default for name, one in self.dag.params.items()}
        run = types.SimpleNamespace(conf=self.conf, run_id=self.run_id)
        return {"ti": ti, "task": task, "dag_run": run, "params": {**params, **(self.conf or {})}}

    def task(self, task_id: str) -> PythonOperator:
        return next(one for one in self.dag.tasks if one.task_id == task_id)

    def once(self, task_id: str) -> Any:
        """One try of a task; what it raises comes out."""
        task = self.task(task_id)
        self.tries[task_id] = self.tries.get(task_id, 0) + 1
        self.xcom.pop(task_id, None)
        self.xcom[task_id] = task.python_callable(**task.op_kwargs, **self.context(task))
        return self.xcom[task_id]

    def all(self) -> str:
        """Run every task; return "success" or "failed", as Airflow judges it (a teardown does not count)."""
        for task in self.dag.tasks:
            before = [self.states.get(one, "success") for one in task.upstream_task_ids]
            if task.role == "teardown":
                opener = next((one for one in self.dag.tasks if one.role == "setup"), None)
                before = [self.states[opener.task_id]] if opener else []
            self.states[task.task_id] = (
                self._state(task) if all(one == "success" for one in before) else "upstream_failed"
            )
        judged = [state for name, state in self.states.items() if self.task(name).role != "teardown"]
        return "success" if all(state == "success" for state in judged) else "failed"

    def _state(self, task: PythonOperator) -> str:
        for _ in range(task.retries + 1):
            try:
                self.once(task.task_id)
            except AirflowFailException as error:  # noqa: PERF203
                self.errors[task.task_id] = error
                return "failed"
            except Exception as error:
                self.errors[task.task_id] = error
                log.info("%s failed", task.task_id, exc_info=True)
            else:
                return "success"
        return "failed"
