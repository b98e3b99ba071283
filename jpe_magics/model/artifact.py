"""What a target renders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class File:
    """One rendered text file; `path` is relative, with `/`, and has no `..`."""

    path: str
    text: str
    language: str = "python"

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
