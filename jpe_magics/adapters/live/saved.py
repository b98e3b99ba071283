"""The saved notebook, read while its server may be writing it."""

from __future__ import annotations

import json
import os
import stat
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jpe_magics.core.provenance import counted
from jpe_magics.core.read import check_file_size, read_notebook
from jpe_magics.errors import NotebookError
from jpe_magics.model.notebook import Notebook, Snapshot

if TYPE_CHECKING:
    from jpe_magics.adapters.live.locate import Located

#: Jupyter's server writes notebooks in place: a reader can meet an empty or half-written file for this many seconds.
PATIENCE, PAUSE = 1.0, 0.05


@dataclass(frozen=True)
class Saved:
    """A notebook and when it was saved, in seconds since the epoch."""

    notebook: Notebook
    modified: float


def read_given(path: str) -> Snapshot:
    """Return the notebook that was named; it is what was asked for, and so never doubtful.

    Raises `NotebookError`: JPE102 for a file that can't be read, JPE103 for one that is no notebook.
    """
    file = Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib raises where there is no such user
    if file.suffix.lower() in (".py", ".txt", ".md", ".r", ".scala", ".sql"):
        raise NotebookError(
            f"{file.name} is not a notebook but a {file.suffix} file",
            code="JPE103",
            where=path,
            hint="name an .ipynb file; `jupytext --to ipynb` makes one of a script",
        )
    if os.path.isdir(file):  # noqa: PTH112 - pathlib raises for a name that is too long
        raise NotebookError("this is a folder, not a notebook", code="JPE103", where=path, hint="name an .ipynb file")
    notebook = read_file(file, shown=path, hint="check the path, and that you may read the file").notebook
    return Snapshot(notebook, "given", f"notebook file {file.name}, {counted(notebook)}")


def read_located(located: Located) -> Saved:
    """Return the notebook from where it was found."""
    from jpe_magics.adapters.live.locate import HINT

    if located.server is None:
        return read_file(Path(located.path), shown=located.path, hint=HINT)
    try:
        model = located.server.contents(located.path)
    except (OSError, ValueError) as error:
        raise NotebookError(
            f"the notebook is not on this disk, and the Jupyter server does not hand it over: {error}",
            code="JPE102",
            where=located.path,
            hint=HINT,
        ) from error
    notebook = read_notebook(json.dumps(model["content"]), name=Path(located.path).stem, path=located.path)
    return Saved(notebook, _seconds(model.get("last_modified")))


def read_file(file: Path, *, shown: str, hint: str = "") -> Saved:
    """Return the notebook in `file`, which errors and the notebook itself call `shown`.

    `hint` is what to do where the file can't be opened.  What is no notebook is read again for `PATIENCE`
    seconds before the error is raised.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            data, modified = _stable(file)
            return Saved(read_notebook(data, name=file.stem, path=shown), modified)
        except (OSError, ValueError) as error:  # a path with a NUL in it is a ValueError
            reason = getattr(error, "strerror", None) or error
            raise NotebookError(
                f"the notebook file can't be read: {reason}", code="JPE102", where=shown, hint=hint
            ) from error
        except (NotebookError, _BeingWrittenError):
            if time.monotonic() >= end:
                raise
        time.sleep(PAUSE)


class _BeingWrittenError(NotebookError):
    """The file changed while it was read."""


def _stable(file: Path) -> tuple[bytes, float]:
    with open(file, "rb", opener=_opened_at_once) as stream:
        before = os.fstat(stream.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise OSError("it is a device, a pipe or a socket, and no file")
        check_file_size(before.st_size, str(file))
        data = stream.read(before.st_size + 1)
        after = os.fstat(stream.fileno())
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, len(data)):
        raise _BeingWrittenError("the notebook file is being written", where=str(file), hint="try again")
    return data, after.st_mtime


def _opened_at_once(path: str, flags: int) -> int:
    """Open without waiting for whoever writes into it, if it is a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _seconds(date: Any) -> float:
    """Return the contents API's `last_modified`; 0 where it says none: then whatever ran is newer."""
    try:
        return datetime.fromisoformat(str(date).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
