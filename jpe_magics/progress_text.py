"""Hears how far long work is, and tells it where there is only text: a terminal, the shell command's error stream."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from jpe_magics.core.summary.progress import Steps, progress_lines
from jpe_magics.model.progress import Progress

if TYPE_CHECKING:
    from typing_extensions import Self


class ProgressListener:
    """Hears how far a piece of work is; this one shows nothing.

    Used as a context around the work, it knows when that has ended.  What it shows never stops the work:
    where nobody can be told any more, it falls silent.
    """

    def tell(self, progress: Progress) -> None:
        """Hear how far it is now."""

    def done(self, good: bool = True) -> None:
        """Hear that the work has ended; what is told after the first time counts no more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done(good=error is None)


class TextProgress(ProgressListener):
    """Writes a line for each new step, and for each task of a run whose state has changed."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._steps = Steps()
        self._heard = True

    def tell(self, progress: Progress) -> None:
        """Write what is new in it."""
        if not self._heard:
            return
        lines = list(progress_lines(self._steps, progress))
        self._steps = self._steps.told(progress, self._clock())
        try:
            for line in lines:
                self._write(line)
        except (OSError, ValueError):  # the stream's reader is gone, or the stream is closed
            self._heard = False
