"""The scripts that the Makefile calls."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

PYTHONS = Path(__file__).resolve().parents[2] / "tools" / "pythons.sh"


def listed(path: str, home: Path) -> list[str]:
    environ = {"PATH": path, "HOME": str(home)}
    told = subprocess.run(["sh", str(PYTHONS)], env=environ, check=True, capture_output=True, text=True)
    return told.stdout.split()


def test_each_interpreter_that_is_listed_can_be_run(tmp_path: Path) -> None:
    """Also where the active environment has a blank in its path, as one inside of a checkout may have."""
    venv.create(tmp_path / "my env", with_pip=False, symlinks=True)
    found = listed(f"{tmp_path / 'my env' / 'bin'}{os.pathsep}{os.defpath}", tmp_path)
    versions = [
        subprocess.run([one, "-c", "import sys; print(*sys.version_info[:2])"], check=True, capture_output=True).stdout
        for one in found
    ]
    assert b"%d %d\n" % sys.version_info[:2] in versions
    assert len(set(versions)) == len(versions)


def test_a_machine_without_python(tmp_path: Path) -> None:
    for name in ("sh", "sort", "cut"):
        found = next(Path(folder, name) for folder in ("/bin", "/usr/bin") if Path(folder, name).exists())
        (tmp_path / name).symlink_to(found)
    assert listed(str(tmp_path), tmp_path) == []
