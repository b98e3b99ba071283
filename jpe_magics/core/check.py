"""The last look at an artifact: that it compiles, and holds exactly the code that it was made for."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from opcode import EXTENDED_ARG, opmap
from types import CodeType

from jpe_magics.core.literal import literal
from jpe_magics.core.remembered import Remembered
from jpe_magics.core.silence import silence
from jpe_magics.errors import RenderError
from jpe_magics.model.artifact import Artifact, File

_ASSIGNS = re.compile(r"^[ \t]*(\w+) = ", re.MULTILINE)
_GLOBAL = re.compile(r"\bglobal\b")  # and no `global_temp`, which cells of Spark are full of
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
        constants = artifact.constants if place == 0 else {}
        if _stands_in_parts(file, constants):
            continue
        code = _compiled(file)
        if not _stand(file.text, code, Counter(_stores(code)), constants):
            _check_constants(file, constants)


def _stands_in_parts(file: File, constants: Mapping[str, object]) -> bool:
    """Tell whether the file is known to be right from its parts, of which an edit of the notebook changes few.

    They are what stands above the end of the boilerplate, and what is below cut at every few constants.  Whole
    statements compile together as they do alone, but for three things that reach over lines, and a part may be none.
    Where this is false the whole must be looked at: it tells what is wrong.
    """
    text, below = file.text, file.boilerplate.split(file.text)[2] if file.boilerplate else ""
    if not below or "coding" in "".join(text.split("\n", 2)[:2]) or ("global" in below and _GLOBAL.search(below)):
        return False
    told = [(name, promised) for name, promised in constants.items() if isinstance(promised, str)]
    cut = _cut(below, [name for name, _ in told[::_TOGETHER]])
    if cut is None or len(told) < len(constants):
        return False
    above = _COMMENTS.sub("", text[: -len(below)], count=1)
    promised = [(), (), *(tuple(told[at : at + _TOGETHER]) for at in range(0, len(told), _TOGETHER))]
    for part in zip((above, *cut), promised, strict=True):
        others = _others(part)
        if others is None or not constants.keys().isdisjoint(others):
            return False
    return True


#: Constants in one part: fewer take longer the first time, more after each edit.
_TOGETHER = 8


def _cut(text: str, names: Sequence[str]) -> list[str] | None:
    """Return the text cut above the lines that assign `names`, in their order, each part as a module of its own.

    All these lines must be at one margin, in one block of the module.  None where they plainly are not.
    """
    parts: list[str] = []
    start, margin, margins = 0, "", set()
    for name in names:
        found = text.find(f"{name} = ", start)
        line = text.rfind("\n", start, max(found, start)) + 1
        if not line:
            return None
        margin = text[line:found]
        margins.add(margin)
        parts.append(text[start:line])
        if parts[-1].rstrip("\r\n").endswith("\\"):  # the line above goes on here, and has the margin
            return None
        start = line
    parts.append(text[start:])
    if len(margins) > 1 or margin.strip(" \t"):
        return None
    # a statement on its own line at the end tells that nothing is open there, this one no function and no class either
    closed = [*(f"{one}{margin}from . import *\n" for one in parts[:-1]), parts[-1]]
    # a `with` takes no `else` or the like, and counts as many blocks as it has zeros: Python takes 20 in one another
    opened = f"with {', '.join('0' * len(margin))}:\n" if margin else ""
    return [closed[0], *(opened + one for one in closed[1:])]


@Remembered
def _others(part: tuple[str, tuple[tuple[str, str], ...]]) -> frozenset[str] | None:
    """Return the names that a part assigns besides the constants that it promises.

    None where it does not compile or keep its promises, and where it imports `__future__`, however it spells that.
    """
    text, promised = part
    with silence():
        try:
            code: CodeType = compile(text, "<artifact>", "exec", dont_inherit=True)
        except _NO_PYTHON:
            return None
    stored, constants = Counter(_stores(code)), dict(promised)
    if "__future__" in code.co_names or not _stand(text, code, stored, constants):
        return None
    return frozenset(stored.keys() - constants.keys())


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


def _stores(code: CodeType) -> Iterator[str]:
    """Yield the name for each place that assigns one of a module or a class, at any depth, and a function's own names.

    What the compiler writes twice (`finally`) counts twice, and what it leaves out (`if 0`) not at all.
    """
    yield from (*code.co_varnames, *code.co_cellvars)
    operations, arguments = code.co_code[::2], code.co_code[1::2]
    for operation in _STORES:
        at = operations.find(operation)
        while at >= 0:
            argument, above = arguments[at], at - 1
            while above >= 0 and operations[above] == EXTENDED_ARG:
                argument |= arguments[above] << 8 * (at - above)
                above -= 1
            yield code.co_names[argument]
            at = operations.find(operation, at + 1)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _stores(inner)


_STORES = frozenset({opmap["STORE_NAME"], opmap["STORE_GLOBAL"]})


def _stand(text: str, code: CodeType, stored: Mapping[str, int], constants: Mapping[str, object]) -> bool:
    """Tell whether each constant is plainly as promised: one line assigns it, and with the literal of its value.

    `stored` counts the places that assign a name (`_stores`).  That spares most artifacts the tree, which takes
    longer to make than the code.  Where a cell's own text has such a line too, or a template spells it otherwise,
    the tree tells.
    """
    held = {one for one in code.co_consts if isinstance(one, str)}
    found: dict[str, list[int]] = {name: [] for name in constants}
    for line in _ASSIGNS.finditer(text) if constants else ():
        if line[1] in found:
            found[line[1]].append(line.end())
    for name, promised in constants.items():
        if not isinstance(promised, str) or promised not in held or len(found[name]) != 1:
            return False
        if stored.get(name) != 1:  # 0: it is the name of an argument, or stands in a text
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
