"""Does a little later what nobody waits for."""

from __future__ import annotations

from threading import Lock, Timer

from jpe_magics.panel.worker import Job

#: Seconds until it is done.
PAUSE = 0.5

Waiting = tuple[Timer, Job]


class Later:
    """Has one job wait at a time: another one that comes before has it done at once, on the thread that brings it.

    So cells that run again and again leave no more than one closed panel behind them.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: Waiting | None = None

    def do(self, job: Job) -> None:
        """Have `job` done `PAUSE` seconds from now on a thread of its own; at once where there can be none."""
        timer = Timer(PAUSE, self.at_once)
        timer.name, timer.daemon = "jpe-panel-later", True
        before = self._exchange((timer, job))
        try:
            timer.start()  # before the other job, which may fail
        except RuntimeError:
            self.at_once()
        _finish(before)

    def at_once(self) -> None:
        """Have done now, on this thread, what waits."""
        _finish(self._exchange(None))

    def _exchange(self, waiting: Waiting | None) -> Waiting | None:
        with self._lock:
            before, self._waiting = self._waiting, waiting
        return before


def _finish(waiting: Waiting | None) -> None:
    if waiting is not None:
        timer, job = waiting
        timer.cancel()
        job()


#: The one of this kernel, which is that of one notebook.
LATER = Later()
