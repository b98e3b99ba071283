"""The same rules for parameter values in `core.coerce`, in DAGs and in scripts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.core.coerce import coerce
from jpe_magics.core.literal import Code
from jpe_magics.core.render import render

KINDS = ("bool", "int", "float", "str", "list", "dict", "tuple", "any")
VALUES: list[Any] = [
    *(True, False, 0, 1, 2, -1, 0.0, 1.0, 0.5, 1e300, 10**30, float("inf"), float("nan")),
    *("true", "True", "FALSE", "1", "0", " 1 ", "2", "0.5", "5.0", "1e3", "", "yes", "nan", "x", "1_000", "٣"),
    *([], [1], (1, 2), {}, {"a": 1}, None, "[1]", "{}", '{"a": [1]}', "[", '"a"', "null", "NaN"),
]


@pytest.fixture(scope="module")
def in_artifact() -> Any:
    from pathlib import Path

    folder = Path(__file__).resolve().parents[3] / "templates"
    text = render(
        "shared/coerce.py.j2", {"json_module": Code("json")}, lambda name: (folder / name).read_text(encoding="utf-8")
    )
    scope: dict[str, Any] = {"json": json}
    exec(text, scope)
    return scope["_jpe_coerce"]


def outcome(call: Any, *arguments: Any) -> Any:
    try:
        value = call(*arguments)
    except ValueError:
        return "refused"
    return type(value), repr(value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_one_table(in_artifact: Any, kind: str, value: Any) -> None:
    assert outcome(in_artifact, "p", kind, value) == outcome(coerce, kind, value)


@given(
    st.sampled_from(KINDS),
    st.text() | st.integers() | st.floats() | st.lists(st.integers()) | st.booleans() | st.none(),
)
def test_any_value(in_artifact: Any, kind: str, value: Any) -> None:
    assert outcome(in_artifact, "p", kind, value) == outcome(coerce, kind, value)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("any", "str")])
def test_a_refusal_names_the_parameter(in_artifact: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=r"parameter threshold must be .*, not 'no'"):
        in_artifact("threshold", kind, "no")
