"""Reading the file, also while it is being written."""

from __future__ import annotations

import json
import time

import pytest

from jpe_magics.adapters.live.saved import read_file, read_given
from jpe_magics.errors import NotebookError

TEXT = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {},
        "cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": []}],
    }
)


@pytest.mark.parametrize("half", ["", TEXT[: len(TEXT) // 2]])
def test_a_file_that_is_being_written_is_read_again(tmp_path, half, monkeypatch):
    file = tmp_path / "a.ipynb"
    file.write_text(half)
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            file.write_text(TEXT)

    monkeypatch.setattr(time, "sleep", wait)
    saved = read_file(file, shown="a.ipynb")
    assert waits == [0.05] * 3
    assert [cell.source for cell in saved.notebook.cells] == ["x = 1"]
    assert saved.modified == file.stat().st_mtime


def test_a_broken_file_is_an_error_after_a_second(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_text(TEXT[:-3])
    began = time.monotonic()
    with pytest.raises(NotebookError) as error:
        read_file(file, shown="a.ipynb")
    assert error.value.code == "JPE102"
    assert 1.0 <= time.monotonic() - began < 30


def test_given(tmp_path):
    file = tmp_path / "quickstart.ipynb"
    file.write_text(TEXT)
    snapshot = read_given(str(file))
    assert (snapshot.origin, snapshot.text) == ("given", "notebook file quickstart.ipynb, 1 cell")
    assert (snapshot.doubtful, snapshot.findings) == ((), ())
    assert (snapshot.notebook.name, snapshot.notebook.path) == ("quickstart", str(file))


def test_given_below_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.ipynb").write_text(TEXT)
    assert read_given("~/a.ipynb").notebook.path == "~/a.ipynb"


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("job.py", "JPE103", r"not a notebook but a \.py file"),
        ("none.ipynb", "JPE102", "No such file"),
        (".", "JPE103", "folder"),
    ],
)
def test_given_what_is_no_notebook(tmp_path, name, code, words):
    (tmp_path / "job.py").write_text("x = 1\n")
    with pytest.raises(NotebookError, match=words) as error:
        read_given(str(tmp_path / name))
    assert error.value.code == code
    assert error.value.hint
