"""What stands beside a widget: short as HTML, whole as text."""

from __future__ import annotations

import re

import pytest

from jpe_magics.core.flow import State
from jpe_magics.core.summary import Document, brief_view, folded, outcome_view, to_html, to_text, whole_view
from jpe_magics.core.summary.brief import counted
from jpe_magics.core.summary.document import Fold, Mono, Note, Table
from jpe_magics.core.summary.style import STYLE
from jpe_magics.errors import PublishError, RunFailed
from jpe_magics.model.artifact import File
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.progress import TaskState
from jpe_magics.model.publication import Published
from jpe_magics.model.report import Report
from jpe_magics.results import Export

REPORT = Report("py", "live notebook, 3 cells", cells=3, parameters=(Parameter("n", "int", 3),), files=(("a.py", "0"),))
DONE = Export(
    REPORT,
    shown=(File("a.py", "unique_marker = 1\n"),),
    published=(Published("file", "/tmp/a.py", note="created"), Published("run", "run 1", "https://airflow/run/1")),
    notices=("the history is full",),
)


def test_a_brief_export_begins_with_the_outcome_and_links() -> None:
    outcome, _, rest = to_html(brief_view(DONE)).partition('<details class="jpe-fold">')
    for told in (
        "Exported and started.",
        "/tmp/a.py",
        'href="https://airflow/run/1"',
        "the history is full",
        "3 cells",
    ):
        assert told in outcome, told
    assert "unique_marker" not in outcome
    assert "unique_marker" in rest
    assert "Parameters" in rest


def test_its_text_leaves_nothing_out() -> None:
    brief, whole = to_text(brief_view(DONE)), to_text(whole_view(DONE))
    for line in whole.splitlines():
        # columns are as wide as the longest name, which is another one here
        assert line.split()[-1:] == [] or line.split()[-1] in brief, line


def test_a_failure_comes_first_and_its_trace_is_folded_away() -> None:
    error = PublishError("Traceback (most recent call last):\n" + "  File x\n" * 30 + "ValueError: full", hint="h")
    outcome, _, rest = to_html(brief_view(Export(REPORT, error=error))).partition("<details")
    assert "ValueError: full" in outcome
    assert "File x" not in outcome
    assert "File x" in rest


def test_the_outcome_holds_no_code() -> None:
    assert "unique_marker" not in to_html(outcome_view(DONE))


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (REPORT, "3 cells · 1 parameter · 1 file"),
        (Report("py", ""), ""),
    ],
)
def test_counts(report: Report, told: str) -> None:
    assert counted(report) == told


def test_what_is_folded_keeps_its_first_sentences() -> None:
    table = Table("Rows", ("A",), ((Mono("<b>"),),))
    document = folded(Document("T", (Note("bad", "first"), table, Note("info", "last"))), "More")
    assert document.blocks == (Note("bad", "first"), Fold("More", (table, Note("info", "last"))))
    assert to_text(document).split("\n")[-1] == "\N{INFORMATION SOURCE} last"
    assert "<summary>More</summary>" in to_html(document)
    assert folded(document, "Again").blocks[0] == Note("bad", "first")


def test_what_is_said_elsewhere_is_one_line_and_the_rest_is_folded() -> None:
    blocks = (Note("bad", "first"), Note("info", "last"))
    document = folded(Document("T", blocks), "More", Note("bad", "see there"))
    assert document.blocks == (Note("bad", "see there"), Fold("More", blocks))


def test_a_long_error_that_is_told_elsewhere_leaves_one_line_and_the_runs_tasks() -> None:
    error = RunFailed("the task clean failed\n" + "  a line\n" * 30)
    states = (State("failed", error.message, (TaskState("clean", "failed"),)),)
    done = Export(REPORT, error=error, states=states)
    assert "a line" in to_text(whole_view(done))
    shown = to_text(whole_view(done, where="that place"))
    assert "Exported, but the run failed (JPE510): that place says why, and what to do." in shown
    assert "a line" not in shown
    assert "the task clean failed" not in shown
    assert "1 task of the run: 1 failed" in shown
    good = Export(REPORT)
    assert whole_view(good, where="that place") == whole_view(good)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "back"), [("light", "#ffffff"), ("dark", "#212121")])
def test_the_accents_can_be_read(theme: str, back: str) -> None:
    """WCAG's formula; JupyterLab's cells are white, or #212121 and darker."""
    light, dark = re.findall(r"\{(--jpe-[^{}]*|\n--jpe-[^{}]*)\}", STYLE)[:2]
    found = dict(
        re.findall(r"--jpe-(link|good|warn|bad|info):var\([^,]*,(#[0-9a-f]{6})\)", dark if theme == "dark" else light)
    )
    assert set(found) == {"link", "good", "warn", "bad", "info"}
    for name, colour in found.items():
        assert contrast(colour, back) >= 4.5, (name, colour)


def test_vs_code_comes_first() -> None:
    """VS Code defines `--jp-*` as light values even in a dark theme."""
    for value in re.findall(r"var\((--[a-z]+)-", re.sub(r"var\(--jpe-[a-z-]+\)", "", STYLE)):
        assert value in ("--vscode", "--jp")
    assert not re.search(r"[:\s]var\(--jp-(?!e)", STYLE), "only behind a variable of VS Code"
