"""Run one program as a notebook and as each artifact, in this process, and say what came of it.

The notebook is a real IPython shell that is given the cells one by one.  Scripts run as `python FILE` runs
them (module `__main__`, arguments in `sys.argv`), services as Ilum does (the class is imported and its `run`
called, again and again, on one live session), DAGs as the statements that Livy's interpreter is sent.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import json
import linecache
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jpe_magics.core.export import Prepared, prepare
from jpe_magics.core.names import bound_names
from jpe_magics.core.read import read_notebook
from jpe_magics.core.shell_names import SHELL_NAMES, names_to_make
from jpe_magics.local.worker.interpreter import Interpreter
from jpe_magics.model.notebook import Snapshot
from jpe_magics.model.option import Request
from jpe_magics.targets.airflow import target as airflow
from jpe_magics.targets.ilum import target as ilum
from jpe_magics.targets.py import target as py

Load = Callable[[str], "str | None"]
#: Names that are there without the notebook's doing.
GIVEN = {"In", "Out", "exit", "quit", "open", "get_ipython", "config", *SHELL_NAMES}


@dataclass(frozen=True)
class Outcome:
    """What a run printed, the names that it left with their values, and how it failed ("" if it did not)."""

    printed: str
    names: dict[str, str]
    error: str = ""

    def differences(self, other: Outcome) -> list[str]:
        """Return, in words, in what `other` is not the same."""
        found = [
            f"{name} is {other.names.get(name, 'not there')}, not {self.names.get(name, 'there')}"
            for name in sorted({*self.names, *other.names})
            if self.names.get(name) != other.names.get(name)
        ]
        found += [f"error {other.error!r}, not {self.error!r}"] * (self.error != other.error)
        return found + [f"printed {other.printed!r}, not {self.printed!r}"] * (self.printed != other.printed)


class Notebook:
    """One IPython shell for all notebooks; each gets a namespace and a compiler of its own, as a fresh kernel has."""

    def __init__(self, folder: str) -> None:
        main = sys.modules["__main__"]
        self._shell = InteractiveShell(ipython_dir=folder, config=Config({"HistoryManager": {"enabled": False}}))
        sys.modules["__main__"] = main
        self._shell.ast_node_interactivity = "none"
        for name in ("showtraceback", "showsyntaxerror", "showindentationerror"):
            setattr(self._shell, name, lambda *_, **__: None)

    def close(self) -> None:
        """End what the shell began: the history's thread and database."""
        self._shell._atexit_once()

    def run(self, cells: Sequence[str], predefined: bool) -> Outcome:
        """Run the cells until one fails; `predefined` as in a PySpark kernel."""
        fresh_spark()
        shell = self._shell
        shell.user_module, shell.user_ns = shell.prepare_user_module()
        shell.init_user_ns()
        shell.compile.reset_compiler_flags()
        error = ""
        with as_main(shell.user_module), printed() as out:
            shell.user_ns.update(spark_names() if predefined else {})
            for cell in cells:
                result = shell.run_cell(cell)
                failure = result.error_before_exec or result.error_in_exec
                if failure is not None:
                    error = told(failure)
                    break
            names = described(shell.user_ns, cells)
        return Outcome(out.getvalue(), names, error)


@contextlib.contextmanager
def as_main(module: types.ModuleType) -> Iterator[None]:
    main, sys.modules["__main__"] = sys.modules["__main__"], module
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def printed() -> Iterator[io.StringIO]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        yield out


def fresh_spark() -> None:
    """Forget the Spark of the run before: each run is a process of its own."""
    import pyspark.sql

    pyspark.SparkContext._active_spark_context = None
    pyspark.sql.SparkSession._instantiatedSession = pyspark.sql.SparkSession._activeSession = None


def spark_names() -> dict[str, Any]:
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    return {"spark": spark, "sc": spark.sparkContext}


def told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def described(names: dict[str, Any], cells: Sequence[str]) -> dict[str, str]:
    """Return the names that the notebook bound, with their values as text that is the same in every run."""
    given = GIVEN.difference(*(bound_names(cell) for cell in cells))
    given |= {"annotations"}  # in a script the `from __future__` of a later cell stands on top
    return {
        name: _value(value, 0)
        for name, value in sorted(names.items())
        if not name.startswith("_")
        and name not in given
        and not (name in SHELL_NAMES and type(value).__module__.startswith("pyspark"))  # the environment's, maybe
    }


def _value(value: Any, depth: int) -> str:
    if depth > 4:
        return "…"
    if isinstance(value, types.FunctionType):
        return f"function {value.__module__}.{value.__qualname__} {value.__defaults__!r} {value.__annotations__!r}"
    if isinstance(value, types.ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, type) and value.__module__ != "__main__":
        return f"class {value.__module__}.{value.__qualname__}"
    if isinstance(value, type):
        bases = [base.__qualname__ for base in value.__mro__]
        own = {name: one for name, one in vars(value).items() if not name.startswith("__") or name == "__doc__"}
        return f"class {value.__module__} {bases} {_value(own, depth + 1)}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_value(one, depth + 1)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple, set)):
        return f"{type(value).__name__}({', '.join(_value(one, depth + 1) for one in value)})"
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return repr(value)
    if type(value).__module__ == "__main__":
        return f"{type(value).__qualname__} with {_value(getattr(value, '__dict__', {}), depth + 1)}"
    return f"a {type(value).__module__}.{type(value).__qualname__}"


class Exported:
    """A program's notebook, prepared for each target; what is rendered of it comes from the templates of `load`."""

    def __init__(self, cells: Sequence[str], load: Load) -> None:
        self.cells = cells
        self._load = load

    @cached_property
    def _job(self) -> Any:
        return self._prepared(ilum, name="nb", mode="service").pipeline

    def _prepared(self, target: Any, **options: Any) -> Prepared:
        cells = [
            {"cell_type": "code", "id": f"c{place}", "source": cell, "metadata": {}}
            for place, cell in enumerate(self.cells)
        ]
        text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
        request = Request(target.name, target.check(options), kinds=("plain",), keep_rejections=True)
        snapshot = Snapshot(read_notebook(text, name="nb"), "given", "a program")
        made = prepare(snapshot, request, target, load=self._load, version="1.0")
        assert made.error is None, made.error
        assert made.pipeline is not None
        return made

    @property
    def predefined(self) -> bool:
        """Whether the notebook needs a kernel in which `spark` is there from the start."""
        return bool(names_to_make(self.cells))

    def module(self, kind: str, load: Load) -> str:
        """Return the text of `py`, or of Ilum's module of the mode `kind`, by the templates of `load`."""
        if kind == "py":
            return str(py.render(self._job, {}, load, "1.0").files[0].text)
        options = ilum.check({"name": "nb", "mode": kind, **({"cron": "0 5 * * *"} if kind == "cron" else {})})
        return str(ilum.render(self._job, options, load, "1.0").files[0].text)

    def script(self, kind: str, load: Load, arguments: Sequence[str] = ()) -> Outcome:
        """Run `py`, `single` or `cron` as a process of its own would."""
        fresh_spark()
        text = self.module(kind, load)
        main = types.ModuleType("__main__")
        spaces = _recorded(main.__dict__) if kind == "cron" else []
        arguments_before, sys.argv = sys.argv, [f"{kind}.py", *arguments]
        linecache.cache[f"{kind}.py"] = (len(text), None, text.splitlines(True), f"{kind}.py")
        error = ""
        try:
            with as_main(main), printed() as out:
                try:
                    exec(compile(text, f"{kind}.py", "exec", dont_inherit=True), main.__dict__)
                except (Exception, SystemExit) as failure:  # noqa: BLE001 - whatever the notebook raises is compared
                    error = told(failure)
                names = described(spaces[-1] if spaces else main.__dict__, self.cells)
        finally:
            sys.argv = arguments_before
        text = out.getvalue()
        if kind == "cron" and not error:
            text, _, answer = text.rstrip("\n").rpartition("\n")
            text += "\n" if text else ""
            assert json.loads(answer)["status"] == "ok"
        return Outcome(text, names, error)

    def service(self, load: Load) -> Service:
        return Service(self.module("service", load), self.cells)

    def statements(self, mode: str, config: dict[str, Any]) -> Outcome:
        """Run the DAG's statements in the interpreter of our own Livy."""
        fresh_spark()
        made = self._prepared(airflow, dag_id="nb", mode=mode)
        assert made.pipeline is not None
        assert made.artifact is not None
        interpreter = Interpreter(spark_names() if self.predefined else {})
        codes = [_opening(made.artifact.files[0].text, config), *(task.code for task in made.pipeline.tasks)]
        error = ""
        with printed() as out:
            for number, code in enumerate(codes):
                output = interpreter.execute(number, code)
                if output["status"] == "error":
                    error = f"{output['ename']}: {output['evalue']}"
                    break
            names = described(interpreter.names, self.cells)
        return Outcome(out.getvalue(), names, error)


class Service:
    """The module of a service, imported into a warm process with one live Spark session."""

    def __init__(self, text: str, cells: Sequence[str]) -> None:
        from pyspark.sql import SparkSession

        fresh_spark()
        self._cells = cells
        self._module = types.ModuleType("pipeline_exp_nb")
        self._spaces = _recorded(self._module.__dict__)
        exec(compile(text, "pipeline_exp_nb.py", "exec", dont_inherit=True), self._module.__dict__)
        self._job = self._module.NotebookService()
        self.spark = SparkSession.builder.getOrCreate()

    def run(self, config: dict[str, Any] | None) -> Outcome:
        """Run it once; what it leaves behind in the process counts as its error."""
        main, error, answer = sys.modules["__main__"], "", '{"status": "ok"}'
        self._spaces.clear()
        with printed() as out:
            try:
                answer = self._job.run(self.spark, config)
            except Exception as failure:  # noqa: BLE001 - whatever the notebook raises is compared
                error = told(failure)
        left = sys.modules["__main__"] is not main or bool(self.spark.conf.own) or bool(self.spark.views)
        sys.modules["__main__"] = main
        assert json.loads(answer)["status"] == "ok"
        names = described(self._spaces[-1] if self._spaces else {}, self._cells)
        return Outcome(out.getvalue(), names, error + " and something is left behind" * left)


def _recorded(space: dict[str, Any]) -> list[dict[str, Any]]:
    """Put an `exec` into a module's namespace; return the list of the namespaces that it is given."""
    spaces: list[dict[str, Any]] = []

    def recording_exec(code: Any, *namespaces: dict[str, Any]) -> None:
        spaces.append(namespaces[0])
        builtins.exec(code, *namespaces)

    space["exec"] = recording_exec
    return spaces


def _opening(dag: str, config: dict[str, Any]) -> str:
    """Return the statement by which a DAG opens its session."""
    wanted = [
        node
        for node in ast.parse(dag).body
        if (isinstance(node, ast.FunctionDef) and node.name == "_config_code")
        or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PARAMETERS")
    ]
    space: dict[str, Any] = {"json": json}
    exec(compile(ast.Module(wanted, []), "dag.py", "exec"), space)
    return str(space["_config_code"](config))
