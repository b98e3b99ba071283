"""What a refusal asks to be set: its field is in sight, and the refusal goes when it is set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jpe_magics.core.refuse import secrets
from jpe_magics.errors import JpeError, PublishError
from jpe_magics.panel.state import Question
from jpe_magics.panel.wording import in_its_words
from jpe_magics.results import Export
from jpe_magics.widgets.panel import panel_view
from tests.unit.widgets.fake_panel import DONE, OPEN, REPORT, Fake
from tests.unit.widgets.walk import control, find, press, shows, text

LABEL = "“Export in spite of secrets”"


@pytest.fixture
def view(fake: Fake) -> Any:
    return panel_view(fake)


def refused(error: JpeError, *, preview: bool = False) -> Export:
    """Return an export that the real words of the panel tell of."""
    report = replace(REPORT, status=400, error=str(error), error_code=error.code)
    return in_its_words(Export(report, error=error, preview=preview), OPEN.fields)


SECRETS = refused(secrets((), ("--description",)))


def allow(fake: Fake, allowed: bool) -> None:
    fake.tell(values={**fake.state.values, "allow_secrets": allowed}, stale=True)


def test_the_field_that_a_refusal_names_is_brought_out(view: Any, fake: Fake) -> None:
    assert not shows(view, "jpe-field-allow_secrets")
    fake.tell(done=SECRETS)
    assert f"tick {LABEL}" in text(find(view, "jpe-banner"))
    assert control(view, "allow_secrets").value is False
    press(find(view, "jpe-more"))
    fake.tell(values={**OPEN.values, "dag_id": "other"})
    assert not shows(view, "jpe-field-allow_secrets"), "who folds it away again has seen it"
    fake.tell(done=None)
    fake.tell(done=replace(SECRETS))
    assert shows(view, "jpe-field-allow_secrets"), "it was refused once more"


def test_a_panel_that_is_opened_over_a_refusal_shows_the_field(fake: Fake) -> None:
    fake.state = replace(OPEN, done=SECRETS)
    assert shows(panel_view(fake), "jpe-field-allow_secrets")


def test_a_refusal_of_the_preview_says_where_the_field_is(view: Any, fake: Fake) -> None:
    fake.tell(preview=refused(secrets((), ("--description",)), preview=True))
    assert f"{LABEL} is under “More options”." in text(find(view, "jpe-preview"))
    assert not shows(view, "jpe-field-allow_secrets"), "nobody has asked for an export yet"


def test_what_a_question_is_about_is_not_brought_out(view: Any, fake: Fake) -> None:
    kept = PublishError("etl.py is kept", code="JPE502", hint="choose another name, or say --replace")
    fake.tell(done=refused(kept), question=Question("Overwrite it?", "replace", "Overwrite"))
    assert not shows(view, "jpe-field-replace")


def test_the_refusal_goes_when_what_it_asks_for_is_ticked(view: Any, fake: Fake) -> None:
    fake.tell(done=SECRETS)
    banner = find(view, "jpe-banner")
    assert "Refused" in text(banner)
    allow(fake, True)
    told = " ".join(text(banner).split())
    assert told == f"\N{INFORMATION SOURCE} Nothing was exported yet. {LABEL} is ticked now: press “Create DAG” again."
    assert 'role="status"' in banner.value
    allow(fake, False)
    assert "Refused" in text(banner)


def test_another_refusal_stays_and_so_does_what_was_made(view: Any, fake: Fake) -> None:
    allow(fake, True)
    fake.tell(done=refused(PublishError("no", hint="untick “Export in spite of secrets”")))
    assert "Refused" in text(find(view, "jpe-banner"))
    late = PublishError("the run can't start", hint=f"tick {LABEL}")
    fake.tell(done=replace(DONE, error=late))
    assert "the run can't start" in text(find(view, "jpe-banner"))
