"""An artifact that does not compile, or does not hold the code it was made for, never leaves."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.core.check import check
from jpe_magics.core.literal import literal
from jpe_magics.core.remembered import remembering
from jpe_magics.errors import RenderError
from jpe_magics.model.artifact import Artifact, Boilerplate, File

check_module = sys.modules[check.__module__]


def artifact(text: str, **constants: str) -> Artifact:
    return Artifact((File("dag.py", text),), constants)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1\n",
        "import re\nre.compile('\\d')\n",  # warns
        "x is 1\n",  # warns
        "def f():\n    from x import y\n    return y\n",
        "from __future__ import annotations\nx: unknown = 1\n",
    ],
)
def test_what_compiles_passes_silently(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check(artifact(text))
    assert not caught


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("x = 1\nif x\n", "dag.py, line 2"),
        ("return 1\n", "dag.py, line 1"),
        ("x = 1\nfrom __future__ import annotations\n", "dag.py, line 2"),
        ("n = 1\nglobal n\n", "dag.py, line 2"),
        ("def f():\n    from x import *\n", "dag.py, line 2"),
        ("x = '\x00'\n", "dag.py, line 1"),
        ("x = '\ud800'\n", "dag.py, line 1"),
        ("# coding: no-such\nx = 1\n", "dag.py, line 1"),
        ("(" * 500 + ")" * 500, "dag.py, line 1"),
        ("await x\n", "dag.py, line 1"),
    ],
)
def test_what_does_not_compile_is_refused(text: str, where: str) -> None:
    with pytest.raises(RenderError) as caught:
        check(artifact(text))
    assert caught.value.code == "JPE402"
    assert caught.value.where == where


def test_an_encoding_declaration_counts() -> None:
    with pytest.raises(RenderError, match="A does not evaluate"):
        check(artifact("# coding: latin-1\nA = 'é'\n", A="é"))


def test_every_python_file_is_looked_at_and_no_other() -> None:
    check(Artifact((File("a.yaml", "a: {", "yaml"), File("b.py", "x = 1\n"))))
    with pytest.raises(RenderError, match="not valid"):
        check(Artifact((File("a.py", "x = 1\n"), File("b.py", "x ="))))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("B = 'x'\n", "A is assigned 0 times"),
        ("A = 'x'\nA = 'x'\n", "A is assigned 2 times"),
        ("A = 'x' + B\n", "A is not a literal"),
        ("A = 'y'\n", "A does not evaluate"),
        ('n = """\nA = "x"\n"""\nA = "y"\nprint("x")\n', "A does not evaluate"),
        ("A = b'x'\n", "A does not evaluate"),
        ("A = 'x '\n", "A does not evaluate"),
        ("a.A = 'x'\n", "A is assigned 0 times"),
        ('A = "x"\nn = 1; A = "y"\n', "A is assigned 2 times"),
        ('A = "x"\nA="y"\n', "A is assigned 2 times"),
        ('A = "x"\nif n: A = "y"\n', "A is assigned 2 times"),
        ('A = "x"\nn = 1\rA = "y"\n', "A is assigned 2 times"),  # Python ends a line there
        ('A = "x"\n(A) = "y"\n', "A is assigned 2 times"),
        ('A = "x"\n\uff21 = "y"\n', "A is assigned 2 times"),  # Python reads it as an A
        ('A = "x"\ndef f():\n    global A; A = "y"\n', "A is assigned 2 times"),
        ('A = "x"\nasync def f(): A = "y"\n', "A is assigned 2 times"),
    ],
)
def test_a_constant_that_is_not_the_code(text: str, why: str) -> None:
    with pytest.raises(RenderError, match=why):
        check(artifact(text, A="x"))


@given(st.text())
def test_a_constant_in_a_with_block(code: str) -> None:
    check(artifact(f"with open(1) as dag:\n    A = {literal(code)}\n    B = 1\n", A=code))


@pytest.mark.parametrize(
    "text",
    [
        'made = dict(\nCELL_1 = "x = 1"\n)\n',
        'TEXT = """\nCELL_1 = "x = 1"\n"""\nother = "x = 1"\n',
        'TEXT = """\nCELL_1 = "x = 1"\n"""\nmade(CELL_1, "x = 1")\n',
    ],
    ids=["an argument", "a line of a text", "a line of a text, and read"],
)
def test_what_only_looks_like_the_assignment_is_none(text: str) -> None:
    with pytest.raises(RenderError, match="CELL_1 is assigned 0 times, not once"):
        check(artifact(text, CELL_1="x = 1"))


#: What stands below the boilerplate is an artifact's own; what stands above is remembered.
BOILERPLATE = Boilerplate("# Ours", "# The pipeline", "")
OWN = "\n# The pipeline\n"


def in_parts(text: str, **constants: object) -> Artifact:
    return Artifact((File("dag.py", f"# Ours\n{text}", boilerplate=BOILERPLATE),), constants)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"n = 1{OWN}global n\n", "dag.py, line 4"),
        (f"x = 1{OWN}from __future__ import annotations\n", "dag.py, line 4"),
        (f"x = 1{OWN}from __\uff46uture__ import annotations\n", "dag.py, line 4"),  # Python reads it as an f
        (f"x = '''{OWN}y = 1\n", "dag.py, line 2"),
        (f"@f{OWN}x = 1\n", "dag.py, line 4"),
        (f"def f():\n    return 1{OWN}return 2\n", "dag.py, line 5"),
        (f"if x:{OWN}y = 1\n", "dag.py, line 4"),
        (f"# coding: no-such{OWN}x = 1\n", "dag.py, line 1"),
    ],
)
def test_parts_that_go_together_only_by_themselves(text: str, where: str) -> None:
    with pytest.raises(RenderError) as caught, remembering():
        check(in_parts(text))
    assert (caught.value.code, caught.value.where) == ("JPE402", where)


@pytest.mark.parametrize("comment", ["NUL \0", "half of a character \ud800", "code behind it\rif ("])
def test_a_comment_on_top_that_is_none_is_refused(comment: str) -> None:
    text = f"# {comment}\n# Ours\nx = 1{OWN}y = 1\n"
    with pytest.raises(RenderError, match="JPE402"):
        check(Artifact((File("dag.py", text, boilerplate=BOILERPLATE),)))


def test_an_encoding_declaration_counts_for_all_parts() -> None:
    with pytest.raises(RenderError, match="A does not evaluate"):
        check(in_parts(f"# coding: latin-1{OWN}A = 'é'\n", A="é"))


@pytest.mark.parametrize(
    "text",
    [
        f"x = '''{OWN}y = '''\nA = 'a'\n",
        f"if 0:\n    x = 1{OWN}else:\n    A = 'a'\n",
        f"A = ({OWN}'a')\n",
        f"B = 1 \\{OWN}A = 'a'\n",
    ],
)
def test_parts_that_only_go_together(text: str) -> None:
    check(in_parts(text, A="a"))


def test_what_is_the_same_after_an_edit_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []

    def compiling(text: str | bytes, *words: object, **more: object) -> object:
        compiled.append(text)
        return compile(text, *words, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(check_module, "compile", compiling, raising=False)
    for digest, code in (("1", "a"), ("2", "b")):
        with remembering():
            check(in_parts(f'# Made of {digest}.\nimport re{OWN}A = "{code}"\n', A=code))
    assert compiled == ["import re\n", "# The pipeline\nfrom . import *\n", 'A = "a"\n', 'A = "b"\n']


def test_an_edit_compiles_the_constants_beside_it_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []

    def compiling(text: str | bytes, *words: object, **more: object) -> object:
        compiled.append(text)
        return compile(text, *words, **more)  # type: ignore[call-overload]

    codes = {f"CELL_{number}": f"x = {number}" for number in range(1, 21)}
    monkeypatch.setattr(check_module, "compile", compiling, raising=False)
    for edited in (codes, {**codes, "CELL_10": "x = 'edited'"}):
        compiled.clear()
        with remembering():
            check(in_parts(in_a_block(edited), **edited))
    (once,) = compiled
    assert isinstance(once, str)
    assert "edited" in once
    assert once.count("    CELL_") == check_module._TOGETHER < len(codes)


def in_a_block(codes: Mapping[str, str]) -> str:
    lines = "".join(f"    {name} = {literal(code)}\n    print({name})\n" for name, code in codes.items())
    return f"import re{OWN}with open(re):\n    n = 1\n{lines}    print(n)\nprint(re)\n"


@pytest.mark.parametrize(
    "text",
    [
        'for n in m:\n    A = "a"\n    continue\n    B = "b"\n',
        'if n:\n    A = "a"\n    B = "b"\nelse:\n    n = 1\n',
        'if n:\n    A = "a"\nB = "b"\n',
        'if n:\n  if m:\n    A = "a"\n    B = "b"\n  n = 1\n',
        'def f():\n    A = "a"\n    B = "b"\n    return A\n',
        'B = "b"\nA = "a"\n',
        'n = \\\nA = "a"\nB = "b"\n',
        'n_A = 1\nA = "a"\nB = "b"\n',
        'n = 1; A = "a"\nB = "b"\n',
        'async def f():\n    A = "a"\n    await n\n    B = "b"\n',
        'if n: \\\n    A = "a"\nB = "b"\n',
        'n = 1\n\\\nA = "a"\nB = "b"\n',
        'with n:\n\tA = "a"\n\tdef f():\n\t\treturn B\n\tB = "b"\n',
    ],
)
def test_constants_that_stand_in_any_way(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "_TOGETHER", 1)
    for _ in range(2):
        with remembering():
            check(in_parts(f"n = 1{OWN}{text}", A="a", B="b"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('try:\n    A = "a"\n    B = "b"\n', "expected 'except' or 'finally' block|unexpected EOF|invalid syntax"),
        ('with n:\n    A = "a"\n    B = "b"\nelse:\n    n = 1\n', "invalid syntax"),
        ('with n:\n    A = "a"\n  B = "b"\n', "unindent does not match"),
        ('A = "a"\nB = "b"\nA = "c"\n', "A is assigned 2 times, not once"),
        ('with n:\n    A = "a"\n    B = "b"\n    A = "c"\n', "A is assigned 2 times, not once"),
        ('A = "a"\nn = """\nB = "b"\n"""\n', "B is assigned 0 times, not once"),
        ('A = "b"\nB = "a"\n', "A does not evaluate"),
        ('A = "a"\nB = "b"\nn = 1; A = "c"\n', "A is assigned 2 times, not once"),
        ('A = "a"\nB = "b"\nA="c"\n', "A is assigned 2 times, not once"),
        ('def f():\n    A = "a"\n    from n import *\n    B = "b"\n', "import . only allowed at module level"),
        ('class N:\n    A = "a"\n    from n import *\n    B = "b"\n', "import . only allowed at module level"),
        ('class N:\n    A = "a"\n    n = [(m := 1) for _ in n]\n    B = "b"\n', "assignment expression within"),
        ('if n: \\\n    A = "a"\n    m = 1\n    B = "b"\n', "unexpected indent"),
        ('if n: \\\r\n    A = "a"\n    m = 1\n    B = "b"\n', "unexpected indent"),
        ('n = 1; \\\n    A = "a"\n    B = "b"\n', "unexpected indent"),
        ('if n:\n  \\\n    A = "a"\n    m = 1\n    B = "b"\n', "unexpected indent"),
        ('def f():\n    n\n# A = 1\n    A = "a"\n    from n import *\n# B = 1\n    B = "b"\n', "import . only allowed"),
    ],
)
def test_constants_that_do_not_stand(text: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "_TOGETHER", 1)
    with remembering():
        check(
            in_parts(f'n = 1{OWN}with n:\n    A = "a"\n    B = "b"\n', A="a", B="b")
        )  # what is known of it is no excuse
    with pytest.raises(RenderError, match=why), remembering():
        check(in_parts(f"n = 1{OWN}{text}", A="a", B="b"))


def test_a_part_is_as_deep_as_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "_TOGETHER", 1)
    deepest = max(blocks for blocks in range(60) if _compiles(nested(blocks, 0)))
    check(in_parts(f'n = 1{OWN}with n:\n with n:\n  A = "a"\n{nested(deepest - 2, 2)}', A="a"))
    with pytest.raises(RenderError, match="too many statically nested blocks"), remembering():
        check(in_parts(f'n = 1{OWN}with n:\n with n:\n  A = "a"\n{nested(deepest - 1, 2)}', A="a"))


def nested(blocks: int, margin: int) -> str:
    lines = [f"{' ' * (margin + depth)}with n:\n" for depth in range(blocks)]
    return "".join([*lines, " " * (margin + blocks), "n\n"])


def _compiles(text: str) -> bool:
    try:
        compile(text, "", "exec")
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("promised", [["a", "b"], ("a", "b")])
def test_a_constant_of_several_texts(promised: object) -> None:
    for _ in range(2):
        with remembering():
            check(in_parts(f"n = 1{OWN}A = {promised!r}\nB = 'b'\n", A=promised, B="b"))
    with pytest.raises(RenderError, match="A does not evaluate"):
        check(in_parts(f"n = 1{OWN}A = ['a']\nB = 'b'\n", A=promised, B="b"))
    with pytest.raises(RenderError, match="A is assigned 0 times"):
        check(in_parts(f'n = 1{OWN}B = "b"\n', A=promised, B="b"))


@pytest.mark.parametrize("code", ["\nA = 1", "df = spark.table('global_temp.rates')", "globally = 1"])
def test_what_a_cell_only_looks_like_does_not_cost_the_parts(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "_TOGETHER", 1)
    monkeypatch.setattr(check_module, "_compiled", None)
    check(in_parts(f"n = 1{OWN}A = {literal('n')}\nB = {literal(code)}\n", A="n", B=code))


def test_a_template_of_many_names_does_not_cost_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "_compiled", None)
    others = "".join(f"n{number} = {number}\n" for number in range(300))
    check(in_parts(f'n = 1{OWN}n = 2\nA = "a"\n{others}B = "b"\n', A="a", B="b"))
