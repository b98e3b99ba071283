"""What the tests of the documentation read: all Markdown files, and the pages that are made from declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools.docs import pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"


@cache
def generated() -> dict[Path, str]:
    """The pages that are made from declarations, by the path at which the build writes them."""
    return {REFERENCE / name: text for name, text in pages().items()}


@cache
def written() -> dict[Path, str]:
    """The pages that people write, by path; what a build of the documentation left is none of them."""
    made = {*generated(), REFERENCE / "imports.md"}
    found = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
    return {path: path.read_text(encoding="utf-8") for path in found if path not in made}


def everything() -> dict[Path, str]:
    return {**written(), **generated()}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ ]*$", re.DOTALL | re.MULTILINE
)


def without_code(text: str) -> str:
    """The page's prose: its blocks of code and its code in lines are blanked out, line for line."""
    text = FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = re.sub(r"<!--.*?-->", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "``", text)


def code_lines(text: str) -> Iterator[str]:
    """Every line of code on the page, a broken one as a whole: of its blocks, and what stands in a line of prose."""
    for block in FENCE.finditer(text):
        yield from re.sub(r" \\\n\s*", " ", block["text"]).splitlines()
    for found in re.finditer(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", FENCE.sub("", text)):
        yield found[2].replace("\\|", "|")
