"""The cards: where a pipeline can go, what answers there, and which one is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ipywidgets import HTML, Button, VBox, Widget  # type: ignore[import-untyped]

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
    "unknown": ("info", "asking …"),
}
_OPERATING = {
    "": "looking what answers …",
    "Standalone": "Standalone: nothing answers; files and folders only",
    "Connected": "Connected",
    "Ilum bundled": "Ilum bundled: Ilum, Airflow and Gitea answer",
}


class Cards:
    """A card for each target; those that are only announced have no button."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._cards: dict[str, Card] = {}
        self.operating = parts.html("", "jpe-operating")
        self._usable, self._announced = parts.column(classes=("jpe-cards",)), parts.row(classes=("jpe-announced",))
        self.root = parts.column(self._usable, self._announced)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's targets."""
        if before is None or state.operating != before.operating:
            told = _OPERATING.get(state.operating, state.operating)
            put(self.operating, value=element("div", f"Operating mode: {told}", role="status"))
        if before is not None and (state.targets, state.target) == (before.targets, before.target):
            return
        for row in state.targets:
            if row.name not in self._cards:
                self._cards[row.name] = Card(self._parts, row)
            self._cards[row.name].show(row, row.name == state.target)
        replace_children(self._usable, *(self._cards[row.name].root for row in state.targets if row.available))
        replace_children(self._announced, *(self._cards[row.name].root for row in state.targets if not row.available))


class Card:
    """One target."""

    def __init__(self, parts: Parts, row: TargetRow) -> None:
        self._button: Button | None = None
        if row.available:
            self._button = parts.button(row.title, partial(parts.actions.choose, row.name), "jpe-choose")
            self._told = parts.html()
            self.root: Widget = parts.make(VBox, children=(self._button, self._told))
        else:
            self.root = self._told = parts.make(HTML)

    def show(self, row: TargetRow, chosen: bool) -> None:
        """Show the target as it is now."""
        # the first backend is the target's own; without the others it can still be used
        down = row.available and any(badge.state == "down" for badge in row.badges[:1])
        known = (("jpe-chosen", chosen), ("jpe-down", down), ("jpe-soon", not row.available))
        classes = ("jpe-card", f"jpe-card-{row.name}", *(name for name, counts in known if counts))
        put(self.root, _dom_classes=classes)
        put(self._told, value=join(*_told(row, chosen)))
        if self._button is not None:
            title = f"✓ {row.title}" if chosen else row.title
            tip = f"{row.title}: chosen" if chosen else f"Choose {row.title}"
            put(self._button, description=title, tooltip="\n".join((tip, *_tried(row))))


def _told(row: TargetRow, chosen: bool) -> Iterable[Html]:
    if not row.available:
        yield element("span", row.title, class_="jpe-name", title=row.description, dir="auto")
        yield _mark(row.absence.level, row.absence.text)
        return
    yield element("div", row.description, dir="auto")
    badges = map(_badge, row.badges) if row.badges else [_mark("good", "always there")]
    yield element("div", *badges, class_="jpe-badges")
    if chosen:
        yield from (element("div", told, class_="jpe-help", dir="auto") for told in _tried(row))


def _tried(row: TargetRow) -> Iterable[str]:
    """Yield what was tried of each backend that does not answer, or refuses the login."""
    states = ("down", "refused")
    return (f"{badge.backend}: {badge.tried}" for badge in row.badges if badge.state in states and badge.tried)


def _badge(badge: Badge) -> Html:
    level, word = _WORDS.get(badge.state, ("warn", badge.state))
    tried = " ".join(filter(None, (badge.url, badge.tried)))
    more = {"title": tried} if tried else {}
    hidden = [element("span", f" ({tried})", class_="jpe-hidden")] if tried else []
    attributes = {"data_backend": badge.backend, "data_state": badge.state, **more}
    shown = f"{SIGNS[level]} {badge.backend} {word}"
    return element("span", shown, *hidden, class_=f"jpe-badge jpe-{level}", **attributes)


def _mark(level: str, text: str) -> Html:
    return element("span", f"{SIGNS[level]} {text}", class_=f"jpe-badge jpe-{level}")
