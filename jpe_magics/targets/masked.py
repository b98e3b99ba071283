"""What a server says of code, without what looks like a secret.

Code and values of parameters come back in tracebacks, and the history asks long after the export, which knew the
secrets in them.
"""

from __future__ import annotations

from collections.abc import Iterable

from jpe_magics.core.secrets import Redactor, find_said_secrets

#: Lines and characters of each that are looked through before they are cut: half of a secret is one too.
_LINES, _WIDTH = 400, 2000


def masked(text: str, values: Iterable[tuple[str, str]] = (), width: int = 300) -> list[str]:
    """Return the lines of `text` without secrets, each of `width` characters at most; `values` are those of its run.

    Of more than 400 lines it is the first and the last.

    >>> masked("KeyError\\npassword = 'Hx7kQ9-not-real'")
    ['KeyError', "password = '***'"]
    """
    lines = text.splitlines()
    kept = lines if len(lines) <= _LINES else [lines[0], *lines[1 - _LINES :]]
    said = "\n".join(one[:_WIDTH] for one in kept)
    return [one.rstrip()[:width] for one in Redactor(find_said_secrets(said, values))(said).splitlines()]
