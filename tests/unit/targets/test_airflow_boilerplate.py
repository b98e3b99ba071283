"""Which lines of a DAG are the same whatever the notebook holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jpe_magics.model.artifact import File
from jpe_magics.model.parameter import Parameter
from jpe_magics.targets.airflow import TEMPLATE, target

Load = Callable[[str], "str | None"]
MODES = [({}, {}), ({"whole": True}, {"mode": "batch"})]


def dag(pipeline: Any, load: Load, **options: Any) -> File:
    return target.render(pipeline, target.check({"dag_id": "etl", **options}), load, "0.1.0").files[0]


def split(file: File) -> tuple[str, str, str]:
    assert file.boilerplate is not None
    return file.boilerplate.split(file.text)


@pytest.mark.parametrize(("about", "options"), MODES)
def test_what_differs_between_two_notebooks_is_above_and_below(
    about: dict[str, Any], options: dict[str, Any], pipeline_of: Any, load_template: Load
) -> None:
    names = ("zz_one", "zz_other")
    parts = [
        split(
            dag(pipeline_of([("load", f"{name} = 1")], [Parameter(name, "int", 1)], **about), load_template, **options)
        )
        for name in names
    ]
    assert parts[0][1] == parts[1][1]
    assert parts[0][1].count("\n") > 300
    for (above, _, below), name in zip(parts, names, strict=True):
        assert name in above
        assert f"{name} = 1" in below


@pytest.mark.parametrize("about", [{"config_name": "_jpe_config"}, {"parameters": [Parameter("zz_n", "any", None)]}])
@pytest.mark.parametrize("language", ["python", "scala"])
def test_nothing_of_any_notebook_is_in_it(about: Any, language: str, pipeline_of: Any, load_template: Load) -> None:
    pipeline = pipeline_of([("zz_load", "zz_x = 1", {"language": language})], notebook="zz_etl", **about)
    above, ours, below = split(dag(pipeline, load_template))
    assert "zz_etl" in above
    assert "zz_x = 1" in below
    assert "zz_" not in ours


def test_the_file_is_the_template_s_text_and_compares_by_all_of_it(pipeline_of: Any, load_template: Load) -> None:
    file = dag(pipeline_of([("load", "x = 1")]), load_template)
    assert "".join(split(file)) == file.text
    assert file.sha256 == File(file.path, file.text).sha256


def test_a_cell_with_the_headings_in_it_leaves_nothing_to_fold(pipeline_of: Any, load_template: Load) -> None:
    ours = dag(pipeline_of([("load", "x = 1")]), load_template).boilerplate
    assert ours is not None
    code = f'hidden = 1\n"""\n{ours.begins}\n"""\nimport os\n"""\n{ours.ends}\n"""'
    file = dag(pipeline_of([("load", code)]), load_template)
    assert split(file) == (file.text, "", "")


def test_a_site_s_template_without_headings_has_none(pipeline_of: Any, load_template: Load) -> None:
    own = (load_template(TEMPLATE) or "").replace("# How cells are run", "# What our site has changed")
    pipeline = pipeline_of([("load", "x = 1")])
    file = dag(pipeline, lambda name: own if name == TEMPLATE else load_template(name))
    assert "What our site has changed" in file.text
    assert file.boilerplate is None


def test_masking_may_take_lines_away(pipeline_of: Any, load_template: Load) -> None:
    file = dag(pipeline_of([("load", "x = 1")], session_conf={"conf": {"spark.key": "one\ntwo"}}), load_template)
    masked = replace(file, text=file.text.replace("import json\n", ""))
    assert masked.text != file.text
    assert split(masked)[1] == split(file)[1]
