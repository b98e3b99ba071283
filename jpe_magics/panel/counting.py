"""What counts for a form that says nothing, and what is proposed for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.form import Value
from jpe_magics.core.target import Target
from jpe_magics.errors import HistoryError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.panel.past import last_of
from jpe_magics.panel.prefill import proposals
from jpe_magics.session import Session


@dataclass(frozen=True)
class Counting:
    """What counts for a target's options by name, and what its form proposes beside."""

    values: Mapping[str, Any]
    proposed: Mapping[str, Value]


def count(session: Session, target: Target, snapshot: Snapshot, last: Mapping[str, Any]) -> Counting:
    """Return what counts with the notebook as it is; `last` are the options of its last export to that target."""
    values = session.counting(target, snapshot)
    proposed = proposals(target, values, frozenset(_fixed(session, target, snapshot)), snapshot.notebook.name, last)
    return Counting(values, proposed)


def last_options(session: Session, target: Target, snapshot: Snapshot) -> Mapping[str, Any]:
    """Return the options of the notebook's last export to that target; none where there was none, or none is known."""
    try:
        record = last_of(session.history, snapshot.notebook, target.name)
    except HistoryError:
        return {}  # the history's own tab says so
    return record.options if record is not None else {}


def _fixed(session: Session, target: Target, snapshot: Snapshot) -> Iterator[str]:
    """Yield the options that the environment or the notebook itself says now."""
    presets = snapshot.notebook.metadata.get("jpe")
    for one in target.options:
        said = one.preset and isinstance(presets, Mapping) and presets.get(one.name) is not None
        if said or (one.setting and session.settings.origin(one.setting).startswith("environment")):
            yield one.name
