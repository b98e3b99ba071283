"""Run the browser tests (`make test-browser`), with an old ipykernel beside the newest.

Arguments are handed on to pytest.  Without any, the files run two at a time; what failed (`--last-failed`) runs alone.
"""

from __future__ import annotations

import os
import sys

from tools.environments import KERNEL_629, ROOT, interpreter

SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")


def main(words: list[str]) -> None:
    os.environ[KERNEL_629.variable] = str(interpreter(KERNEL_629))
    os.chdir(ROOT)
    words = ["-q", *(words or SIDE_BY_SIDE), "tests/browser"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *words])  # in our place: signals are for pytest


if __name__ == "__main__":
    main(sys.argv[1:])
