"""Run the browser tests (`make test-browser`), with an old ipykernel beside the newest.

Arguments are handed on to pytest.  Without any, the files run two at a time; what failed (`--last-failed`) runs alone.
"""

from __future__ import annotations

import os
import sys

from tools.environments import KERNEL_629, ROOT, interpreter
from tools.live import SIDE_BY_SIDE


def main(words: list[str]) -> None:
    os.environ[KERNEL_629.variable] = str(interpreter(KERNEL_629))
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *asked(words)])  # in our place: signals are for pytest


def asked(words: list[str]) -> list[str]:
    """Return pytest's arguments."""
    return ["-q", *(words or SIDE_BY_SIDE), "tests/browser"]


if __name__ == "__main__":
    main(sys.argv[1:])
