"""Build, install, use: on each Python, with the lowest versions, beside each front end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.environments import ROOT
from tools.packaging.build import Built, build, made
from tools.packaging.place import Place, run
from tools.packaging.requirements import changed, floors

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: Front ends as people have them.  Classic Notebook 6 does not run on the newest Pythons.
FRONT_ENDS = {
    "classic Notebook 6 and nbclassic": ("notebook<7", "nbclassic"),
    "Notebook 7": ("notebook>=7,<8",),
    "JupyterLab 4": ("jupyterlab>=4,<5",),
}
#: What the tests run with the lowest versions need; what they are is left to pip.
TEST_TOOLS = (
    "hypothesis",
    "ilum-job-api",
    "ipykernel",
    "nbclient",
    "pytest",
    "pytest-xdist",
    "pyyaml",
    "trustme",
    "tzdata",
)
#: The part of the suite that meets each of our dependencies: in their order croniter, nbformat, httpx and tenacity,
#: PyJWT, jupyter-core and traitlets, anywidget, Jinja2, IPython and Pygments, ipywidgets, and all of them in a kernel.
MEETS_ALL = (
    *("tests/unit/core/test_cron.py", "tests/unit/core/test_read.py", "tests/unit/adapters/test_http.py"),
    *("tests/unit/adapters/test_airflow_token.py", "tests/unit/adapters/test_settings.py"),
    *("tests/unit/adapters/live/test_mirror.py", "tests/golden", "tests/unit/magics", "tests/unit/widgets"),
    *("tests/unit/panel", "tests/integration/test_magics_in_kernel.py"),
)
#: Where a front end looks for the front-end half of the widgets.
WIDGETS = ("nbextensions/jupyter-js-widgets", "labextensions/@jupyter-widgets/jupyterlab-manager")


@dataclass(frozen=True)
class Ground:
    """The interpreters of the machine, oldest first, what was built, and a folder far from the sources."""

    pythons: list[str]
    built: Built
    work: Path

    def use(self, place: Place) -> None:
        """Use what is installed there; the sources are nowhere near."""
        folder = place.folder / "used"
        folder.mkdir()
        notebook = shutil.copy(self.built.sources / "notebooks" / "quickstart.ipynb", folder)
        script = shutil.copy(Path(__file__).with_name("installed.py"), place.folder)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("JPE_", "JUPYTER_", "PYTHON"))
        }
        mine = {name: str(folder / name.lower()) for name in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR")}
        command = [str(place.python), str(script), notebook]
        done = subprocess.run(command, cwd=folder, env={**kept, **mine}, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{place.folder.name}: what is installed does not work\n{done.stdout}{done.stderr}")


def on_each_python(ground: Ground) -> None:
    """Install the wheel beside a kernel, on every Python that is there."""
    for number, base in enumerate(ground.pythons):
        with told(run(base, "-V").strip()):
            place = Place(ground.work / f"python-{number}", base)
            place.fill(ground.built.wheel, "ipykernel")
            place.pip("check")
            ground.use(place)


def with_lowest_versions(ground: Ground) -> None:
    """Build and install with the lowest versions that pyproject.toml admits; run a part of the sdist's own tests there.

    Those tests meet what is installed: the package itself is taken out of the sources.  Old packages warn of what
    newer ones beside them are about to change; that is not ours to mend.
    """
    sources = Path(shutil.copytree(ground.built.sources, ground.work / "sources"))
    project = tomllib.loads((sources / "pyproject.toml").read_text(encoding="utf-8"))
    lowest = floors(project["project"]["dependencies"])
    place = Place(ground.work / "floors", ground.pythons[0])
    with told(f"a wheel made by {' '.join(builder := floors(project['build-system']['requires']))}"):
        place.fill(*builder)
        made(sources, "wheel", ground.work / "wheel-of-lowest", place.python)
    with told(f"lowest versions: {' '.join(lowest)}"):
        place.fill(ground.built.wheel, *lowest, *TEST_TOOLS)
        place.pip("check")
        ground.use(place)
    with told("a part of the sdist's tests with them"):
        shutil.rmtree(sources / "jpe_magics")
        _test(place, sources)


def _test(place: Place, sources: Path) -> None:
    """Run those tests; what fails is run once more, alone, for a busy machine's sake.  Both results are shown."""
    command = [str(place.python), "-m", "pytest", "-q", "-W", "ignore::DeprecationWarning"]
    done = subprocess.run([*command, "-n", "2", *MEETS_ALL], cwd=sources, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, "once more, what failed alone:", sep="\n", flush=True)
        run(*command, "--last-failed", "--last-failed-no-failures", "none", *MEETS_ALL, cwd=sources)


def beside_front_ends(ground: Ground) -> None:
    """Install the wheel with pip into environments of front ends: it must leave all that is there as it is."""
    for number, (name, packages) in enumerate(FRONT_ENDS.items()):
        with told(name):
            place = Place(ground.work / f"frontend-{number}", ground.pythons[0 if "notebook<7" in packages else -1])
            place.fill(*packages)
            before = place.freeze()
            place.pip("install", ground.built.wheel)
            if moved := changed(before, place.freeze()):
                raise SystemExit(f"{name}: installing has changed {', '.join(moved)}")
            place.pip("check")
            missing = [one for one in WIDGETS if not (place.folder / "share" / "jupyter" / one).is_dir()]
            if missing:
                raise SystemExit(f"{name}: the front end will not find {missing}")
            ground.use(place)


PARTS: dict[str, Callable[[Ground], None]] = {
    "pythons": on_each_python,
    "floors": with_lowest_versions,
    "frontends": beside_front_ends,
}


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what was done in the block, and how long it took."""
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)


def main(words: list[str]) -> None:
    unknown = set(words) - {"build", *PARTS}
    if unknown:
        raise SystemExit(f"no such part: {', '.join(sorted(unknown))}; there are build, {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="jpe-install-") as folder:
        work = Path(folder)
        with told("sdist and wheel, the same of the tree and of the sdist"):
            built = build(ROOT, work)
        pythons = run("sh", ROOT / "tools" / "pythons.sh").split()
        for name, part in PARTS.items():
            if not words or name in words:
                part(Ground(pythons, built, work))


if __name__ == "__main__":
    main(sys.argv[1:])
