"""The text of a notebook file → `Notebook`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jpe_magics.core.databricks import is_databricks
from jpe_magics.core.kernels import cell_language, kernel_name
from jpe_magics.core.silence import silence
from jpe_magics.errors import NotebookError
from jpe_magics.model.notebook import Cell, Notebook

#: The bytes of a file that is read: in memory, JSON made to be large takes twenty times as many.
LARGEST_FILE = 128 * 2**20
#: Code cells, and characters and lines of code in all of them together.  Python's parser takes half a gigabyte for a
#: million characters of short statements.
MOST_CELLS = 10_000
MOST_CHARACTERS = 4_000_000
MOST_LINES = 200_000


def read_notebook(data: bytes | str, *, name: str, path: str | None = None) -> Notebook:
    """Return the notebook that a file holds.

    nbformat 4 is read as plain JSON (importing nbformat costs up to a second); older formats are
    converted by nbformat.  `name` and `path` are as in `Notebook`.  Raises `NotebookError`: JPE102 for
    what is no JSON text or too large, JPE103 for JSON that is no notebook.
    """
    where = path or name
    content = _parse(data, where)
    if not isinstance(content, dict):
        raise _no_notebook(f"it holds {_a(content)}, not an object", where)
    major, minor = content.get("nbformat"), content.get("nbformat_minor")
    if not isinstance(major, int) or isinstance(major, bool):
        raise _no_notebook("it has no nbformat number", where)
    if major > 4:
        raise _no_notebook(
            f"its format is nbformat {major}, which is newer than 4", where, hint="save it as nbformat 4, or upgrade us"
        )
    if major < 4:
        content, minor = _upgrade(content, major, where), 0
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise _no_notebook("it has no list of cells", where)
    return notebook_from_cells(
        cells,
        name=name,
        path=path,
        metadata=content.get("metadata"),
        nbformat=(4 if major >= 4 else major, minor if isinstance(minor, int) else 0),
    )


def notebook_from_cells(
    cells: Sequence[Any],
    *,
    name: str,
    path: str | None = None,
    metadata: Any = None,
    nbformat: tuple[int, int] = (4, 5),
) -> Notebook:
    """Return a notebook of cells and metadata that are shaped as in nbformat 4.

    Metadata of a wrong type counts as empty.  Raises `NotebookError` JPE103 that names the cell (its
    place among all cells, from 1) where one is no object, or its type or source is not text; JPE102 where
    there is more code than anybody writes.
    """
    where = path or name
    read: list[Cell] = []
    code_cells = characters = lines = 0
    for index, raw in enumerate(cells):
        cell = _cell(raw, index, code_cells + 1, where)
        if cell.number is not None:
            code_cells += 1
            characters += len(cell.source)
            lines += cell.source.count("\n") + 1
            _check_size(code_cells, characters, lines, where)
        read.append(cell)
    plain = dict(metadata) if isinstance(metadata, Mapping) else {}
    notebook = Notebook(tuple(read), name, "", path, plain, nbformat)
    return replace(notebook, digest=_digest(notebook, where))


def check_file_size(size: int, where: str) -> None:
    """Raise `NotebookError` JPE102 for a file of more bytes than are read."""
    if size > LARGEST_FILE:
        raise NotebookError(
            f"the notebook file has {size:,} bytes, and at most {LARGEST_FILE:,} are read",
            where=where,
            hint="clear the outputs that make it large, and save it",
        )


def _check_size(cells: int, characters: int, lines: int, where: str) -> None:
    if cells <= MOST_CELLS and characters <= MOST_CHARACTERS and lines <= MOST_LINES:
        return
    for count, most, what in (
        (cells, MOST_CELLS, "code cells"),
        (characters, MOST_CHARACTERS, "characters of code"),
        (lines, MOST_LINES, "lines of code"),
    ):
        if count > most:
            raise NotebookError(
                f"the notebook has more than {most:,} {what}, which is too much for one pipeline",
                where=f"{where}, code cell {cells}",
                hint="keep data in files and not in cells; cut the notebook into several",
            )


def _parse(data: bytes | str, where: str) -> Any:
    check_file_size(len(data), where)
    if isinstance(data, bytes):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise NotebookError(
                f"the notebook file is not UTF-8 text (byte {error.start})",
                where=where,
                hint="notebooks are UTF-8: save it again from Jupyter",
            ) from error
    else:
        text = data.removeprefix("\ufeff")
    if not text.strip():
        raise NotebookError("the notebook file is empty", where=where, hint="save the notebook, then try again")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        conflict = re.search("^(<<<<<<<|>>>>>>>) ", text, re.MULTILINE)
        raise NotebookError(
            f"the notebook file is not JSON: {error.msg}",
            where=f"{where}, line {error.lineno}, column {error.colno}",
            hint="settle git's conflict markers in it" if conflict else "open and save it in Jupyter, or restore it",
        ) from error
    except RecursionError as error:
        raise NotebookError(
            "the notebook file is JSON that is nested too deeply", where=where, hint="restore it from a good copy"
        ) from error
    except MemoryError as error:
        raise NotebookError(
            "the notebook file takes more memory than there is", where=where, hint="clear its outputs, and save it"
        ) from error
    except ValueError as error:  # an integer of thousands of digits
        raise NotebookError(
            f"the notebook file holds a number that can't be read: {error}",
            where=where,
            hint="restore it from a good copy",
        ) from error


def _upgrade(content: dict[str, Any], major: int, where: str) -> dict[str, Any]:
    """Return an nbformat 1 to 3 notebook as nbformat 4 holds it."""
    from nbformat import convert, reader

    try:
        with silence():  # about ids that old formats don't have
            # the reader also joins the lists of lines, which the converters expect
            converted = convert(reader.reads(json.dumps(content)), 4)  # type: ignore[no-untyped-call]
    except Exception as error:  # the converters check nothing: a broken file fails them in any way
        reason = str(error).partition("\n")[0]
        raise _no_notebook(f"its format is nbformat {major}, and nbformat can't convert it: {reason}", where) from error
    upgraded: dict[str, Any] = converted
    for cell in upgraded.get("cells", ()):
        cell.pop("id", None)  # made up at random by the conversion
    return upgraded


def _cell(cell: Any, index: int, number: int, where: str) -> Cell:
    """Return the cell at `index`, with that number if it is a code cell."""
    if not isinstance(cell, Mapping):
        raise _no_notebook(f"a cell is {_a(cell)}, not an object", _place(index, where))
    cell_type = cell.get("cell_type")
    if not isinstance(cell_type, str):
        raise _no_notebook("a cell has no cell_type", _place(index, where))
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        what = f"a cell's source is {_a(source)}, not text or a list of lines"
        raise _no_notebook(what, _place(index, where))
    told = cell.get("metadata")
    metadata = dict(told) if isinstance(told, Mapping) else {}
    tags = metadata.get("tags")
    return Cell(
        source=source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source,
        index=index,
        number=number if cell_type == "code" else None,
        id=cell["id"] if isinstance(cell.get("id"), str) else None,
        cell_type=cell_type,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        metadata=metadata,
    )


def _place(index: int, where: str) -> str:
    return f"{where}, cell {index + 1} of the file"


def _digest(notebook: Notebook, where: str) -> str:
    """Return the sha256 of what can influence an artifact.

    Metadata that running or viewing a notebook changes (timings, collapsed cells, the Python version)
    is left out, so that the file and the live document of one notebook have one digest.
    """
    telling = [
        [[cell.cell_type, cell.source, cell.tags, cell_language(cell)] for cell in notebook.cells],
        [kernel_name(notebook), notebook.language, is_databricks(notebook), notebook.metadata.get("jpe")],
    ]
    try:
        # ASCII escapes also hold lone surrogates, which UTF-8 can't
        text = json.dumps(telling, ensure_ascii=True, sort_keys=True)
    except (RecursionError, TypeError, ValueError) as error:
        raise _no_notebook("its metadata.jpe is no plain JSON", where) from error
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _no_notebook(what: str, where: str, hint: str = "name an .ipynb file that Jupyter opens") -> NotebookError:
    return NotebookError(f"the file is not a notebook: {what}", code="JPE103", where=where, hint=hint)


def _a(value: Any) -> str:
    """Return the JSON word for the type of `value`."""
    if value is None:
        return "null"
    words = {bool: "a boolean", str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return words.get(type(value), type(value).__name__)
