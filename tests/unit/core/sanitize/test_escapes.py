"""IPython's own syntax, held to what IPython itself makes of it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.core.sanitize.escapes import is_automagic, scan
from jpe_magics.core.sanitize.magics import LINE_MAGICS, Magic
from jpe_magics.core.sanitize.valid import Fault, parse
from jpe_magics.model.text import Text

SOURCES = [
    "%matplotlib inline\nimport x",
    "!ls -l | grep 'x\ny = 1",
    "!!ls",
    "if a:\n    %cd x\n    !ls\nelse:\n\t!echo it's\n",
    "!spark-submit \\\n   --master x \\\n  job.py\nz",
    "x = !ls *.py\ny, z = !ls\nx[0] = !ls\nx.y = %pwd\n数据 = !ls\nn: list = !ls",
    "if a: x = !ls\nfor y in z: w = %who_ls",
    "f(a=1)\nx = f(b=%magic)",
    "df?\n?df\ndf.a.b??\n%who?\n%%time?\n?%who\nx[0].y?\na*?\n?",
    "x = '''\n%d\n!ls\n''' % 3\ny = (a\n% b\n!= c)\nz = 1 \\\n% 2",
    "f'{a!r}' if b != c else d\nx = f'''{\na}\n%y\n'''",
    "# comment?\nx = 1  # %time?\ny = 'a?'",
    "a = %time_it_not b\nb =!ls\nc = %  who",
    "def f():\n    '''\n    %x\n    '''\n    %x\n\n    # c\n    !y",
    "x = {\n 'a': 1,\n%y\n}",
    "a = b = !ls",
    "x = (1,\n",
    "x = 'open\n%y",
    "\n\n  \n%x\n",
    ",f a b\n;f a b\n/f a b",
    "x == !ls",
    "lambda: x = !ls",
    "a ! b",
]


class _Held(ast.NodeTransformer):
    """Puts one name in place of whatever stands for an escape, ours or IPython's."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("HELD", node.ctx) if node.id.startswith("_jpe_held_") else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func).startswith("get_ipython()."):
            return ast.Name("HELD", ast.Load())
        return self.generic_visit(node)


def _shape(code: str) -> str | None:
    tree = parse(code)
    return None if isinstance(tree, Fault) else ast.dump(_Held().visit(ast.parse(code)))


def _ipython(code: str) -> str | None:
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return _shape(TransformerManager().transform_cell(code))
    except SyntaxError:  # a broken indentation
        return None


@pytest.mark.parametrize("source", SOURCES)
def test_as_ipython(source: str) -> None:
    assert _shape(scan(Text.of(source)).text.text) == _ipython(source)


LINES = st.sampled_from(
    [
        *("x = 1", "y = (a", "  % b)", "z = '''", "'''", "if a:", "    pass", "  !ls", "!ls \\", "   -l", "# c?", ""),
        *("%who", "    %cd ..", "x = !ls", "    y = %pwd", "df?", "??df", "[1,", "2]", "f'{x!r}'", "%d ''' % 2", "\tz"),
        *(
            "s = 'a\\",
            "%b'",
            "@d",
            "def f(): return 1",
            "é = %pwd",
            "a = b  # %c",
            "x = {'a': !ls}",
            "(%x)",
            "!x = '''",
        ),
    ]
)


@given(st.lists(LINES, max_size=8))
def test_as_ipython_whatever_stands_there(lines: list[str]) -> None:
    source = "\n".join(lines)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not source[:1].isspace():  # indentation was taken off before
            shape = _shape(scan(Text.of(source)).text.text)
            # IPython makes a call for help of several broken lines that end in "?"; here they stay broken
            assert shape == _ipython(source) or (shape is None and "?" in source)


def test_automagic_knows_every_magic_of_ipython() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()  # not instance(): another test may have made one, of a terminal
    try:
        assert set(shell.magics_manager.magics["line"]) - LINE_MAGICS <= {"sc"}
    finally:
        shell.history_manager.end_session()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pip install x", True),
        ("ls", True),
        ("ls -la", True),
        ("cd ..", True),
        ("cd /tmp", True),
        ("cd ~", True),
        ("cd -", True),
        ("ls *.py", True),
        ("time f(x)", True),
        ("run 'a b.py'", True),
        ("precision 3", True),
        ("ls = 3", False),
        ("ls == 3", False),
        ("ls, b = 1, 2", False),
        ("ls - la", False),
        ("load(x)", False),
        ("load (x)", False),
        ("history[0]", False),
        ("env.get('a')", False),
        ("run: int = 1", False),
        ("time if a else b", False),
        ("run in x", False),
        ("pipes install", False),
        ("sc", False),
    ],
)
def test_automagic(line: str, expected: bool) -> None:
    assert is_automagic(line, LINE_MAGICS) is expected


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("time f(x)", "f(x)"),
        ("time   x = 1  # c", "x = 1  # c"),
        ("time --no-raise-error f()", "f()"),
        ("time -x", "-x"),
        ("time", ""),
        ("prun -s cumulative -l 20 f(-1)", "f(-1)"),
        ("prun -T 'a b.txt' -r f()", "f()"),
        ("prun -qs time f()", "-qs time f()"),
        ("timeit f()", ""),
        ("matplotlib inline", ""),
    ],
)
def test_code_that_a_magic_runs(line: str, code: str) -> None:
    assert Magic.of(line).code == code


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("load_ext jpe_magics", True),
        ("reload_ext jpe_magics  # again", True),
        ("unload_ext jpe_magics", True),
        ("export_pipeline airflow --dag-id x", True),
        ("jpe_history", True),
        ("config JpeMagics.git_provider = 'local'", True),
        ("config JpeMagics", True),
        ("load_ext jpe_magics_of_others", False),
        ("load_ext autoreload", False),
        ("config InlineBackend.x = 1", False),
        ("config JpeMagicsOther.x = 1", False),
    ],
)
def test_our_own_lines(line: str, ours: bool) -> None:
    assert Magic.of(line).ours is ours


@pytest.mark.parametrize(
    ("source", "code", "found"),
    [
        ("%time x = f(a, \\\n        b)\nz = 2", "x = f(a, \\\n        b)\nz = 2", [("magic", 1, 2)]),
        ("%time !ls", "", [("magic", 1, 1), ("shell", 1, 1)]),
        ("%time print(1)", "", [("magic", 1, 1), ("display", 1, 1)]),
        ("if a:\n    %prun -l 5 f(1)", "if a:\n    f(1)", [("magic", 2, 2)]),
        ("n = %time len(x)", "n = len(x)", [("magic", 1, 1)]),
        ("n = %time m = 1", "", [("magic", 1, 1)]),
        (",f a b", 'f("a", "b")', [("magic", 1, 1)]),
        ("pip install x\nimport y\n!z", "import y", [("magic", 1, 1), ("shell", 3, 3)]),
        ("x = 1\n%%time\ny = 2", "x = 1\ny = 2", [("magic", 2, 2)]),
        ("def f():\n    pip install x\n    return 1", "def f():\n    return 1", [("magic", 2, 2)]),
    ],
)
def test_taken_off(
    clean: Callable[..., tuple[object, ...]],
    kinds: Callable[..., list[tuple[str, int, int]]],
    source: str,
    code: str,
    found: list[tuple[str, int, int]],
) -> None:
    (one,) = clean(source)
    assert (one.code.text, kinds(one)) == (code, found)


def test_a_late_cell_magic_is_refused(clean: Callable[..., tuple[object, ...]]) -> None:
    (one,) = clean("x = 1\n\n%%sql\nSELECT 1")
    assert one.error[0] == 3
    assert "%%sql" in one.error[1]


def test_names_of_the_notebook_are_no_automagic(clean: Callable[..., tuple[object, ...]]) -> None:
    one, two, three = clean("ls = [3]\nwho = 1", "ls", "who -ls")
    assert [one.code.text, two.code.text, three.code.text] == ["ls = [3]\nwho = 1", "ls", "who -ls"]
    _, two = clean("from tools import *", "ls")  # may bind anything
    assert two.code.text == "ls"
