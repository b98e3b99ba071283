"""What is installed: the sdist holds all that a wheel is made of, and the wheel all that an export needs."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_python

ROOT = Path(__file__).resolve().parents[2]

_EXPORT = """
import sys
from pathlib import Path
import jpe_magics
from jpe_magics import Session
from jpe_magics.adapters.live.mirror import _widget
from jpe_magics.targets import targets
assert Path(jpe_magics.__file__).is_relative_to(sys.argv[1]), jpe_magics.__file__
assert {"airflow", "py", "ilum"} <= set(targets())
assert "initialize" in _widget()._esm
for target, options in (("airflow", {"dag_id": "etl"}), ("airflow", {"dag_id": "etl", "mode": "batch"}), ("py", {})):
    print(Session().export(target, notebook=sys.argv[2], preview=True, **options))
"""


def build(folder: Path, kind: str, out: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked: a wheel made there sees nothing of this checkout."""
    place = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(ROOT, "sdist", place / "made")) as packed:
        packed.extractall(place, filter="data") if hasattr(tarfile, "data_filter") else packed.extractall(place)
    (unpacked,) = (one for one in place.iterdir() if one.name != "made")
    return unpacked


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel made of the sdist, unpacked as pip does."""
    place = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build(sdist, "wheel", place / "made")) as packed:
        packed.extractall(place / "site")
    return place / "site"


def files(folder: Path) -> set[str]:
    found = (one.relative_to(folder) for one in folder.rglob("*") if one.is_file())
    return {one.as_posix() for one in found if "__pycache__" not in one.parts}


def test_all_that_is_ours_is_in_the_wheel(wheel: Path) -> None:
    sources = {f"jpe_magics/{one}" for one in files(ROOT / "jpe_magics")}
    templates = {f"jpe_magics/templates/{one}" for one in files(ROOT / "templates")}
    packed = files(wheel)
    assert {one for one in packed if ".dist-info/" not in one} == sources | templates
    assert {"jpe_magics/py.typed", "jpe_magics/adapters/live/mirror.js"} <= packed
    assert any(one.endswith("licenses/LICENSE") for one in packed)
    (points,) = wheel.glob("*.dist-info/entry_points.txt")
    assert "jpe = jpe_magics.cli:main" in points.read_text()


def test_the_sdist_can_run_the_tests(sdist: Path) -> None:
    packed = files(sdist)
    assert {"Makefile", "pyproject.toml", "constraints.txt", "LICENSE", "tools/pythons.sh", "tools/demo.py"} <= packed
    assert {f"tests/{one}" for one in files(ROOT / "tests")} <= packed
    assert "notebooks/quickstart.ipynb" in packed


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    folders = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    return {**os.environ, **{name: str(tmp_path / name.lower()) for name in folders}, "PYTHONWARNINGS": "ignore"}


def test_the_wheel_alone_exports(wheel: Path, tmp_path: Path, alone: dict[str, str]) -> None:
    command = [sys.executable, "-c", _EXPORT, str(wheel), str(ROOT / "notebooks" / "quickstart.ipynb")]
    done = subprocess.run(
        command, cwd=tmp_path, env={**alone, "PYTHONPATH": str(wheel)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("<Export preview of ") == 3
