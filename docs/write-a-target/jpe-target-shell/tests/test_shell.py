"""The target's own tests: its options, its files, and that they run."""  # noqa: INP001

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jpe_target_shell import target

from jpe_magics import Session
from jpe_magics.errors import OptionError

#: Stands in for spark-submit: takes its options off and runs the script with Python.
SUBMIT = """#!/bin/sh
while [ "${1#--}" != "$1" ]; do echo "$1 $2" >> seen; shift 2; done
exec "$PYTHON" "$@"
"""
CELL = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        {**CELL, "id": "a", "metadata": {"tags": ["parameters"]}, "source": 'day = "2026-05-20"'},
        {**CELL, "id": "b", "source": 'print(day)\nopen("done", "w").write(day)'},
    ],
}


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a notebook of two cells in a folder of its own, with a history of its own."""
    monkeypatch.setenv("JPE_AUDIT_LOG", str(tmp_path / "audit.jsonl"))
    path = tmp_path / "etl.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    return path


def test_the_shell_file_runs_the_notebook(notebook: Path, tmp_path: Path) -> None:
    """Both files stand beside the notebook; arguments are parameters; values reach spark-submit as they are."""
    conf = {"spark.app.name": "it's $HOME; `ls`"}
    done = Session().export("shell", notebook=notebook, name="etl", spark_conf=conf)
    assert [Path(one.place).name for one in done.published] == ["etl_job.py", "run_etl.sh"]
    submit = tmp_path / "submit"
    submit.write_text(SUBMIT)
    submit.chmod(0o755)
    environ = {**os.environ, "SPARK_SUBMIT": str(submit), "PYTHON": sys.executable}
    subprocess.run(["sh", tmp_path / "run_etl.sh", "day=2026-05-21"], env=environ, cwd="/", check=True)  # noqa: S603, S607
    assert (tmp_path / "done").read_text() == "2026-05-21"
    assert (tmp_path / "seen").read_text() == "--master local[*]\n--conf spark.app.name=it's $HOME; `ls`\n"


def test_an_export_again_replaces_its_own_files(notebook: Path) -> None:
    """The header says whose the files are, so the next export may replace them."""
    Session().export("shell", notebook=notebook, name="etl")
    again = Session().export("shell", notebook=notebook, name="etl", master="yarn")
    assert [one.note for one in again.published] == ["unchanged", "replaced"]


@pytest.mark.parametrize("options", [{"name": "a/b"}, {"name": "a", "master": "local two"}])
def test_wrong_options_are_named(options: dict[str, str]) -> None:
    """An option that can't be used raises before anything is written."""
    with pytest.raises(OptionError) as caught:
        target.check(options)
    assert caught.value.where in ("--name", "--master")
