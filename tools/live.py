"""Make the environments of the live tests under `.live/`, then run `tests/live` in them.

Arguments are handed on to pytest; tests that are named are run alone.  `--matrix` also loads DAGs on the
other Airflow versions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIVE = ROOT / ".live"
PROVIDERS = ("apache-airflow-providers-apache-livy", "apache-airflow-providers-standard")


@dataclass(frozen=True)
class Environment:
    """An environment of its own: Airflow pins some 170 packages, so nothing may share one with it.

    `newest` is the newest Python that the packages run on.  `before` takes only packages uploaded until
    that day: old Airflows don't run with today's dependencies, and this stands in for their constraints file.
    """

    name: str
    variable: str
    packages: tuple[str, ...]
    newest: tuple[int, int]
    before: str = ""


def airflow(version: str, newest: tuple[int, int], before: str = "") -> Environment:
    major, minor, _ = version.split(".")
    return Environment(
        f"airflow-{version}", f"JPE_AIRFLOW_{major}{minor}", (f"apache-airflow=={version}", *PROVIDERS), newest, before
    )


ENVIRONMENTS = (
    airflow("3.3.2", (3, 14)),
    airflow("2.11.0", (3, 12), "2025-06-05"),
    Environment("spark", "JPE_SPARK_PYTHON", ("pyspark==4.1.2", "ipykernel", "nbclient", "-e", str(ROOT)), (3, 13)),
    Environment(
        "ipykernel-6.29", "JPE_KERNEL_629", ("ipykernel==6.29.5", "ipython<9", "nbclient", "-e", str(ROOT)), (3, 12)
    ),
)
MATRIX = (
    airflow("2.10.5", (3, 12), "2025-02-15"),
    airflow("3.0.6", (3, 12), "2025-09-05"),
    airflow("3.1.8", (3, 13), "2026-03-25"),
)


def main(words: list[str]) -> int:
    if not shutil.which("java"):
        print(
            "the live tests need Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless)", file=sys.stderr
        )
        return 1
    wanted = ENVIRONMENTS + (MATRIX if "--matrix" in words else ())
    words = [word for word in words if word != "--matrix"]
    uv = _uv()
    for one in wanted:
        os.environ[one.variable] = str(_make(uv, one))
    os.environ["JPE_KERNEL_PYTHONS"] = os.pathsep.join((sys.executable, os.environ["JPE_KERNEL_629"]))
    named = any(word.startswith("tests/") for word in words)
    tests = [] if named else ["tests/live", "tests/integration/test_recorder.py"]
    return subprocess.call([sys.executable, "-m", "pytest", *tests, *words], cwd=ROOT)


def _uv() -> str:
    """Return uv: pip takes a minute and a half for Airflow, uv some ten seconds."""
    found = LIVE / "uv" / "bin" / "uv"
    if not found.exists():
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--target",
            str(LIVE / "uv"),
            "uv",
        ]
        subprocess.run(pip, check=True)
    return str(found)


def _make(uv: str, environment: Environment) -> Path:
    """Return the interpreter of the environment, made if it is not there or was made for other packages."""
    folder = LIVE / environment.name
    python, stamp = folder / "bin" / "python", folder / "made-of"
    recipe = "\n".join((*environment.packages, environment.before))
    if not (stamp.exists() and stamp.read_text() == recipe):
        print(f"making {folder.relative_to(ROOT)} …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([uv, "venv", "-q", "-p", _interpreter(environment), str(folder)], check=True)
        until = ["--exclude-newer", environment.before] if environment.before else []
        install = [uv, "pip", "install", "-q", "--python", str(python), "--compile-bytecode", *until]
        subprocess.run([*install, *environment.packages], check=True)
        stamp.write_text(recipe)
    return python


def _interpreter(environment: Environment) -> str:
    """Return the newest Python of this machine that the environment's packages run on."""
    listed = subprocess.run(["sh", str(ROOT / "tools" / "pythons.sh")], check=True, capture_output=True, text=True)
    fitting = [one for one in listed.stdout.split() if _version(one) <= environment.newest]
    if not fitting:
        newest = ".".join(map(str, environment.newest))
        raise SystemExit(f"{environment.name} needs a Python from 3.10 to {newest}; none is on this machine")
    return fitting[-1]


def _version(python: str) -> tuple[int, int]:
    told = subprocess.run(
        [python, "-c", "import sys; print(*sys.version_info[:2])"], check=True, capture_output=True, text=True
    )
    major, minor = told.stdout.split()
    return int(major), int(minor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
