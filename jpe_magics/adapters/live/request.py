"""The request that the kernel is working on: what the front end says beside the code.

Every look is by feature: a plain IPython terminal has no kernel, ipykernel 7.0 to 7.2 hand no metadata
to `pre_run_cell`, and Jupyter's message protocol leaves all of it open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any, NamedTuple

from jpe_magics.model.executed import VSCODE


class CellRequest(NamedTuple):
    """An `execute_request`, as far as it concerns us; all empty in a plain IPython terminal.

    `sent` is the front end's own time, in seconds since the epoch, None where it says none.
    `stdin` tells whether someone could be asked: false under nbclient, papermill and nbconvert.
    `client` is the session id of the page that sent it.
    """

    id: str = ""
    code: str | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})
    sent: float | None = None
    stdin: bool = True
    client: str = ""

    @property
    def cell_id(self) -> str | None:
        """The nbformat id of the cell, or VS Code's URI of it; None where the front end sends none."""
        told = self.metadata.get("cellId")
        return told if isinstance(told, str) and told else None

    @property
    def from_vscode(self) -> bool:
        """Tell whether VS Code sent it."""
        return (self.cell_id or "").startswith(VSCODE)


def current_request(shell: Any) -> CellRequest | None:
    """Return the request that the kernel works on; an empty one where there is no kernel to ask.

    None where the kernel works on something else than a cell: a widget's message, its own start.
    """
    get_parent = getattr(getattr(shell, "kernel", None), "get_parent", None)
    if get_parent is None:
        return CellRequest()
    message = get_parent("shell")
    if not isinstance(message, Mapping):
        return None
    header, content = _mapping(message.get("header")), _mapping(message.get("content"))
    if header.get("msg_type") != "execute_request":
        return None
    code = content.get("code")
    return CellRequest(
        id=str(header.get("msg_id", "")),
        code=code if isinstance(code, str) else None,
        metadata=_mapping(message.get("metadata")),
        sent=_seconds(header.get("date")),
        stdin=content.get("allow_stdin") is not False,
        client=str(header.get("session", "")),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _seconds(date: Any) -> float | None:
    """Return a header's date in seconds; jupyter_client has parsed what is a date in ISO 8601."""
    if not isinstance(date, datetime):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
