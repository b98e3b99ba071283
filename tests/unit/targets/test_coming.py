"""Targets that are only announced."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from jpe_magics.answers import target_rows
from jpe_magics.errors import OptionError
from jpe_magics.targets import GROUP, get_target, targets
from jpe_magics.targets.coming import dbt, duckdb, sdp


@pytest.mark.parametrize(
    ("target", "title"),
    [
        (sdp, "Spark Declarative Pipelines"),
        (dbt, "dbt project"),
        (duckdb, "DuckDB via Quack"),
    ],
)
def test_it_says_that_it_is_coming(target: object, title: str) -> None:
    assert (target.title, target.available) == (title, False)  # type: ignore[attr-defined]
    with pytest.raises(OptionError, match="coming soon") as caught:
        target.check({})  # type: ignore[attr-defined]
    assert caught.value.code == "JPE003"


def test_all_targets_are_found() -> None:
    assert [name for name, target in targets().items() if target.available] == ["airflow", "ilum", "py"]
    assert {"sdp", "dbt", "duckdb"} <= set(targets())
    assert all(get_target(name) is targets()[name] for name in ("airflow", "ilum", "py"))
    with pytest.raises(OptionError, match="coming soon"):
        get_target("sdp")


@pytest.mark.parametrize(("typed", "meant"), [("airfow", "airflow"), ("Ilum", "ilum"), ("pi", ""), ("kubeflow", "")])
def test_a_mistyped_target_is_guessed(typed: str, meant: str) -> None:
    with pytest.raises(OptionError, match=f"there is no target '{typed}'") as caught:
        get_target(typed)
    told = caught.value.hint.partition("targets are ")
    assert told[0] == (f"did you mean {meant}?  The " if meant else "the ")
    assert told[2] == "airflow, ilum, py"


def test_a_package_that_does_not_load_takes_no_other_target_away(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = EntryPoint("airflow", "jpe_magics.targets.airflow:target", GROUP)
    theirs = EntryPoint("shell", "a_package_that_is_not_there:target", GROUP)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [theirs, ours])
    targets.cache_clear()
    try:
        assert {name: target.available for name, target in targets().items()} == {"airflow": True, "shell": False}
        with pytest.raises(OptionError, match="could not be loaded: ModuleNotFoundError: No module named") as caught:
            get_target("shell")
        assert targets()["shell"].fault.startswith("ModuleNotFoundError: No module named")  # type: ignore[attr-defined]
        assert {row.name: row.absence.level for row in target_rows(())} == {"airflow": "info", "shell": "bad"}
    finally:
        targets.cache_clear()
    assert caught.value.code == "JPE003"
