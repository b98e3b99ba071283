"""A request to a server, as a value: what will be sent, or what was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jpe_magics.model.artifact import File


@dataclass(frozen=True)
class Form:
    """The body of a multipart/form-data request: `fields` are names and texts, `files` names and files."""

    fields: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, File], ...] = ()


@dataclass(frozen=True)
class Planned:
    """A request that publishing will send; `path` stands below the API's address.

    It has a form, or a `body` that goes as JSON.  `note` is what is to be known of it beside.
    """

    method: str
    path: str
    form: Form = Form(())
    body: Mapping[str, Any] | None = None
    note: str = ""

    def text(self, address: str) -> str:
        """Return the request for people to read: a line for the address, then the JSON, or a line for each part.

        >>> print(Planned("POST", "/schedule", Form((("name", "kpi"),))).text("http://ilum:9888/api/v1"))
        POST http://ilum:9888/api/v1/schedule
        Content-Type: multipart/form-data
        <BLANKLINE>
        name = kpi
        """
        kind = "multipart/form-data" if self.body is None else "application/json"
        lines = [f"{self.method} {address}{self.path}", f"Content-Type: {kind}", ""]
        if self.body is not None:
            lines.append(json.dumps(self.body, indent=2, ensure_ascii=False))
        lines += [f"{name} = {value}" for name, value in self.form.fields]
        lines += [
            f"{name} = the file {file.path} ({len(file.text.encode(errors='replace')):,} bytes)"
            for name, file in self.form.files
        ]
        lines += ["", f"# {self.note}"] if self.note else []
        return "\n".join(lines)
