"""What a target renders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Boilerplate:
    """The part of a file that comes from its template alone, and holds nothing of the notebook.

    It stands between the texts `begins` and `ends`, whole lines that the template itself writes; `what` says
    what the lines are ("of jpe_magics that run the cells").  They are texts and no line numbers, for masking a
    file may take lines away.
    """

    begins: str
    ends: str
    what: str

    def split(self, text: str) -> tuple[str, str, str]:
        """Return what is above this part, the part, and what is below; all is above where it can't be told.

        That is where one of its texts stands there twice, or not at all: a cell may hold the same text, and nothing
        of a notebook may ever be taken for ours.

        >>> Boilerplate("# ours", "# yours", "").split("a = 1\\n# ours\\nb = 2\\n# yours\\nc = 3\\n")
        ('a = 1\\n# ours\\n', 'b = 2\\n', '# yours\\nc = 3\\n')
        """
        begins, ends = f"{self.begins}\n", f"{self.ends}\n"
        if text.count(begins) != 1 or text.count(ends) != 1:
            return text, "", ""
        first, last = text.index(begins) + len(begins), text.index(ends)
        return (text[:first], text[first:last], text[last:]) if first <= last else (text, "", "")


@dataclass(frozen=True)
class File:
    """One rendered text file; `path` is relative, with `/`, and has no `..`.

    `boilerplate` is the part that a view may fold away, None for none; it changes nothing in the file.
    """

    path: str
    text: str
    language: str = "python"
    boilerplate: Boilerplate | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Artifact:
    """The files of one export.

    `constants` maps names of module-level constants of the first file to what they must evaluate to
    (text, lists and tuples of texts): `jpe_magics.core.check` compares them, so that no quoting fault can
    get past it.  `session_conf` is what the notebook's `%%configure` cells ask of the Spark session and the
    files themselves don't say.
    """

    files: tuple[File, ...]
    constants: Mapping[str, object] = field(default_factory=dict)
    session_conf: Mapping[str, Any] = field(default_factory=dict)
