"""Writing files so that either all of the new text stands there or all of the old."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from pathlib import Path

from jpe_magics.errors import PublishError

_WAYS_OUT = {
    errno.ENOSPC: "free some space on that disk, then export again",
    errno.EDQUOT: "your quota on that disk is used up: free some space, then export again",
    errno.EFBIG: "the limit for file sizes is reached (ulimit -f): raise it, then export again",
    errno.ENOTDIR: "a file stands where a folder is needed: name another place",
    errno.EEXIST: "a file stands where a folder is needed: name another place",
    errno.EISDIR: "a folder stands there: name a file, or end the path in / to write into the folder",
    errno.ENAMETOOLONG: "choose a shorter name",
}
_OTHER_PLACE = "name a place that you may write to, with --output or the setting local_dags_folder"


def write_atomic(path: Path | str, text: str, mode: int | None = None) -> None:
    """Put `text` (UTF-8, line ends as they are) into the file at `path`, all of it or nothing.

    The text goes into a temporary file beside it (its name does not end in .py, so that no DAG
    processor reads it), is synced, and takes the file's place in one step.  Missing folders are made.
    An existing file keeps its mode, a new one gets `mode` (else what the umask leaves); a symbolic link
    stays, and the file that it points to is written.  Raises `PublishError` JPE501 with the old file
    untouched and nothing left behind.
    """
    destination = Path(os.path.realpath(path))
    temporary: Path | None = None
    try:
        data = text.encode()
        kept = _mode_of(destination)
        destination.parent.mkdir(parents=True, exist_ok=True)
        temporary = destination.parent / f".jpe-{secrets.token_hex(8)}.tmp"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
        with os.fdopen(handle, "wb") as file:
            if kept is not None:
                os.chmod(temporary, kept)  # noqa: PTH101  the same call for paths of either kind
            elif mode is not None:
                os.chmod(temporary, mode)  # noqa: PTH101
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, destination)  # noqa: PTH105
        temporary = None
    except UnicodeEncodeError as error:
        raise PublishError(
            f"{path} could not be written: the text holds a character that is no Unicode text",
            where=str(path),
            hint="look for a broken character (a lone surrogate) in the notebook",
        ) from error
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):  # it may never have come to be; what went wrong is being raised
                temporary.unlink()
    _sync_folder(destination.parent)


def check_place(path: Path | str) -> None:
    """Raise `PublishError` JPE501 where `write_atomic` could not write a file at `path`; missing folders are made."""
    destination = Path(os.path.realpath(path))
    try:
        _mode_of(destination)
        destination.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=destination.parent):
            pass
    except (OSError, ValueError) as error:
        raise not_written(path, error if isinstance(error, OSError) else OSError(0, str(error))) from error


def not_written(path: Path | str, error: OSError) -> PublishError:
    """Return the error to raise where `path` could not be written: path, reason and the way out."""
    reason = error.strerror or type(error).__name__
    return PublishError(
        f"{path} could not be written: {reason[:1].lower()}{reason[1:]}",
        where=str(path),
        hint=_WAYS_OUT.get(error.errno or 0, _OTHER_PLACE),
    )


def _mode_of(path: Path) -> int | None:
    """Return the permissions of the file at `path`, None if there is none; raise OSError if it is no plain file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "a folder stands there")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "no plain file stands there (a device, a pipe or a socket)")
    return stat.S_IMODE(found.st_mode)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself last, where the system lets folders be synced."""
    with contextlib.suppress(OSError):  # the file is there and whole; some file systems refuse this
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
