"""What keeps a real panel from exporting, as its view tells it: where to mend it, and when that is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jpe_magics.widgets.panel import panel_view
from tests.unit.widgets.walk import find, shows, text

Until = Callable[..., Any]
SECRET = 'password = "S3cr3t-q9x-Zt7Lw2"\nprint(password)'


def test_a_secret_brings_its_field_out_and_its_tick_takes_the_refusal_away(user: Any, wait_until: Until) -> None:
    user.write(SECRET)
    panel = user.panel()
    view = panel_view(panel)
    wait_until(lambda: shows(view, "jpe-preview") and "JPE201" in text(find(view, "jpe-preview")))
    assert "“Export in spite of secrets” is under “More options”" in text(find(view, "jpe-preview"))
    panel.export()
    wait_until(lambda: shows(view, "jpe-banner") and "JPE201" in text(find(view, "jpe-banner")))
    assert shows(view, "jpe-field-allow_secrets")
    panel.set("allow_secrets", True)
    wait_until(lambda: "is ticked now: press “Create DAG” again." in text(find(view, "jpe-banner")))
    assert "JPE201" not in text(find(view, "jpe-banner"))
    panel.export()
    wait_until(lambda: panel.state.done)
    wait_until(lambda: "Exported" in text(find(view, "jpe-banner")))
    assert (user.folder / "dags" / "etl_daily.py").is_file()


def test_a_bad_parameter_marks_the_preview_as_the_one_before(user: Any, wait_until: Until) -> None:
    user.write("print(n)", parameters="n = 0.5")
    panel = user.ready()
    view = panel_view(panel)
    told = "This is the preview before the last change: mend n in the tab Parameters."
    assert told not in text(view)
    panel.set_parameter("n", "abc")
    wait_until(lambda: told in text(find(view, "jpe-preview")))
    panel.set_parameter("n", "0.75")
    user.previewed(panel)
    wait_until(lambda: told not in text(find(view, "jpe-preview")))
    assert "0.75" in text(find(view, "jpe-preview"))
