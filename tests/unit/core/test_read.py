"""Notebook files, good and broken."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.core.read import notebook_from_cells, read_notebook
from jpe_magics.errors import JpeError, NotebookError


def cell(source="x = 1", **more):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **more}


def as_json(*cells, **more):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more})


def read(*cells, **more):
    return read_notebook(as_json(*cells, **more), name="nb")


def digest(*cells, **more):
    return read(*cells, **more).digest


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4, 5, 9])
def test_every_nbformat_4(minor):
    notebook = read(cell(), nbformat_minor=minor)
    assert (notebook.nbformat, notebook.cells[0].source) == ((4, minor), "x = 1")


def test_cells_are_counted_twice():
    notebook = read(cell("a"), {"cell_type": "markdown", "source": "b"}, cell("c", id="third"))
    assert [(one.index, one.number, one.id) for one in notebook.cells] == [
        (0, 1, None),
        (1, None, None),
        (2, 2, "third"),
    ]
    assert [one.source for one in notebook.code_cells] == ["a", "c"]


def test_source_as_list_and_as_string_are_the_same():
    assert read(cell(["a = 1\n", "b"])) == read(cell("a = 1\nb"))


def test_line_ends_are_one():
    assert read(cell("a\r\nb\rc\n\x0bd\u2028e")).cells[0].source == "a\nb\nc\n\x0bd\u2028e"


def test_a_byte_order_mark_is_no_text():
    text = as_json(cell("é"))
    assert read_notebook(text.encode("utf-8-sig"), name="nb") == read_notebook("\ufeff" + text, name="nb")


def test_name_path_and_metadata():
    notebook = read_notebook(
        as_json(cell(), metadata={"kernelspec": {"name": "PySparkKernel"}}), name="etl", path="d/etl"
    )
    assert (notebook.name, notebook.path, notebook.kernel) == ("etl", "d/etl", "pysparkkernel")


@pytest.mark.parametrize("metadata", [None, [], "x", 3])
def test_metadata_of_the_wrong_type_is_none(metadata):
    notebook = read(cell(metadata=metadata), metadata=metadata)
    assert (notebook.metadata, notebook.cells[0].metadata, notebook.cells[0].tags) == ({}, {}, ())


@pytest.mark.parametrize(
    ("tags", "expected"),
    [(["a", "b"], ("a", "b")), ("parameters", ()), ({"a": 1}, ()), (["a", 1, None, ["b"]], ("a",)), (None, ())],
)
def test_only_the_strings_of_a_list_are_tags(tags, expected):
    assert read(cell(metadata={"tags": tags})).cells[0].tags == expected


def test_duplicate_and_odd_ids_are_kept_or_dropped():
    assert [one.id for one in read(cell(id="a"), cell(id="a"), cell(id=3)).cells] == ["a", "a", None]


def test_numbers_that_json_does_not_know_do_no_harm():
    text = as_json(cell()).replace('"metadata": {}', '"metadata": {"jpe": NaN, "x": [Infinity]}')
    assert read_notebook(text, name="nb").digest


def test_lone_surrogates_do_no_harm():
    text = as_json(cell()).replace("x = 1", "x = '\\ud800'")
    assert read_notebook(text, name="nb").cells[0].source == "x = '\ud800'"


OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "old"},
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {"cell_type": "heading", "level": 2, "source": ["Title"], "metadata": {}},
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "input": ["x = 1\n", "y = 2"],
                    "language": "python",
                    "metadata": {"tags": ["skip"]},
                    "outputs": [],
                    "prompt_number": 3,
                },
            ],
        },
        {"metadata": {}, "cells": [{"cell_type": "markdown", "source": "more", "metadata": {}}]},
    ],
}


def test_nbformat_3():
    notebook = read_notebook(json.dumps(OLD), name="nb")
    assert [one.cell_type for one in notebook.cells] == ["markdown", "code", "markdown"]
    (code,) = notebook.code_cells
    assert (code.source, code.tags, code.id, code.number, notebook.nbformat) == (
        "x = 1\ny = 2",
        ("skip",),
        None,
        1,
        (3, 0),
    )
    assert notebook == read_notebook(json.dumps(OLD), name="nb")


def test_nbformat_2():
    old = {
        "nbformat": 2,
        "metadata": {},
        "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1", "language": "python", "outputs": []}]}],
    }
    assert [one.source for one in read_notebook(json.dumps(old), name="nb").code_cells] == ["x = 1"]


# what the file holds → code, and what the message must say
BROKEN = [
    (b"", "JPE102", "empty"),
    (b" \n", "JPE102", "empty"),
    (b"\xff\xfe\x00", "JPE102", "UTF-8"),
    (b"x = 1", "JPE102", "not JSON"),
    (b'{"nbformat": 4,\n "cells": [', "JPE102", "not JSON"),
    (b'{\n<<<<<<< HEAD\n"nbformat": 4\n', "JPE102", "git's conflict markers"),
    (b"[" * 200_000, "JPE102", "deep"),
    (b"[]", "JPE103", "a list"),
    (b"null", "JPE103", "null"),
    (b"3", "JPE103", "a number"),
    (b"{}", "JPE103", "nbformat"),
    (b'{"nbformat": true, "cells": []}', "JPE103", "nbformat"),
    (b'{"nbformat": "4", "cells": []}', "JPE103", "nbformat"),
    (b'{"nbformat": 5, "cells": []}', "JPE103", "nbformat 5"),
    (b'{"nbformat": 4}', "JPE103", "cells"),
    (b'{"nbformat": 4, "cells": {}}', "JPE103", "cells"),
    (b'{"nbformat": 4, "cells": [3]}', "JPE103", "cell 1 of the file"),
    (b'{"nbformat": 4, "cells": [{"source": "x"}]}', "JPE103", "cell_type"),
    (b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "JPE103", "source"),
    (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": null}]}', "JPE103", "null"),
    (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a", 1]}]}', "JPE103", "cell 1 of the file"),
    (b'{"nbformat": 3}', "JPE103", "nbformat 3"),
    (b'{"nbformat": 3, "worksheets": [{"cells": [3]}]}', "JPE103", "nbformat 3"),
    (b'{"nbformat": 2, "worksheets": 3}', "JPE103", "nbformat 2"),
    (b'{"nbformat": 0}', "JPE103", "nbformat 0"),
    (b'{"nbformat": -1}', "JPE103", "nbformat -1"),
]


@pytest.mark.parametrize(("data", "code", "said"), BROKEN)
def test_a_broken_file_says_what_where_and_what_to_do(data, code, said):
    with pytest.raises(NotebookError) as raised:
        read_notebook(data, name="nb", path="folder/nb.ipynb")
    error = raised.value
    assert error.code == code
    assert said in str(error)
    assert "folder/nb.ipynb" in error.where
    assert error.hint


def test_broken_json_names_its_line():
    with pytest.raises(NotebookError) as raised:
        read_notebook('{"nbformat": 4,\n "cells" []}', name="nb")
    assert "line 2, column 10" in raised.value.where


def test_a_live_document_is_read_in_the_same_way():
    cells = [cell(["a = 1\n", "b"], metadata={"tags": ["skip"]}), {"cell_type": "markdown", "source": "c"}]
    metadata = {"kernelspec": {"name": "python3"}}
    assert notebook_from_cells(cells, name="nb", metadata=metadata) == read(*cells, metadata=metadata)
    with pytest.raises(NotebookError, match="not an object"):
        notebook_from_cells(["x"], name="nb")


@pytest.mark.parametrize(
    "other",
    [
        cell(outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}], execution_count=7),
        cell(id="other"),
        cell(["x = ", "1"]),
        cell(metadata={"execution": {"iopub.status.busy": "now"}, "collapsed": True, "tags": []}),
    ],
)
def test_the_digest_is_blind_to_running_and_viewing(other):
    told = {"kernelspec": {"name": "python3"}, "language_info": {"name": "python", "version": "3.13.1"}}
    seen = {"kernelspec": {"name": "python3", "display_name": "P"}, "language_info": {"name": "python"}, "widgets": {}}
    assert digest(cell(), metadata=told) == digest(other, metadata=seen)


@pytest.mark.parametrize(
    ("cells", "metadata"),
    [
        ([cell("x = 2")], {}),
        ([cell(), cell("")], {}),
        ([{"cell_type": "raw", "source": "x = 1"}], {}),
        ([cell(metadata={"tags": ["skip"]})], {}),
        ([cell(metadata={"microsoft": {"language": "sparksql"}})], {}),
        ([cell()], {"kernelspec": {"name": "pysparkkernel"}}),
        ([cell()], {"kernel_info": {"name": "synapse_pyspark"}}),
        ([cell()], {"language_info": {"name": "pyspark"}}),
        ([cell()], {"jpe": {"dag_id": "x"}}),
    ],
)
def test_the_digest_sees_what_can_change_the_artifact(cells, metadata):
    assert digest(*cells, metadata=metadata) != digest(cell())


def test_the_digest_stays_the_same_from_release_to_release():
    assert digest(cell()) == "d203464267d50e47fe32a0f6d7d400e70c6df7b8d11fde2a1578c0b75fa502af"


def test_a_notebook_of_today_does_not_need_nbformat():
    program = (
        f"import sys; from jpe_magics.core.read import read_notebook; read_notebook({as_json(cell())!r}, name='nb')"
    )
    program += "; sys.exit('nbformat' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


KEYS = st.sampled_from(
    ["nbformat", "nbformat_minor", "metadata", "cells", "cell_type", "source", "tags", "id", "worksheets", "kernelspec"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
CELLS = st.fixed_dictionaries(
    {}, optional={"cell_type": st.sampled_from(["code", "raw", 3]), "source": JSON, "metadata": JSON, "id": JSON}
)
NOTEBOOKS = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([4, 4, 4, 3, 2, 1]), "cells": st.lists(CELLS, max_size=3)},
    optional={"nbformat_minor": JSON, "metadata": JSON, "worksheets": st.lists(st.fixed_dictionaries({"cells": JSON}))},
)


@settings(deadline=None)
@given(JSON | NOTEBOOKS)
def test_any_json_is_read_or_refused_in_our_words(content):
    try:
        notebook = read_notebook(json.dumps(content), name="nb")
    except JpeError as error:
        assert error.hint
    else:
        assert len(notebook.digest) == 64


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused_in_our_words(data):
    with pytest.raises(JpeError):
        read_notebook(data, name="nb")
