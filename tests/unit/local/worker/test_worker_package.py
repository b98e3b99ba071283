from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import jpe_magics.local.worker

MODULES = sorted(Path(jpe_magics.local.worker.__file__).parent.glob("*.py"))
STANDARD = sys.stdlib_module_names


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_the_worker_needs_python_3_8_and_the_standard_library_only(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"), feature_version=(3, 8))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(alias.name.partition(".")[0] in STANDARD for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1 or (node.module or "").partition(".")[0] in STANDARD
