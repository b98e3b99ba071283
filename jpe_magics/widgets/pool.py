"""Widgets that are made together and closed together."""

from __future__ import annotations

from typing import Any, TypeVar

from ipywidgets import HTML, Layout, Text, Textarea, Widget  # type: ignore[import-untyped]

W = TypeVar("W", bound=Widget)


class Pool:
    """Makes widgets and can close every one of them, layouts and styles too.

    ipywidgets keeps each widget alive until it is closed.  A control's layout and style are widgets of their own,
    three messages for one: here all controls share them (looks are the style sheet's, see `theme`).
    """

    def __init__(self) -> None:
        self._made: dict[int, Widget] = {}
        self._ours: dict[int, str] = {}
        self._layout: Layout | None = None
        self._styles: dict[type, Widget] = {}

    @property
    def layout(self) -> Layout:
        """The layout that all share."""
        if self._layout is None:
            self._layout = Layout()
        return self._layout

    def make(self, kind: type[W], *classes: str, **traits: Any) -> W:
        """Return a widget with these CSS classes and traits."""
        known = kind.class_traits()
        if "layout" in known:
            traits.setdefault("layout", self.layout)
        if "style" in known and "style" not in traits:
            style = known["style"].klass
            if style not in self._styles:
                self._styles[style] = style()
            traits["style"] = self._styles[style]
        made: W = kind(_dom_classes=classes, **traits)
        self._made[id(made)] = made
        return made

    def ours(self, widget: W) -> W:
        """Know that what the widget shows now says nothing of the notebook, nor of what was typed; return it."""
        self._ours[id(widget)] = widget.value
        return widget

    def drop(self, *widgets: Widget) -> None:
        """Close widgets that are not shown any more, with those in them."""
        for widget in widgets:
            self.drop(*getattr(widget, "children", ()))
            self._ours.pop(id(widget), None)
            if self._made.pop(id(widget), None) is not None:
                _close(widget)

    def close(self) -> None:
        """Close all widgets, the innermost first.

        What they showed and what was typed is taken out of them before, unless it is ours: a front end may keep the
        state of closed widgets.  Where that fails all of them are closed nevertheless.
        """
        made, ours = [*self._made.values()], self._ours
        shared = [one for one in (*self._styles.values(), self._layout) if one is not None]
        self._made, self._ours, self._styles, self._layout = {}, {}, {}, None
        try:
            for widget in made:
                widget.unobserve_all()
                if isinstance(widget, (HTML, Text, Textarea)) and widget.value != ours.get(id(widget)):
                    put(widget, value="")
        finally:
            for widget in (*reversed(made), *shared):
                _close(widget)


def put(widget: Widget, **traits: Any) -> None:
    """Set the traits that differ, in one message; where none does, nothing is sent."""
    changed = {name: value for name, value in traits.items() if getattr(widget, name) != value}
    if not changed:
        return
    with widget.hold_sync():
        for name, value in changed.items():
            setattr(widget, name, value)


def _close(widget: Widget) -> None:
    widget.unobserve_all()
    widget.close()
