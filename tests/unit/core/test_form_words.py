"""Texts written for a line, beside a form."""

from __future__ import annotations

import pytest

from jpe_magics.core.form import fields
from jpe_magics.core.form_words import in_form
from jpe_magics.core.options import COMMON
from jpe_magics.targets import get_target

AIRFLOW = fields(get_target("airflow").options, "per_cell", {"mode": "per_cell"})
CRON = fields(get_target("ilum").options, "cron", {"mode": "cron"})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("tag the cell skip, or say --allow-secrets", "tag the cell skip, or tick “Export in spite of secrets”"),
        ("or add --replace (a .bak stays)", "or tick “Overwrite what is not ours” (a .bak stays)"),
        ("unpause it in Airflow, or export with --unpause", "… with “Unpause a paused DAG”"),
        ("leave --no-push out, or wait", "tick “Auto-push”, or wait"),
        ("leave --catchup out", "untick “Catch up”"),
        ("say --no-trigger", "untick “Auto-trigger DAG”"),
        ("leave --owner out", "leave “Owner” empty"),
        ("say --mode batch", "set “Mode” to batch"),
        ("--wait is for a run, and --no-trigger starts none", "“Follow the run to its end” is for a run, and …"),
        ("--kinds spark would export 3 cells", "“Cell kinds” spark would export 3 cells"),
        ("with --no-push or --preview nothing is sent", "with “Auto-push” switched off or “Preview” nothing is sent"),
        ("%jpe_history 26-a --status asks again", "“Refresh” in the history's record 26-a asks again"),
        ("%jpe_history 26-a --run starts one", "“Run” in the history's record 26-a starts one"),
        ("name one: --notebook PATH", "name one: --notebook PATH"),
        ("git --version, a -- b, ---, --", "git --version, a -- b, ---, --"),
    ],
)
def test_options_are_named_as_the_form_names_them(said: str, told: str) -> None:
    found = in_form(said, AIRFLOW)
    before, _, after = told.partition("…")
    assert found.startswith(before) if after or told.endswith("…") else found == told
    assert found.endswith(after)


def test_every_field_is_named_by_its_own_label() -> None:
    for form in (AIRFLOW, CRON):
        for one in form:
            assert in_form(f"about {one.option.flag} here", form) == f"about “{one.label}” here"


def test_no_help_text_of_a_form_speaks_of_a_lines_options() -> None:
    """But for what is no field there."""
    elsewhere = {one.flag for one in COMMON} - {one.option.flag for one in CRON}
    for form in (AIRFLOW, CRON):
        for one in form:
            assert not any(word.startswith("--") and word not in elsewhere for word in one.help.split()), one.help
    assert next(one.help for one in CRON if one.option.name == "six_field_cron").startswith("“Times (cron)” has six")
