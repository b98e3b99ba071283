"""What every view is made of: a box with a readable text of its own."""

from __future__ import annotations

from collections.abc import Sequence

from ipywidgets import HTML, VBox, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import to_html
from jpe_magics.core.summary.document import Document
from jpe_magics.widgets.pool import Pool


class View(VBox):  # type: ignore[misc]
    """A box whose text form, which front ends without widgets show, says what it is; closing it closes all of it."""

    def __init__(self, title: str, children: Sequence[Widget], name: str, pool: Pool) -> None:
        self.title = title
        self._pool: Pool | None = pool
        super().__init__(children=tuple(children), layout=pool.layout, _dom_classes=("jpe", "jpe-view", f"jpe-{name}"))

    def __repr__(self) -> str:
        return f"<{self.title}: the summary below says the same>"

    def close(self) -> None:
        """Close the view and all that is in it."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
        super().close()


def document_view(document: Document, name: str) -> View:
    """Return a view of one document, with the class `jpe-<name>` for style sheets and tests."""
    pool = Pool()
    return View(document.title, [pool.make(HTML, value=to_html(document))], name, pool)
