"""What every view is made of: documents as HTML widgets, in tabs, with a readable text of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ipywidgets import HTML, Tab, VBox, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import to_html
from jpe_magics.core.summary.document import Document


class View(VBox):  # type: ignore[misc]
    """A box whose text form, which front ends without widgets show, says what it is."""

    def __init__(self, title: str, children: Sequence[Widget]) -> None:
        self.title = title
        super().__init__(children=tuple(children))
        self.add_class("jpe-view")

    def __repr__(self) -> str:
        return f"<{self.title}: the summary below says the same>"


def shown(document: Document) -> HTML:
    """Return a document as a widget."""
    return HTML(value=to_html(document))


def document_view(document: Document, name: str) -> View:
    """Return a view of one document, with the class `jpe-<name>` for style sheets and tests."""
    view = View(document.title, [shown(document)])
    view.add_class(f"jpe-{name}")
    return view


def tabs(pages: Iterable[tuple[str, Widget]]) -> Tab:
    """Return pages side by side, each under its title."""
    pages = tuple(pages)
    return Tab(children=tuple(page for _, page in pages), titles=tuple(title for title, _ in pages))
