"""The cards: where a pipeline can go, what answers there, and which one is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from ipywidgets import Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary.document import SIGNS
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.core.summary.targets import TargetRow
from jpe_magics.model.badge import Badge
from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put

_WORDS = {
    "ok": ("good", "answers"),
    "refused": ("bad", "login refused"),
    "down": ("bad", "no answer"),
    "off": ("info", "switched off"),
    "unset": ("info", "not set up"),
    "unknown": ("info", "asking …"),
}


class Cards:
    """A card for each target; those that are only announced have no button."""

    def __init__(self, parts: Parts) -> None:
        state = parts.actions.state
        self._parts = parts
        self._cards: dict[str, Card] = {}
        self._usable = parts.column(*self._shown(state), classes=("jpe-cards",))
        self._announced = parts.html(_announced(state), "jpe-announced", ours=True)
        self.roots: tuple[Widget, ...] = (self._usable, self._announced)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's targets."""
        if before is not None and (state.targets, state.target) == (before.targets, before.target):
            return
        replace_children(self._usable, *self._shown(state))
        put(self._announced, value=_announced(state))

    def _shown(self, state: PanelState) -> Iterator[Widget]:
        """Yield the cards that have buttons, as they are now."""
        for row in state.targets:
            if not row.available:
                continue
            chosen = row.name == state.target
            if row.name in self._cards:
                self._cards[row.name].show(row, chosen)
            else:
                self._cards[row.name] = Card(self._parts, row, chosen)
            yield self._cards[row.name].root


class Card:
    """One target that can be chosen."""

    def __init__(self, parts: Parts, row: TargetRow, chosen: bool) -> None:
        self._button = parts.button(
            _title(row, chosen), partial(parts.actions.choose, row.name), "jpe-choose", _tip(row, chosen)
        )
        self._told = parts.html(join(*_told(row, chosen)))
        self.root = parts.column(self._button, self._told, classes=_classes(row, chosen))

    def show(self, row: TargetRow, chosen: bool) -> None:
        """Show the target as it is now."""
        put(self.root, _dom_classes=_classes(row, chosen))
        put(self._told, value=join(*_told(row, chosen)))
        put(self._button, description=_title(row, chosen), tooltip=_tip(row, chosen))


def _classes(row: TargetRow, chosen: bool) -> tuple[str, ...]:
    # the first backend is the target's own; without the others it can still be used
    own = next((badge.state for badge in row.badges), "")
    known = (("jpe-chosen", chosen), ("jpe-down", own in ("down", "unset")), ("jpe-unset", own == "unset"))
    return ("jpe-card", f"jpe-card-{row.name}", *(name for name, counts in known if counts))


def _title(row: TargetRow, chosen: bool) -> str:
    return f"✓ {row.title}" if chosen else row.title


def _tip(row: TargetRow, chosen: bool) -> str:
    return "\n".join((f"{row.title}: chosen" if chosen else f"Choose {row.title}", *_tried(row)))


def _announced(state: PanelState) -> Html:
    """Return the cards of the targets that can't be chosen, with the reason."""
    return join(
        *(
            element(
                "div",
                element("span", row.title, class_="jpe-name", title=row.description, dir="auto"),
                _mark(row.absence.level, row.absence.text),
                class_=f"jpe-card jpe-soon jpe-card-{row.name}",
            )
            for row in state.targets
            if not row.available
        )
    )


def _told(row: TargetRow, chosen: bool) -> Iterable[Html]:
    yield element("div", row.description, dir="auto")
    badges = map(_badge, row.badges) if row.badges else [_mark("good", "always there")]
    yield element("div", *badges, class_="jpe-badges")
    if chosen:
        told = ((badge, badge.hint or badge.tried) for badge in _lacking(row))
        yield from (element("div", f"{one.backend}: {text}", class_="jpe-help", dir="auto") for one, text in told)


def _tried(row: TargetRow) -> Iterable[str]:
    """Yield what was tried of each backend that does not answer, or refuses the login, and what sets its address."""
    return (f"{badge.backend}: {badge.tried}" for badge in _lacking(row))


def _lacking(row: TargetRow) -> Iterable[Badge]:
    states = ("down", "unset", "refused")
    return (badge for badge in row.badges if badge.state in states and badge.tried)


def _badge(badge: Badge) -> Html:
    level, word = _WORDS.get(badge.state, ("warn", badge.state))
    tried = " ".join(filter(None, (badge.url, badge.tried)))
    more = {"title": tried} if tried else {}
    hidden = [element("span", f" ({tried})", class_="jpe-hidden")] if tried else []
    attributes = {"data_backend": badge.backend, "data_state": badge.state, **more}
    shown = f"{SIGNS[level]} {badge.backend} {word}"
    look = "neutral" if level == "info" else level
    return element("span", shown, *hidden, class_=f"jpe-badge jpe-{look}", **attributes)


def _mark(level: str, text: str) -> Html:
    return element("span", f"{SIGNS[level]} {text}", class_=f"jpe-badge jpe-{level}")
