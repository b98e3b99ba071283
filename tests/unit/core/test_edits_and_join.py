from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.core.edits import Edit, Offsets, apply
from jpe_magics.core.join import hoist_future, join
from jpe_magics.model.text import Text


def test_offsets_count_utf8_bytes() -> None:
    text = "größe = '数据 🚀'; x = 1"
    node = ast.parse(text).body[1]
    start, end = Offsets(text).span(node)
    assert text[start:end] == "x = 1"


@given(st.text(alphabet="ab\n", max_size=30), st.data())
def test_an_edit_changes_its_span_and_keeps_the_map(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new = data.draw(st.text(alphabet="x\n", max_size=5))
    edited = apply(Text.of(text), [Edit(start, end, new)])
    assert edited.text == text[:start] + new + text[end:]
    # the last line is still the source's last line, unless it was brought in by the edit
    if "\n" in text[end:]:
        assert edited.lines[-1] == text.count("\n") + 1
    assert edited.lines[0] == 1 or (start, new) == (0, "")
    assert list(edited.lines) == sorted(edited.lines)


def test_the_line_behind_deleted_lines_keeps_its_number() -> None:
    assert apply(Text.of("a\nb\nc"), [Edit(2, 4)]) == Text("a\nc", (1, 3))
    assert apply(Text.of("a\nb\nc"), [Edit(0, 2), Edit(2, 4)]) == Text("c", (3,))


def test_edits_must_not_overlap() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply(Text.of("abcdef"), [Edit(0, 3, ""), Edit(2, 4, "")])


@pytest.mark.parametrize(
    ("code", "features", "rest"),
    [
        ("x = 1", (), "x = 1"),
        ("from __future__ import annotations", ("annotations",), ""),
        ("from __future__ import annotations\nx = 1", ("annotations",), "x = 1"),
        ("from __future__ import annotations; x = 1", ("annotations",), "x = 1"),
        ("from __future__ import annotations;\nx = 1", ("annotations",), "x = 1"),
        ("'doc'; from __future__ import annotations", ("annotations",), "'doc'; "),
        ("from __future__ import annotations  # why\nx = 1", ("annotations",), "# why\nx = 1"),
        (
            '"""doc"""\nfrom __future__ import (annotations,\n    division)\nx',
            ("annotations", "division"),
            '"""doc"""\nx',
        ),
        ("from __future__ import annotations as later\nx", ("annotations as later",), "x"),
        (
            "text = '''\nfrom __future__ import annotations\n'''",
            (),
            "text = '''\nfrom __future__ import annotations\n'''",
        ),
    ],
)
def test_hoist_future(code: str, features: tuple[str, ...], rest: str) -> None:
    found, left = hoist_future(code)
    assert found == features
    assert left.strip() == rest.strip()
    compile(left, "<left>", "exec")


def test_join_leaves_cells_alone_where_it_can() -> None:
    assert join(["x = 1  ", "y = 2"]) == "x = 1  \n\ny = 2"
    own = "'doc'\nfrom __future__ import annotations\nx = 1"
    assert join([own]) == own


def test_join_puts_features_on_top() -> None:
    joined = join(["x = 1", "from __future__ import annotations\ndef f(a: undefined): pass"])
    names: dict[str, object] = {}
    exec(compile(joined, "<joined>", "exec", dont_inherit=True), names)
    assert names["x"] == 1


def test_a_later_task_inherits_the_features_of_the_cells_above() -> None:
    code = join(["'doc'\ndef f(a: undefined): pass"], ["from __future__ import annotations"])
    exec(compile(code, "<task>", "exec", dont_inherit=True), {})


def test_a_global_that_a_cell_may_hold_does_not_break_the_joined_code() -> None:
    compile(join(["n = 1", "global n\nn = 2"]), "<joined>", "exec")
    assert join(["global n\nn = 2"]) == "global n\nn = 2"
