"""The generated DAG, run against a fake Livy: what it does when all is well, and when it is not."""

from __future__ import annotations

import itertools
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from math import fsum
from types import SimpleNamespace
from typing import Any

import pytest

from jpe_magics.core.check import check
from jpe_magics.model.parameter import Parameter
from jpe_magics.targets.airflow import target

PARAMETERS = (
    Parameter("n", "int", 3),
    Parameter("share", "float", 0.5),
    Parameter("region", "str", "EU"),
    Parameter("dry", "bool", False),
    Parameter("ids", "list", [1]),
    Parameter("pair", "tuple", (1, 2)),
    Parameter("limit", "any", None),
    Parameter("out", "any", None, literal=False, expression='f"gold.{region}"'),
)


@pytest.fixture
def dag(livy: Any, airflow_stub: Any, monkeypatch: Any, pipeline_of: Any, load_template: Any) -> Callable[..., Any]:
    """Return a function that renders and loads a DAG of tasks, whose waits take a hundredth of their time."""
    airflow_stub.install(monkeypatch, livy.url)

    def load(
        tasks: Any,
        parameters: Any = (),
        mode: str = "per_cell",
        speed: float = 100.0,
        connection: str = "ilum-livy-proxy",
        **values: Any,
    ) -> Any:
        pipeline = pipeline_of(tasks, parameters, whole=mode == "batch", **values)
        options = target.check({"dag_id": "etl", "mode": mode, "livy_conn_id": connection})
        made = target.render(pipeline, options, load_template, "0.1.0")
        check(made)
        return airflow_stub.load(made.files[0].text, speed)

    return load


@pytest.fixture
def run(airflow_stub: Any) -> Any:
    return airflow_stub.Run


def codes(livy: Any, session: int = -1) -> list[str]:
    """The statements of a session, without the marker and the line that makes them run once."""
    return [one["code"].split("\n", 2)[2] for one in livy.made[session].statements]


GOOD = [
    ("cell_1", "n = 2"),
    ("double", "from __future__ import annotations\nm: int = n * 2\nprint('m is', m)"),
    ("cell_3", "text = '''{{ ds }}\n  {% if %}'''\nm + 1", {"retries": 5}),
]


def test_cells_run_in_one_session_that_is_closed(dag: Any, run: Any, livy: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    one = run(dag(GOOD))
    assert one.all() == "success"
    assert len(livy.made) == 1
    assert livy.made[0].name == "etl:manual__1:1"
    assert livy.made[0].body == {"kind": "pyspark", "name": "etl:manual__1:1"}
    assert livy.sessions == {}
    assert codes(livy)[1:] == [code for _, code, *_ in GOOD]
    assert livy.made[0].namespace["m"] == 4
    assert livy.made[0].namespace["text"] == "{{ ds }}\n  {% if %}"
    assert livy.made[0].namespace["__name__"] == "__main__"
    assert "m is 4" in caplog.messages
    assert caplog.messages.count("5") == 1  # the repr of the last expression
    assert one.task("cell_3").retries == 5
    assert one.task("double").retries == 3


def test_every_statement_begins_with_its_marker(dag: Any, run: Any, livy: Any) -> None:
    run(dag(GOOD), 'r:1 "x"\n').all()
    marked = [one["code"].split("\n")[0] for one in livy.made[0].statements]
    names = ("livy_session", "cell_1", "double", "cell_3")
    assert marked == [f'# jpe_magics ["etl", "r:1 \\"x\\"\\n", "{name}"]' for name in names]


def test_airflows_jinja_never_touches_code(dag: Any, run: Any) -> None:
    assert all(task.template_fields == () for task in dag(GOOD).dag.tasks)


def test_the_whole_notebook_in_one_task(dag: Any, run: Any, livy: Any) -> None:
    module = dag([("a", "n = 2"), ("b", "print(config)", {"retries": 1})], PARAMETERS[:1], mode="batch")
    one = run(module)
    assert [task.task_id for task in module.dag.tasks] == ["run_notebook"]
    assert one.all() == "success"
    assert module.NOTEBOOK_CODE == "n = 2\n\nprint(config)"
    assert codes(livy)[1:] == ["n = 2\n\nprint(config)"]
    assert livy.sessions == {}
    assert one.task("run_notebook").retries == 1


def test_scala_statements_say_their_kind(dag: Any, run: Any, livy: Any) -> None:
    assert run(dag([("a", "n = 1"), ("s", "val x = 1", {"language": "scala"})])).all() == "success"
    posted = [body for method, path, body in livy.requests if method == "POST" and path.endswith("/statements")]
    assert [body.get("kind") for body in posted] == [None, None, "spark"]
    marker, key, code = posted[2]["code"].split("\n")
    assert marker == '// jpe_magics ["etl", "manual__1", "s"]'
    assert re.fullmatch("// [0-9a-f]{32}", key)
    assert code == "val x = 1"


def test_a_scala_notebook_gets_a_scala_session(dag: Any, run: Any, livy: Any) -> None:
    assert (
        run(dag([("s", "val x = 1", {"language": "scala"}), ("t", "val y = x", {"language": "scala"})])).all()
        == "success"
    )
    assert livy.made[0].kind == "spark"
    assert codes(livy) == ["val x = 1", "val y = x"]


# --- parameters


def config_of(livy: Any) -> Any:
    return livy.made[-1].namespace["config"]


def test_defaults_are_given(dag: Any, run: Any, livy: Any) -> None:
    assert run(dag(GOOD, PARAMETERS)).all() == "success"
    assert config_of(livy) == {"n": 3, "share": 0.5, "region": "EU", "dry": False, "ids": [1], "pair": (1, 2)}
    assert livy.made[0].namespace["_jpe_config"] is config_of(livy)


def test_a_notebook_that_binds_config_itself(dag: Any, run: Any, livy: Any) -> None:
    assert run(dag(GOOD, PARAMETERS, config_name="_jpe_config")).all() == "success"
    assert "config" not in livy.made[0].namespace
    assert livy.made[0].namespace["_jpe_config"]["n"] == 3


@pytest.mark.parametrize(
    ("conf", "changed"),
    [
        ({"n": "7", "share": 1, "dry": "TRUE"}, {"n": 7, "share": 1.0, "dry": True}),
        ({"n": 5.0, "dry": 0, "ids": "[2, 3]", "pair": [5, 6]}, {"n": 5, "dry": False, "ids": [2, 3], "pair": (5, 6)}),
        ({"out": "gold.x", "limit": {"a": [None]}}, {"out": "gold.x", "limit": {"a": [None]}}),
        ({"region": 'it\'s "x"\n\\ \u202e {{ ds }}'}, {"region": 'it\'s "x"\n\\ \u202e {{ ds }}'}),
        ({"out": None, "limit": None}, {}),
        ({"region": None, "ids": None, "pair": None}, {"region": ..., "ids": ..., "pair": ...}),
        (None, {}),
    ],
)
def test_a_run_sets_parameters(dag: Any, run: Any, livy: Any, conf: Any, changed: Any) -> None:
    assert run(dag(GOOD, PARAMETERS), conf=conf).all() == "success"
    defaults = {"n": 3, "share": 0.5, "region": "EU", "dry": False, "ids": [1], "pair": (1, 2)}
    expected = {**defaults, **changed}
    changed = {name: value for name, value in changed.items() if value is not ...}
    assert config_of(livy) == {name: value for name, value in expected.items() if value is not ...}
    for name, value in changed.items():
        assert type(config_of(livy)[name]) is type(value)


@pytest.mark.parametrize(
    ("conf", "why"),
    [
        ({"n": "0.5"}, "parameter n must be a whole number, not '0.5'"),
        ({"n": True}, "parameter n must be a whole number, not True"),
        ({"n": None}, "parameter n must be a whole number, not None"),
        ({"dry": "yes"}, "parameter dry must be true or false"),
        ({"share": "a lot"}, "parameter share must be a number"),
        ({"ids": "{}"}, "parameter ids must be JSON for a list"),
        ({"region": 5}, "parameter region must be text"),
        ({"regio": "EU"}, "no parameter regio; its parameters: dry, ids, limit, n, out, pair, region, share"),
    ],
)
def test_wrong_parameters_fail_at_once(dag: Any, run: Any, livy: Any, conf: Any, why: str) -> None:
    one = run(dag(GOOD, PARAMETERS), conf=conf)
    assert one.all() == "failed"
    assert why in str(one.errors["livy_session"])
    assert one.tries["livy_session"] == 1
    assert livy.made == []


def test_a_notebook_without_parameters_takes_none(dag: Any, run: Any, livy: Any) -> None:
    module = dag(GOOD)
    assert not hasattr(module, "_jpe_coerce")
    assert run(module).all() == "success"
    assert config_of(livy) == {}
    assert livy.made[0].namespace["_jpe_config"] is config_of(livy)
    one = run(module, conf={"day": "2026-05-21"})
    assert one.all() == "failed"
    assert "the notebook has no parameter day; its parameters: none" in str(one.errors["livy_session"])


# --- failures


def test_a_failed_cell_fails_the_run_and_closes_the_session(dag: Any, run: Any, livy: Any, caplog: Any) -> None:
    one = run(dag([("a", "n = 0"), ("b", "def f():\n    return 1 / n\nprint('before')\nf()"), ("c", "n = 5")]))
    assert one.all() == "failed"
    assert one.states == {
        "livy_session": "success",
        "a": "success",
        "b": "failed",
        "c": "upstream_failed",
        "livy_cleanup": "success",
    }
    assert "ZeroDivisionError: division by zero" in str(one.errors["b"])
    assert "in f" in str(one.errors["b"])
    assert "ZeroDivisionError" in caplog.text
    assert one.tries["b"] == 4
    assert codes(livy).count("n = 5") == 0
    assert livy.sessions == {}


def test_a_failed_cell_is_submitted_again(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "tries = 0"), ("b", "tries += 1\nassert tries > 1"), ("c", "tries")]))
    assert one.all() == "success"
    assert one.tries == {"livy_session": 1, "a": 1, "b": 2, "c": 1, "livy_cleanup": 1}
    assert livy.made[0].namespace["tries"] == 2


def test_a_retry_takes_what_has_succeeded(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "n = 0"), ("b", "n += 1")]))
    for task in ("livy_session", "a", "b", "b"):  # as when the worker died before it could report
        one.once(task)
    assert livy.made[0].namespace["n"] == 1
    assert len(livy.made[0].statements) == 3


def test_a_retry_waits_for_what_still_runs(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "import time\nn = 0"), ("b", "time.sleep(0.3)\nn += 1")]))
    one.once("livy_session")
    one.once("a")
    other = threading.Thread(target=one.once, args=("b",))
    other.start()
    while len(livy.made[0].statements) < 3:
        time.sleep(0.01)
    one.once("b")
    other.join()
    assert livy.made[0].namespace["n"] == 1
    assert len(livy.made[0].statements) == 3


def test_a_cancelled_statement_is_submitted_again(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "n = 0"), ("b", "n += 1")]))
    one.once("livy_session")
    one.once("a")
    marker = '# jpe_magics ["etl", "manual__1", "b"]'
    livy.made[0].submit({"code": f"{marker}\nimport time\nwhile True: time.sleep(0.01)"}, 100)
    stuck = livy.made[0].statements[-1]
    while stuck["state"] != "running":
        time.sleep(0.01)
    livy.made[0].cancel(stuck)
    one.once("b")
    assert stuck["state"] == "cancelled"
    assert livy.made[0].namespace["n"] == 1


@pytest.mark.parametrize("how", ["lose", "late", "drop", 500, 502, 503, "html"])
def test_a_lost_answer_never_runs_a_cell_twice(dag: Any, run: Any, livy: Any, fakes: Any, how: Any) -> None:
    one = run(dag([("a", "n = 0"), ("b", "n += 1"), ("c", "n += 1")]))
    one.once("livy_session")
    one.once("a")
    livy.faults.append(fakes.Fault("POST", r"/sessions/0/statements", how))
    one.once("b")
    one.once("c")
    assert livy.made[0].namespace["n"] == 2
    assert [code for code in codes(livy) if "+=" in code] == ["n += 1", "n += 1"]


def late(livy: Any, monkeypatch: Any) -> list[dict[str, Any]]:
    """Have the first answer to a POST of a cell's statement lost, and the statement kept back; return where it is."""
    kept: list[dict[str, Any]] = []
    answer = livy.answer

    def slow(method: str, path: str, query: Any, body: dict[str, Any]) -> Any:
        if method == "POST" and path.endswith("/statements") and "n += 1" in body["code"] and not kept:
            kept.append(body)
            return 504, {"msg": "the gateway waits no longer"}
        return answer(method, path, query, body)

    monkeypatch.setattr(livy, "answer", slow)
    return kept


def test_a_statement_that_comes_after_its_second_try_has_ended_does_nothing(
    dag: Any, run: Any, livy: Any, monkeypatch: Any
) -> None:
    one = run(dag([("a", "n = 0"), ("b", "n += 1"), ("c", "m = n")]))
    kept = late(livy, monkeypatch)
    one.once("livy_session")
    one.once("a")
    one.once("b")
    livy.made[0].submit(kept[0], 100)
    one.once("c")
    one.once("b")  # a retry takes the one that succeeded
    assert (livy.made[0].namespace["n"], livy.made[0].namespace["m"]) == (1, 1)
    twice = livy.made[0].statements[3]
    assert (twice["output"]["ename"], "sent this statement twice" in twice["output"]["evalue"]) == (
        "RuntimeError",
        True,
    )


def test_a_statement_that_comes_before_its_second_try_is_followed_instead(
    dag: Any, run: Any, livy: Any, monkeypatch: Any
) -> None:
    one = run(dag([("a", "n = 0"), ("b", "import time\ntime.sleep(0.2)\nn += 1")]))
    kept = late(livy, monkeypatch)
    answer = livy.answer

    def early(method: str, path: str, query: Any, body: dict[str, Any]) -> Any:
        if method == "POST" and path.endswith("/statements") and kept:
            livy.made[0].submit(kept[0], 100)  # it was on its way all the time
        return answer(method, path, query, body)

    monkeypatch.setattr(livy, "answer", early)
    one.once("livy_session")
    one.once("a")
    one.once("b")
    assert livy.made[0].namespace["n"] == 1
    states = [(each["output"] or {}).get("status") for each in livy.made[0].statements]
    assert states == ["ok", "ok", "ok", "error"]


def test_a_failed_cell_runs_again_though_its_first_try_came_twice(
    dag: Any, run: Any, livy: Any, monkeypatch: Any
) -> None:
    one = run(dag([("a", "n = 0"), ("b", "n += 1\nassert n > 1")]))
    kept = late(livy, monkeypatch)
    one.once("livy_session")
    one.once("a")
    with pytest.raises(RuntimeError, match="AssertionError"):
        one.once("b")
    livy.made[0].submit(kept[0], 100)
    one.once("b")
    assert livy.made[0].namespace["n"] == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_fails_at_once(dag: Any, run: Any, livy: Any, fakes: Any, status: int) -> None:
    livy.faults.append(fakes.Fault("GET", "/sessions", status, times=9))
    one = run(dag(GOOD))
    assert one.all() == "failed"
    assert one.tries["livy_session"] == 1
    assert f"redirects /sessions?from=0&size=100 (HTTP {status})" in str(one.errors["livy_session"])
    assert len(livy.requests) == 1
    assert livy.made == []


def test_an_answer_without_end_is_given_up(dag: Any, run: Any, livy: Any) -> None:
    module = dag(GOOD)
    vars(module)["WHOLE"] = 0.1
    assert module._in_time(lambda: 7) == 7
    endless = threading.Event()
    with pytest.raises(OSError, match=r"no whole answer within 0.1 s"):
        module._in_time(lambda: endless.wait(20))
    endless.set()
    with pytest.raises(KeyError):
        module._in_time(lambda: {}["x"])


@pytest.mark.parametrize("page", [100, 7])
def test_a_session_behind_many_others_is_found_while_others_go(
    dag: Any, run: Any, livy: Any, fakes: Any, page: int, monkeypatch: Any
) -> None:
    one = run(dag([("a", "n = 1")]))
    for number in range(230):
        livy.answer("POST", "/sessions", {}, {"kind": "pyspark", "name": f"other {number}"})
    one.once("livy_session")
    livy.page = page
    answer = livy.answer

    def shrinking(method: str, path: str, query: Any, body: Any) -> Any:
        told = answer(method, path, query, body)
        if path == "/sessions" and livy.sessions.get(3):
            for other in range(4):  # of the first page: all behind them move up
                livy.kill(other)
        return told

    monkeypatch.setattr(livy, "answer", shrinking)
    one.xcom["livy_session"] = None  # it must be looked for by its name
    one.once("a")
    one.once("livy_cleanup")
    assert livy.made[230].namespace["n"] == 1
    assert 230 not in livy.sessions


def test_the_session_of_a_batch_is_closed_when_livy_answers_again(dag: Any, run: Any, livy: Any, fakes: Any) -> None:
    one = run(dag([("a", "n = 2")], mode="batch"))
    livy.faults.append(fakes.Fault("DELETE", "/sessions/0", 503, times=3))
    assert one.all() == "success"
    assert livy.sessions == {}
    assert one.tries == {"run_notebook": 1}


@pytest.mark.parametrize("how", ["lose", "late", "drop", 500, "html"])
def test_a_lost_answer_never_opens_two_sessions(dag: Any, run: Any, livy: Any, fakes: Any, how: Any) -> None:
    livy.faults.append(fakes.Fault("POST", "/sessions", how))
    assert run(dag(GOOD)).all() == "success"
    assert len(livy.made) == 1
    assert livy.sessions == {}


def test_a_session_that_comes_before_its_second_try_is_taken(dag: Any, run: Any, livy: Any, monkeypatch: Any) -> None:
    kept: list[dict[str, Any]] = []
    answer = livy.answer

    def late(method: str, path: str, query: Any, body: dict[str, Any]) -> Any:
        if (method, path) == ("POST", "/sessions"):
            kept.append(body)
            if len(kept) == 1:
                return 504, {"msg": "the gateway waits no longer"}
            answer(method, path, query, kept[0])  # it was on its way all the time
        return answer(method, path, query, body)

    monkeypatch.setattr(livy, "answer", late)
    one = run(dag(GOOD))
    one.once("livy_session")  # Livy has refused the second one: "Duplicate session name"
    assert (len(kept), len(livy.made)) == (2, 1)
    assert one.xcom["livy_session"] == livy.made[0].id


@pytest.mark.parametrize("how", ["drop", 503, "html"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_minute_without_livy_is_survived(dag: Any, run: Any, livy: Any, fakes: Any, method: str, how: Any) -> None:
    module = dag([("a", "n = 1"), ("b", "n += 1")])
    one, clock = run(module), module.time.monotonic
    one.once("livy_session")
    one.once("a")
    end = clock() + 60
    livy.faults.append(fakes.Fault(method, ".*", how, lasts=lambda: clock() < end))
    one.once("b")
    one.once("livy_cleanup")
    assert livy.made[0].namespace["n"] == 2
    assert livy.sessions == {}


def test_a_longer_outage_leaves_the_statement_to_the_retry(dag: Any, run: Any, livy: Any, fakes: Any) -> None:
    one = run(dag([("a", "import time\nn = 1"), ("b", "time.sleep(0.2)\nn += 1")]))
    one.once("livy_session")
    one.once("a")
    livy.faults.append(fakes.Fault("GET", r"/sessions/0/statements/2", "drop", lasts=lambda: True))
    with pytest.raises(RuntimeError, match="has not answered GET /sessions/0/statements/2 for 60 s"):
        one.once("b")
    livy.faults.clear()
    one.once("b")
    assert livy.made[0].namespace["n"] == 2
    assert livy.count("POST", ".*/cancel") == 0


def test_wrong_credentials_fail_at_once(dag: Any, run: Any, livy: Any, fakes: Any) -> None:
    livy.faults.append(fakes.Fault("GET", "/sessions", 401, times=9))
    one = run(dag(GOOD))
    assert one.all() == "failed"
    assert one.tries["livy_session"] == 1
    assert "refuses the login of the Airflow connection: HTTP 401" in str(one.errors["livy_session"])


@pytest.mark.parametrize(("mode", "first"), [("per_cell", "livy_session"), ("batch", "run_notebook")])
def test_a_connection_that_airflow_does_not_have_fails_at_once(dag: Any, run: Any, mode: str, first: str) -> None:
    one = run(dag(GOOD, mode=mode, connection="missing"))
    assert one.all() == "failed"
    assert one.tries[first] == 1
    assert "Airflow has no connection 'missing'" in str(one.errors[first])


def test_the_connection_is_looked_up_once_for_each_task(dag: Any, run: Any, livy: Any, airflow_stub: Any) -> None:
    one = run(dag(GOOD))
    assert one.all() == "success"
    assert len(airflow_stub.LivyHook.looked_up) == len(one.tries) < len(livy.requests)


@pytest.mark.parametrize("kind", ["plain", "of the requests library"])
def test_an_address_that_is_none_fails_at_once(
    dag: Any, run: Any, airflow_stub: Any, monkeypatch: Any, kind: str
) -> None:
    class InvalidURL(*((ValueError,) if kind == "plain" else (OSError, ValueError))):  # type: ignore[misc]
        pass

    def refuse(*_: Any, **__: Any) -> None:
        raise InvalidURL("Invalid URL 'http:///sessions': No host supplied")

    one = run(dag(GOOD))
    monkeypatch.setattr(airflow_stub.LivyHook, "run_method", refuse)
    assert one.all() == "failed"
    assert one.tries["livy_session"] == 1
    assert "connection to Livy can't be used: Invalid URL" in str(one.errors["livy_session"])


def test_an_answer_with_broken_headers_is_a_lost_one(
    dag: Any, run: Any, livy: Any, airflow_stub: Any, monkeypatch: Any
) -> None:
    """Two lengths that differ: the requests library calls that a ValueError too."""

    class InvalidHeader(OSError, ValueError):
        pass

    class Hook(airflow_stub.LivyHook):  # type: ignore[misc]
        def run_method(self, endpoint: str, method: str = "GET", *more: Any) -> Any:
            response = super().run_method(endpoint, method, *more)
            if (method, endpoint) not in asked:
                asked.add((method, endpoint))
                raise InvalidHeader("Content-Length contained multiple unmatching values (10, 12)")
            return response

    asked: set[tuple[str, str]] = set()
    one = run(dag([("a", "n = 0"), ("b", "n += 1")]))
    monkeypatch.setattr(sys.modules["airflow.providers.apache.livy.hooks.livy"], "LivyHook", Hook)
    assert one.all() == "success"
    assert max(one.tries.values()) == 1
    assert len(livy.made) == 1
    assert livy.made[0].namespace["n"] == 1


def test_a_worker_without_the_provider_fails_at_once(dag: Any, run: Any, monkeypatch: Any) -> None:
    one = run(dag(GOOD))
    monkeypatch.setitem(sys.modules, "airflow.providers.apache.livy.hooks.livy", None)
    assert one.all() == "failed"
    assert one.tries["livy_session"] == 1
    assert "workers need apache-airflow-providers-apache-livy" in str(one.errors["livy_session"])


# --- the session goes


def test_a_lost_session_says_what_to_do_and_is_not_retried(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "n = 1"), ("b", "n += 1")]))
    one.once("livy_session")
    one.once("a")
    livy.kill(0)
    one.states["livy_session"] = one.states["a"] = "success"
    assert one._state(one.task("b")) == "failed"
    assert one.tries["b"] == 1
    assert "session 0 does not exist any more" in str(one.errors["b"])
    assert "clear the whole run" in str(one.errors["b"])
    one.once("livy_cleanup")  # 404 is fine


def while_it_runs(livy: Any, act: Callable[[], object], what: str = "statements/2", look: int = 1) -> None:
    """Have something happen once, at a look at the third statement: those before it are config and a cell."""
    original, looks = livy.answer, itertools.count(1)

    def answer(method: str, path: str, query: Any, body: Any) -> Any:
        if (method, path) == ("GET", f"/sessions/0/{what}".rstrip("/")) and next(looks) == look:
            act()
        return original(method, path, query, body)

    livy.answer = answer


def killed(task: Any) -> Callable[[], None]:
    """Return what kills a task, as a signal does: beside what it is doing."""
    return lambda: threading.Thread(target=task.on_kill, daemon=True).start()


def test_a_session_lost_under_a_statement(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "import time"), ("b", "while True: time.sleep(0.01)")]))
    one.once("livy_session")
    one.once("a")
    while_it_runs(livy, lambda: livy.kill(0))
    assert one._state(one.task("b")) == "failed"
    assert one.tries["b"] == 1
    assert "clear the whole run" in str(one.errors["b"])


@pytest.mark.parametrize(
    ("refuses", "why"), [(False, "session 0 is dead"), (True, "requirement failed: Session isn't active")]
)
def test_a_driver_that_died_under_a_statement(dag: Any, run: Any, livy: Any, refuses: bool, why: str) -> None:
    livy.refuses_dead = refuses
    one = run(dag([("a", "import time"), ("b", "while True: time.sleep(0.01)")]))
    one.once("livy_session")
    one.once("a")
    while_it_runs(livy, lambda: setattr(livy.made[0], "state", "dead"))
    assert one._state(one.task("b")) == "failed"
    assert why in str(one.errors["b"])
    assert one.tries["b"] == 1
    assert "clear the whole run" in str(one.errors["b"])


def test_a_driver_that_dies_just_before_a_statement(dag: Any, run: Any, livy: Any) -> None:
    livy.refuses_dead = True
    one = run(dag([("a", "n = 1"), ("b", "n = 2")]))
    one.once("livy_session")
    one.once("a")
    original = livy.answer

    def answer(method: str, path: str, query: Any, body: Any) -> Any:
        if method == "POST" and path.endswith("/statements"):
            livy.made[0].state = "dead"
        return original(method, path, query, body)

    livy.answer = answer
    assert one._state(one.task("b")) == "failed"
    assert "Session isn't active" in str(one.errors["b"])
    assert "clear the whole run" in str(one.errors["b"])
    assert one.tries["b"] == 1


def test_a_cell_needs_the_cell_before_it_in_this_very_session(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "n = 1"), ("b", "n = 2"), ("c", "n = 3")]))
    for task in ("livy_session", "a", "b", "livy_cleanup", "livy_session"):  # cell c cleared: a new, empty session
        one.once(task)
    assert one._state(one.task("c")) == "failed"
    assert one.tries["c"] == 1
    assert (
        "task b has not succeeded in session 1. A cell needs what the cells before it made: clear the whole run."
        in str(one.errors["c"])
    )
    assert "n" not in livy.made[1].namespace


def test_another_runs_session_with_our_number_is_left_alone(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "n = 1")]))
    one.once("livy_session")
    livy.made[0].name = "etl:manual__2:1"  # a Livy that was started anew counts from 0
    assert one._state(one.task("a")) == "failed"
    assert "now somebody else's" in str(one.errors["a"])
    one.once("livy_cleanup")
    assert 0 in livy.sessions


def test_another_sessions_statement_with_our_number_is_not_ours(dag: Any, run: Any, livy: Any, fakes: Any) -> None:
    one = run(dag([("a", "n = 1"), ("b", "while True: __import__('time').sleep(0.01)")]))
    one.once("livy_session")
    one.once("a")

    def replace() -> None:  # a Livy that was started anew, without the names of sessions
        with livy.lock:
            livy.kill(0)
            livy.names = False
            somebody = livy.sessions[0] = fakes.Session(0, {"kind": "pyspark"}, 0)
            livy.made.append(somebody)
            somebody.look()
            for _ in range(3):
                somebody.submit({"code": "1"}, 100)

    while_it_runs(livy, replace)
    assert one._state(one.task("b")) == "failed"
    assert "session 0 or its statement 2 does not exist any more" in str(one.errors["b"])
    assert "clear the whole run" in str(one.errors["b"])
    assert one.tries["b"] == 1
    one.states.clear()
    assert one._state(one.task("a")) == "failed"  # the first cell wants its parameters there
    assert "task livy_session has not succeeded in session 0" in str(one.errors["a"])
    assert [statement["code"] for statement in livy.made[-1].statements] == ["1", "1", "1"]


@pytest.mark.parametrize(("retained", "cells"), [(1, 8), (3, 8), (100, 104)])
def test_only_the_newest_statements_are_kept(dag: Any, run: Any, livy: Any, retained: int, cells: int) -> None:
    livy.retained = retained
    assert run(dag([("a", "n = 0"), *((f"c{i}", "n += 1") for i in range(cells))])).all() == "success"
    assert livy.made[0].namespace["n"] == cells
    assert len(livy.made[0].statements) == retained


def test_all_pages_are_read(dag: Any, run: Any, livy: Any) -> None:
    livy.page = 2
    for number in range(5):
        livy.answer("POST", "/sessions", {}, {"name": f"other{number}"})
    one = run(dag([("a", "n = 0"), *((f"c{i}", "n += 1") for i in range(6))]))
    assert one.all() == "success"
    assert livy.made[-1].namespace["n"] == 6
    assert sorted(livy.sessions) == [0, 1, 2, 3, 4]


def test_a_server_that_keeps_no_names(dag: Any, run: Any, livy: Any) -> None:
    livy.names = False
    assert run(dag(GOOD)).all() == "success"
    assert livy.sessions == {}


# --- opening and closing


def test_a_session_that_never_becomes_idle_is_deleted(dag: Any, run: Any, livy: Any) -> None:
    livy.start_looks = 10**9
    module = dag(GOOD, speed=20000)
    one = run(module)
    with pytest.raises(
        RuntimeError,
        match="session 0 did not become idle, its state is starting; its log ends:\nstdout: \nYARN says no",
    ):
        one.once("livy_session")
    assert livy.sessions == {}


@pytest.mark.parametrize("state", ["dead", "error", "killed", "shutting_down"])
def test_a_session_that_dies_while_it_starts(dag: Any, run: Any, livy: Any, state: str) -> None:
    livy.start_looks = 10**9
    one = run(dag(GOOD))
    while_it_runs(livy, lambda: setattr(livy.made[0], "state", state), "", look=3)
    with pytest.raises(RuntimeError, match=f"its state is {state}"):
        one.once("livy_session")
    assert livy.sessions == {}


def lasting(seconds: float) -> str:
    """Return a cell that takes so long by the clock of the DAG."""
    return f"import time\nend = clock() + {seconds}\nwhile clock() < end: time.sleep(0.001)"


class Killed(BaseException):
    """As Airflow's AirflowTaskTimeout: no Exception."""


def test_a_timeout_while_the_session_starts_deletes_it(dag: Any, run: Any, livy: Any, monkeypatch: Any) -> None:
    livy.start_looks = 10**9
    module = dag(GOOD)
    one = run(module)

    def sleep(_: float) -> None:
        raise Killed

    module.time.sleep = sleep
    with pytest.raises(Killed):
        one.once("livy_session")
    assert livy.sessions == {}


@pytest.mark.parametrize("mode", ["per_cell", "batch"])
def test_a_timeout_cancels_the_statement(dag: Any, run: Any, livy: Any, mode: str) -> None:
    module = dag([("a", "import time\nwhile True: time.sleep(0.01)")], mode=mode)
    one = run(module)
    task = "run_notebook" if mode == "batch" else "a"
    if mode == "per_cell":
        one.once("livy_session")
    naps = iter([None] * 30)
    real = module.time.sleep

    def sleep(seconds: float) -> None:
        real(seconds)
        if next(naps, Killed) is Killed:
            raise Killed

    module.time.sleep = sleep
    with pytest.raises(Killed):
        one.once(task)
    assert livy.count("POST", ".*/cancel") == 1
    assert (livy.sessions == {}) is (mode == "batch")
    assert module._to_undo == []


def test_a_killed_task_cancels_its_statement(dag: Any, run: Any, livy: Any) -> None:
    module = dag([("a", "import time\nwhile True: time.sleep(0.01)")])
    one = run(module)
    one.once("livy_session")
    while_it_runs(livy, killed(one.task("a")), "statements/1", look=3)
    with pytest.raises(RuntimeError, match="ended as cancelled"):
        one.once("a")
    assert livy.count("POST", ".*/cancel") == 1


def test_a_killed_batch_deletes_its_session(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "import time\nwhile True: time.sleep(0.01)")], mode="batch"))
    while_it_runs(livy, killed(one.task("run_notebook")), "statements/1", look=3)
    with pytest.raises(RuntimeError):
        one.once("run_notebook")
    assert livy.sessions == {}


def test_a_task_that_is_killed_while_its_session_starts(dag: Any, run: Any, livy: Any) -> None:
    livy.start_looks = 10**9
    one = run(dag(GOOD))
    while_it_runs(livy, killed(one.task("livy_session")), "", look=3)
    with pytest.raises(RuntimeError, match="vanished while it was starting"):
        one.once("livy_session")
    assert livy.sessions == {}


def test_a_task_that_is_killed_before_it_knows_its_sessions_number(dag: Any, run: Any, livy: Any, fakes: Any) -> None:
    module = dag(GOOD)
    one, wait = run(module), module.time.sleep
    livy.faults.append(fakes.Fault("POST", "/sessions", "lose"))

    def sleep(seconds: float) -> None:  # before it looks for what it has made
        if len(livy.made) == 1 and 0 in livy.sessions:
            one.task("livy_session").on_kill()
        wait(seconds)

    module.time.sleep = sleep
    one.once("livy_session")  # goes on: Airflow's SIGKILL follows some seconds later
    assert livy.made[0].state == "dead"
    assert 0 not in livy.sessions


@pytest.mark.parametrize("mode", ["per_cell", "batch"])
def test_a_retry_deletes_what_earlier_tries_left(dag: Any, run: Any, livy: Any, mode: str) -> None:
    for name in ("etl:manual__1:1", "etl:manual__1:22", "etl:manual__11:1", "etl:manual__1:x", "other:manual__1:1"):
        livy.answer("POST", "/sessions", {}, {"name": name})
    one = run(dag(GOOD, mode=mode))
    one.tries = {"livy_session": 1, "run_notebook": 1}
    assert one.all() == "success"
    assert sorted(session.name for session in livy.sessions.values()) == [
        "etl:manual__11:1",
        "etl:manual__1:x",
        "other:manual__1:1",
    ]
    assert livy.made[-1].name == "etl:manual__1:2"


def test_the_cleanup_deletes_every_namesake(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag(GOOD))
    one.once("livy_session")
    livy.answer("POST", "/sessions", {}, {"name": "etl:manual__1:7"})
    one.xcom.clear()
    one.once("livy_cleanup")
    assert livy.sessions == {}
    one.once("livy_cleanup")  # and once more


def test_a_failed_batch_starts_again_in_a_new_session(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag([("a", "n = 1"), ("b", "1 / 0", {"retries": 1})], mode="batch"))
    assert one.all() == "failed"
    assert [session.name for session in livy.made] == ["etl:manual__1:1", "etl:manual__1:2"]
    assert livy.sessions == {}
    assert "ZeroDivisionError" in str(one.errors["run_notebook"])


def test_a_long_statement_keeps_its_session_in_use(dag: Any, run: Any, livy: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    module = dag([("a", lasting(150))])
    livy.given["clock"] = module.time.monotonic
    assert run(module).all() == "success"
    assert 2 <= livy.made[0].touched <= module.time.monotonic() // 60
    assert "Statement 1: 50 %" in caplog.text


@pytest.mark.parametrize(("every", "state"), [(60, "success"), (10**6, "failed")])
def test_a_statement_may_take_longer_than_sessions_may_idle(
    dag: Any, run: Any, livy: Any, every: int, state: str
) -> None:
    module = dag([("a", lasting(300))])
    module.TOUCH_EVERY = every
    livy.given["clock"] = livy.clock = module.time.monotonic
    livy.idle_timeout = 150
    assert run(module).all() == state


def test_polling_slows_down_and_adds_a_25th_at_most(dag: Any) -> None:
    module = dag([("a", "1")])
    waits: list[float] = []
    module.time = SimpleNamespace(monotonic=lambda: fsum(waits), sleep=waits.append)
    ticks = module._ticks()
    next(ticks)  # the first look is at once
    assert waits == []
    while fsum(waits) < 150:
        before = fsum(waits)
        next(ticks)
        assert waits[-1] <= max(0.2, before / 24)
    assert waits[0] == 0.2
    assert waits == sorted(waits)
    assert max(waits) == 5.0
    assert sum(1 for wait in waits if wait == 0.2) == 26  # the first five seconds


def test_the_names_of_two_dags_never_meet(dag: Any, run: Any, livy: Any) -> None:
    one = run(dag(GOOD))
    one.once("livy_session")
    two = run(dag(GOOD), "manual__1:1")
    two.once("livy_session")
    two.once("livy_cleanup")
    assert list(livy.sessions) == [0]


def test_a_session_whose_number_never_arrived_is_deleted_by_its_name(dag: Any, run: Any, livy: Any, fakes: Any) -> None:
    livy.faults.append(fakes.Fault("POST", "/sessions", "lose", times=10**9))
    module = dag(GOOD, speed=1000)
    look, made = module._list, livy.made
    module._list = lambda *where: iter(()) if made else look(*where)  # a server that lists nothing new
    with pytest.raises(RuntimeError):
        run(module, "r/1 x").once("livy_session")
    assert len(made) == 1
    assert livy.sessions == {}
