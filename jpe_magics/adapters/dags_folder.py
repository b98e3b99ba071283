"""Artifacts into folders of this machine, with what others put there kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from jpe_magics.adapters.files import not_written, write_atomic
from jpe_magics.core.header import made_from
from jpe_magics.errors import OptionError, PublishError
from jpe_magics.model.artifact import File
from jpe_magics.model.publication import Published

_NONE: Mapping[str, str] = MappingProxyType({})


def place(folder: Path, file: File, *, replace: bool = False, others: Mapping[str, str] = _NONE) -> Published:
    """Put `file` into `folder` and return where it went; the note is "created", "replaced" or "unchanged".

    A file that stands there already and was not made by us from the same notebook is kept: that raises
    `PublishError` JPE502, or with `replace` leaves a copy of it beside (`.bak`, `.bak2` …; named in the note).
    `others` are files, by their real paths, that another notebook made last, with its path: their headers don't count.
    Raises `PublishError` JPE501 where the path leads out of the folder or can't be written.
    """
    parts = PurePosixPath(file.path).parts
    if not parts or file.path.startswith("/") or ".." in parts or any(one in file.path for one in "\\\0:\n"):
        raise PublishError(
            f"{file.path!r} is no path inside the folder {folder}", hint="give the pipeline a plain file name"
        )
    return _put(folder.joinpath(*parts), file, replace, others)


def check_output(output: str, notebook: str) -> None:
    """Raise `OptionError` where `--output` names a notebook, that at the path `notebook` above all, or only `-`.

    No `--replace` allows that: a notebook is what the user has, and the artifact is made anew at any time.
    """
    where = f"--output {output}"
    if output == "-":
        hint = "--preview shows what would be written; a file of that name is ./-"
        raise OptionError("--output names a file or a folder, and - is neither", where=where, hint=hint)
    if not output or output.endswith(("/", os.sep)):
        return
    try:
        path = os.path.realpath(os.path.expanduser(output))  # noqa: PTH111  as in `write_outputs`
        if os.path.isdir(path):  # noqa: PTH112
            return
        own = bool(notebook) and (path == os.path.realpath(notebook) or _is_same(path, notebook))
    except (OSError, ValueError):
        return  # no path at all, or none that can be looked at: writing says what is wrong
    if own or path.lower().endswith(".ipynb") or output.lower().endswith(".ipynb"):
        stem = output.removesuffix(PurePosixPath(output).suffix)
        raise OptionError(
            f"{output} is " + ("the notebook that is exported" if own else "a notebook's name") + ", and stays one",
            where=where,
            hint=f"name a file for the code, like --output {stem}.py",
        )


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)  # noqa: PTH121  a hard link, or a name in other letters
    except FileNotFoundError:
        return False


def write_outputs(
    output: str, files: Sequence[File], replace: bool = False, others: Mapping[str, str] = _NONE
) -> Iterator[Published]:
    """Put `files` where `--output` says: into a folder (it ends in `/` or is one), or a single one at that very path.

    Yields where each went, as it is written.  What stands there is kept or replaced as `place` does.  Raises
    `OptionError` where several files would have to share one path.
    """
    # os.path's own: pathlib raises for a user that is not there, and for a name that is too long
    path = Path(os.path.expanduser(output))  # noqa: PTH111
    if output.endswith(("/", os.sep)) or os.path.isdir(path):  # noqa: PTH112
        for file in files:
            yield place(path, file, replace=replace, others=others)
    elif len(files) == 1:
        yield _put(path, files[0], replace, others)
    else:
        raise OptionError(
            f"--output names one file, and there are {len(files)} to write",
            where=f"--output {output}",
            hint="name a folder: end it with /",
        )


def _put(path: Path, file: File, replace: bool, others: Mapping[str, str]) -> Published:
    old = _read(path)
    if old == file.text.encode(errors="surrogatepass"):
        return Published("file", str(path), note="unchanged")
    if old is None:
        write_atomic(path, file.text)
        return Published("file", str(path), note="created")
    source, other = made_from(old.decode(errors="replace")), others.get(os.path.realpath(path), "")
    if source is not None and source == made_from(file.text) and not other:
        write_atomic(path, file.text)
        return Published("file", str(path), note="replaced")
    if not replace:
        raise PublishError(
            f"{path} is kept: "
            + (f"it was made from {other or source}" if source else "it was not made by jpe_magics"),
            code="JPE502",
            where=str(path),
            hint="give the pipeline another name, or add --replace (a .bak of that file stays)",
        )
    backup = _back_up(path, old)
    write_atomic(path, file.text)
    return Published("file", str(path), note=f"replaced, the old file is {backup.name}")


def _read(path: Path) -> bytes | None:
    try:
        if path.exists() and not path.is_file():
            return None  # a folder or a device: write_atomic says what is wrong
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise not_written(path, error) from error
    except ValueError as error:
        raise PublishError(f"{str(path)!r} is no path: {error}", hint="name another place") from error


def _back_up(path: Path, data: bytes) -> Path:
    """Write `data` beside `path` under the first free name of .bak, .bak2, … and return it."""
    number = 1
    while True:
        backup = path.with_name(f"{path.name}.bak{number if number > 1 else ''}")
        try:
            with backup.open("xb") as copy:
                try:
                    copy.write(data)
                    copy.flush()
                    os.fsync(copy.fileno())
                except OSError:
                    backup.unlink()
                    raise
        except FileExistsError:
            number += 1
        except OSError as error:
            raise not_written(backup, error) from error
        else:
            return backup
