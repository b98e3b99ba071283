"""Finds widgets in a view, and does to them what a front end does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any


def walk(root: Any) -> list[Any]:
    return [root, *(one for child in getattr(root, "children", ()) for one in walk(child))]


def find(root: Any, name: str) -> Any:
    """Return the widget of that class that is shown in the view."""
    found = [one for one in walk(root) if name in one._dom_classes]
    assert len(found) == 1, (name, len(found))
    return found[0]


def shows(root: Any, name: str) -> bool:
    return any(name in one._dom_classes for one in walk(root))


def html(root: Any) -> str:
    """Return the markup of all that is shown, without the style sheet."""
    values = (one.value for one in walk(root) if type(one).__name__ == "HTML")
    return re.sub(r"<style>.*?</style>", "", "\n".join(values), flags=re.DOTALL)


def text(root: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html(root)))


def control(root: Any, option: str) -> Any:
    return find(root, f"jpe-field-{option}").children[0]


def put(widget: Any, **state: Any) -> None:
    """Change a widget as a front end does."""
    message = {"content": {"data": {"method": "update", "state": state, "buffer_paths": []}}, "buffers": []}
    widget._handle_msg(message)


def press(widget: Any) -> None:
    assert not widget.disabled
    widget._handle_msg({"content": {"data": {"method": "custom", "content": {"event": "click"}}}, "buffers": []})


def select(root: Any, page: int) -> None:
    put(find(root, "jpe-pages"), selected_index=page)


PREVIEW, REJECTIONS, PARAMETERS, CHANGES, HISTORY = range(5)
