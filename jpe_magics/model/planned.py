"""A request to a server, as a value: what will be sent, or what was."""

from __future__ import annotations

from dataclasses import dataclass

from jpe_magics.model.artifact import File


@dataclass(frozen=True)
class Form:
    """The body of a multipart/form-data request: `fields` are names and texts, `files` names and files."""

    fields: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, File], ...] = ()


@dataclass(frozen=True)
class Planned:
    """A request that publishing will send; `path` stands below the API's address."""

    method: str
    path: str
    form: Form

    def text(self, address: str) -> str:
        """Return the request for people to read: a line for the address, and one for each part.

        >>> print(Planned("POST", "/schedule", Form((("name", "kpi"),))).text("http://ilum:9888/api/v1"))
        POST http://ilum:9888/api/v1/schedule
        Content-Type: multipart/form-data
        <BLANKLINE>
        name = kpi
        """
        lines = [f"{self.method} {address}{self.path}", "Content-Type: multipart/form-data", ""]
        lines += [f"{name} = {value}" for name, value in self.form.fields]
        lines += [
            f"{name} = the file {file.path} ({len(file.text.encode(errors='replace')):,} bytes)"
            for name, file in self.form.files
        ]
        return "\n".join(lines)
