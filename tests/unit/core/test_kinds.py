"""What `--kinds` means."""

from __future__ import annotations

import pytest

from jpe_magics.core.classify import classify
from jpe_magics.core.kinds import not_exported, resolve_kinds
from jpe_magics.core.read import notebook_from_cells
from jpe_magics.core.rows import Row, choose
from jpe_magics.core.tags import Tags
from jpe_magics.errors import OptionError


def classified(*sources):
    return classify(notebook_from_cells([{"cell_type": "code", "source": one} for one in sources], name="nb"))


REMOTE = {"spark", "pyspark"}


@pytest.mark.parametrize(
    ("asked", "sources", "kinds"),
    [
        ([], ["x = 1", "%%spark\nx = 1"], REMOTE),
        ([], ["x = 1", "%%pyspark\nx = 1"], REMOTE),
        (["auto"], ["x = 1"], {"plain"}),
        (["auto"], ["%%sql\nSELECT 1", "%%scala\nval x = 1"], {"plain"}),
        (["auto", "sql"], ["%%spark\nx = 1"], REMOTE | {"sql"}),
        (["sql"], ["%%spark\nx = 1"], {"sql"}),
        ([" Spark ", "PLAIN"], [], {"spark", "plain"}),
        ([""], [], {"plain"}),
    ],
)
def test_kinds(asked, sources, kinds):
    assert resolve_kinds(asked, classified(*sources)) == kinds


@pytest.mark.parametrize("asked", [["python"], ["sql", "r"], ["spark;sql"]])
def test_an_unknown_kind_lists_those_there_are(asked):
    with pytest.raises(OptionError) as raised:
        resolve_kinds(asked, [])
    assert raised.value.exit_code == 2
    for kind in ("spark", "pyspark", "sql", "scala", "plain", "auto"):
        assert kind in raised.value.hint


@pytest.mark.parametrize(("kind", "kinds"), [("sql", {"plain"}), ("plain", REMOTE)])
def test_plain_is_explained_where_it_is_named(kind, kinds):
    told = not_exported(kind, kinds)
    assert told.startswith(f"{kind} cells are not among the exported kinds ({', '.join(sorted(kinds))})")
    assert told.endswith("; plain is Python that runs in the kernel")


def test_plain_is_not_explained_where_nothing_speaks_of_it():
    assert "plain" not in not_exported("sql", REMOTE)


def test_a_cell_that_is_left_out_says_what_plain_is():
    (row,) = [Row(one, Tags()) for one in classified("%%spark\nx = 1")]
    choose([row], frozenset({"plain"}), frozenset({"python"}))
    assert [one.reason for one in row.rejections] == [not_exported("spark", {"plain"})]
