"""Results as text and as static HTML: what a saved notebook, a terminal and a headless run show.

Each view (`export_view`, `record_view`, …) returns a `Document`; `to_text` and `to_html` show one.  The
pairs here do both steps: `summary_text(report, published, record_id)` and so on, text in 100 columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from jpe_magics.core.summary.brief import (
    brief_view,
    download_view,
    failed_line,
    folded,
    outcome_view,
    whole_view,
    with_short_tables,
)
from jpe_magics.core.summary.diff import diff_view
from jpe_magics.core.summary.document import Document
from jpe_magics.core.summary.error import error_view
from jpe_magics.core.summary.export import export_view
from jpe_magics.core.summary.history import history_view, record_view
from jpe_magics.core.summary.html import Html
from jpe_magics.core.summary.page import fragment, to_html
from jpe_magics.core.summary.parameters import parameters_view
from jpe_magics.core.summary.plain import to_text
from jpe_magics.core.summary.progress import Steps, progress_lines, progress_view
from jpe_magics.core.summary.submission import submission_failed, submission_line, submission_view
from jpe_magics.core.summary.targets import TargetRow, targets_view

__all__ = [
    "Document",
    "Steps",
    "TargetRow",
    "brief_view",
    "diff_html",
    "diff_text",
    "diff_view",
    "download_view",
    "error_html",
    "error_text",
    "error_view",
    "export_view",
    "failed_line",
    "folded",
    "fragment",
    "history_html",
    "history_text",
    "history_view",
    "outcome_view",
    "parameters_html",
    "parameters_text",
    "parameters_view",
    "progress_lines",
    "progress_view",
    "record_html",
    "record_text",
    "record_view",
    "submission_failed",
    "submission_html",
    "submission_line",
    "submission_text",
    "submission_view",
    "summary_html",
    "summary_text",
    "targets_html",
    "targets_text",
    "targets_view",
    "to_html",
    "to_text",
    "whole_view",
    "with_short_tables",
]

Args = ParamSpec("Args")


def _both(view: Callable[Args, Document]) -> tuple[Callable[Args, str], Callable[Args, Html]]:
    """Return the functions that show the view as text and as HTML; both take the view's own arguments."""

    def as_text(*args: Args.args, **kwargs: Args.kwargs) -> str:
        return to_text(view(*args, **kwargs))

    def as_html(*args: Args.args, **kwargs: Args.kwargs) -> Html:
        return to_html(view(*args, **kwargs))

    return as_text, as_html


summary_text, summary_html = _both(export_view)
parameters_text, parameters_html = _both(parameters_view)
history_text, history_html = _both(history_view)
record_text, record_html = _both(record_view)
submission_text, submission_html = _both(submission_view)
diff_text, diff_html = _both(diff_view)
targets_text, targets_html = _both(targets_view)
error_text, error_html = _both(error_view)
