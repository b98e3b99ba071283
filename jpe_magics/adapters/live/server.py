"""The Jupyter server that started this kernel, asked on its loopback address only."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from jpe_magics.core.read import LARGEST_FILE
from jpe_magics.model.secret import Secret

#: Seconds that the server gets for an answer; one with a notebook in it may be large.
LIMIT, CONTENT_LIMIT = 1.5, 5.0


@dataclass(frozen=True)
class Server:
    """A running server: `url` is its loopback address with a `/` at the end, `root` the folder that it serves."""

    url: str
    root: str
    token: Secret

    def get(self, path: str, timeout: float = LIMIT, most: int | None = None) -> Any:
        """Return the JSON at `path` below the url; raises `OSError` or `ValueError`, without the token in it.

        `most` are the bytes of it that are read, None for the usual ones.
        """
        from jpe_magics.adapters.http import get_json

        headers = {"Authorization": f"token {self.token.reveal()}"} if self.token else {}
        return get_json(self.url + path, headers=headers, timeout=timeout, most=most)

    def sessions(self, kernel_id: str) -> list[str]:
        """Return the paths, relative to `root`, of the notebooks whose sessions use that kernel."""
        told = self.get("api/sessions")
        found = (_session_path(one) for one in told if _kernel_of(one) == kernel_id) if isinstance(told, list) else ()
        return sorted({one for one in found if one})

    def contents(self, path: str) -> Mapping[str, Any]:
        """Return the contents API's model of the notebook at `path`: `content`, `last_modified`, `name`.

        It is read up to the size of the largest notebook file that is read.
        """
        told = self.get(f"api/contents/{quote(path)}?content=1&type=notebook", CONTENT_LIMIT, LARGEST_FILE)
        if not isinstance(told, Mapping) or not isinstance(told.get("content"), Mapping):
            raise ValueError("the server's answer holds no notebook")
        return told


def runtime_file(environ: Mapping[str, str]) -> Path | None:
    """Return the file in which the server that started this kernel describes itself, None where it has none.

    jupyter_client tells every kernel its parent's pid (`JPY_PARENT_PID`); jupyter_server writes
    `jpserver-<pid>.json` into Jupyter's runtime folder, the classic Notebook 6 `nbserver-<pid>.json`.
    """
    pid = environ.get("JPY_PARENT_PID", "")
    if not pid.isdigit():
        return None
    from jupyter_core.paths import jupyter_runtime_dir

    folder = Path(jupyter_runtime_dir())
    files = (folder / f"{name}-{pid}.json" for name in ("jpserver", "nbserver"))
    return next((one for one in files if one.is_file()), None)


def read_server(file: Path, environ: Mapping[str, str]) -> Server | str:
    """Return the server that a runtime file describes, or why it can't be asked."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return f"{file.name} can't be read ({type(error).__name__})"
    if not isinstance(told, dict):
        return f"{file.name} describes no server"
    url = loopback(str(told.get("url", "")))
    if not url:
        return "the server does not listen on a loopback address"
    root = told.get("root_dir") or told.get("notebook_dir") or ""
    # JupyterHub's single-user servers write no token, but take the one that the hub gave to the user
    token = told.get("token") or environ.get("JUPYTERHUB_API_TOKEN") or ""
    return Server(url, os.path.expanduser(str(root)), Secret(str(token)))  # noqa: PTH111 - it may be ""


def loopback(url: str) -> str:
    """Return a server's address if it is one of this machine, else "".

    A server that listens everywhere (0.0.0.0, as in containers) is reached on 127.0.0.1.

    >>> loopback("http://0.0.0.0:8888/base"), loopback("http://example.org:8888/"), loopback("http://[::1")
    ('http://127.0.0.1:8888/base/', '', '')
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return ""
    host = parts.hostname
    if host != "localhost":
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return ""
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "[::1]"
        elif not address.is_loopback:
            return ""
        elif address.version == 6:
            host = f"[{host}]"
    path = parts.path if parts.path.endswith("/") else parts.path + "/"
    return urlunsplit((parts.scheme, host + port, path, "", ""))


def _kernel_of(session: Any) -> str:
    kernel = session.get("kernel") if isinstance(session, Mapping) else None
    return str(kernel.get("id", "")) if isinstance(kernel, Mapping) else ""


def _session_path(session: Mapping[str, Any]) -> str:
    """Return a session's notebook path; servers before 4.3 of the protocol keep it under `notebook`."""
    if session.get("type", "notebook") != "notebook":
        return ""
    older = session.get("notebook")
    path = session.get("path") or (older.get("path") if isinstance(older, Mapping) else "")
    return without_drive(str(path or ""))


def without_drive(path: str) -> str:
    """Return a contents path without the drive that jupyter-collaboration puts in front of it.

    >>> without_drive("RTC:etl/daily.ipynb")
    'etl/daily.ipynb'
    """
    return path.removeprefix("RTC:")
