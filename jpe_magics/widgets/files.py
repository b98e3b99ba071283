"""The files of an artifact: coloured, each in a tab of its own, or as links that download them."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from ipywidgets import HTML, Tab  # type: ignore[import-untyped]

from jpe_magics.core.summary.html import Html, element
from jpe_magics.model.artifact import File
from jpe_magics.results import Export
from jpe_magics.widgets.code import code_html
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put

_TYPES = {"python": "text/x-python", "json": "application/json", "yaml": "application/yaml", "sql": "text/plain"}


class Files:
    """Shows files in `root`; their text stands in it once, as code or in a link."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._places: list[HTML] = []
        self._tab: Tab | None = None
        self.root = parts.column(classes=("jpe-files",))

    def show(self, files: Sequence[File], links: bool = False) -> None:
        """Show the files as code, with `links` as links to download them instead."""
        while len(self._places) < len(files):
            self._places.append(self._parts.html())
        for place, file in zip(self._places, files, strict=False):
            put(place, value=download_link(file) if links else code_html(file))
        for place in self._places[len(files) :]:
            put(place, value="")
        self._arrange([file.path for file in files])

    def clear(self) -> None:
        """Take the text away."""
        for place in self._places:
            put(place, value="")

    def _arrange(self, names: Sequence[str]) -> None:
        """A single file needs no tab."""
        places = tuple(self._places[: len(names)])
        if len(names) < 2:
            replace_children(self.root, *places)
            return
        if self._tab is None:
            self._tab = self._parts.make(Tab)
        put(self._tab, children=places, titles=tuple(names))
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
    name = file.path.rpartition("/")[2]
    size = f" ({len(file.text.encode()) / 1024:,.1f} kB)"
    return element("div", element("a", f"Save {name}", download=name, href=address, class_="jpe-download-link"), size)
