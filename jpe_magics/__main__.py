"""`python -m jpe_magics`: the shell command `jpe`."""

from __future__ import annotations

import sys

from jpe_magics.cli import main

if __name__ == "__main__":
    sys.exit(main())
