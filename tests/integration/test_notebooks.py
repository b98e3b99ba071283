"""The notebooks in `notebooks/`: each opens anywhere, runs in a real kernel, and shows what it says.

Cells that need Spark are run by `tests/live/test_notebooks.py`; here the rest of such a notebook is.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from jpe_magics import cli
from tests.fake_ilum import FakeIlum
from tests.integration.test_magics_in_kernel import environment

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: What a notebook's cells say of a failure, and of a warning: its code, and how its message begins.
QUOTED = re.compile(r"^> (JPE\d{3}): (.*)$", re.MULTILINE)
QUIET = ["--IPKernelApp.log_level=40"]


class Book:
    """A notebook of ours, in a folder of its own, where it is run and exported."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.path = Path(shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", folder))
        self.content = nbformat.read(self.path, as_version=4)
        self.environ = environment(folder) | {"JPE_NOTEBOOK_PATH": str(self.path), "JPE_AIRFLOW_ENABLED": "false"}

    def run(self, only: Iterable[str] = (), **environ: str) -> None:
        """Run all cells, or those of these ids alone, in a kernel; one that fails without leave is an error."""
        chosen = set(only)
        cells = [cell for cell in self.content.cells if not chosen or cell["id"] in chosen]
        assert len(cells) >= len(chosen)
        part = nbformat.from_dict({**self.content, "cells": cells})
        resources = {"metadata": {"path": str(self.folder)}}
        client = NotebookClient(part, kernel_name="python3", timeout=120, resources=resources, extra_arguments=QUIET)
        client.execute(env={**self.environ, **environ})
        self.content.cells = part.cells

    def cell(self, id: str) -> Any:
        (found,) = (cell for cell in self.content.cells if cell["id"] == id)
        return found

    def shown(self, id: str) -> str:
        """Return what a user without a front end sees below a cell, in one line."""
        texts = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in self.cell(id).outputs]
        return " ".join(" ".join(texts).split())

    def failed(self, id: str) -> str:
        """Return what the cell's last error says."""
        errors = [out for out in self.cell(id).outputs if out.output_type == "error"]
        return "\n".join(errors[-1].traceback) if errors else ""

    def record(self) -> dict[str, Any]:
        """Return the newest record of the history, as the log has it."""
        lines = [json.loads(line) for line in (self.folder / "audit.jsonl").read_text().splitlines()]
        newest = lines[-1].get("record") or lines[-1]["id"]
        told: dict[str, Any] = {}
        for line in lines:
            if newest in (line.get("record"), line.get("id")):
                told |= line
        return told

    def report(self, *words: str) -> tuple[int, Any]:
        """Export it from a shell, without the kernel; return the exit code and the report."""
        report = self.folder / "report.json"
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            code = cli.main(["export", str(self.path), *words, "--report", str(report)])
        return code, json.loads(report.read_text())


@pytest.fixture
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Book:
    return Book(request.param, tmp_path)


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("book", [name], indirect=True, ids=[name])


def taken_out(report: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the kinds of what was taken out, by the id of its cell."""
    kinds: dict[str, set[str]] = {}
    for one in report["rejected"]:
        kinds.setdefault(one["cell_id"], set()).add(one["kind"])
    return kinds


def tasks(report: Mapping[str, Any]) -> list[tuple[str, int | None]]:
    return [(task["id"], task["retries"]) for task in report["tasks"]]


def warned(report: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(one["cell_id"], one["code"]) for one in report["warnings"]}


# --- all of them


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_opens_on_a_fresh_machine_and_holds_no_outputs(path: Path) -> None:
    content = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(content)
    assert (content.nbformat, content.nbformat_minor) == (4, 5)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    assert content.metadata == {"kernelspec": kernel, "language_info": {"name": "python"}}
    assert content.cells[0].cell_type == "markdown"
    assert content.cells[0].source.startswith("# ")
    for cell in content.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
        assert len(cell.source.splitlines()) <= 20
    assert path.read_text(encoding="utf-8").endswith("}\n")


def test_every_notebook_is_run_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [path.stem for path in NOTEBOOKS if f'@of("{path.stem}")' not in here] == []


# --- one by one


@of("quickstart")
def test_quickstart(book: Book) -> None:
    book.run()
    assert "✓ Exported: the file is in its place." in book.shown("export")
    assert (book.folder / "dags" / "etl_daily.py").is_file()
    with sqlite3.connect(book.folder / "quickstart-data" / "warehouse.db") as connection:
        (kpi,) = connection.execute("SELECT count(*) FROM kpi").fetchone()
    connection.close()
    assert kpi > 0
    record = book.record()
    assert (record["target"], record["name"], record["notebook"]["name"]) == ("airflow", "etl_daily", "quickstart")
    code, report = book.report("airflow", "--dag-id", "etl_daily", "--preview")
    assert code == 0
    names = ["prepare", "land_orders", "read_orders", "check_orders", "load_orders", "build_kpi", "split_regions"]
    assert [name for name, _ in tasks(report)][1:] == names
    assert dict(tasks(report))["load_orders"] == 2
    assert taken_out(report) == {
        "imports": {"magic"},
        "landing": {"shell"},
        "read": {"magic", "display"},
        "check": {"display"},
        "look": {"display", "emptied-cell"},
        "regions": {"display"},
        "report": {"display"},
    }


@of("sparkmagic")
def test_sparkmagic_without_a_session(book: Book) -> None:
    """What it says of the export holds without Sparkmagic, too: from a shell, as in CI."""
    code, report = book.report("airflow", "--dag-id", "daily_orders", "--kinds", "spark,sql", "--preview")
    assert code == 0
    assert tasks(report) == [
        *(("set_parameters", None), ("load_orders", 2), ("clean_orders", None), ("build_kpi", None)),
        *(("top_regions", None), ("save_kpi", None)),
    ]
    places = [cell["id"] for cell in book.content.cells]
    assert [places[one] for one in report["tasks"][2]["cells"]] == ["clean-orders", "count-refused"]
    assert [(one["name"], one["type"]) for one in report["parameters"]] == [
        ("run_date", "str"),
        ("min_amount", "float"),
    ]
    assert taken_out(report) == {
        "load": {"filtered-cell:plain"},
        "session": {"filtered-cell:plain"},
        "load-orders": {"display"},
        "count-refused": {"display"},
        "save-kpi": {"invalid-tag"},
        "only-prints": {"display", "emptied-cell"},
        "look": {"skipped"},
        "in-the-kernel": {"filtered-cell:plain"},
        "close": {"filtered-cell:plain"},
    }
    assert ("top-regions", "JPE313") in warned(report), "a Spark frame instead of a pandas one"
    code, report = book.report("airflow", "--dag-id", "daily_orders", "--preview")
    left_out = {"build-kpi", "top-regions"}
    assert code == 0
    assert {id for id, kinds in taken_out(report).items() if "filtered-cell:sql" in kinds} == left_out
    assert {id for id, one in warned(report) if one == "JPE365"} == left_out


@of("ilum_service")
def test_a_service_is_made_once_and_run_twice(book: Book) -> None:
    """Against an Ilum that keeps its API's rules and runs nothing."""
    with FakeIlum() as ilum:
        spark = {"connect", "orders", "kpi"}
        code_cells = [cell["id"] for cell in book.content.cells if cell.cell_type == "code"]
        book.run([id for id in code_cells if id not in spark], ILUM_API_URL=ilum.url)
        assert "class NotebookService(IlumJob)" in book.shown("preview")
        assert f"POST {ilum.url}/group" in book.shown("preview")
        (group,) = ilum.of("group")
        assert group.form["name"] == "daily-kpi-svc"
        assert ilum.count("POST", "/group") == 1, "nothing is uploaded again"
        days = [run.body["jobConfig"]["run_date"] for run in ilum.runs[group.id]]
        assert days == ["2026-05-21", "2026-05-22"]
        for id in ("first-run", "second-run"):
            assert "✓ The run succeeded." in book.shown(id)
        assert all(day in book.shown("record") for day in days)
        assert "✓ Stopped." in book.shown("stop")
        assert group.state == "ARCHIVED"
    code, report = book.report("ilum", "--mode", "service", "--name", "daily-kpi-svc", "--preview")
    assert code == 0
    assert report["cells"] == 4, "the cells that talk to Ilum are no work of the service"
    assert taken_out(report) == {"orders": {"display"}}


@of("plain_pyspark")
def test_plain_pyspark(book: Book) -> None:
    book.run(["load", "parameters", "script", "dag"])
    script = (book.folder / "build" / "plain_pyspark.py").read_text(encoding="utf-8")
    assert "spark.stop()" in script
    assert "print(orders" not in script
    assert "%time" not in script
    assert "0 of 5 tasks are named" in book.shown("dag")
    code, report = book.report("airflow", "--dag-id", "orders_report", "--preview")
    assert code == 0
    assert taken_out(report) == {
        "orders": {"magic", "display"},
        "report": {"display"},
        "stop": {"session", "emptied-cell"},
        "run-it": {"skipped"},
    }
    assert [one["name"] for one in report["parameters"]] == ["run_date", "min_amount", "out"]


@of("what_can_go_wrong")
def test_what_can_go_wrong_goes_wrong_as_it_says(book: Book) -> None:
    book.run()
    said: list[tuple[str, str]] = []  # the code and message that the text promises
    told = []  # the cells that showed them
    for cell in book.content.cells:
        if cell.cell_type == "markdown":
            said += QUOTED.findall(cell.source)
            continue
        if "raises-exception" in cell.metadata.get("tags", ()):
            code, message = said.pop()
            lines = book.failed(cell["id"])
            assert lines.startswith(f"{code}: {message}"), lines
            assert "Traceback" not in lines
            assert "  do: " in lines, "each says what to do"
            told.append(code)
        elif said:
            code, message = said.pop()
            assert code in book.shown(cell["id"])
            assert message in book.shown(cell["id"])
            told.append(code)
        assert said == [], "one failure a cell"
    assert len(told) == len(set(told)) + 1 == 17, "JPE001 twice, all others once"
    assert "vT2" not in json.dumps([cell.get("outputs") for cell in book.content.cells])
    assert (book.folder / "good.py").read_text() == "precious = True\n"
    assert book.shown("the-history").count("✗ failed") == 2
    assert not (book.folder / "dags").exists()
