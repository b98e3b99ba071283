"""Does a little later what nobody waits for."""

from __future__ import annotations

from threading import Lock, Timer

from jpe_magics.panel.worker import Job

#: Seconds until it is done.
PAUSE = 0.5


class Later:
    """Has one job wait at a time: another one that comes before has it done at once, on the thread that brings it.

    So cells that run again and again leave no more than one closed panel behind them.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: tuple[Timer, Job] | None = None

    def do(self, job: Job) -> None:
        """Have `job` done `PAUSE` seconds from now on a thread of its own; at once where there can be none."""
        timer = Timer(PAUSE, self._due)
        timer.name, timer.daemon = "jpe-panel-later", True
        self._put((timer, job))
        try:
            timer.start()
        except RuntimeError:
            self._due()

    def _due(self) -> None:
        self._put(None)

    def _put(self, waiting: tuple[Timer, Job] | None) -> None:
        with self._lock:
            before, self._waiting = self._waiting, waiting
        if before is not None:
            timer, job = before
            timer.cancel()
            job()


#: The one of this kernel, which is that of one notebook.
LATER = Later()
