"""What went wrong, as the panel shows it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

from jpe_magics.errors import Interrupted, JpeError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.panel.state import Question

_log = logging.getLogger(__name__)

Failure = TypeVar("Failure", bound=BaseException)

#: Between a file that is not overwritten and why (`jpe_magics.core.flow.ours`, `jpe_magics.adapters.dags_folder`).
_KEPT = " is kept: it "
#: The refusals and failures that a yes can overcome.
_QUESTIONS: dict[str, Question] = {
    "JPE105": Question("Export it all the same?", "allow_unsaved", "Export anyway", "Don't export"),
    "JPE502": Question("Overwrite it?", "replace", "Overwrite", "Keep it", destroys=True),
    "JPE515": Question("Unpause the DAG?", "unpause", "Unpause and run", "Leave it paused"),
}

#: What a no to these comes to, and how to go on.
_DECLINED: dict[str, tuple[str, str]] = {
    "JPE105": ("not exported, as you chose", "save the notebook and export it again"),
    "JPE502": (
        "{what} stays as it is, as you chose",
        "give the pipeline another name, or export again and overwrite it",
    ),
    "JPE515": ("the DAG stays paused, as you chose: no run was started", "unpause it in Airflow when it is to run"),
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
    asked = _QUESTIONS.get(error.code) if error is not None else None
    if error is None or asked is None or asked.option not in options:
        return None
    if f"--{asked.option.replace('_', '-')}" not in error.hint:
        return None
    return replace(asked, text=f"{_told(error.message)}. {asked.text}")


def declined(error: JpeError, *, made: bool) -> JpeError:
    """Return what a failure is once its question was answered with no: the user's own choice, and no failure.

    `made` tells whether something was made before; an error that nothing is asked about is returned as it is.
    """
    if error.code not in _DECLINED:
        return error
    told, hint = _DECLINED[error.code]
    what, kept, _ = error.message.partition(_KEPT)
    told = told.format(what=what if kept else "what stands there")
    done = "what was made before that is in its place" if made else "nothing was changed"
    return Interrupted(f"{told}; {done}", where="" if kept else error.where, hint=hint)


def _told(message: str) -> str:
    """Return an error's message as a sentence before a question: nothing is done yet, and no path is capitalised.

    >>> _told("dags/etl.py is kept: it was not made by jpe_magics")
    'dags/etl.py stands there already and was not made by jpe_magics'
    """
    what, kept, why = message.partition(_KEPT)
    if kept:
        return f"{what} stands there already and {why}"
    first = message.partition(" ")[0]
    return f"{message[:1].upper()}{message[1:]}" if first.isalpha() else message


def question_about_doubt(snapshot: Snapshot) -> Question | None:
    """Return what is to be asked before this notebook is published, None where it is surely the one that is seen."""
    if not snapshot.doubtful:
        return None
    asked, told = _QUESTIONS["JPE105"], "; ".join(snapshot.doubtful)
    return replace(asked, text=f"What was read may not be the notebook that you see: {told}. {asked.text}")


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    ours = [one for one in frames if "jpe_magics" in one.filename] or frames
    return f"{ours[-1].filename.rpartition('/')[2]}, line {ours[-1].lineno}, {ours[-1].name}"
