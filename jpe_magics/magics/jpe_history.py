"""`%jpe_history`: what was exported, and what became of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jpe_magics.magics.line import silenced, split

if TYPE_CHECKING:
    from jpe_magics.magics.show import Display
    from jpe_magics.session import Session


def jpe_history(session: Session, display: Display, line: str) -> Any:
    """Show and return the newest records, or the one that the line names.

    The list is returned as a tuple of `Row`s, one record as a `Record`, what was done with one as a
    `Submission`; of an action that failed what was made is shown, and the error is raised.  A `;` at the end of
    the line keeps the result from being shown.
    """
    from jpe_magics.answers import ask_history
    from jpe_magics.core.summary import folded, submission_view
    from jpe_magics.magics.show import ERROR, Results
    from jpe_magics.results import Submission

    line, quiet = silenced(line)
    words = split(line)
    if "--help" in words or "-h" in words:
        from jpe_magics.magics.help import history_help

        print(history_help())
        return None
    with display.progress(quiet=quiet) as progress:
        answer = ask_history(session, words, tell=progress.tell)
    found = Results.of(answer.value, "record", answer.document) if isinstance(answer.value, tuple) else answer.value
    if quiet:
        display.hide(found)
    elif answer.verbatim:
        print(answer.text)
        display.hide(found)
    elif isinstance(answer.value, Submission) and not answer.value.ok:
        display.show(submission_view(answer.value, where=ERROR), found)
    elif not words and display.has_front_end():
        from jpe_magics.magics.live import open_history

        open_history(session, display, answer.document)
        display.hide(found)
    else:

        def view() -> object:
            from jpe_magics.widgets.view import document_view

            return document_view(answer.document, "history-result")

        display.show(answer.document, found, view, partial(folded, answer.document, "All of it"))
    if answer.error is not None:
        raise answer.error
    return found
