"""Long work, shown in a cell's output while it goes on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import TracebackType

from jpe_magics.core.summary.progress import Steps, progress_view
from jpe_magics.model.progress import Progress
from jpe_magics.progress_text import ProgressListener

_log = logging.getLogger(__name__)

#: What is over sooner shows nothing, in seconds.
FIRST = 0.3
#: The pause between two updates in which nothing begins or changes its state, in seconds.
PAUSE = 0.25

#: Shows a text and its HTML as the display of that id, "" for a new one; returns the id.
Publish = Callable[[str, str, str], str]


class ShownProgress(ProgressListener):
    """Shows the steps of the work as one display with an id of its own, and keeps it up to date.

    It takes no widget: a kernel's messages `display_data` and `update_display_data` are known to every
    front end, and nbclient keeps the last one.  `place` is the display's id, "" while nothing is shown,
    and after an exception: no summary follows, and what the display says then stays.
    """

    def __init__(self, publish: Publish, clock: Callable[[], float] = time.monotonic) -> None:
        self.place = ""
        self._publish = publish
        self._clock = clock
        self._begun = clock()
        self._shown_at = self._begun
        self._steps = Steps()
        self._heard = True

    def tell(self, progress: Progress) -> None:
        """Show how far it is, if it is time or something new has begun."""
        if not self._heard:
            return
        now = self._clock()
        news = not self.place or self._steps.is_news(progress)
        self._steps = self._steps.told(progress, now)
        if now - self._begun >= FIRST and (news or now - self._shown_at >= PAUSE):
            self._show(now, "In progress")

    def done(self, good: bool = True) -> None:
        """Leave the steps as they ended; a summary may then take their place."""
        now = self._clock()
        self._steps = self._steps.end(now, good)
        if self._heard and self.place:
            self._show(now, "Done" if good else "Stopped")
        self._heard = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if error is not None:
            self.place = ""

    def _show(self, now: float, title: str) -> None:
        from jpe_magics.core.summary import to_html, to_text

        document = progress_view(self._steps, now, title)
        text, html = to_text(document), to_html(document)
        try:
            self.place = self._publish(text, html, self.place)
        except Exception:  # noqa: BLE001 - whatever the front end's channel raises, the work must go on
            _log.debug("progress is no longer shown", exc_info=True)
            self._heard = False
        self._shown_at = now
