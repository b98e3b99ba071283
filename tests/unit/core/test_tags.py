"""Every rule of the table of tags."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.core.read import notebook_from_cells
from jpe_magics.core.tags import Tags, read_tags, steps_of


def notebook(*tags, cell_type="code"):
    return notebook_from_cells(
        [{"cell_type": cell_type, "source": "x = 1", "metadata": {"tags": one}} for one in tags], name="nb"
    )


def tags_of(*tags, reserved=frozenset(), steps=None, cell_type="code"):
    return read_tags(notebook(list(tags), cell_type=cell_type).cells[0], frozenset(reserved), steps)


@pytest.mark.parametrize(
    ("tag", "field"),
    [
        ("parameters", "parameters"),
        ("skip", "skip"),
        ("merge", "merge"),
        ("injected-parameters", "injected"),
        ("imports", "imports"),
        ("functions", "functions"),
    ],
)
def test_plain_tags(tag, field):
    assert tags_of(tag) == Tags(**{field: True})
    assert tags_of(tag.upper(), tag + "s", " " + tag)._replace(findings=()) == Tags()


@pytest.mark.parametrize(
    "name", ["load", "_x", "a1", "größe", "数据", "match", "case", "type", "cell", "c2_x", "cell_x"]
)
def test_names_that_a_task_can_have(name):
    tags = tags_of(f"task:{name}")
    assert (tags.task, tags.rejections, tags.findings) == (name, (), ())


@pytest.mark.parametrize(
    "name",
    [
        *("1st", "has-dash", "", " ", "a b", " load", "load ", "a.b", "a\n", 'x"', "../x", "\ud800"),
        *("class", "None", "True", "async", "\uff43\uff4c\uff41\uff53\uff53"),
        *("livy_session", "livy_cleanup", "run_notebook", "cell_3", "cell_300", "c2", "c2_c3", "c10_c11_c12"),
        *("dag", "DAG", "config", "PythonOperator", "__debug__", "__name__"),
        *("a" * 251, "का"),
    ],
)
def test_names_that_a_task_can_not_have(name):
    tags = tags_of(f"task:{name}", reserved={"dag", "DAG", "config", "PythonOperator"})
    assert tags.task == ""
    assert [(one.kind, one.line, one.text) for one in tags.rejections] == [("invalid-tag", 1, f"task:{name}")]


def test_the_longest_name():
    assert tags_of("task:" + "a" * 250).task == "a" * 250


def test_names_are_what_python_makes_of_them():
    assert tags_of("task:ﬁle").task == "file"


def test_the_first_valid_name_wins_and_the_second_is_said():
    tags = tags_of("task:1st", "task:load", "task:load", "task:clean")
    assert tags.task == "load"
    assert [one.text for one in tags.rejections] == ["task:1st"]
    (finding,) = tags.findings
    assert finding.code == "JPE322"
    assert "task:clean" in finding.text


@pytest.mark.parametrize(
    ("number", "retries"),
    [("3", 3), ("0", 0), (" 3", 3), ("3 ", 3), ("\t3\n", 3), ("007", 7), ("2147483647", 2147483647), ("0" * 5000, 0)],
)
def test_retries(number, retries):
    tags = tags_of(f"retries:{number}")
    assert (tags.retries, tags.rejections) == (retries, ())


@pytest.mark.parametrize(
    "number", ["-1", "abc", "2.5", "", " ", "+3", "1e3", "3 4", "٣", "²", "1_000", "0x3", "2147483648", "9" * 5000]
)
def test_retries_that_are_none(number):
    tags = tags_of(f"retries:{number}")
    assert tags.retries is None
    assert [(one.kind, one.text) for one in tags.rejections] == [("invalid-tag", f"retries:{number}")]


def test_the_first_valid_number_wins():
    tags = tags_of("retries:x", "retries:2", "retries:4")
    assert (tags.retries, len(tags.rejections), [one.code for one in tags.findings]) == (2, 1, ["JPE322"])


def test_kales_graph_is_read_and_said_not_to_be_used():
    tags = tags_of("block:", "step:load", "prev:a", "prev:b:c", steps=frozenset("abc"))
    assert (tags.step, tags.prev) == ("load", ("a", "b:c"))
    assert [one.code for one in tags.findings] == ["JPE320"]
    assert tags.rejections == ()


def test_a_prev_that_names_no_step_is_said():
    whole = notebook(["block:load"], ["prev:load"], ["block:eval", "prev:nothing"], ["block:"])
    assert steps_of(whole) == {"load", "eval"}
    codes = [[one.code for one in read_tags(cell, frozenset(), steps_of(whole)).findings] for cell in whole.cells]
    assert codes == [["JPE320"], ["JPE320"], ["JPE320", "JPE321"], ["JPE320"]]
    assert [one.code for one in tags_of("prev:nothing").findings] == ["JPE320"]


def test_tags_of_other_cells_do_nothing():
    assert tags_of("parameters", "task:doc", "retries:x", cell_type="markdown") == Tags()


def test_unknown_tags_do_nothing():
    assert tags_of("hide-input", "task", "retries", "limit:nvidia.com/gpu:1") == Tags()


@settings(deadline=None)
@given(st.text())
def test_whatever_is_accepted_can_stand_in_a_dag(name):
    task = tags_of(f"task:{name}").task
    if task:
        compile(f"{task} = 1", "dag", "exec")
        assert task.isidentifier()
        assert not keyword.iskeyword(task)
        assert len(task) <= 250


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("Skip", "skip"),
        ("skpi", "skip"),
        (" merge ", "merge"),
        ("parameter", "parameters"),
        ("injected_parameters", "injected-parameters"),
        ("Task:load", "task:load"),
        ("tasks:load", "task:load"),
        ("task :load", "task:load"),
        ("retry:2", "retries:2"),
        ("retires:2", "retries:2"),
        ("perv:a", "prev:a"),
    ],
)
def test_a_tag_that_is_almost_one_of_ours_is_said(tag, meant):
    (finding,) = tags_of(tag).findings
    assert (finding.code, finding.text) == ("JPE323", f"tag {tag!r} does nothing: did you mean {meant}?")


@pytest.mark.parametrize("tag", ["", "hide-input", "slow", "skip-execution", "task", "etl:load", "ship:it", "::"])
def test_tags_of_others_are_left_alone(tag):
    assert tags_of(tag).findings == ()
