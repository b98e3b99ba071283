"""What other cells lose when a cell magic goes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from jpe_magics.core.classified import Classified
from jpe_magics.core.magic_options import parse_options
from jpe_magics.model.finding import Finding, Rejection

_MAGIC = re.compile(r"%{1,2}(writefile|file|capture|send_to_spark)[ \t]+(.*)")


def notice_lost(cells: Sequence[Classified]) -> tuple[Classified, ...]:
    """Return `cells` with findings for the names and modules that only magics which go had made."""
    found: dict[int, list[Finding]] = {}
    for at, one in enumerate(cells):
        for rejection in one.rejections:
            for place, finding in _lost(cells, at, rejection):
                found.setdefault(place, []).append(finding)
    return tuple(
        one._replace(findings=(*one.findings, *found[at])) if at in found else one for at, one in enumerate(cells)
    )


def _lost(cells: Sequence[Classified], at: int, rejection: Rejection) -> Iterator[tuple[int, Finding]]:
    """Yield what is lost with a rejection of the cell at `at`, each with the place of the cell that it touches."""
    found = _MAGIC.match(rejection.text)
    if found is None:
        return
    magic, arguments = found.groups()
    words = [word.strip("'\"") for word in arguments.split() if not word.startswith("-")]
    if magic == "send_to_spark":
        options = parse_options("send_to_spark", arguments)
        name = options["varname"] or options["input"]
        if name and not _assigned(name, cells):
            text = f"{name} was sent from the local kernel: no exported cell defines it, and what reads it will fail"
            yield at, Finding.of(cells[at].cell, "JPE315", text, rejection.line)
    elif magic == "capture" and words and words[0].isidentifier():
        yield from _needed(words[0], rf"\b{words[0]}\b", f"{words[0]}, which only %%capture made", "JPE315", cells, at)
    elif magic in ("writefile", "file") and words and words[-1].endswith(".py"):
        module = re.split(r"[/\\]", words[-1])[-1].removesuffix(".py")
        pattern = rf"^[ \t]*(?:from|import)\b[^#\n]*\b{re.escape(module)}\b"
        yield from _needed(module, pattern, f"{module}, a module that only %%{magic} made", "JPE316", cells, at)


def _assigned(name: str, cells: Sequence[Classified]) -> bool:
    """Tell whether a cell that runs in Spark assigns `name`."""
    pattern = re.compile(rf"^[ \t]*{re.escape(name)}\s*=(?!=)", re.MULTILINE)
    return any(_is_code(one) and one.kind != "plain" and pattern.search(one.body.text) for one in cells)


def _needed(
    name: str, pattern: str, what: str, code: str, cells: Sequence[Classified], at: int
) -> Iterator[tuple[int, Finding]]:
    """Yield a finding for each later cell that needs what is lost: `name`, where it stands as in `pattern`."""
    for place in range(at + 1, len(cells)):
        one = cells[place]
        if name not in one.body.text:
            continue
        hit = re.search(pattern, one.body.text, re.MULTILINE) if _is_code(one) else None
        if hit:
            line = one.body.source_line(one.body.text.count("\n", 0, hit.start()) + 1)
            yield place, Finding.of(one.cell, code, f"needs {what} (cell {cells[at].cell.number})", line)


def _is_code(one: Classified) -> bool:
    return one.language == "python" and not one.gone
