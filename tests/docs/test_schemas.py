"""Real reports and records are what their JSON Schemas, and so the pages made of them, say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jpe_magics import cli
from jpe_magics.core.rows import EXPORTED, LEFT_OUT
from jpe_magics.model import parameter
from jpe_magics.model.finding import Rejection
from jpe_magics.model.record import Record
from tests.docs.pages import REFERENCE, generated
from tools.docs.examples import Example, notebook
from tools.docs.schemas import RECORD, REPORT, schema

RICH = Example(
    cells=(
        ('# @pipeline-params\nn = 3\nlabels = ("a", "b")\nwhen = None', ()),
        ("%ls\nm = n + 1\nprint(m)", ("task:load", "retries:2", "task:again")),
        ("x = 1", ("skip",)),
        ("# nothing", ()),
        ("%jpe_history", ()),
        ("%%sql\nSELECT 1", ()),
    )
)
SECRET = Example(cells=(('token = "ghp_1234567890abcdefghijklmnopqrstuvwxyz"', ()),))
BROKEN = Example(cells=(("for n in 3", ()),))
FIELDS_OF_THE_COMMAND = {"published", "record", "state"}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPE_AUDIT_LOG", str(tmp_path / "audit.jsonl"))
    monkeypatch.setenv("JPE_GIT_PROVIDER", "local")
    return tmp_path


def report(example: Example | None, *words: str, code: int = 0) -> dict[str, Any]:
    """The report of an export of the example (None: of a file that is not there) by the command."""
    if example is not None:
        Path("etl.ipynb").write_text(json.dumps(notebook(example)), encoding="utf-8")
    assert cli.main(["export", "etl.ipynb", *words, "--report", "report.json"]) == code
    written: dict[str, Any] = json.loads(Path("report.json").read_text(encoding="utf-8"))
    return written


def check(document: Any, path: Path) -> None:
    told = schema(path)
    jsonschema.Draft202012Validator.check_schema(told)
    jsonschema.Draft202012Validator(told).validate(document)


@pytest.mark.parametrize(
    ("example", "words", "code"),
    [
        (RICH, ("airflow", "--dag-id", "etl"), 0),
        (RICH, ("airflow", "--dag-id", "etl", "--mode", "batch", "--preview"), 0),
        (RICH, ("py",), 0),
        (RICH, ("ilum", "--name", "etl", "--preview", "--keep-rejections"), 0),
        (SECRET, ("py",), 3),
        (SECRET, ("py", "--allow-secrets"), 0),
        (BROKEN, ("py",), 3),
        (None, ("py",), 3),
        (RICH, ("py", "--output", "etl.ipynb/x.py"), 4),
    ],
)
def test_a_report_is_as_its_schema_says(example: Example | None, words: tuple[str, ...], code: int) -> None:
    written = report(example, *words, code=code)
    check(written, REPORT)
    assert set(written) == set(schema(REPORT)["properties"])


def test_a_rich_report_has_a_row_of_every_sort() -> None:
    written = report(RICH, "airflow", "--dag-id", "etl")
    for name in ("rejected", "notebook", "parameters", "tasks", "warnings", "files", "published"):
        rows = schema(REPORT)["$defs"][schema(REPORT)["properties"][name]["items"]["$ref"].rpartition("/")[2]]
        assert written[name], name
        assert set(written[name][0]) == set(rows["properties"]), name


def broken_reports(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {name: value for name, value in good.items() if name != "cells"}
    yield {**good, "more": 1}
    yield {**good, "status": 500}
    yield {**good, "rejected": [{**good["rejected"][0], "kind": "magical"}]}
    yield {**good, "notebook": [{**good["notebook"][0], "outcome": "gone"}]}
    yield {**good, "warnings": [{**good["warnings"][0], "code": "JPE101"}]}


def test_the_schema_refuses_what_is_no_report() -> None:
    for broken in broken_reports(report(RICH, "airflow", "--dag-id", "etl")):
        with pytest.raises(jsonschema.ValidationError):
            check(broken, REPORT)


def test_the_schema_knows_the_words_of_the_model() -> None:
    told = schema(REPORT)["$defs"]
    kind = jsonschema.Draft202012Validator(told["rejection"]["properties"]["kind"])
    assert all(kind.is_valid(one) for one in Rejection.KINDS)
    assert all(kind.is_valid(one + "sql") and not kind.is_valid(one) for one in Rejection.PREFIXES)
    assert told["parameter"]["properties"]["type"]["enum"] == list(parameter.TYPES)
    assert set(told["cell"]["properties"]["outcome"]["enum"]) == {*EXPORTED, *LEFT_OUT, "emptied", "invalid"}


@pytest.mark.parametrize("words", [("py",), ("airflow", "--dag-id", "etl", "--no-trigger")])
def test_a_record_is_as_its_schema_says(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    identity = report(RICH, *words)["record"]
    capsys.readouterr()
    assert cli.main(["history", identity, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    check(printed, RECORD)
    assert printed["states"]
    assert printed["published"]


def test_the_records_schema_has_the_fields_of_the_record() -> None:
    told = schema(RECORD)
    names = [one.name for one in fields(Record)]
    assert list(told["properties"]) == names
    assert told["required"] == names


@pytest.mark.parametrize(("name", "path"), [("report.md", REPORT), ("record.md", RECORD)])
def test_the_page_has_every_field_of_the_schema(name: str, path: Path) -> None:
    text, told = generated()[REFERENCE / name], schema(path)
    for one in (told, *told["$defs"].values()):
        for field, what in one["properties"].items():
            assert f"| `{field}` | " in text
            assert what["description"].replace("|", "\\|") in text
