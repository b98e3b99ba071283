"""Serve, as `jpe livy` does."""

from __future__ import annotations

import sys

from jpe_magics.local.command import main

if __name__ == "__main__":
    sys.exit(main())
