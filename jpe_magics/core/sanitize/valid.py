"""Whether code is valid Python, and what is wrong with it in our words."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from jpe_magics.core.tree import tree_of


class Fault(NamedTuple):
    """What is wrong, on which 1-based line of the text that was looked at."""

    line: int
    message: str


def parse(code: str) -> ast.Module | Fault:
    """Return the tree of `code`, or what is wrong with it."""
    if "\0" in code:
        return Fault(code.count("\n", 0, code.index("\0")) + 1, "a NUL character stands in the code: delete it")
    try:
        return tree_of(code)
    except SyntaxError as error:
        return _explained(error)
    except (RecursionError, MemoryError):
        return Fault(1, "the code is nested too deeply for Python's own parser: split the expression")
    except ValueError:  # a lone surrogate has no UTF-8 form
        return Fault(_unencodable(code), "a character stands in the code that is no Unicode text: type it anew")


def fault_of(code: str) -> Fault | None:
    """Return what keeps `code` from compiling; `compile` finds more than the parser does (a late `__future__`)."""
    try:
        compile(code, "<cell>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return _explained(error)
    except (RecursionError, MemoryError):
        return Fault(1, "the code is nested too deeply for Python's own compiler: split the expression")
    except ValueError:
        return Fault(_unencodable(code), "a character stands in the code that is no Unicode text: type it anew")
    return None


def _explained(error: SyntaxError) -> Fault:
    line, told = error.lineno or 1, error.msg or "invalid syntax"
    if told.startswith("Missing parentheses in call to 'print'"):
        return Fault(line, "this is Python 2's print statement: write print(…)")
    if "await" in told or "asynchronous" in told or "async" in told:
        return Fault(line, f"top-level await works in a notebook only: call asyncio.run(…) instead ({told})")
    if invisible := re.search(r"U\+[0-9A-F]{4,6}", told):
        return Fault(line, f"the character {invisible[0]} stands in the code, as copied from a web page: type it anew")
    return Fault(line, f"this is not valid Python: {told}")


def _unencodable(code: str) -> int:
    at = next((at for at, one in enumerate(code) if "\ud800" <= one <= "\udfff"), 0)
    return code.count("\n", 0, at) + 1


def is_expression(code: str) -> bool:
    """Tell whether `code` is one expression (what `%time` in an assignment can be replaced by)."""
    try:
        ast.parse(code.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
