"""What a text looks like, where nothing says which language it is."""

from __future__ import annotations

import re

from jpe_magics.core.tree import tree_of

_SCALA = re.compile(
    r"""^[ \t]*(?:
        (?:lazy\ )?va[lr]\ +[\w(][^=\n]*=        # val total = …, var (a, b) = …, val n: Int = …
      | (?:case\ )?class\ +\w+\ *[(\[{]
      | (?:case\ )?object\ +\w+
      | import\ +[\w.]+\.(?:_|\{)                # import spark.implicits._
      | def\ +\w+[^\n]*[={]\ *$
    ) | =>""",
    re.MULTILINE | re.VERBOSE,
)
_QUOTED = re.compile(r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])*'|//[^\n]*|#[^\n]*")


def is_python(text: str) -> bool:
    """Tell whether `text` parses as Python."""
    try:
        tree_of(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def looks_like_scala(text: str) -> bool:
    """Tell whether `text`, which is not Python, has a line that is typical of Scala (outside of strings)."""
    return _SCALA.search(_QUOTED.sub('""', text)) is not None
