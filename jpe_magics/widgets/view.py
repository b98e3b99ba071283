"""What every view is made of: a box with a readable text of its own."""

from __future__ import annotations

from collections.abc import Sequence

from ipywidgets import HTML, VBox, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import fragment, to_html
from jpe_magics.core.summary.document import Document, Mono, Note
from jpe_magics.core.summary.html import Html, join
from jpe_magics.widgets.parts import replace_children
from jpe_magics.widgets.pool import Pool
from jpe_magics.widgets.theme import sheet


class View(VBox):  # type: ignore[misc]
    """A box whose text form, which front ends without widgets show, says what it is; closing it closes all of it.

    `again` is the magic that opens it: the view says so itself where its kernel is gone (see `lost`), and brings the
    style sheet of its controls with it.
    """

    def __init__(self, title: str, children: Sequence[Widget], name: str, pool: Pool, again: str = "") -> None:
        self.title = title
        self._pool: Pool | None = pool
        self._first = (pool.ours(pool.make(HTML, "jpe-lost", value=join(sheet(), lost(again)))),) if again else ()
        super().__init__(
            children=(*self._first, *children), layout=pool.layout, _dom_classes=("jpe", "jpe-view", f"jpe-{name}")
        )

    def __repr__(self) -> str:
        return f"<{self.title}: the summary below says the same>"

    def show(self, *children: Widget) -> None:
        """Show these children, if they aren't shown already.

        What comes later belongs at the end: front ends make anew everything that stands behind another child.
        """
        replace_children(self, *self._first, *children)

    def close(self) -> None:
        """Close the view and all that is in it."""
        pool, self._pool = self._pool, None
        try:
            if pool is not None:
                pool.close()
        finally:
            super().close()


def lost(again: str) -> Html:
    """Return what a view says that has no kernel any more; `again` is the magic that opens it.

    JupyterLab, Notebook 7 and nbclassic give every widget of a kernel that was restarted or has died the class
    `jupyter-widgets-disconnected` (ipywidgets' `WidgetModel.comm_live`): the style sheet shows it only there.
    """
    told = ("The kernel was restarted: this view is not alive any more.  Open it again with ", Mono(again), ".")
    return fragment([Note("warn", told)])


def document_view(document: Document, name: str) -> View:
    """Return a view of one document, with the class `jpe-<name>` for style sheets and tests."""
    pool = Pool()
    return View(document.title, [pool.make(HTML, value=to_html(document))], name, pool)
