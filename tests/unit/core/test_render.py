"""Only `Code` is ever written, and a broken template is an error that names its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.core.literal import Code
from jpe_magics.core.render import MOST_COMPILED, render
from jpe_magics.errors import RenderError


def rendered(source: str, more: Mapping[str, str] | None = None, **values: Any) -> str:
    return render("main.j2", values, {"main.j2": source, **(more or {})}.get)


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ("x = {{ x | literal }}", {"x": "a'\n"}, 'x = """a\'\n"""\n'),
        ("{{ x }}", {"x": Code("a = 1")}, "a = 1\n"),
        ("{{ x | identifier }} = 1\n\n\n", {"x": "größe"}, "größe = 1\n"),
        ("# {{ x | comment }}", {"x": "a\nb"}, "# a\\nb\n"),
        ("{% for x in xs %}\n{{ x | literal }}\n{% endfor %}\nend", {"xs": [1, None]}, "1\nNone\nend\n"),
        ("{% if x %}\n  yes\n{% else %}\n  no\n{% endif %}", {"x": ""}, "  no\n"),
        ("  {% if x %}\nyes\n  {% endif %}", {"x": 1}, "yes\n"),
    ],
)
def test_what_is_written(source: str, values: dict[str, Any], text: str) -> None:
    assert rendered(source, **values) == text


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("x = {{ x }}", {"x": "import os"}),
        ("x = '{{ x }}'", {"x": "text"}),
        ("x = {{ x }}", {"x": 1}),
        ("x = {{ x }}", {"x": None}),
        ("x = {{ x | upper }}", {"x": Code("a")}),
        ("x = {{ x ~ 'b' }}", {"x": Code("a")}),
        ("x = {{ x | literal | lower }}", {"x": "A"}),
        ("x = {{ 'constant' }}", {}),
        ("{% macro m() %}a{% endmacro %}{{ m() }}", {}),
        ("{% set s %}import os{% endset %}{{ s }}", {}),
    ],
)
def test_nothing_but_code_is_written(source: str, values: dict[str, Any]) -> None:
    with pytest.raises(RenderError, match="without the filter literal"):
        rendered(source, **values)


@pytest.mark.parametrize(
    ("source", "values", "where", "why"),
    [
        ("a\n{{ nothing }}", {}, "main.j2, line 2", "nothing"),
        ("a\n{{ nothing | literal }}", {}, "main.j2, line 2", ""),
        ("a\n\n{% if %}", {}, "main.j2, line 3", ""),
        ("a\n{{ x.y.z }}", {"x": {}}, "main.j2, line 2", "y"),
        ("a\n{{ x | literal }}", {"x": object()}, "main.j2, line 2", "no literal for object"),
        ("{{ x | identifier }}", {"x": "a b"}, "main.j2, line 1", "can't name"),
        ("{{ x | nofilter }}", {"x": 1}, "main.j2, line 1", "nofilter"),
        ("{{ (1 // 0) | literal }}", {}, "main.j2, line 1", "zero"),
        ("{% include 'gone.j2' %}", {}, "main.j2", "there is no template gone.j2"),
        ("{% include 'part.j2' %}", {}, "part.j2, line 3", "nothing"),
        ("{% include 'main.j2' %}", {}, "main.j2", "recursion"),
    ],
)
def test_a_broken_template_names_its_place(source: str, values: dict[str, Any], where: str, why: str) -> None:
    with pytest.raises(RenderError) as caught:
        rendered(source, {"part.j2": "\n\n{{ nothing }}"}, **values)
    assert caught.value.code == "JPE401"
    assert caught.value.where.startswith(where)
    assert why in caught.value.message


def test_a_template_that_is_not_there() -> None:
    with pytest.raises(RenderError, match=r"there is no template main\.j2"):
        render("main.j2", {}, lambda name: None)


@pytest.mark.parametrize(("source", "fine"), [("{{ header }}\nx = 1", True), ("x = 1", False), ("{# header #}", False)])
def test_a_header_that_is_given_must_be_written(source: str, fine: bool) -> None:
    header = Code("# Made by jpe_magics 0.1.0 from etl.ipynb (sha256 abc).")
    if fine:
        assert rendered(source, header=header) == f"{header}\nx = 1\n"
        return
    with pytest.raises(RenderError, match="leaves out the header") as caught:
        rendered(source, header=header)
    assert (caught.value.code, caught.value.where) == ("JPE401", "main.j2")


@given(st.text(st.one_of(st.sampled_from("{}%#\"'\\\n"), st.characters())))
def test_text_is_never_template(text: str) -> None:
    source = rendered("x = {{ x | literal }}\ny = 1\n", x=text)
    scope: dict[str, Any] = {}
    exec(source, scope)
    assert scope["x"] == text
    assert scope["y"] == 1


def test_a_template_is_compiled_once_and_anew_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile_template = jinja2.Environment.compile

    def counted(self: jinja2.Environment, source: str, *rest: Any, **more: Any) -> Any:
        compiled.append(source)
        return compile_template(self, source, *rest, **more)

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    once, other = "once = {{ x | literal }}", "other = {{ x | literal }}"
    assert [rendered(once, x=n) for n in range(3)] == ["once = 0\n", "once = 1\n", "once = 2\n"]
    assert [rendered(one, x=1) for one in (other, once)] == ["other = 1\n", "once = 1\n"]
    assert compiled == [once, other]
    for n in range(MOST_COMPILED + 1):
        rendered(f"n = {n}")
    assert rendered(once, x=4) == "once = 4\n"
