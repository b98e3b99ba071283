"""What VS Code's cell URIs tell."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from jpe_magics.model.executed import VSCODE


def notebook_path(cell_id: str) -> str:
    """Return the notebook's path in a cell URI of VS Code, "" for any other id and for a notebook never saved.

    The fragment ends in the base64 of the notebook's own URI scheme, `file` or, in a remote window, `vscode-remote`.

    >>> notebook_path("vscode-notebook-cell:/home/ada/my%20etl.ipynb#W0sZmlsZQ%3D%3D")
    '/home/ada/my etl.ipynb'
    """
    if not cell_id.startswith(VSCODE):
        return ""
    place, _, fragment = cell_id.removeprefix(VSCODE).rpartition("#")
    try:
        scheme = base64.b64decode(unquote(fragment).partition("s")[2], validate=True)
    except binascii.Error:
        return ""
    if scheme not in (b"file", b"vscode-remote"):
        return ""
    if place.startswith("//"):  # the authority: the host of a remote window, or of a network share
        place = "/" + place.removeprefix("//").partition("/")[2]
    path = unquote(place)
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path  # a Windows drive
