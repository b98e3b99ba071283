"""The files of an artifact: coloured, each in a tab of its own, or as links that download them."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from ipywidgets import Tab, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary.html import Html, element
from jpe_magics.model.artifact import File
from jpe_magics.results import Export
from jpe_magics.widgets.code_text import CodeText
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put

_TYPES = {"python": "text/x-python", "json": "application/json", "yaml": "application/yaml", "sql": "text/plain"}


class Files:
    """Shows files in `root`, of several the one whose tab is looked at; only that one's text is sent."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._files: tuple[File, ...] = ()
        self._places: list[CodeText] = []
        self._tab: Tab | None = None
        self.root: Widget = parts.column(classes=("jpe-files",))

    def show(self, files: Sequence[File]) -> None:
        """Show the files as they are now."""
        self._files = tuple(files)
        while len(self._places) < len(files):
            self._places.append(CodeText(self._parts))
        self._arrange()
        self._draw()

    def clear(self) -> None:
        """Take the text away."""
        self.show(())

    def _draw(self) -> None:
        looked_at = (self._tab.selected_index or 0) if self._tab is not None and len(self._files) > 1 else 0
        for number, place in enumerate(self._places):
            if number == looked_at and number < len(self._files):
                place.show(self._files[number])
            else:
                place.clear()

    def _arrange(self) -> None:
        """A single file needs no tab."""
        places = tuple(place.root for place in self._places[: len(self._files)])
        if len(places) < 2:
            replace_children(self.root, *places)
            return
        if self._tab is None:
            self._tab = self._parts.make(Tab)
            self._tab.observe(self._parts.guarded(lambda _change: self._draw(), local=True), "selected_index")
        put(self._tab, children=places, titles=tuple(file.path for file in self._files))
        replace_children(self.root, self._tab)


def downloads(export: Export) -> tuple[File, ...]:
    """Return the files that may be downloaded: none where what is shown is masked, for then they hold secrets."""
    if export.artifact is None or export.artifact.files != export.shown:
        return ()
    return export.artifact.files


def download_link(file: File) -> Html:
    """Return a link that saves the file; the browser needs nothing else for it."""
    text = base64.b64encode(file.text.encode()).decode()
    address = f"data:{_TYPES.get(file.language, 'text/plain')};base64,{text}"
    saved = file.path.rpartition("/")[2]
    size = f"{len(file.text.encode()) / 1024:,.1f} kB"
    return element("a", f"Save {saved}", download=saved, href=address, class_="jpe-download-link", title=size)
