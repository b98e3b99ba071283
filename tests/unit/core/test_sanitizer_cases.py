"""Every case of `tests/cases/sanitizer.yaml`, through the whole of `prepare`.

What a case demands in a form that can be compared (`code`, `rejected`, …) is checked for all alike;
what it demands in prose (`must`) by a function below, registered under that very sentence.  A sentence
without a check, and a check without a sentence, fail the suite.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import json
import sys
import tokenize
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jpe_magics.adapters.templates import template_loader
from jpe_magics.core.export import Prepared, prepare
from jpe_magics.core.read import read_notebook
from jpe_magics.model.notebook import Snapshot
from jpe_magics.model.option import Request
from jpe_magics.targets import get_target

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "sanitizer.yaml").read_text(encoding="utf-8")
)
BY_ID = {case["id"]: case for case in CASES}
EVERY_KIND = ("spark", "pyspark", "sql", "scala", "plain")

Check = Callable[[Prepared, dict[str, Any]], None]
CHECKS: dict[tuple[str, str], Check] = {}


def must(case: str, sentence: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        assert (case, sentence) not in CHECKS
        CHECKS[case, sentence] = check
        return check

    return register


def document(case: dict[str, Any]) -> str:
    """Return the case's notebook as JSON."""
    cells = [one if isinstance(one, dict) else {"source": one} for one in case["cells"]]
    kernel = case.get("kernelspec", "python3")
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel}} if kernel else {}
    if any(cell.get("nbformat") == 3 for cell in cells):
        old = [{"cell_type": "code", "input": cell["source"], "language": "python", "outputs": []} for cell in cells]
        return json.dumps(
            {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": old}]}
        )
    new = []
    for place, cell in enumerate(cells):
        new.append(
            {
                "cell_type": cell.get("cell_type", "code"),
                "id": f"id-{place}",
                "source": cell.get("source_list", cell.get("source", "")),
                "metadata": {**({"tags": cell["tags"]} if "tags" in cell else {}), **cell.get("metadata", {})},
            }
        )
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": new})


def run(case: dict[str, Any], target_name: str = "airflow", mode: str = "per_cell", **changes: Any) -> Prepared:
    """Export the case as a DAG with a task per cell, or for another target."""
    enabled = case.get("kinds_enabled", EVERY_KIND)
    kinds = ("spark", "pyspark") if enabled == "default" else tuple(enabled)
    target = get_target(target_name)
    given = {option.name: option.default for option in target.options}
    if target_name == "airflow":
        given |= {"dag_id": "case", "mode": mode, "livy_conn_id": "ilum-livy-proxy"}
    if target_name == "ilum":
        given |= {"name": "case", "mode": mode, "cluster": "default"}
    request = Request(target_name, target.check(given), kinds=kinds, **case.get("options", {}), **changes)
    notebook = read_notebook(document(case), name="case")
    snapshot = Snapshot(notebook, "given", "a case")
    return prepare(snapshot, request, target, load=template_loader(), version="1.0")


def made_for(case: dict[str, Any]) -> tuple[str, str]:
    """Return the target and mode that a case is about: a DAG with a task per cell, if it does not say."""
    return ("ilum", case["target"]) if "target" in case else ("airflow", "per_cell")


def codes(prepared: Prepared) -> list[str | None]:
    return [row.code.text if row.exported and row.code else None for row in prepared.report.notebook]


def compiles(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<cell>", "exec")
        except SyntaxError:
            return False
    return True


def same_tree(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


def everything(prepared: Prepared) -> str:
    """Return all exported code as one text."""
    return "\n".join(code for code in codes(prepared) if code)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    expect = case["expect"]
    prepared = run(case, *made_for(case))
    report = prepared.report
    found = codes(prepared)
    sources = [row.cell.source for row in report.notebook]

    if "kinds" in expect:
        assert [row.kind for row in report.notebook] == expect["kinds"]
    if "code" in expect:
        assert len(found) == len(expect["code"])
        for mine, wanted in zip(found, expect["code"], strict=True):
            assert same_tree(mine, wanted), mine
    if "code_any" in expect:
        assert any(same_tree(found[0], wanted) for wanted in expect["code_any"]), found[0]
    if expect.get("same"):
        assert [code.rstrip("\n") for code in found if code is not None] == [
            source.rstrip("\n") for source, code in zip(sources, found, strict=True) if code is not None
        ]
        assert None not in found
    for text in expect.get("contains", []):
        assert text in everything(prepared)
    for text in expect.get("lacks", []):
        assert text not in everything(prepared)
    assert all(
        compiles(code) for code, row in zip(found, report.notebook, strict=True) if code and row.language == "python"
    )
    if expect.get("valid"):
        assert prepared.error is None
    rejected = [(one.cell, one.line, one.end_line, one.kind) for one in report.rejected]
    for wanted in expect.get("rejected", []):
        assert any(
            (cell, line) == (wanted["cell"], wanted["line"])
            and (kind == wanted["what"] or kind.startswith(wanted["what"] + ":"))
            and end == wanted.get("to", end)
            for cell, line, end, kind in rejected
        ), (wanted, rejected)
    if expect.get("rejected") == []:
        assert rejected == []
    if expect.get("no_secret"):
        assert [one for one in report.rejected if one.kind == "secret"] == []
    if "status" in expect:
        assert report.status == expect["status"]
    if "tasks" in expect:
        assert len(report.tasks) == report.cells == expect["tasks"]


SENTENCES = [(case["id"], sentence) for case in CASES for sentence in case["expect"].get("must", [])]


@pytest.mark.parametrize(("case", "sentence"), SENTENCES)
def test_must(case: str, sentence: str) -> None:
    assert (case, sentence) in CHECKS, "this sentence has no check"
    CHECKS[case, sentence](run(BY_ID[case], *made_for(BY_ID[case])), BY_ID[case])


def test_all_cases_are_there_and_every_check_has_its_sentence() -> None:
    assert len(CASES) == 102
    assert set(CHECKS) <= set(SENTENCES)
    assert set(SENTENCES) <= set(CHECKS)


def executed(prepared: Prepared, **names: Any) -> dict[str, Any]:
    """Run the exported code as it stands and return its names."""
    for code in codes(prepared):
        if code is not None:
            exec(compile(code, "<cell>", "exec"), names)
    return names


class FakeSpark:
    """Records the queries it is given."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def sql(self, query: str) -> str:
        self.queries.append(query)
        return f"frame {len(self.queries)}"


@must("cell-magic-foreign-02", "the options are not part of the SQL")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    spark = FakeSpark()
    names = executed(prepared, spark=spark)
    assert len(spark.queries) == 1
    assert "-o" not in spark.queries[0]
    assert "-q" not in spark.queries[0]
    assert names["top"] == "frame 1"


@must("cell-magic-foreign-02", "the SQL text is unchanged")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    spark = FakeSpark()
    executed(prepared, spark=spark)
    assert spark.queries == ["SELECT city, n FROM counts ORDER BY n DESC"]


@must("cell-magic-foreign-04", "two statements are run, in order")
@must("cell-magic-foreign-04", "the semicolon inside quotes does not split")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    spark = FakeSpark()
    executed(prepared, spark=spark)
    assert spark.queries == ["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (';' IS NULL)"]


@must("print-07", "valid Python")
@must("display-04", "valid Python")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.error is None
    assert compiles(everything(prepared))


@must("tags-10", "valid Python")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.error is None or prepared.error.code == "JPE203"  # a parameter cell alone is no pipeline
    assert compiles(everything(prepared))


@must("print-07", "path is still opened")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    opened: list[str] = []

    def open_(path: str) -> io.StringIO:
        opened.append(path)
        return io.StringIO("text")

    executed(prepared, open=open_, path="data.txt")
    assert opened == ["data.txt"]


@must("print-08", "no print is left")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert codes(prepared) == [None]


@must("print-11", "n is bound before half is computed")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    names = executed(prepared, xs=[1, 2, 3, 4])
    assert (names["n"], names["half"]) == (4, 2)


@must("display-04", "work(i) stays in the loop")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    (loop,) = (node for node in ast.parse(everything(prepared)).body if isinstance(node, ast.For))
    assert "work(i)" in [ast.unparse(node) for node in loop.body]


@must("display-04", "no display( is left")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert "display(" not in everything(prepared)


@must("secret-01", "neither the error nor the report repeats the values in full")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    told = json.dumps(prepared.report.to_json()) + str(prepared.error) + repr(prepared)
    assert "AKIAIOSFODNN7EXAMPLE" not in told
    assert "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" not in told
    assert prepared.artifact is None


@must("secret-10", "lines 1 and 3 are not reported")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert [one.line for one in prepared.report.rejected] == [2]


@must("tags-02", "all four fall back to generated, distinct ids")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert [task.id for task in prepared.report.tasks] == ["cell_1", "cell_2", "cell_3", "cell_4"]


@must("tags-02", "each ignored tag is reported or documented")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert [(one.cell, one.kind) for one in prepared.report.rejected] == [(place, "invalid-tag") for place in range(4)]


@must("tags-05", "task ids are unique")
@must("tags-05", "one task, load, of both cells, and a warning says so")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert [task.to_json() for task in prepared.report.tasks] == [
        {"id": "load", "cells": [0, 1], "numbers": [1, 2], "retries": None, "upstream": []}
    ]
    assert ["load" in one.text for one in prepared.report.warnings] == [True]


@must("tags-10", "n, a, b, lo and hi are bound")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    names = executed(prepared, config={})
    assert [names[name] for name in ("n", "a", "b", "lo", "hi")] == [3, 0, 0, 1, 9]
    assert executed(prepared, config={"n": 7})["n"] == 7


@must("tags-10", "label: str stays a bare annotation")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert "label: str" in everything(prepared).split("\n")


@must("tags-14", "n is still looked up in the injected values")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert executed(prepared, _jpe_config={"n": 7})["n"] == 7


@must("tags-14", "config['a'] still works")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert executed(prepared, _jpe_config={})["m"] == 3
    assert any("config" in one.text for one in prepared.report.warnings)


@must("tags-18", "no crash")
@must("tags-20", "no crash")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.error is None


@must("tags-18", "the dangling prev:nothing is reported")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert any(one.cell == 2 and "prev:nothing" in one.text for one in prepared.report.warnings)


@must("tags-20", "a string is not a list of tags")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.report.parameters == ()
    assert [task.id for task in prepared.report.tasks] == ["cell_1"]


@must("tags-20", "markdown tags do nothing")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert [row.cell.index for row in prepared.report.notebook] == [0]


@must("notebook-state-02", "get_ipython is not called in the artifact, or the cell is refused with its line")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.error is None
    assert "get_ipython" not in everything(prepared)


@must("notebook-state-06", "reported: dbutils and mssparkutils are not defined in a worker")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    told = " ".join(one.text for one in prepared.report.warnings)
    assert "dbutils" in told
    assert "mssparkutils" in told
    assert codes(prepared) == [case["cells"][0]]  # not stripped silently


@must("notebook-state-07", "the artifact compiles (compile(), not only ast.parse)")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.artifact is None or compiles(everything(prepared))


@must("notebook-state-07", "or the cell is refused with line 1")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert [(one.cell, one.line, one.kind) for one in prepared.report.rejected] == [(0, 1, "syntax-error")]
    assert prepared.report.status == 422


@must("configure-03", "reported with cell 0; no crash; never emitted as Python")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert any(one.cell == 0 and one.kind == "magic" for one in prepared.report.rejected)
    assert codes(prepared)[0] is None
    assert "spark.a" not in everything(prepared)


@must("robustness-01", "no artifact with invalid Python")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.artifact is None
    assert prepared.report.status == 422


@must("robustness-01", "the report names cell 1, line 1")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert [(one.cell, one.line, one.kind) for one in prepared.report.rejected] == [(1, 1, "syntax-error")]


@must("robustness-09", "reported as a syntax error at line 1, or only the one in code is mended")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert "\u00a0" in case["cells"][0].split("\n")[0]
    assert [(one.cell, one.line, one.kind) for one in prepared.report.rejected] == [(0, 1, "syntax-error")]


@must("robustness-09", "the one in the string never changes")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    mended = {**case, "cells": [case["cells"][0].replace("x =\u00a01", "x = 1").replace("x\u00a0= 1", "x = 1")]}
    assert "'a\u00a0b'" in everything(run(mended))


@must("robustness-10", "the generated file is still read as UTF-8 and name is 'é'")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    for made in (run(case, "py"), prepared):
        assert made.artifact is not None
        data = made.artifact.files[0].text.encode()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        assert encoding == "utf-8"
        assert "name = 'é'" in data.decode()


@must("robustness-11", "both cells give the same code and the same report")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    first, second = codes(prepared)
    assert first == second == "x = 1"
    told = [(one.line, one.end_line, one.kind, one.text, one.reason) for one in prepared.report.rejected]
    assert told[: len(told) // 2] == told[len(told) // 2 :]


@must("robustness-12", "upgraded and exported, or refused with a message that names nbformat 3")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert codes(prepared) == ["x = 1"]


@must("robustness-16", "each cell is judged alone; not valid only because they were joined")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.artifact is None
    assert [(one.cell, one.kind) for one in prepared.report.rejected] == [(0, "syntax-error"), (1, "syntax-error")]
    assert run(case, mode="batch").artifact is None


def test_a_future_import_of_a_later_cell_moves_to_the_top_of_a_script() -> None:
    prepared = run(BY_ID["notebook-state-08"], "py")
    assert prepared.artifact is not None
    assert compiles(prepared.artifact.files[0].text)


@must("notebook-state-08", "the merged file compiles: the import moves to its top")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    assert prepared.artifact is not None
    text = prepared.artifact.files[0].text
    assert compiles(text)
    tree = ast.parse(text)
    first = next(one for one in tree.body if not isinstance(one, ast.Expr))
    assert isinstance(first, ast.ImportFrom)
    assert first.module == "__future__"
    assert text.index("x = 1") < text.index("y = 2")


@must("notebook-state-10", "total is 1 in every target")
def _(prepared: Prepared, case: dict[str, Any]) -> None:
    runs = load_beside("property/runs.py")
    made = runs.Exported(case["cells"], template_loader())
    with stub_of_pyspark():
        outcomes = [made.service(template_loader()).run(config) for config in (None, {})]
        outcomes += [made.script(kind, template_loader()) for kind in ("single", "cron", "py")]
        outcomes += [made.statements(mode, {}) for mode in ("per_cell", "batch")]
    assert [(one.error, one.names["total"], one.names["count"]) for one in outcomes] == [("", "1", "1")] * 7


def load_beside(path: str) -> Any:
    """Return a module of the tests by its path."""
    place = Path(__file__).parents[2] / path
    spec = importlib.util.spec_from_file_location(f"jpe_cases_{place.stem}", place)
    assert spec is not None
    assert spec.loader is not None
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # its dataclasses look themselves up there
    spec.loader.exec_module(sys.modules[spec.name])
    return sys.modules[spec.name]


@contextlib.contextmanager
def stub_of_pyspark() -> Iterator[None]:
    """Have `pyspark` be the tests' stub of it."""

    def loaded() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] in ("pyspark", "ilum")]

    before = {name: sys.modules.pop(name) for name in loaded()}
    stub = str(Path(__file__).parents[2] / "stub_pyspark")
    sys.path.insert(0, stub)
    try:
        yield
    finally:
        sys.path.remove(stub)
        for name in loaded():
            del sys.modules[name]
        sys.modules.update(before)
