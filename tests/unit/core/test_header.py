import ast

import pytest

from jpe_magics.core.header import header_lines, made_from
from jpe_magics.core.literal import Code, comment
from jpe_magics.model.task import Pipeline


def pipeline(path: str | None, name: str = "etl") -> Pipeline:
    return Pipeline(notebook=name, path=path, digest="ab" * 32, cells=(), tasks=())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/u/etl.ipynb", "etl.ipynb"),
        ("C:\\work\\etl.ipynb", "etl.ipynb"),
        (None, "etl.ipynb"),
        ("my etl (sha256 x).ipynb", "my etl (sha256 x).ipynb"),
        ("größe.ipynb", "größe.ipynb"),
        ('a"""\nimport os\n.ipynb', 'a"""\\nimport os\\n.ipynb'),
        ("a\u202eb\udc80\x00.ipynb", comment("a\u202eb\udc80\x00.ipynb")),
    ],
)
def test_the_name_in_the_header_is_read_back(path, expected):
    lines = header_lines(pipeline(path), "0.1.0")
    assert all(isinstance(line, Code) for line in lines)
    text = "\n".join(lines) + "\nx = 1\n"
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse("x = 1"))
    assert made_from(text) == expected


def test_the_header_is_the_documented_line():
    assert header_lines(pipeline("a/etl.ipynb"), "0.1.0")[0] == (
        f"# Made by jpe_magics 0.1.0 from etl.ipynb (sha256 {'ab' * 32})."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import os\n",
        "# made by hand from etl.ipynb\n",
        "x = '# Made by jpe_magics 0.1.0 from etl.ipynb (sha256 ab).'\n",
        "\n" * 100 + "# Made by jpe_magics 0.1.0 from etl.ipynb (sha256 ab).\n",
    ],
)
def test_what_is_not_ours(text):
    assert made_from(text) is None


def test_a_shebang_and_windows_line_ends_may_stand_there():
    text = "#!/usr/bin/env python\r\n# Made by jpe_magics 0.1.0 from etl.ipynb (sha256 ab).\r\nx = 1\r\n"
    assert made_from(text) == "etl.ipynb"
