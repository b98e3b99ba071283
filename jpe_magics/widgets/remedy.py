"""What an error asks to be set in the form, by the names that its fields have there."""

from __future__ import annotations

import re

from jpe_magics.core.form import Field
from jpe_magics.errors import JpeError
from jpe_magics.panel.state import PanelState
from jpe_magics.results import Export

#: As `jpe_magics.core.form_words.in_form` names a field, and one to be ticked.
_NAMED = re.compile(r"“([^“”]+)”")
_TICK = re.compile(r"\btick “([^“”]+)”")


def named(error: JpeError | None, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return the fields of these that the error tells to set in what is to be done about it."""
    labels = frozenset(_NAMED.findall(error.hint)) if error is not None else frozenset()
    return tuple(field for field in fields if field.label in labels)


def ticked(state: PanelState) -> tuple[Field, ...]:
    """Return the fields that the last export's refusal asks to be ticked, and that are ticked now.

    Nothing of an export that has made something outside: it was no refusal.
    """
    done = state.done
    if not isinstance(done, Export) or done.error is None or done.published:
        return ()
    labels = frozenset(_TICK.findall(done.error.hint))
    return tuple(
        field for field in state.fields if field.label in labels and state.values.get(field.option.name) is True
    )
