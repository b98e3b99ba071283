"""Where the notebook's file is: a ladder of places that know it, each a small function.

Three places tell the state of now: the front end's document (the mirror), VS Code's cell URI, and the
server's list of sessions.  The first of them that knows wins.  The others remember what was told when
the kernel started, which a rename makes wrong; they count only where they agree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jpe_magics.adapters.live import vscode
from jpe_magics.adapters.live.request import CellRequest
from jpe_magics.adapters.live.server import Server, read_server, runtime_file, without_drive
from jpe_magics.errors import NotebookError

HINT = "name it: --notebook PATH, or the environment variable JPE_NOTEBOOK_PATH"


@dataclass(frozen=True)
class Located:
    """A notebook file: `path` on this disk, `how` it was found, and what was `tried` before.

    Where only the server can reach the file, `path` is the server's and `server` is set.
    """

    path: str
    how: str
    tried: tuple[str, ...] = ()
    server: Server | None = None


@dataclass
class _Search:
    shell: Any
    environ: Mapping[str, str]
    request: CellRequest
    mirror: str
    tried: list[str] = field(default_factory=list)

    def named(self, name: str) -> str:
        """Return a text from the user's namespace, "" where there is none."""
        told = getattr(self.shell, "user_ns", {}).get(name)
        return told if isinstance(told, str) else ""

    def missed(self, how: str, why: str) -> None:
        self.tried.append(f"{how}: {why}")

    def on_disk(self, how: str, path: str) -> Located | None:
        """Return the place if the file is there."""
        file = os.path.abspath(path)  # noqa: PTH100 - links stay as the user sees them
        if os.path.isfile(file):  # noqa: PTH113
            return Located(file, how, tuple(self.tried))
        self.missed(how, f"{os.path.basename(path)} is not on this disk")  # noqa: PTH119
        return None


def locate(shell: Any, environ: Mapping[str, str], *, request: CellRequest | None = None, mirror: str = "") -> Located:
    """Return where the notebook of this kernel is.

    `request` is the last one that a front end sent, `mirror` the path that the mirror told (relative to
    the server's folder).  Raises `NotebookError`: JPE101 where nothing knows it, JPE104 where two places
    name different files; both say what was tried.
    """
    search = _Search(shell, environ, request or CellRequest(), mirror)
    for step in _NOW:
        if found := step(search):
            return found
    remembered = [found for step in _REMEMBERED if (found := step(search))]
    files = {os.path.realpath(one.path) for one in remembered}
    if len(files) > 1:
        named = "; ".join(f"{one.how}: {one.path}" for one in remembered)
        raise NotebookError(f"it is not clear which notebook this is: {named}", code="JPE104", hint=HINT)
    if remembered:
        return remembered[0]
    raise NotebookError(f"no notebook was found; tried {'; '.join(search.tried)}", code="JPE101", hint=HINT)


def path_of_mirror(environ: Mapping[str, str], path: str) -> str:
    """Return the file on this disk for a path that the mirror told, "" where the server's folder is not known."""
    path = without_drive(path)
    file = runtime_file(environ)
    server = read_server(file, environ) if file else None
    if isinstance(server, Server) and server.root:
        return str(Path(server.root, path))
    started = Path(environ.get("JPY_SESSION_NAME", ""))
    return str(started) if started.is_absolute() and started.as_posix().endswith(f"/{path}") else ""


def _mirror(search: _Search) -> Located | None:
    if not search.mirror:
        return None
    path = path_of_mirror(search.environ, search.mirror)
    return search.on_disk("the live notebook", path) if path else None


def _cell_uri(search: _Search) -> Located | None:
    path = vscode.notebook_path(search.request.cell_id or "")
    return search.on_disk("VS Code's cell id", path) if path else None


def _sessions(search: _Search) -> Located | None:
    how = "the Jupyter server's sessions"
    kernel = kernel_id(search.shell)
    file = runtime_file(search.environ) if kernel else None
    if not kernel or file is None:
        search.missed(how, "no server of this machine started this kernel")
        return None
    server = read_server(file, search.environ)
    if isinstance(server, str):
        search.missed(how, server)
        return None
    try:
        paths = server.sessions(kernel)
    except (OSError, ValueError) as error:
        search.missed(how, str(error))
        return None
    if len(paths) > 1:
        raise NotebookError(
            f"{len(paths)} notebooks use this kernel: {', '.join(paths)}",
            code="JPE104",
            where=how,
            hint="name one: --notebook PATH",
        )
    if not paths:
        search.missed(how, "none of them has this kernel")
        return None
    found = search.on_disk(how, str(Path(server.root, paths[0]))) if server.root else None
    return found or Located(paths[0], how, tuple(search.tried), server)


def _vscode_variable(search: _Search) -> Located | None:
    if search.request.cell_id is not None and not search.request.from_vscode:
        return None  # VS Code started the kernel, but another front end runs it now
    path = search.named("__vsc_ipynb_file__")
    if not path:
        search.missed("VS Code's __vsc_ipynb_file__", "not set")
    return search.on_disk("VS Code's __vsc_ipynb_file__", path) if path else None


def _session_name(search: _Search) -> Located | None:
    path = search.environ.get("JPY_SESSION_NAME", "")
    if not path.endswith(".ipynb"):
        search.missed("JPY_SESSION_NAME", "names no notebook" if path else "not set")
    elif is_headless(search.request, search.environ):
        search.missed("JPY_SESSION_NAME", "inherited from the notebook that started this run")
    else:
        return search.on_disk("JPY_SESSION_NAME", path)
    return None


def _papermill(search: _Search) -> Located | None:
    path = search.named("PAPERMILL_INPUT_PATH")
    if not path:
        search.missed("PAPERMILL_INPUT_PATH", "not set")
    return search.on_disk("PAPERMILL_INPUT_PATH", path) if path else None


def _dunder_file(search: _Search) -> Located | None:
    path = search.named("__file__")
    return search.on_disk("__file__", path) if path.endswith(".ipynb") else None


_NOW: tuple[Callable[[_Search], Located | None], ...] = (_mirror, _cell_uri, _sessions)
_REMEMBERED: tuple[Callable[[_Search], Located | None], ...] = (
    _vscode_variable,
    _session_name,
    _papermill,
    _dunder_file,
)


def kernel_id(shell: Any) -> str:
    """Return the id by which the server knows this kernel, "" outside of one.

    It is in the name of the connection file that ipykernel's application was started with.
    """
    application = getattr(getattr(shell, "kernel", None), "parent", None)
    file = getattr(application, "connection_file", "")
    stem = Path(file).stem if isinstance(file, str) else ""
    return stem.removeprefix("kernel-") if stem.startswith("kernel-") else ""


def is_headless(request: CellRequest, environ: Mapping[str, str]) -> bool:
    """Tell whether no one sits in front: nbclient, nbconvert, papermill.

    They allow no input; so does jupyter-server-documents, but that is a server.  JPY_SESSION_NAME
    alone is no proof of one, since a run that was started from a notebook inherits it.
    """
    return not request.stdin and not (environ.get("JPY_SESSION_NAME") and runtime_file(environ))
