"""The target of `docs/write-a-target/`: installed into an environment of its own, found, and run."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "docs" / "write-a-target" / "jpe-target-shell"
NOTEBOOK = ROOT / "notebooks" / "quickstart.ipynb"

#: Stands in for spark-submit: takes its options off and runs the script with Python.
SUBMIT = f"""#!/bin/sh
while [ "${{1#--}}" != "$1" ]; do echo "$1 $2" >> submitted; shift 2; done
exec {sys.executable} "$@"
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with jpe_magics and the target, installed by pip as they are; what they need is this one's."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    (site,) = folder.glob("lib/python*/site-packages")
    # the build backend and the dependencies; what is installed here itself comes first
    needed = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (site / "needed.pth").write_text(needed)
    install = [python, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    done = subprocess.run(
        [*install, "--disable-pip-version-check", ROOT, PLUGIN], capture_output=True, text=True, env=alone(folder)
    )
    assert done.returncode == 0, done.stderr
    return folder


def alone(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of this user's or of this checkout counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JPE_", "PYTHON", "JUPYTER"))}
    return {**kept, "HOME": str(home), "JPE_AUDIT_LOG": str(home / "audit.jsonl"), **more}


def run(*words: str | Path, cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_target_of_others_exports_what_runs(environment: Path, tmp_path: Path) -> None:
    jpe, env = environment / "bin" / "jpe", alone(tmp_path)
    notebook = tmp_path / "quickstart.ipynb"
    notebook.write_bytes(NOTEBOOK.read_bytes())
    told = run(
        jpe, "export", "quickstart.ipynb", "shell", "--name", "nightly", "--master", "yarn", cwd=tmp_path, env=env
    )
    assert "run_nightly.sh" in told

    submit = tmp_path / "submit"
    submit.write_text(SUBMIT)
    submit.chmod(0o755)
    words = ("sh", tmp_path / "run_nightly.sh", "run_date=2026-05-22", "data_dir=data")
    run(*words, cwd=tmp_path, env=alone(tmp_path, SPARK_SUBMIT=str(submit)))
    assert (tmp_path / "submitted").read_text() == "--master yarn\n"
    assert (tmp_path / "data" / "orders-2026-05-22.csv").is_file()

    assert "shell" in run(jpe, "history", cwd=tmp_path, env=env)


def test_its_name_and_options_are_known_like_those_of_ours(environment: Path, tmp_path: Path) -> None:
    jpe, env = environment / "bin" / "jpe", alone(tmp_path, JPE_PROBE_TIMEOUT="0.1")
    assert "--spark-conf" in run(jpe, "export", "--help", cwd=tmp_path, env=env)
    assert "Shell script" in run(jpe, "targets", cwd=tmp_path, env=env)
    command = [jpe, "export", NOTEBOOK, "shell", "--name", "a/b"]
    refused = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "--name may hold letters, digits and _ only" in refused.stderr


def test_its_own_tests_pass(environment: Path, tmp_path: Path) -> None:
    command = [environment / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", PLUGIN / "tests"]
    env = alone(tmp_path, PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
