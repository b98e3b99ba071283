"""The view of where a pipeline can go, and what answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jpe_magics.core.summary.document import Block, Document, Link, Mark, Mono, Note, Phrase, Table
from jpe_magics.model.badge import Badge

_STATES = {
    "ok": ("good", "answers"),
    "refused": ("bad", "answers, but refuses the login"),
    "down": ("bad", "does not answer"),
    "off": ("info", "switched off"),
    "unset": ("info", "not set up"),
}
#: What a badge says in the table of targets, where that is another word than its state.
_WORDS = {"refused": "login refused", "unset": "not set up"}


@dataclass(frozen=True)
class TargetRow:
    """A target (see `jpe_magics.targets.Target`) with the badges of its backends.

    `fault` says why one that is not `available` does not load, "" where it is only announced; `needed` are the
    options without which it makes nothing, as they stand on a line ("--dag-id ID").
    """

    name: str
    title: str
    description: str = ""
    available: bool = True
    badges: tuple[Badge, ...] = ()
    fault: str = ""
    needed: tuple[str, ...] = ()

    @property
    def absence(self) -> Mark:
        """Why it can't be used."""
        return Mark("bad", f"does not load: {self.fault}") if self.fault else Mark("info", "coming soon")


def targets_view(targets: Sequence[TargetRow], notes: Sequence[str] = (), command: str = "") -> Document:
    """Return the table of targets with their badges, and how to go on; `notes` tell the operating mode and the like.

    `command` is what asked in a shell ("jpe"), "" for the magic.
    """
    rows = ((Mono(one.name), one.title, _state(one), one.description) for one in targets)
    tried = [
        (Mono(badge.backend), badge_mark(badge), Link(badge.url, badge.url), badge.tried or "-")
        for target in targets
        for badge in target.badges
    ]
    blocks: list[Block] = [Note("info", text) for text in notes]
    blocks.append(
        Table("Where the pipeline can go", ("Name", "Target", "State", "What it makes"), tuple(rows), ("Name", "State"))
    )
    if tried:
        names = ("Backend", "State", "Address", "What was tried")
        blocks.append(Table("What was asked", names, tuple(dict.fromkeys(tried))))
    example = next((one for one in targets if one.available), None)
    if example is not None:
        line = " ".join(
            [f"{command} export NOTEBOOK" if command else "%export_pipeline", example.name, *example.needed]
        )
        more = f"{command} export --help" if command else "%export_pipeline?"
        blocks.append(Note("info", ("Go on with ", Mono(f"{line} --preview"), "; all options: ", Mono(more))))
    return Document("Targets" if command else "Export this notebook", tuple(blocks))


def badge_mark(badge: Badge) -> Mark:
    """Return the badge as a mark."""
    level, text = _STATES.get(badge.state, ("warn", "unknown"))
    return Mark(level, text)


def _state(target: TargetRow) -> Phrase:
    if not target.available:
        return target.absence
    if not target.badges:
        return Mark("good", "always there")
    marks: list[Mark | str] = []
    for badge in target.badges:
        mark = badge_mark(badge)
        marks += [Mark(mark.level, f"{badge.backend} {_WORDS.get(badge.state, badge.state)}"), " "]
    return tuple(marks[:-1])
