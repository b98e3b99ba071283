"""The last look at an artifact: that it compiles, and holds exactly the code that it was made for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from jpe_magics.core.silence import silence
from jpe_magics.errors import RenderError
from jpe_magics.model.artifact import Artifact, File


def check(artifact: Artifact) -> None:
    """Raise `RenderError` JPE402 unless every Python file compiles and each constant is as promised.

    Bytes are compiled, as Python will read them from the file: a line that looks like an encoding
    declaration counts there, and not in text.  Warnings about the user's code (`"\\d"`) are no fault
    and are neither shown nor raised.
    """
    for place, file in enumerate(artifact.files):
        if file.language != "python":
            continue
        tree = _compiled(file)
        if place == 0 and artifact.constants:
            _check_constants(file, tree, artifact.constants)


def _compiled(file: File) -> ast.Module:
    with silence():
        try:
            tree = ast.parse(file.text.encode(), file.path)
            compile(tree, file.path, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise _broken(file, error.lineno or 1, error.msg) from error
        except (ValueError, RecursionError, MemoryError) as error:  # NUL, a lone surrogate, too deep for the parser
            raise _broken(file, 1, str(error) or type(error).__name__) from error
    return tree


def _broken(file: File, line: int, why: str) -> RenderError:
    return RenderError(
        f"the artifact is not valid Python: {why}",
        code="JPE402",
        where=f"{file.path}, line {line}",
        hint="mend the template if it is your own (templates_dir); otherwise this is our fault: please report it",
    )


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield every statement below `node`, at any depth."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        for one in getattr(node, name, ()):
            if isinstance(one, ast.stmt):
                yield one
            yield from _statements(one)


def _check_constants(file: File, tree: ast.Module, constants: Mapping[str, object]) -> None:
    found: dict[str, list[ast.Assign]] = {name: [] for name in constants}
    for node in _statements(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.get(node.targets[0].id, []).append(node)
    for name, promised in constants.items():
        if len(found[name]) != 1:
            raise _broken(file, 1, f"{name} is assigned {len(found[name])} times, not once")
        (node,) = found[name]
        try:
            value = ast.literal_eval(node.value)
        except ValueError as error:
            raise _broken(file, node.lineno, f"{name} is not a literal") from error
        if value != promised:
            raise _broken(file, node.lineno, f"{name} does not evaluate to the cell's code")
