"""What went wrong, as the panel shows it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection
from typing import TypeVar

from jpe_magics.errors import JpeError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.panel.state import Question

_log = logging.getLogger(__name__)

Failure = TypeVar("Failure", bound=BaseException)

#: The refusals and failures that a yes can overcome: the option that it sets, the question, and the button's text.
_QUESTIONS: dict[str, tuple[str, str, str]] = {
    "JPE105": ("allow_unsaved", "Export it all the same?", "Export anyway"),
    "JPE502": ("replace", "Overwrite it?", "Overwrite"),
    "JPE515": ("unpause", "Unpause the DAG?", "Unpause and run"),
}


def in_our_words(error: BaseException, doing: str) -> JpeError:
    """Return the error that the panel shows for `error`, which came while `doing` ("making the preview").

    A fault that we did not foresee is named by its type and our place in the code alone: its text, which goes
    nowhere, may hold anything that stands in the notebook.
    """
    if isinstance(error, JpeError):
        return bare(error)
    place = _place(error)
    _log.debug("%s at %s while %s", type(error).__name__, place, doing)
    return JpeError(
        f"{doing} failed: {type(error).__name__}",
        code="JPE801",
        where=place,
        hint="try again; if it comes back, this is our fault or a plugin's: please report it with this line",
    )


def bare(error: Failure) -> Failure:
    """Return the error without what it remembers of the code that raised it: its frames hold whole notebooks."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error


def question_about(error: JpeError | None, options: Collection[str]) -> Question | None:
    """Return what is to be asked where a yes would do, None where nothing helps.

    The error's own hint must name the flag: what stands in the way may be a folder, which no flag overwrites.
    """
    option, asked, button = _QUESTIONS.get(error.code if error is not None else "", ("", "", ""))
    if error is None or option not in options or f"--{option.replace('_', '-')}" not in error.hint:
        return None
    return Question(f"{error.message[:1].upper()}{error.message[1:]}. {asked}", option, button)


def question_about_doubt(snapshot: Snapshot) -> Question | None:
    """Return what is to be asked before this notebook is published, None where it is surely the one that is seen."""
    if not snapshot.doubtful:
        return None
    option, asked, button = _QUESTIONS["JPE105"]
    told = "; ".join(snapshot.doubtful)
    return Question(f"What was read may not be the notebook that you see: {told}. {asked}", option, button)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    ours = [one for one in frames if "jpe_magics" in one.filename] or frames
    return f"{ours[-1].filename.rpartition('/')[2]}, line {ours[-1].lineno}, {ours[-1].name}"
