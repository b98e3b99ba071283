"""What holds for the modules of the package as files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jpe_magics

PACKAGE = Path(jpe_magics.__file__).parent
PACKAGES = sorted(one for one in PACKAGE.rglob("__init__.py") if "templates" not in one.parts)


@pytest.mark.parametrize("init", PACKAGES, ids=lambda one: one.parent.relative_to(PACKAGE.parent).as_posix())
def test_no_module_is_hidden_by_a_name_of_its_package(init: Path) -> None:
    """`import jpe_magics.core.sanitize.survey as survey` must give the module, and not a function of its name."""
    modules = {one.stem for one in init.parent.iterdir() if one.suffix == ".py" or (one / "__init__.py").is_file()}
    bound: set[str] = set()
    for node in ast.parse(init.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            bound |= {one.asname or one.name for one in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.Assign):
            bound |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    assert bound & modules == set()
