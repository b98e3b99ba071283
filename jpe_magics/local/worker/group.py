"""The end of this process and of all that it started, which are one process group."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

#: The JVM gets so long to end by itself, remove its files and close its database.
GRACE_SECONDS = 3.0


def survive_sigterm() -> None:
    """Let this process outlive the SIGTERM of `end_group`."""
    # A handler and not SIG_IGN, which the JVM would inherit.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: None)


def end_group(is_over: Callable[[], bool]) -> None:
    """Ask the group to end, and kill it when `is_over` or after a while; does not return."""
    os.killpg(0, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while not is_over() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(0, signal.SIGKILL)
