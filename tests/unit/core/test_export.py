"""`prepare` as a whole: what becomes of cells, what is counted, what is refused, and what is masked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jpe_magics.adapters.templates import template_loader
from jpe_magics.core.export import Prepared, _harmless, prepare
from jpe_magics.core.read import read_notebook
from jpe_magics.core.sanitize.draft import _draft
from jpe_magics.core.secrets import find_given_secrets
from jpe_magics.core.summary import export_view, to_text
from jpe_magics.core.tree import tree_of
from jpe_magics.errors import EmptyPipeline, InvalidCells, OptionError, SecretsFound
from jpe_magics.model.notebook import Snapshot
from jpe_magics.model.option import Request
from jpe_magics.model.text import Text
from jpe_magics.targets import get_target

SECRET = "AKIAIOSFODNN7EXAMPLE"


def export(
    *cells: str | tuple[str, list[str]],
    kernel: str = "python3",
    target: str = "airflow",
    mode: str = "per_cell",
    options: dict[str, Any] | None = None,
    **asked: Any,
) -> Prepared:
    """Prepare a notebook of code cells, each a source or a source with tags."""
    pairs = [one if isinstance(one, tuple) else (one, []) for one in cells]
    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": kernel}},
        "cells": [
            {"cell_type": "code", "id": f"id{place}", "source": source, "metadata": {"tags": tags}}
            for place, (source, tags) in enumerate(pairs)
        ],
    }
    chosen = get_target(target)
    given = {option.name: option.default for option in chosen.options}
    if target == "airflow":
        given |= {"dag_id": "etl", "mode": mode, "livy_conn_id": "ilum-livy-proxy", **(options or {})}
    request = Request(target, chosen.check(given), **asked)
    notebook = read_notebook(json.dumps(content), name="nb", path="folder/nb.ipynb")
    return prepare(Snapshot(notebook, "given", "a test"), request, chosen, load=template_loader(), version="1.0")


def outcomes(prepared: Prepared) -> list[str]:
    return [row.outcome for row in prepared.report.notebook]


def rejected(prepared: Prepared) -> list[tuple[int, int, str]]:
    return [(one.cell, one.line, one.kind) for one in prepared.report.rejected]


def test_the_docstrings_notebook() -> None:
    prepared = export("%load_ext jpe_magics", "# @pipeline-params\nn = 3", "%%spark\ndf = spark.range(n)\nprint(df)")
    assert outcomes(prepared) == ["control", "parameters", "task"]
    assert [task.to_json() for task in prepared.report.tasks] == [
        {"id": "cell_2", "cells": [1], "numbers": [2], "retries": None, "upstream": []},
        {"id": "cell_3", "cells": [2], "numbers": [3], "retries": None, "upstream": ["cell_2"]},
    ]
    assert prepared.report.notebook[1].to_json()["code"] == '# @pipeline-params\nn = config.get("n", 3)'
    assert rejected(prepared) == [(2, 3, "display")]
    assert prepared.report.kinds == ("spark", "pyspark")
    assert prepared.report.cells == 2
    assert prepared.artifact is not None
    assert prepared.report.status == 200


def test_auto_takes_plain_where_nothing_is_spark() -> None:
    assert export("x = 1").report.kinds == ("plain",)
    mixed = export("x = 1", "%%spark\ny = 1")
    assert outcomes(mixed) == ["filtered", "task"]
    assert rejected(mixed) == [(0, 1, "filtered-cell:plain")]
    assert export("x = 1", kernel="pysparkkernel").report.kinds == ("spark", "pyspark")


def test_our_own_cells_are_no_loss_whatever_the_kinds() -> None:
    prepared = export("# export it\n%export_pipeline airflow --dag-id x", "%jpe_history", "%%spark\nx = 1")
    assert outcomes(prepared) == ["control", "control", "task"]
    assert rejected(prepared) == []


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["x = 1", "result = %export_pipeline airflow --dag-id etl", "assert result.ok"], [(2, 1)]),
        (["x = 1\nresult = %export_pipeline airflow --dag-id etl\nassert result.ok"], [(0, 3)]),
        (["result = %jpe_history", "result = 1", "use(result)"], []),
        (["use(result)", "result = %jpe_history"], []),
    ],
)
def test_who_reads_what_a_line_of_ours_made_is_told(cells: list[str], told: list[tuple[int, int]]) -> None:
    prepared = export(*cells)
    found = [(one.cell, one.line) for one in prepared.report.warnings if one.code == "JPE330"]
    assert found == told
    assert rejected(prepared) == []
    assert ("Nothing was taken out." in to_text(export_view(prepared.report))) == (not told)


def test_what_else_stands_in_our_cells_stays() -> None:
    prepared = export("%load_ext jpe_magics\nx = 1\nresult = %export_pipeline airflow --dag-id x")
    assert prepared.report.notebook[0].to_json()["code"] == "x = 1"
    assert rejected(prepared) == []


def test_skip_is_reported_and_blank_cells_are_not() -> None:
    prepared = export(("x = 1", ["skip"]), "  \n", "y = 2", "# only a comment")
    assert outcomes(prepared) == ["skipped", "emptied", "task", "emptied"]
    assert rejected(prepared) == [(0, 1, "skipped"), (3, 1, "emptied-cell")]


def test_parameter_cells_that_set_one_name_are_told_of() -> None:
    cells = ("a = 1", ["parameters"]), "use(a)", ("b = 2\na = 3", ["parameters"])
    prepared = export(*cells)
    assert [(one.name, one.type, one.default) for one in prepared.report.parameters] == [
        ("a", "any", None),
        ("b", "int", 2),
    ]
    (finding,) = prepared.report.warnings
    assert (finding.code, finding.cell, finding.line) == ("JPE367", 2, 2)
    assert finding.text.startswith("a is assigned already (cell 1, line 1)")
    assert export(*cells, parameters=(("a", "5"),)).report.warnings == ()


def test_papermills_injected_values_become_the_defaults() -> None:
    prepared = export(("n = 1\nname = 'a'", ["parameters"]), ("n = 7", ["injected-parameters"]), "use(n)")
    assert outcomes(prepared) == ["parameters", "skipped", "task"]
    assert [(one.name, one.default) for one in prepared.report.parameters] == [("n", 7), ("name", "a")]
    assert 'config.get("n", 7)' in prepared.report.notebook[0].to_json()["code"]
    assert rejected(prepared) == [(1, 1, "skipped")]


def test_injected_values_that_no_parameter_cell_declares_are_named() -> None:
    prepared = export(("n = 1", ["parameters"]), ("n = 7\nm = 2\nk = 3", ["injected-parameters"]), "k = 1\nuse(m)")
    assert [(one.code, one.cell, one.line) for one in prepared.report.warnings] == [("JPE315", 1, 2)]


def test_a_parameter_cell_is_kept_although_its_kind_is_not() -> None:
    prepared = export(("n = 1", ["parameters"]), "%%spark\nuse(n)")
    assert outcomes(prepared) == ["parameters", "task"]
    assert rejected(prepared) == []


def test_param_changes_the_default() -> None:
    prepared = export(("n = 1", ["parameters"]), "use(n)", parameters=(("n", "5"),))
    assert 'n = config.get("n", 5)' in prepared.report.notebook[0].to_json()["code"]
    with pytest.raises(OptionError, match="no parameter 'm'"):
        export(("n = 1", ["parameters"]), "use(n)", parameters=(("m", "5"),))


def test_secrets_refuse_and_are_never_shown() -> None:
    prepared = export(f'key = "{SECRET}"', "x = 1")
    assert isinstance(prepared.error, SecretsFound)
    assert (prepared.report.status, prepared.artifact, prepared.shown) == (400, None, ())
    assert "cell 1, line 1" in str(prepared.error)
    assert SECRET not in repr(prepared)


def test_a_secret_that_is_left_out_does_not_refuse_but_is_masked() -> None:
    prepared = export((f'key = "{SECRET}"', ["skip"]), f'%%bash\necho "{SECRET}"', "%%spark\nx = 1")
    assert prepared.error is None
    assert SECRET not in repr(prepared.report) + repr(prepared.shown)


def test_a_secret_on_a_line_that_is_taken_out_refuses_all_the_same() -> None:
    prepared = export(f'!curl -H "Authorization: Bearer {SECRET}{SECRET}"\nx = 1')
    assert isinstance(prepared.error, SecretsFound)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"parameters": (("api_key", SECRET),)}, "--param api_key"),
        (
            {"options": {"session_conf": {"spark.hadoop.fs.s3a.secret.key": "T0p-s3cret-77"}}},
            "--session-conf spark.hadoop.fs.s3a.secret.key",
        ),
        ({"options": {"description": f"with {SECRET}"}}, "--description"),
    ],
)
def test_a_secret_on_the_line_is_refused_like_one_in_a_cell(asked: dict[str, Any], place: str) -> None:
    cells = (("api_key = None", ["parameters"]), "use(api_key)")
    prepared = export(*cells, **asked)
    assert isinstance(prepared.error, SecretsFound)
    assert (prepared.report.status, prepared.error.where, prepared.artifact) == (400, place, None)
    allowed = export(*cells, **asked, allow_secrets=True)
    assert allowed.artifact is not None
    for secret in (SECRET, "T0p-s3cret-77"):
        assert secret not in repr(prepared) + repr(allowed.report) + repr(allowed.shown)


def test_no_secret_on_the_line() -> None:
    given = {"session_conf": {"spark.ui.enabled": "false", "spark.hadoop.fs.s3a.secret.key": "${SECRET}"}}
    assert export("x = 1", options=given).error is None


def test_allowed_secrets_are_in_the_artifact_only() -> None:
    prepared = export(f'key = "{SECRET}"', allow_secrets=True)
    assert prepared.artifact is not None
    assert SECRET in prepared.artifact.files[0].text
    assert SECRET not in repr(prepared.report) + repr(prepared.shown)
    assert rejected(prepared) == [(0, 1, "secret")]
    assert prepared.report.files[0][1] == prepared.artifact.files[0].sha256


def test_every_broken_cell_is_named() -> None:
    prepared = export("x = (1,", "y = 2", "z = 3)")
    assert isinstance(prepared.error, InvalidCells)
    assert outcomes(prepared) == ["invalid", "task", "invalid"]
    assert "cell 1, line 1" in str(prepared.error)
    assert "cell 3, line 1" in str(prepared.error)
    assert prepared.report.status == 422


def test_a_broken_cell_that_is_left_out_does_not_refuse() -> None:
    assert export(("x = (1,", ["skip"]), "y = 2").error is None
    assert export("x = (1,", "%%spark\ny = 2").error is None


def test_nothing_left_says_what_kinds_would_export() -> None:
    prepared = export("x = 1", "%%sql\nSELECT 1", kinds=("spark", "pyspark"))
    assert isinstance(prepared.error, EmptyPipeline)
    assert "empty-pipeline" in str(prepared.error)
    assert "--kinds plain would export 1 cell" in str(prepared.error)
    assert "--kinds sql would export 1 cell" in str(prepared.error)


def test_parameter_cells_alone_are_nothing() -> None:
    assert isinstance(export(("n = 1", ["parameters"])).error, EmptyPipeline)
    assert isinstance(export().error, EmptyPipeline)


def test_scala_goes_to_a_dag_per_cell_only() -> None:
    cells = ("%%scala\nval x = 1", "%%spark\ny = 1")
    kinds = ("scala", "spark")
    assert outcomes(export(*cells, kinds=kinds)) == ["task", "task"]
    for other in (export(*cells, kinds=kinds, mode="batch"), export(*cells, kinds=kinds, target="py")):
        assert outcomes(other) == ["unsupported", "task"]
        assert rejected(other) == [(0, 1, "unsupported-kind:scala")]


def test_cells_are_counted_by_artifact() -> None:
    cells = ("x = 1", ("y = 2", ["merge"]), "z = 3")
    assert export(*cells).report.cells == 2
    batch = export(*cells, mode="batch").report
    assert (batch.cells, [task.id for task in batch.tasks]) == (3, ["run_notebook"])
    script = export(*cells, target="py").report
    assert (script.cells, script.tasks) == (3, ())


def test_a_name_asked_for_twice_is_a_refusal_with_a_report() -> None:
    prepared = export(("x = 1", ["task:load"]), "y = 2", ("z = 3", ["task:load"]))
    assert isinstance(prepared.error, InvalidCells)
    assert (prepared.report.status, prepared.report.error_code) == (422, "JPE204")
    assert prepared.artifact is None


def test_config_of_the_notebooks_own_moves_the_look_ups() -> None:
    prepared = export(("n = 1", ["parameters"]), "config = {'a': 1}")
    assert prepared.pipeline is not None
    assert prepared.pipeline.config_name == "_jpe_config"
    assert prepared.report.notebook[0].to_json()["code"] == 'n = _jpe_config.get("n", 1)'


@pytest.mark.parametrize(
    ("cells", "reads"),
    [
        (["spark.range(1)"], True),
        (["spark = make()\nspark.range(1)"], False),
        (["spark = make()", "spark.range(1)"], False),
        (["spark.range(1)", "spark = make()"], True),
        (["spark = spark.newSession()"], True),
        (["def f():\n    return spark.range(1)"], True),
    ],
)
def test_what_is_read_before_it_is_bound(cells: list[str], reads: bool) -> None:
    prepared = export(*cells)
    assert prepared.pipeline is not None
    assert ("spark" in prepared.pipeline.reads) == reads


def test_configure_cells_become_session_configuration() -> None:
    prepared = export(
        '%%configure -f\n{"executorCores": 2, "conf": {"spark.a": "1"}}',
        '%%configure -f\n{"conf": {"spark.b": "2"}}',
        "x = 1",
        kernel="pysparkkernel",
    )
    assert prepared.pipeline is not None
    assert prepared.pipeline.session_conf == {"executorCores": 2, "conf": {"spark.a": "1", "spark.b": "2"}}


def test_kept_rejections_are_reported_all_the_same() -> None:
    prepared = export("%matplotlib inline\nprint(1)\nx = 1", "%matplotlib inline", keep_rejections=True)
    code = prepared.report.notebook[0].to_json()["code"]
    assert "print(1)" in code
    assert "# %matplotlib inline" in code
    assert rejected(prepared) == [(0, 1, "magic"), (0, 2, "display"), (1, 1, "emptied-cell"), (1, 1, "magic")]
    assert outcomes(prepared) == ["task", "emptied"]


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (export(("n = 1", ["parameters"]), "x = n") for _ in range(2))
    assert first.artifact is not None
    assert first.artifact == second.artifact


def test_what_a_notebook_no_longer_has_is_forgotten_with_the_next_export() -> None:
    code = "old = 1"
    old, kept = (Text.of(code), frozenset[str]()), (Text.of("kept = 2"), frozenset[str]())
    export(code, "kept = 2")
    first = _draft.get(kept)
    assert first is not None
    assert (_draft.get(old), tree_of.get(code)) != (None, None)
    for _ in range(2):  # the first one's was asked for just now
        export("kept = 2", "new = 3")
    assert _draft.get(kept) is first
    assert (_draft.get(old), tree_of.get(code)) == (None, None)


def test_an_export_says_the_same_whatever_was_exported_before() -> None:
    cells = ("def print(x): ...", "n = [1]\nprint(n)\n%time m = n", "h = display(1)\nh.update(2)", "n.pop()\nm")
    alone = export(*cells)
    export(*cells[1:])  # without the notebook's own print the same cell is judged otherwise
    export(*reversed(cells))
    again = export(*cells)
    assert (again.report, again.artifact) == (alone.report, alone.artifact)
    assert export(*cells[1:]).artifact != alone.artifact


def test_no_secret_is_kept_for_the_next_export() -> None:
    secret = 'password = "hunter2-Xk9"'
    for _ in range(2):
        assert [one.kind for one in export(secret, "x = 1").report.rejected] == ["secret"]
    assert (_harmless.get((secret, "python")), _harmless.get(("x = 1", "python"))) == (None, True)


def test_what_livy_does_not_know_is_said() -> None:
    configure = '%%configure -f\n{"ttl": "1h", "conf": {"spark.a": "1"}}'
    for target in ("airflow", "py"):
        prepared = export(configure, "x = 1", kernel="pysparkkernel", target=target)
        assert "JPE317" in [one.code for one in prepared.report.warnings]


def test_queries_that_the_default_leaves_out_are_said() -> None:
    cells = ("%%sql\nCREATE TEMP VIEW v AS SELECT 1", "x = spark.table('v')")
    prepared = export(*cells, kernel="pysparkkernel")
    assert [(one.code, one.cell) for one in prepared.report.warnings] == [("JPE365", 0)]
    assert "--kinds spark,pyspark,sql" in prepared.report.warnings[0].text
    asked = export(*cells, kernel="pysparkkernel", kinds=("spark", "pyspark"))
    assert asked.report.warnings == ()


def test_a_name_that_only_a_skipped_cell_makes_is_said() -> None:
    prepared = export(("val = 1\nother = 2", ["skip"]), "y = val + 1", "val = 3", "other")
    assert [(one.code, one.cell) for one in prepared.report.warnings] == [("JPE366", 3)]
    assert "other" in prepared.report.warnings[0].text
    assert "cell 1" in prepared.report.warnings[0].text


def test_a_secret_in_a_list_option_refuses() -> None:
    given = get_target("airflow").check({"dag_id": "etl", "mode": "per_cell", "tags": (SECRET,)})
    assert find_given_secrets(Request("airflow", given))
