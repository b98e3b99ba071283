from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter

from jpe_magics.errors import HistoryError
from jpe_magics.magics import load
from jpe_magics.magics.completion import Completer

ROWS = [SimpleNamespace(id="261105-1"), SimpleNamespace(id="261104-2")]


@pytest.fixture
def complete(work: Path) -> Any:
    session = SimpleNamespace(history=SimpleNamespace(newest=lambda _limit: ROWS))
    (work / "etl daily.ipynb").touch()
    (work / "plain.ipynb").touch()
    (work / "notes.txt").touch()
    (work / ".hidden.ipynb").touch()
    (work / "work").mkdir()
    (work / "work" / "deep.ipynb").touch()
    completer: Any = Completer(lambda: session)  # type: ignore[arg-type, return-value]
    return completer.complete


@pytest.mark.parametrize(
    ("text", "fragment", "words"),
    [
        ("%export_pipeline ", "", ["airflow", "ilum", "py"]),
        ("%export_pipeline a", "a", ["airflow"]),
        ("x = %export_pipeline a", "a", ["airflow"]),
        ("n = 1\nx = %export_pipeline a", "a", ["airflow"]),
        ("  %export_pipeline a", "a", ["airflow"]),
        ("export_pipeline a", "a", ["airflow"]),
        ("%export_pipeline airflow --dag", "--dag", ["--dag-id"]),
        ("%export_pipeline airflow --mode ", "", ["per_cell", "batch"]),
        ("%export_pipeline airflow --mode b", "b", ["batch"]),
        ("%export_pipeline airflow --mode=b", "--mode=b", ["--mode=batch"]),
        ("%export_pipeline airflow --schedule @d", "@d", ["@daily"]),
        ("%export_pipeline airflow --kinds spark,p", "spark,p", ["spark,pyspark", "spark,plain"]),
        ("%export_pipeline airflow --no-p", "--no-p", ["--no-push"]),
        ("%export_pipeline airflow --dag-id x --dag", "--dag", []),
        ("%export_pipeline airflow --param a=1 --para", "--para", ["--param"]),
        ("%export_pipeline floppy --", "--", []),
        ("%export_pipeline airflow --notebook ", "", ['"etl daily.ipynb"', "plain.ipynb", "work/"]),
        ("%export_pipeline airflow --notebook etl", "etl", ['"etl daily.ipynb"']),
        ("%export_pipeline airflow --notebook 'etl d", "'etl d", ["'etl daily.ipynb'"]),
        ("%export_pipeline airflow --notebook work/", "work/", ["work/deep.ipynb"]),
        ("%export_pipeline airflow --notebook nowhere/", "nowhere/", []),
        ("%export_pipeline airflow --output no", "no", ["notes.txt"]),
        ("%jpe_history ", "", ["261105-1", "261104-2"]),
        ("rows = %jpe_history 261104", "261104", ["261104-2"]),
        ("%jpe_history 261105-1 --diff ", "", ["261105-1", "261104-2"]),
        ("%jpe_history --ta", "--ta", ["--target"]),
        ("%jpe_history --target p", "p", ["py"]),
    ],
)
def test_what_is_offered(complete: Any, text: str, fragment: str, words: list[str]) -> None:
    assert complete(text) == (fragment, words)


def test_every_option_is_offered(complete: Any) -> None:
    _, words = complete("%export_pipeline airflow --")
    assert {"--dag-id", "--preview", "--trigger", "--no-trigger", "--schedule"} <= set(words)
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    "text",
    ["export_pipeline", "x = 1", "%export_pipelines a", "%exp", "# %export_pipeline a", "f('%export_pipeline a", ""],
)
def test_lines_that_are_not_ours(complete: Any, text: str) -> None:
    assert complete(text) is None


def test_a_broken_history_offers_nothing() -> None:
    def fail(_limit: int) -> None:
        raise HistoryError("it can't be read")

    session: Any = SimpleNamespace(history=SimpleNamespace(newest=fail))
    assert Completer(lambda: session).complete("%jpe_history ") == ("", [])


@pytest.mark.parametrize("line", ["%export_pipeline airflow --mod", "x = %export_pipeline airflow --mod"])
def test_ipython_shows_ours_and_nothing_else(shell: Any, line: str) -> None:
    load(shell)
    with provisionalcompleter():
        words = [one.text for one in shell.Completer.completions(line, len(line))]
    assert words == ["--mode"]
