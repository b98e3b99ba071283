"""The last look at an artifact: that it compiles, and holds exactly the code that it was made for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from types import CodeType

from jpe_magics.core.literal import literal
from jpe_magics.core.remembered import Remembered
from jpe_magics.core.silence import silence
from jpe_magics.errors import RenderError
from jpe_magics.model.artifact import Artifact, File

_ASSIGNS = re.compile(r"^[ \t]*(\w+) = ", re.MULTILINE)
#: On top of an artifact: they hold the notebook's digest, which changes with each edit.  What Python takes for no
#: comment, or for more than one, does not count.
_COMMENTS = re.compile(r"\A(?:#[^\0\r\n\ud800-\udfff]*\n)*")


def check(artifact: Artifact) -> None:
    """Raise `RenderError` JPE402 unless every Python file compiles and each constant is as promised.

    Bytes are compiled, as Python will read them from the file: a line that looks like an encoding
    declaration counts there, and not in text.  Warnings about the user's code (`"\\d"`) are no fault
    and are neither shown nor raised.
    """
    for place, file in enumerate(artifact.files):
        if file.language != "python":
            continue
        code = _compiled_in_parts(file) or _compiled(file)
        if place == 0 and not _stand(file.text, code, artifact.constants):
            _check_constants(file, artifact.constants)


def _compiled_in_parts(file: File) -> CodeType | None:
    """Return the code of what stands below the boilerplate where that compiles, and what stands above it is known to.

    That is the same after each edit of a notebook, and most of what there is to compile.  Whole statements compile
    together as they do alone, but for three things that reach over lines, and a part may be none.  Then this returns
    None, and the whole must be looked at: it tells what is wrong.
    """
    text, below = file.text, file.boilerplate.split(file.text)[2] if file.boilerplate else ""
    if not below or "coding" in "".join(text.split("\n", 2)[:2]) or "global" in below:
        return None
    return _part(below) if _is_part(_COMMENTS.sub("", text[: -len(below)], count=1)) else None


@Remembered
def _is_part(text: str) -> bool:
    return _part(text) is not None


def _part(text: str) -> CodeType | None:
    """Return the code of a part; None where it is none, and where it imports `__future__`, however it spells that."""
    with silence():
        try:
            code: CodeType = compile(text, "<artifact>", "exec", dont_inherit=True)
        except _NO_PYTHON:
            return None
    return None if "__future__" in code.co_names else code


#: What `compile` raises: besides what is no Python, of NUL, a lone surrogate, and code too deep for the parser.
_NO_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def _compiled(file: File) -> CodeType:
    with silence():
        try:
            code: CodeType = compile(file.text.encode(), file.path, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise _broken(file, error.lineno or 1, error.msg) from error
        except (ValueError, RecursionError, MemoryError) as error:  # NUL, a lone surrogate, too deep for the parser
            raise _broken(file, 1, str(error) or type(error).__name__) from error
    return code


def _stand(text: str, code: CodeType, constants: Mapping[str, object]) -> bool:
    """Tell whether each constant is plainly as promised: one line assigns it, and with the literal of its value.

    That spares most artifacts the tree, which takes longer to make than the code.  Where a cell's own text has such a
    line too, or a template spells it otherwise, the tree tells.
    """
    held, names = {one for one in code.co_consts if isinstance(one, str)}, frozenset(code.co_names)
    found: dict[str, list[int]] = {name: [] for name in constants}
    for line in _ASSIGNS.finditer(text) if constants else ():
        if line[1] in found:
            found[line[1]].append(line.end())
    for name, promised in constants.items():
        if not isinstance(promised, str) or promised not in held or len(found[name]) != 1:
            return False
        if name not in names:  # it is the name of an argument, or stands in a text
            return False
        if not text.startswith(f"{literal(promised)}\n", found[name][0]):
            return False
    return True


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


def _check_constants(file: File, constants: Mapping[str, object]) -> None:
    with silence():
        tree = ast.parse(file.text.encode(), file.path)
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
