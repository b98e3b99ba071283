"""Facts that pages state in prose are those of the code: places, commands, versions, limits, what can be preset."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jpe_magics import Session, __version__
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.core import read
from tests.docs.pages import DOCS, ROOT, code_lines, everything, named, written
from tools.docs.commands import COMMANDS
from tools.docs.kinds import FAMILIES, HEADS, SHOWN, kind
from tools.environments import ENVIRONMENTS, MATRIX

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
#: What a page may name without its being there: it is made, or the reader makes it.
MADE = re.compile(r"^(\.venv|\.live|build|dist|docs/reference/\w+\.html|notebooks/my)\b")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def in_lines(text: str) -> list[str]:
    """What stands as code in lines of prose."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose)


def is_there(place: str, beside: Path) -> bool:
    """Tell whether a file or folder is where the page says: from the repository, its package, or the page's folder."""
    found = place.rstrip("/").replace("<name>", "py")
    return any((folder / found).exists() or any(folder.glob(found)) for folder in (ROOT, ROOT / "jpe_magics", beside))


PLACES = re.compile(r"^[\w.<>*-]+(/[\w.<>*-]+)*(/|\.(py|js|md|yaml|json|toml|j2|ipynb|txt))$")
#: The pages for people who change jpe_magics; in the others a path is mostly the reader's own.
FOR_ENGINEERS = [
    CONTRIBUTING,
    *sorted((DOCS / "decisions").glob("*.md")),
    *sorted((DOCS / "explanation").glob("*.md")),
]


@pytest.mark.parametrize("path", FOR_ENGINEERS, ids=named)
def test_every_place_that_is_named_is_there(path: Path) -> None:
    places = [one for one in in_lines(path.read_text(encoding="utf-8")) if PLACES.match(one) and "/" in one]
    assert [one for one in places if not MADE.match(one) and not is_there(one, path.parent)] == []


def test_places_are_found() -> None:
    """The check above would pass if nothing were found, or if anything would do."""
    assert len([one for one in in_lines(text_of("CONTRIBUTING.md")) if PLACES.match(one)]) > 30
    assert is_there("core/kinds.py", ROOT)
    assert not is_there("core/no_such.py", ROOT)


def test_every_make_target_that_is_named_is_there() -> None:
    there = set(re.findall(r"^([a-z-]+):.*##", text_of("Makefile"), re.MULTILINE))
    asked = {
        word
        for text in written().values()
        for line in code_lines(text)
        for found in re.findall(r"(?:^|\s)make ((?:[a-z-]+(?: |$))+)", line.partition("#")[0])
        for word in found.split()
    }
    assert {"demo", "test", "docs"} <= asked <= there


def test_every_make_target_of_the_ci_can_be_looked_up() -> None:
    steps = set(re.findall(r"^step make ([a-z-]+)", text_of(".ci/run"), re.MULTILINE))
    rows = set(re.findall(r"^\| `make ([a-z-]+)` \|", text_of("CONTRIBUTING.md"), re.MULTILINE))
    assert steps == rows


def test_every_command_that_is_named_is_there() -> None:
    asked = {
        found
        for text in everything().values()
        for line in code_lines(text)
        for found in re.findall(r"(?:^|\s)jpe ([a-z]+)\b", line)
    }
    assert asked == set(COMMANDS)


def test_the_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"^## (\S+)", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == __version__
    assert len(headings) == len(set(headings))


def test_the_readme_names_the_airflows_and_the_spark_of_the_live_tests() -> None:
    tested = [package for one in (*ENVIRONMENTS, *MATRIX) for package in one.packages if "==" in package]
    numbers = dict(one.split("==") for one in tested if not one.startswith("apache-airflow=="))
    airflows = sorted(one.split("==")[1] for one in tested if one.startswith("apache-airflow=="))
    (row,) = re.findall(r"^\| Airflow (2\..+?) \|", text_of("README.md"), re.MULTILINE)
    assert row.split(", ") == airflows
    (loaded,) = re.findall(r"^VERSIONS = \((.+)\)$", text_of("tests/live/test_dag_loads.py"), re.MULTILINE)
    assert re.findall(r"\d+", loaded) == ["".join(one.split(".")[:2]) for one in airflows]
    assert f"| Spark {numbers['pyspark']}, Sparkmagic {numbers['sparkmagic']} |" in text_of("README.md")


def test_the_pythons_are_those_of_the_package() -> None:
    about = text_of("pyproject.toml")
    versions = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', about)
    assert f'requires-python = ">={versions[0]}"' in about
    assert f"| Python {versions[0]} to {versions[-1]} |" in text_of("README.md")
    assert f"Python {versions[0]} or newer" in text_of("docs/administrators.md")


LIMITS = (
    f"{read.LARGEST_FILE // 2**20} MiB",
    f"{read.MOST_CELLS:,} code cells",
    f"{read.MOST_CHARACTERS:,} characters",
    f"{read.MOST_LINES:,} lines",
)


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/administrators.md", "CHANGELOG.md"])
def test_the_limits_are_those_of_the_code(page: str) -> None:
    text = " ".join(text_of(page).split())
    assert [limit for limit in LIMITS if limit not in text] == []


@pytest.mark.parametrize("name", ["probe_timeout", "request_timeout", "visibility_timeout"])
def test_the_administrators_page_has_the_default_times(name: str) -> None:
    text = text_of("docs/administrators.md")
    assert re.search(
        rf"`{name}` \({DECLARED[name].default_value:g} s\)|{DECLARED[name].default_value:g} s [^.]*`{name}`", text
    )


HELPERS = re.compile(r"about (\d+) lines")


@pytest.mark.parametrize(
    "page", ["docs/explanation/why-the-artifact-is-readable.md", "docs/decisions/0005-a-dag-needs-nothing-of-ours.md"]
)
def test_a_dags_helpers_are_about_as_long_as_is_said(page: str) -> None:
    (told,) = HELPERS.findall(text_of(page))
    for mode in ("batch", "per_cell"):
        lines = text_of(f"tests/golden/dag_{mode}.py.txt").splitlines()
        (first,) = [at for at, line in enumerate(lines) if line.startswith("# How cells are run")]
        assert int(told) == pytest.approx(lines.index("# The pipeline") - first, rel=0.1)


def test_the_exit_codes_of_the_how_to_are_those_of_the_reference() -> None:
    shown = re.findall(r"^\| (\d+) \|", text_of("docs/howto/terminal-and-ci.md"), re.MULTILINE)
    page = everything()[DOCS / "reference" / "commands.md"]
    assert shown == re.findall(r"^\| (\d+) \|", page, re.MULTILINE)


def test_what_a_notebook_can_preset_is_preset(tmp_path: Path) -> None:
    (told,) = re.findall(r"^```json\n(.*?)^```$", text_of("docs/howto/airflow.md"), re.DOTALL | re.MULTILINE)
    notebook = json.loads(text_of("notebooks/quickstart.ipynb"))
    notebook["metadata"].update(json.loads(told))
    path = tmp_path / "preset.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    done = Session().export("airflow", notebook=str(path), preview=True)
    assert done.ok
    assert all(repr(value).replace("'", '"') in done.code for value in json.loads(told)["jpe"].values())


def test_a_template_is_changed_as_the_administrators_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (told,) = re.findall(r"^```jinja\n(.*?)^```$", text_of("docs/administrators.md"), re.DOTALL | re.MULTILINE)
    ours = text_of("templates/airflow/dag.py.j2")
    old = '{% if owner %}\n        "owner": {{ owner | literal }},\n{% endif %}\n'
    assert old in ours
    own = tmp_path / "airflow" / "dag.py.j2"
    own.parent.mkdir()
    own.write_text(ours.replace(old, told), encoding="utf-8")
    monkeypatch.setenv("JPE_TEMPLATES_DIR", str(tmp_path))
    done = Session().export("airflow", notebook=str(ROOT / "notebooks/quickstart.ipynb"), preview=True, dag_id="etl")
    assert '"owner": "data-team",' in done.code


def test_the_benchmark_that_the_comparison_shows_is_there() -> None:
    page, results = text_of("docs/comparison.md"), text_of("benchmarks/RESULTS.md")
    start = re.findall(r'^:start-after: "(.+)"$', page, re.MULTILINE)[0]
    shown = results.partition(start)[2].partition("\n## ")[0]
    assert all(name in shown for name in ("jupytext", "nbconvert", "papermill", "kubeflow-kale"))


def test_the_kinds_of_cells_are_those_that_the_readme_says() -> None:
    assert kind("python3", "") == "`plain`"
    assert {kind(name, "") for name in FAMILIES["Sparkmagic PySpark"]} == {"`pyspark`"}
    assert {kind(names[0], "%%bash") for names in FAMILIES.values()} == {"taken out"}
    page = everything()[DOCS / "reference" / "kinds.md"]
    assert len(re.findall(r"^\| (?:none|`%%)", page, re.MULTILINE)) == len(HEADS)
    assert all(f"| {title} |" in page for title in (*FAMILIES, *SHOWN))
