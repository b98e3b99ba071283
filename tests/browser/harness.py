"""Headless Chromium, and waiting for what happens in it.

The environment says where things are: `JPE_CHROMIUM` is the browser (default: `chromium` on PATH).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Browser, sync_playwright

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def poll(what: str, check: Callable[[], Any], timeout: float, step: float = 0.05) -> Any:
    """Call `check` until it returns something true and return that; its last error is in the message."""
    end, last = time.monotonic() + timeout, None
    while time.monotonic() < end:
        try:
            found = check()
            if found:
                return found
            last = found
        except Exception as error:  # noqa: BLE001 - the page may be between two states
            last = error
        time.sleep(step)
    raise TimeoutError(f"{what}: not within {timeout:g} s (last: {last!r})")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser of its own."""
    binary = os.environ.get("JPE_CHROMIUM") or shutil.which("chromium")
    if not binary:
        raise RuntimeError("Chromium is needed (on Debian: apt-get install chromium), or JPE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, headless=True, args=list(CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            browser.close()
