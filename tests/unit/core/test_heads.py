"""The head of a cell, against the installed IPython."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core import inputtransformer2

from jpe_magics.core.heads import ipython_head, leading_indent, lenient_head, sparkmagic_head
from jpe_magics.core.magic_options import parse_options
from jpe_magics.model.text import Text

LINES = st.lists(
    st.tuples(
        st.sampled_from(["", " ", "  ", "    ", "\t"]), st.sampled_from(["x = 1", "# a", "if x:", 'y = """', '"""'])
    )
)


def parsed(text):
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None


@settings(deadline=None)
@given(LINES)
def test_what_ipython_runs_means_the_same_here(lines):
    source = "\n".join(indent + line for indent, line in lines)
    theirs = parsed("".join(inputtransformer2.leading_indent((source + "\n").splitlines(keepends=True))))
    ours = leading_indent(Text.of(source))
    assert len(ours.lines) == source.count("\n") + 1
    if theirs is not None and source.lstrip().startswith("#"):
        assert parsed(ours.text) is not None  # IPython 8 lets a comment's indentation change strings below
    elif theirs is not None:
        assert parsed(ours.text) == theirs


PIECES = st.lists(st.sampled_from(["\n", " ", "    ", "%%", "%", "time", "spark", "sql", "-o x", "x = 1", "#"]))


@settings(deadline=None)
@given(PIECES)
def test_what_ipython_takes_for_a_cell_magic_is_one_here(pieces):
    source = "".join(pieces)
    transformed = inputtransformer2.TransformerManager().transform_cell(source)
    if "run_cell_magic" not in transformed:
        return
    name, arguments, body = (ast.literal_eval(one) for one in ast.parse(transformed).body[0].value.args)
    head = ipython_head(Text.of(source))
    assert head is not None
    assert not head.help
    assert (head.name, head.arguments) == (name.lstrip("%"), arguments.strip())
    if head.body:
        assert [line.strip() for line in head.body.text.rstrip().split("\n")] == [
            line.strip() for line in body.rstrip().split("\n")
        ]


@pytest.mark.parametrize(
    ("find", "source", "expected"),
    [
        (ipython_head, "%%sql  -o a \nSELECT 1", ("sql", "-o a", 1, False)),
        (ipython_head, "\n\n  %%sql\n  x", ("sql", "", 3, False)),
        (ipython_head, "%%sql?", ("sql", "", 1, True)),
        (ipython_head, "# a\n%%sql", None),
        (ipython_head, "%sql", None),
        (ipython_head, "", None),
        (sparkmagic_head, "%local\nx", ("local", "", 1, False)),
        (sparkmagic_head, "%%time\nx", ("time", "", 1, False)),
        (sparkmagic_head, "%matplotlib inline", None),
        (sparkmagic_head, " %%sql", None),
        (sparkmagic_head, "\n%%sql", None),
        (lenient_head, "# a\n%b\n\n %%sql x", ("sql", "x", 4, False)),
        (lenient_head, "x = 1\n%%sql", None),
        (lenient_head, "# a\n", None),
    ],
)
def test_heads(find, source, expected):
    head = find(Text.of(source))
    assert (head and (head.name, head.arguments, head.line, head.help)) == expected


@pytest.mark.parametrize(
    ("magic", "arguments", "values", "words", "refused"),
    [
        ("spark", "add -s x -l python -k", {"session": "x", "language": "python", "skip": "True"}, ("add",), False),
        ("spark", "--ses x -csql", {"session": "x", "context": "sql"}, (), False),
        ("spark", "-q False -o top", {"quiet": "False", "output": "top"}, (), False),
        ("spark", "-s 'a b'", {"session": "a b"}, (), False),
        ("spark", "-s", {}, ("-s",), True),
        ("spark", "-s 'x", {}, ("-s", "'x"), True),
        ("spark", "-p secret", {}, (), False),
        ("sql", "-n -1 -q", {"maxrows": "-1", "quiet": "True"}, (), False),
        ("sql", "--nope", {}, ("--nope",), True),
        ("kernel-spark", "-s x", {}, ("-s", "x"), True),
    ],
)
def test_options_are_read_as_sparkmagic_does(magic, arguments, values, words, refused):
    line = parse_options(magic, arguments)
    assert (dict(line.values), sorted(line.words), line.refused) == (values, sorted(words), refused)
    assert "x" not in repr(line)
