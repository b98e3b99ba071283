"""Pipeline parameters, in papermill's sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Types that a parameter can have, named as in Python; `any` is a default of None or one that is no literal.
TYPES = ("bool", "int", "float", "str", "list", "dict", "tuple", "any")


@dataclass(frozen=True)
class Parameter:
    """One parameter: a top-level assignment to a plain name in a parameter cell.

    `default` is the literal's value; where `literal` is false the default is an expression of the
    notebook (`expression` is its text) and `default` is None.  `type` is one of `TYPES`.
    `description` is the comment beside the assignment.  `cell` is the 0-based position of its cell and
    `line` the 1-based line there.
    """

    name: str
    type: str
    default: Any
    literal: bool = True
    expression: str = ""
    description: str = ""
    cell: int = 0
    line: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return the row of the report's `parameters`."""
        default = list(self.default) if isinstance(self.default, tuple) else self.default
        return {"name": self.name, "type": self.type, "default": default}
