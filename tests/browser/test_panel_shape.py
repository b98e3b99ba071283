"""How the panel fills cells of any width, and what it says without being asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import CELLS, Desk
from tests.browser.harness import poll
from tests.browser.pages import NotebookPage
from tests.browser.panel import PanelOnPage

#: Returns the distance from each row's last field to the form's right edge, in pixels.
_GAPS = """form => {
  const edge = form.getBoundingClientRect().right, rows = {};
  for (const field of form.querySelectorAll(':scope > .jpe-field')) {
    const box = field.getBoundingClientRect(), row = Math.round(box.top);
    rows[row] = Math.max(rows[row] || 0, box.right);
  }
  return Object.values(rows).map(right => Math.round(edge - right));
}"""


@pytest.mark.parametrize("width", [360, 560, 800, 1100])
def test_no_row_of_the_form_is_left_half_empty(desk: Desk, width: int) -> None:
    panel = desk.panel()
    panel.root.evaluate("(root, width) => { root.style.maxWidth = `${width}px` }", width)
    gaps = panel.part("form").evaluate(_GAPS)
    assert len(gaps) == {360: 5, 560: 3}.get(width, 2)
    assert all(abs(gap) <= 1 for gap in gaps), gaps


def test_the_tasks_picture_is_whole_in_a_narrow_cell(desk: Desk) -> None:
    panel = desk.panel()
    panel.previewed("df = spark.range(10)")
    drawn = {}
    for width in (360, 1000):
        panel.root.evaluate("(root, width) => { root.style.maxWidth = `${width}px` }", width)
        box = panel.part("graph-box").locator("visible=true")
        assert box.count() == 1
        assert box.evaluate("box => box.scrollWidth - box.clientWidth") <= 0, f"cut off at {width}"
        drawn[width] = box.locator("svg").get_attribute("viewBox")
    assert drawn[360] != drawn[1000]


def test_where_the_file_goes_is_said_and_follows_card_and_form(desk: Desk, dags: Path) -> None:
    panel = desk.panel()
    panel.fill("dag_id", "told_where")
    panel.wait("goes", f"Writes told_where.py to the folder {dags}. Airflow then runs it.")
    panel.part("field-trigger input").uncheck()
    poll("no word of a run", lambda: "runs it" not in panel.part("goes").inner_text(), 10)
    panel.part("field-trigger input").check()
    panel.wait("goes", "Airflow then runs it.")
    panel.part("field-push input").uncheck()
    panel.wait("goes", "Auto-push is off")
    panel.part("field-push input").check()
    panel.wait("goes", "Writes told_where.py")
    panel.choose("py")
    panel.wait("goes", "Makes a link that saves the file")
    panel.choose("ilum")
    panel.wait("goes", "Sends the file to Ilum at http://127.0.0.1:")


def test_an_old_preview_is_not_downloaded(desk: Desk) -> None:
    panel = desk.panel()
    panel.fill("dag_id", "fresh")
    panel.previewed('dag_id="fresh"')
    poll("a button that can be pressed", lambda: panel.part("download").is_enabled(), 10)
    panel.fill("dag_id", "not an id")
    panel.wait("field-dag_id .jpe-message", "DAG id may hold letters")
    poll("a button that can't be pressed", lambda: panel.part("download").is_disabled(), 10)
    panel.fill("dag_id", "fresh_again")
    panel.previewed('dag_id="fresh_again"')
    poll("a button that can be pressed again", lambda: panel.part("download").is_enabled(), 10)


def test_rows_of_the_history_tell_their_zone_and_result(desk: Desk, front: str, dags: Path) -> None:
    panel = desk.panel()
    panel.fill("dag_id", f"zone_{front}")
    panel.part("field-trigger input").uncheck()
    panel.previewed(f'dag_id="zone_{front}"')
    panel.press()
    panel.done("Exported")
    assert (dags / f"zone_{front}.py").exists()
    panel.tab("History")
    panel.wait("rows .jpe-row-told", f"zone_{front}")
    panel.root.evaluate("root => { root.style.maxWidth = '360px' }")
    row = panel.part("rows .jpe-row").first
    assert row.inner_text().strip().endswith("UTC") or row.inner_text().strip()[-6] in "+-"
    assert "begun 20" in str(row.get_attribute("title"))
    assert row.evaluate("row => row.scrollWidth <= row.clientWidth && row.offsetHeight < 40"), "it fits in one line"


@pytest.mark.parametrize("front", ["lab"], indirect=True)
def test_what_nobody_set_up_is_grey(open_notebook: Callable[..., NotebookPage]) -> None:
    unset = "import os\nfor name in ('GITEA_API_URL', 'ILUM_API_URL'):\n    del os.environ[name]"
    page = open_notebook([unset, *CELLS])
    page.run(0)
    page.run(1)
    page.run(len(CELLS))
    panel = PanelOnPage(page).is_read()
    panel.wait("operating", "Connected")
    panel.choose("airflow")
    badges = {name: panel.root.locator(f'.jpe-badge[data-backend="{name}"]') for name in ("airflow", "gitea", "ilum")}
    assert {name: one.get_attribute("data-state") for name, one in badges.items()} == {
        "airflow": "ok",
        "gitea": "unset",
        "ilum": "unset",
    }
    colour = "badge => getComputedStyle(badge).borderTopColor"
    red, green, blue = map(int, badges["ilum"].evaluate(colour).split("(")[1].rstrip(")").split(",")[:3])
    assert max(red, green, blue) - min(red, green, blue) < 20, "grey"
    assert "none is needed: git_provider is local" in panel.wait("card-airflow .jpe-help", "gitea")
    assert "set ILUM_API_URL" in str(panel.part("card-ilum .jpe-choose").get_attribute("title"))
