"""The environments below `.live/`: real Airflows, real Spark, an old ipykernel, peers.  uv makes them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIVE = ROOT / ".live"
PROVIDERS = ("apache-airflow-providers-apache-livy", "apache-airflow-providers-standard")
FAB_AND_GIT = ("apache-airflow-providers-fab", "apache-airflow-providers-git")


@dataclass(frozen=True)
class Environment:
    """An environment of its own: Airflow pins some 170 packages, so nothing may share one with it.

    `variable` tells the tests its interpreter ("" where no test asks).  `newest` is the newest Python that the
    packages run on.  `before` takes only packages uploaded until that day: old Airflows don't run with today's
    dependencies, and this stands in for their constraints file.  `without` are packages that are left out although
    something asks for them.
    """

    name: str
    variable: str
    packages: tuple[str, ...]
    newest: tuple[int, int]
    before: str = ""
    without: tuple[str, ...] = ()


def airflow(version: str, newest: tuple[int, int], before: str = "", more: tuple[str, ...] = ()) -> Environment:
    major, minor, _ = version.split(".")
    packages = (f"apache-airflow=={version}", *PROVIDERS, *more)
    return Environment(f"airflow-{version}", f"JPE_AIRFLOW_{major}{minor}", packages, newest, before)


AIRFLOW = airflow("3.3.2", (3, 14))
SPARK = Environment(
    "spark",
    "JPE_SPARK_PYTHON",
    ("pyspark==4.1.2", "ilum-job-api==6.7.3", "ipykernel", "nbclient", "-e", str(ROOT)),
    (3, 13),
)
KERNEL_629 = Environment(
    "ipykernel-6.29", "JPE_KERNEL_629", ("ipykernel==6.29.5", "ipython<9", "nbclient", "-e", str(ROOT)), (3, 12)
)
# Sparkmagic imports requests-kerberos; the C libraries that this asks for are for Kerberos alone.
SPARKMAGIC = Environment(
    "sparkmagic",
    "JPE_SPARKMAGIC_PYTHON",
    ("sparkmagic==0.23.0", "ipykernel", "nbclient", "-e", str(ROOT)),
    (3, 13),
    without=("gssapi", "krb5"),
)
ENVIRONMENTS = (
    AIRFLOW,
    airflow("3.1.8", (3, 13), "2026-03-25", FAB_AND_GIT),
    airflow("2.11.0", (3, 12), "2025-06-05"),
    SPARK,
    SPARKMAGIC,
    KERNEL_629,
)
MATRIX = (airflow("2.10.5", (3, 12), "2025-02-15"), airflow("3.0.6", (3, 12), "2025-09-05"))


def interpreter(environment: Environment) -> Path:
    """Return the interpreter of the environment, made if it is not there or was made for other packages."""
    folder = LIVE / environment.name
    python, stamp = folder / "bin" / "python", folder / "made-of"
    wanted = recipe(environment)
    if not (stamp.exists() and stamp.read_text() == wanted):
        print(f"making {folder.relative_to(ROOT)} …", flush=True)
        uv = _uv()
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([uv, "venv", "-q", "-p", _base(environment), str(folder)], check=True)
        until = ["--exclude-newer", environment.before] if environment.before else []
        # byte code: without it the first start of an Airflow takes more than a minute
        install = [uv, "pip", "install", "-q", "--python", str(python), "--compile-bytecode", *until]
        never = "".join(f'{one} ; sys_platform == "never"\n' for one in environment.without)
        install += ["--override", "-"] if never else []
        subprocess.run([*install, *environment.packages], check=True, input=never, text=True)
        stamp.write_text(wanted)
    return python


def recipe(environment: Environment) -> str:
    """Return what the environment is made of; where the project is part of it, what that needs is too."""
    needs = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest() if "-e" in environment.packages else ""
    without = [f"without {one}" for one in environment.without]
    return "\n".join((*environment.packages, environment.before, *without, *([needs] if needs else [])))


def _uv() -> str:
    """Return uv: pip takes a minute and a half for Airflow, uv some ten seconds."""
    found = LIVE / "uv" / "bin" / "uv"
    if not found.exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", str(LIVE / "uv"), "uv"], check=True)
    return str(found)


def _base(environment: Environment) -> str:
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
