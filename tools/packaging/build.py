"""The sdist, the wheel of the tree, and the wheel of the sdist, which must be the same."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Built:
    """What was built: the wheel, made of the sdist alone, and the sdist, unpacked."""

    wheel: Path
    sources: Path


def build(root: Path, work: Path) -> Built:
    """Build the project in `root` below `work`; raise a ValueError where the two wheels differ."""
    sdist = made(root, "sdist", work / "sdist")
    with tarfile.open(sdist) as packed:
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        packed.extractall(work / "unpacked", **safe)  # type: ignore[arg-type]
    (sources,) = (work / "unpacked").iterdir()
    wheel = made(sources, "wheel", work / "wheel")
    of_tree = made(root, "wheel", work / "wheel-of-tree")
    if differing := differences(contents(of_tree), contents(wheel)):
        raise ValueError(f"the wheel of the tree and that of the sdist differ in {', '.join(differing)}")
    return Built(wheel, sources)


def contents(wheel: Path) -> dict[str, bytes]:
    """Return a wheel's files: names and bytes."""
    with zipfile.ZipFile(wheel) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Return the names of the files that one of them lacks, or has with other bytes."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def made(folder: Path, kind: str, out: Path, python: Path | str = sys.executable) -> Path:
    """Return the "sdist" or "wheel" of the project in `folder`, made with hatchling there; or raise a ValueError."""
    command = [str(python), "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"no {kind} could be made in {folder}\n{done.stderr}")
    (one,) = out.iterdir()
    return one
