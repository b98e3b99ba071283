"""The commands of `docs/howto/ilum.md`, run in their order against an Ilum that runs what it gets."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from jpe_magics import cli
from jpe_magics.session import Session
from tools.servers.ilum_core import IlumCore

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "ilum.md"
CELL = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        {**CELL, "id": "a", "metadata": {"tags": ["parameters"]}, "source": 'run_date = "2026-05-20"'},
        {**CELL, "id": "b", "source": 'from pathlib import Path\n\nPath("OUT", run_date).touch()'},
    ],
}


def commands() -> Iterator[list[str]]:
    for block in re.findall(r"```shell\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            program, *words = shlex.split(line)
            assert program == "jpe"
            yield words


def test_the_commands_do_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    Path("nightly.ipynb").write_text(json.dumps(NOTEBOOK).replace("OUT", str(out)))
    with IlumCore(tmp_path / "core") as core:
        environ = {
            "ILUM_API_URL": core.api_url,
            "JPE_AUDIT_LOG": str(tmp_path / "audit.jsonl"),
            "JPE_AIRFLOW_ENABLED": "false",
            "GITEA_API_URL": "http://127.0.0.1:1/api/v1",
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        days = set()
        for words in commands():
            newest = next((row.id for row in Session(environ=environ).history.newest()), "")
            core.requests.clear()
            assert cli.main([newest if word == "ID" else word for word in words]) == 0, (words, capsys.readouterr())
            said = " ".join(capsys.readouterr().out.split())
            if "--preview" in words:
                assert core.requests == []
                assert "jobClass = pipeline_exp_nightly" in said
            if "--run" in words:
                assert "/api/v1/group" not in [path for method, path in core.requests if method == "POST"], "no upload"
            if "--wait" in words:
                day = (
                    words[words.index("--run-param") + 1].partition("=")[2] if "--run-param" in words else "2026-05-20"
                )
                days.add(day)
                (out / day).unlink()
        assert days == {"2026-05-20", "2026-05-21", "2026-05-22"}
        assert [one.state for one in core.state.schedules.values()] == ["DISABLED", "DISABLED", "ENABLED"]
        assert [one.state for one in core.state.groups.values()] == ["ARCHIVED", "ARCHIVED", "ARCHIVED", "ACTIVE"]
        last = [word for word in words if word != "--replace"]
        assert cli.main(last) == 4
        assert "--replace makes the new one and then stops this one" in capsys.readouterr().err
