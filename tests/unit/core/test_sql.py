"""SQL cells as Python."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.core.classify import classify
from jpe_magics.core.read import notebook_from_cells
from jpe_magics.core.sql import split_statements, sql_to_python, translate
from jpe_magics.model.text import Text


def statements(sql):
    return [statement for _, statement in split_statements(sql)]


def calls(code):
    """Return the texts that the code hands to spark.sql, and the names that it assigns."""
    found, names = [], []
    for node in ast.parse(code).body:
        call = node.value
        if isinstance(node, ast.Assign):
            names.append(node.targets[0].id)
        assert ast.unparse(call.func) == "spark.sql"
        found.append(ast.literal_eval(call.args[0]))
    return found, names


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;", ["SELECT 1"]),
        ("  \n SELECT 1 ;;\n ; ", ["SELECT 1"]),
        ("CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1), (';' IS NULL)", None),
        ("SELECT ';'; SELECT \";\"; SELECT `;`", ["SELECT ';'", 'SELECT ";"', "SELECT `;`"]),
        ("SELECT 'it''s;'; SELECT 1", ["SELECT 'it''s;'", "SELECT 1"]),
        (r"SELECT 'it\'s;'; SELECT 1", [r"SELECT 'it\'s;'", "SELECT 1"]),
        (r"SELECT '\\'; SELECT 1", [r"SELECT '\\'", "SELECT 1"]),
        (r"SELECT r'\'; SELECT R'\'", [r"SELECT r'\'", r"SELECT R'\'"]),
        (r"SELECT bar'\';'; SELECT 1", [r"SELECT bar'\';'", "SELECT 1"]),
        ("SELECT 1 -- a; b\n; SELECT 2 -- don't", ["SELECT 1 -- a; b", "SELECT 2 -- don't"]),
        ("SELECT /* ; /* ; */ ' ; */ 1; SELECT 2", ["SELECT /* ; /* ; */ ' ; */ 1", "SELECT 2"]),
        ("SELECT /*+ BROADCAST(a) */ 1; -- done", ["SELECT /*+ BROADCAST(a) */ 1"]),
        ("-- only a comment\n/* and; another */", []),
        ("-- why\nSELECT 1", ["-- why\nSELECT 1"]),
        ("SELECT 1; /* open ; SELECT 2", ["SELECT 1"]),
        ("SELECT 'open ; SELECT 2", ["SELECT 'open", "SELECT 2"]),
        ("BEGIN\n  SELECT 1;\n  SELECT 2;\nEND;", ["BEGIN\n  SELECT 1;\n  SELECT 2;\nEND;"]),
        ("SELECT begin; SELECT 1", ["SELECT begin", "SELECT 1"]),
        ("SELECT 'größe;🚀'; SELECT 2", ["SELECT 'größe;🚀'", "SELECT 2"]),
        ("", []),
        (" \n;", []),
    ],
)
def test_statements(sql, expected):
    expected = expected if expected is not None else sql.split(";\n")
    assert statements(sql) == expected
    assert calls(translate(Text.of(sql)).text)[0] == expected


def test_the_last_statement_is_assigned():
    code = translate(Text.of("USE a; SELECT 1"), "top").text
    assert calls(code) == (["USE a", "SELECT 1"], ["top"])


def test_an_empty_body_gives_an_empty_text():
    assert translate(Text("", (4,)), "top") == Text("", (4,))
    assert translate(Text.of("-- a\n\n", 2)) == Text("", (2,))


def test_lines_lead_back_to_the_cell():
    code = translate(Text.of("\nSELECT 1,\n  2;\n\nSELECT 3", 5))
    assert code.text == 'spark.sql("""SELECT 1,\n  2""")\nspark.sql("SELECT 3")'
    assert code.lines == (6, 7, 9)


def test_lines_of_text_that_can_not_stand_in_triple_quotes():
    sql = "SELECT '\\d', \"\"\"\n, '''\n\x0b2"
    code = translate(Text.of(sql, 2))
    assert calls(code.text)[0] == [sql]
    assert (code.lines[0], code.lines[-1]) == (2, 4)
    assert list(code.lines) == sorted(code.lines)


def sql_cell(source):
    (one,) = classify(notebook_from_cells([{"cell_type": "code", "source": source}], name="nb"))
    return one


def test_the_reader_learns_that_the_result_is_another_kind_of_frame():
    code, findings = sql_to_python(sql_cell("%%sql -o top\nSELECT city FROM t"))
    assert code.text == 'top = spark.sql("SELECT city FROM t")'
    assert code.lines == (2,)
    assert [(one.code, one.line) for one in findings] == [("JPE313", 2)]
    assert "top" in findings[0].text


def test_without_a_name_there_is_nothing_to_say():
    assert sql_to_python(sql_cell("%%sql\nSELECT 1"))[1] == ()
    assert sql_to_python(sql_cell("%%sql -o top\n-- nothing"))[1] == ()


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab;'\"`\\-/*\n rR\t\0é\ud800")))
def test_any_text_becomes_python_that_holds_it(sql):
    code = translate(Text.of(sql))
    found, _ = calls(code.text)
    assert found == statements(sql)
    place = 0
    for statement in found:
        place = sql.index(statement, place) + len(statement)
