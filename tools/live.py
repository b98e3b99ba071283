"""Make the environments of the live tests under `.live/`, then run `tests/live` in them (`make test-live`).

Arguments are handed on to pytest; tests that are named are run alone.  `--matrix` also loads DAGs on the
other Airflow versions, and runs the longest DAG (`make test-matrix`).
"""

from __future__ import annotations

import os
import shutil
import sys

from tools.environments import ENVIRONMENTS, KERNEL_629, MATRIX, ROOT, interpreter

#: Much of the time is waited for servers.  The tests of one file share them, and stay together.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")
#: The last two are for the old ipykernel; `make test` has run them in the newest one.
TESTS = ("tests/live", "tests/integration/test_recorder.py", "tests/integration/test_vscode.py")
#: A DAG of a hundred tasks takes six minutes; without an Airflow, tests/integration/test_generated_dag.py has one.
LONG = "--deselect=tests/live/test_dag_failures.py::test_dag[more_cells_than_livy_keeps_statements]"
NO_JAVA = "the live tests need Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless)"


def main(words: list[str]) -> None:
    if not shutil.which("java"):
        raise SystemExit(NO_JAVA)
    for one in ENVIRONMENTS + (MATRIX if "--matrix" in words else ()):
        os.environ[one.variable] = str(interpreter(one))
    os.environ["JPE_KERNEL_PYTHONS"] = os.environ[KERNEL_629.variable]
    os.chdir(ROOT)
    words = asked([word for word in words if word != "--matrix"] + ([] if "--matrix" in words else [LONG]))
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *words])  # in our place: signals are for pytest


def asked(words: list[str]) -> list[str]:
    """Return pytest's arguments: all live tests, unless some are named; those that failed run alone."""
    if any(word.startswith("tests/") for word in words):
        return words
    side_by_side = () if "--last-failed" in words else SIDE_BY_SIDE
    return [*side_by_side, *TESTS, *words]


if __name__ == "__main__":
    main(sys.argv[1:])
