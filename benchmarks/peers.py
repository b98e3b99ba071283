"""Who we are measured beside, each in an environment of its own, so that none pays for another's packages."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from tools.environments import AIRFLOW, ROOT, Environment, interpreter

NEWEST = (3, 13)

#: Us: as we are installed beside a kernel, and as we are beside JupyterLab.
JPE = Environment("bench-jpe", "", ("ipykernel", "-e", str(ROOT)), NEWEST)
BESIDE_LAB = Environment("bench-lab", "", ("jupyterlab", "ipykernel", "-e", str(ROOT)), NEWEST)

JUPYSQL = Environment("bench-jupysql", "", ("jupysql", "ipykernel"), NEWEST)
# requests-kerberos is imported by sparkmagic itself; what it needs of C libraries is not
SPARKMAGIC = Environment("bench-sparkmagic", "", ("sparkmagic", "ipykernel"), NEWEST, without=("gssapi", "krb5"))
JUPYTEXT = Environment("bench-jupytext", "", ("jupytext",), NEWEST)
NBCONVERT = Environment("bench-nbconvert", "", ("nbconvert",), NEWEST)
PAPERMILL = Environment("bench-papermill", "", ("papermill",), NEWEST)
KALE = Environment("bench-kale", "", ("kubeflow-kale",), NEWEST)
DETECT_SECRETS = Environment("bench-detect-secrets", "", ("detect-secrets",), NEWEST)

__all__ = [
    "AIRFLOW",
    "BESIDE_LAB",
    "DETECT_SECRETS",
    "JPE",
    "JUPYSQL",
    "JUPYTEXT",
    "KALE",
    "NBCONVERT",
    "PAPERMILL",
    "SPARKMAGIC",
    "jq",
    "program",
    "python_of",
    "version",
]

_VERSION = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"


@cache
def python_of(environment: Environment) -> Path:
    """Return the interpreter of the environment, made if it is not there."""
    return interpreter(environment)


def program(environment: Environment, name: str) -> str:
    """Return the path of a command that the environment's packages bring."""
    found = python_of(environment).with_name(name)
    if not found.exists():
        raise FileNotFoundError(f"{environment.name} has no command {name}")
    return str(found)


@cache
def version(environment: Environment, package: str) -> str:
    """Return the name and version of a package as it is installed there."""
    command = [str(python_of(environment)), "-c", _VERSION, package]
    return f"{package} {subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()}"


@cache
def jq() -> str:
    """Return the version of jq, installed from Debian where it is not there."""
    subprocess.run(["sh", str(ROOT / "tools" / "debian.sh"), "jq", "jq"], check=True, stdout=subprocess.DEVNULL)
    return subprocess.run(["jq", "--version"], check=True, capture_output=True, text=True).stdout.strip()
