"""Errors and results in the words of the panel: they name its controls in place of the line's options."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import TypeVar

from jpe_magics.core.form import Field
from jpe_magics.core.form_words import in_form
from jpe_magics.errors import JpeError
from jpe_magics.results import Export, Submission

Done = TypeVar("Done", Export, Submission)


def in_panel(error: JpeError, fields: Sequence[Field]) -> JpeError:
    """Return the same error in the panel's words; the very same where they are no others."""
    message, where, hint = (in_form(text, fields) for text in (error.message, error.where, error.hint))
    if (message, where, hint) == (error.message, error.where, error.hint):
        return error
    told = copy(error)
    told.message, told.where, told.hint, told.args = message, where, hint, (message,)
    return told


def in_its_words(done: Done, fields: Sequence[Field]) -> Done:
    """Return what was done with its error and all that was noticed in the panel's words."""
    error = None if done.error is None else in_panel(done.error, fields)
    told = replace(done, error=error, notices=tuple(in_form(text, fields) for text in done.notices))
    if isinstance(told, Submission):
        return told
    warnings = tuple(replace(one, text=in_form(one.text, fields)) for one in told.report.warnings)
    rejected = tuple(replace(one, reason=in_form(one.reason, fields)) for one in told.report.rejected)
    report = replace(told.report, warnings=warnings, rejected=rejected, error=in_form(told.report.error, fields))
    return replace(told, report=report)
