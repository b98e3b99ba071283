"""A site's own templates: what they must keep, and what an error says of one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.core.header import LOOK, made_from
from jpe_magics.errors import RenderError
from jpe_magics.targets.airflow import target as airflow
from jpe_magics.targets.ilum import target as ilum
from jpe_magics.targets.py import target as py

HEADER = "{% for line in header %}\n{{ line }}\n{% endfor %}\n"
CASES = (
    (airflow, "airflow/dag.py.j2", {"dag_id": "etl"}),
    (ilum, "ilum/single.py.j2", {"name": "kpi"}),
    (ilum, "ilum/service.py.j2", {"name": "kpi", "mode": "service"}),
    (py, "py/script.py.j2", {}),
)


def rendered(case: Any, source: str, pipeline_of: Any, load: Any) -> str:
    target, name, given = case
    options = target.check(given)
    pipeline = pipeline_of([("a", "n = 1")])
    artifact = target.render(pipeline, options, lambda asked: source if asked == name else load(asked), "0.1.0")
    return str(artifact.files[0].text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])
def test_a_template_without_the_header_is_refused(case: Any, pipeline_of: Any, load_template: Any) -> None:
    with pytest.raises(RenderError) as caught:
        rendered(case, "print('ours')\n", pipeline_of, load_template)
    assert (caught.value.code, caught.value.where) == ("JPE401", case[1])
    assert "leaves out the header" in caught.value.message
    assert "{% for line in header %}" in caught.value.hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])
def test_a_template_may_write_above_the_header(case: Any, pipeline_of: Any, load_template: Any) -> None:
    text = rendered(case, f"# Licence\n{HEADER}print('ours')\n", pipeline_of, load_template)
    assert made_from(text) == "etl_daily.ipynb"


def test_a_header_too_far_below_is_none(pipeline_of: Any, load_template: Any) -> None:
    lines = "# a line of a long licence\n"
    rendered(CASES[0], lines * (LOOK - 1) + HEADER, pipeline_of, load_template)
    with pytest.raises(RenderError, match="leaves out the header"):
        rendered(CASES[0], lines * LOOK + HEADER, pipeline_of, load_template)
