"""An environment made from nothing, and its pip.  uv makes and fills it where it can be had: that is much faster."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.environments import LIVE

PIP = ("-m", "pip", "--disable-pip-version-check", "-q")


class Place:
    """An environment of `base`, an interpreter, in the folder."""

    def __init__(self, folder: Path, base: str) -> None:
        self.folder, self.base = folder, base
        self.python = folder / "bin" / "python"
        if uv():
            run(uv(), "venv", "-q", "--seed", "-p", base, folder)
        else:
            run(base, "-m", "venv", folder)

    def fill(self, *packages: str | Path) -> None:
        """Install what the environment is to have before anybody looks at it."""
        if uv():
            run(uv(), "pip", "install", "-q", "--python", self.python, *packages)
        else:
            self.pip("install", *packages)

    def pip(self, *words: str | Path) -> str:
        """Return what the environment's own pip says: what people have."""
        return run(self.python, *PIP, *words)

    def freeze(self) -> list[str]:
        """Return what is installed there, a line a package."""
        return self.pip("freeze", "--all").splitlines()


@functools.cache
def uv() -> str:
    """Return uv's path, "" where it can't be had."""
    found = LIVE / "uv" / "bin" / "uv"
    if not found.exists():
        pip = [sys.executable, *PIP, "install", "--target", str(LIVE / "uv"), "uv"]
        if subprocess.run(pip, check=False, capture_output=True).returncode:
            return ""
    return str(found)


def run(*words: str | Path, cwd: Path | None = None) -> str:
    """Return what a command writes to its output; one that fails ends us with all that it said."""
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    command: Sequence[str] = [str(word) for word in words]
    done = subprocess.run(command, cwd=cwd, env=environ, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}\nended with {done.returncode}")
    return done.stdout
