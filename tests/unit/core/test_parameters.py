from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.core.coerce import coerce, type_of
from jpe_magics.core.parameters import assigned_again, declare, find_parameters, look_up
from jpe_magics.errors import OptionError
from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.text import Text

CELL = Cell("", 2, 1, "id")


def find(code: str) -> tuple[Parameter, ...]:
    return find_parameters(Text.of(code), CELL).parameters


def rewritten(code: str, given: dict[str, str] | None = None, config: str = "config") -> str:
    parameters = declare(find(code), [], (given or {}).items())
    return look_up(Text.of(code), {one.name: one for one in parameters}, config).text


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("threshold = 0.95", 'threshold = config.get("threshold", 0.95)'),
        ('run_date: str = "2026-05-21"', 'run_date: str = config.get("run_date", "2026-05-21")'),
        ('out = f"gold.{run_date}"', 'out = config.get("out", f"gold.{run_date}")'),
        ("n = -1  # rows", 'n = config.get("n", -1)  # rows'),
        ("x = (1 +\n     2)", 'x = (config.get("x", 1 +\n     2))'),
        ("pair = 1, 2", 'pair = config.get("pair", (1, 2))'),
        ("pair = (1, 2)", 'pair = config.get("pair", (1, 2))'),
        ("pairs = (1, 2), (3, 4)", 'pairs = config.get("pairs", ((1, 2), (3, 4)))'),
        ("pair = (1), (2)", 'pair = config.get("pair", ((1), (2)))'),
        ("pair = (1, 2),", 'pair = config.get("pair", ((1, 2),))'),
        ("pair = (1, 2  # c\n)", 'pair = config.get("pair", (1, 2  # c\n))'),
        ("a = 1; b = 2", 'a = config.get("a", 1); b = config.get("b", 2)'),
        ("x = y if y else 3", 'x = config.get("x", y if y else 3)'),
        ("f = lambda: 1", 'f = config.get("f", lambda: 1)'),
        ("größe = '数据'", "größe = config.get(\"größe\", '数据')"),
        ("x = \\\n  5", 'x = \\\n  config.get("x", 5)'),
        ("x = 'a' 'b'", "x = config.get(\"x\", 'a' 'b')"),
        ("a = b = 0", "a = b = 0"),
        ("lo, hi = 1, 9", "lo, hi = 1, 9"),
        ("total += 1", "total += 1"),
        ("cfg['a'] = 1", "cfg['a'] = 1"),
        ("label: str", "label: str"),
        ("if x:\n    y = 1", "if x:\n    y = 1"),
    ],
)
def test_only_top_level_assignments_to_a_name_change(code: str, wanted: str) -> None:
    assert rewritten(code) == wanted
    compile(wanted, "<cell>", "exec")


def test_what_is_no_parameter_is_reported_with_its_line() -> None:
    code = "n = 1\nlo, hi = 1, 9\nlabel: str\nimport os\nfor i in n: pass\ntotal += 1"
    findings = find_parameters(Text.of(code), CELL).findings
    assert [(one.line, one.cell) for one in findings] == [(2, 2), (5, 2), (6, 2)]


def test_a_parameter_has_type_default_and_description() -> None:
    (one,) = find("rate: float = 0.5  # per day")
    assert (one.name, one.type, one.default, one.description, one.line) == ("rate", "float", 0.5, "per day", 1)
    (other,) = find("day = date.today().isoformat()")
    assert (other.type, other.default, other.literal) == ("any", None, False)
    assert other.expression == "date.today().isoformat()"


@pytest.mark.parametrize("code", ["{1, 2}", "b'x'", "1j", "{1: 2}", "...", "float('nan')", "x"])
def test_what_json_can_not_carry_is_no_literal(code: str) -> None:
    (one,) = find(f"p = {code}")
    assert not one.literal


def test_a_given_default_stands_in_the_code_and_in_the_declaration() -> None:
    code = 'threshold = 0.95  # keep\nout = f"gold.{day}"'
    assert rewritten(code, {"threshold": "1", "out": "x"}) == (
        'threshold = config.get("threshold", 1.0)  # keep\nout = config.get("out", "x")'
    )


def test_a_default_of_several_lines_may_be_replaced() -> None:
    text = Text.of("regions = [\n  1,\n]\nn = 2")
    parameters = declare(find(text.text), [], [("regions", "[5]")])
    changed = look_up(text, {one.name: one for one in parameters}, "config")
    assert changed.text == 'regions = config.get("regions", [5])\nn = config.get("n", 2)'
    assert changed.lines == (1, 4)


@pytest.mark.parametrize(
    ("given", "told"),
    [({"n": "0.5"}, "n must be a whole number"), ({"m": "1"}, "no parameter 'm'")],
)
def test_bad_values_name_the_parameter(given: dict[str, str], told: str) -> None:
    with pytest.raises(OptionError, match=told) as caught:
        rewritten("n = 3", given)
    assert caught.value.code == "JPE004"


def test_papermills_values_become_the_defaults_and_param_wins() -> None:
    found = find("n = 1\nname = 'a'")
    injected = find("n = 5\nname = 'b'\nother = 1")
    parameters = declare(found, injected, [("name", "c")])
    assert [(one.name, one.default) for one in parameters] == [("n", 5), ("name", "c")]


def test_a_name_assigned_twice_keeps_its_own_expressions() -> None:
    code = "n = 3\nn = n * 2"
    (one,) = declare(find(code), [], [])
    assert (one.type, one.literal) == ("any", False)
    names: dict[str, Any] = {"config": {}}
    exec(rewritten(code), names)
    assert names["n"] == 6


def test_each_assignment_after_the_first_is_told_unless_one_default_counts() -> None:
    found = find("n = 1\nm = 2\nn = 3\nn = 4")
    told = [(first.line, again.line) for first, again in assigned_again(found, declare(found, [], []))]
    assert told == [(1, 3), (1, 4)]
    assert list(assigned_again(found, declare(found, find("n = 5"), []))) == []
    assert list(assigned_again(found, declare(found, [], [("n", "5")]))) == []


#: The rules of coercion: kind, value, result (an exception class where it is refused).
COERCIONS: list[tuple[str, Any, Any]] = [
    ("bool", "true", True),
    ("bool", "False", False),
    ("bool", "1", True),
    ("bool", 0, False),
    ("bool", "yes", ValueError),
    ("bool", 2, ValueError),
    ("bool", 1.0, ValueError),
    ("int", "7", 7),
    ("int", "-7", -7),
    ("int", 5.0, 5),
    ("int", "0.5", ValueError),
    ("int", True, ValueError),
    ("int", "", ValueError),
    ("float", "1", 1.0),
    ("float", 2, 2.0),
    ("float", True, ValueError),
    ("float", "x", ValueError),
    ("str", "x", "x"),
    ("str", "", ""),
    ("str", 5, ValueError),
    ("list", "[1, 2]", [1, 2]),
    ("list", [1], [1]),
    ("list", "1,2", ValueError),
    ("list", "{}", ValueError),
    ("dict", '{"a": 1}', {"a": 1}),
    ("dict", "[]", ValueError),
    ("tuple", "[1, 2]", (1, 2)),
    ("tuple", [1, 2], (1, 2)),
    ("any", "x", "x"),
    ("any", None, None),
    ("int", None, ValueError),
]


@pytest.mark.parametrize(("kind", "value", "wanted"), COERCIONS)
def test_coerce(kind: str, value: Any, wanted: Any) -> None:
    if wanted is ValueError:
        with pytest.raises(ValueError, match="must be"):
            coerce(kind, value)
    else:
        result = coerce(kind, value)
        assert (result, type(result)) == (wanted, type(wanted))


def test_type_of() -> None:
    assert [type_of(one) for one in (True, 1, 0.5, "a", [], {}, (), None)] == [
        "bool", "int", "float", "str", "list", "dict", "tuple", "any",
    ]  # fmt: skip
