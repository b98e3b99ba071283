"""What is done in the panel step by step: a question, an Ilum service, the history, and what ends when."""

from __future__ import annotations

import time
from pathlib import Path

from jpe_magics.widgets.parts import DOUBLE
from tests.browser.conftest import Desk
from tests.browser.harness import poll
from tests.browser.panel import PanelOnPage
from tests.fake_airflow import FakeAirflow
from tests.fake_ilum import FakeIlum

BY_HAND = "mine = 1\n"
THREADS = "import threading\nprint(sorted(one.name for one in threading.enumerate() if one.name.startswith('jpe')))"


def export(panel: PanelOnPage, name: str, *, trigger: bool = False) -> None:
    """Fill in an Airflow pipeline's name, and press the button when its preview is there."""
    panel.fill("dag_id", name)
    panel.tick("trigger", trigger)
    panel.previewed(f'dag_id="{name}"')
    panel.press()


def open_record(panel: PanelOnPage, name: str) -> None:
    """Open the newest record in the tab *History*."""
    panel.tab("History")
    panel.part("rows .jpe-row-told").first.filter(has_text=name).wait_for()
    panel.part("rows .jpe-row").first.click()
    panel.wait("record", name)


def test_a_file_that_is_not_ours_is_kept_or_overwritten_as_is_answered(desk: Desk, front: str, dags: Path) -> None:
    name = f"by_hand_{front}"
    file = dags / f"{name}.py"
    file.write_text(BY_HAND)
    panel = desk.panel()
    export(panel, name)
    pressed = time.monotonic()
    panel.wait("question", "Overwrite it?")
    assert name in panel.part("question [role=alert]").inner_text()
    panel.press("no")
    poll("no question", lambda: not panel.part("question button").count(), 10)
    assert file.read_text() == BY_HAND
    poll("a press that is no double click", lambda: time.monotonic() > pressed + 2 * DOUBLE, 5)
    panel.press()
    panel.wait("question", "Overwrite it?")
    assert file.read_text() == BY_HAND
    panel.press("yes")
    poll("the good news", lambda: panel.part("banner .jpe-good").count() == 1, 20)
    assert "df = spark.range(10)" in file.read_text()
    assert file.with_name(f"{name}.py.bak").read_text() == BY_HAND
    assert not panel.part("question button").count()
    # the yes was for that file: another one is asked about again
    other = dags / f"{name}_2.py"
    other.write_text(BY_HAND)
    export(panel, f"{name}_2")
    panel.wait("question", "Overwrite it?")
    panel.fill("dag_id", f"{name}_3")
    poll("no question after a change", lambda: not panel.part("question button").count(), 10)
    assert other.read_text() == BY_HAND


def test_an_ilum_service_is_created_and_run_again_from_the_history(desk: Desk, ilum: FakeIlum, front: str) -> None:
    name = f"kpi-{front}"
    panel = desk.panel("ilum")
    panel.mode("service")
    panel.fill("name", name)
    panel.wait("line", "--mode service")
    assert "class NotebookService(IlumJob)" in panel.previewed("NotebookService")
    poll("the button's text", lambda: panel.part("export").inner_text() == "Create Ilum Service", 10)
    panel.press()
    panel.done("Exported")
    (service,) = [one for one in ilum.of("group") if one.form["name"] == name]
    ran = len(ilum.runs.get(service.id, ()))
    forms = ilum.count("POST", "/(group|job/submit|schedule)")
    open_record(panel, name)
    panel.part("record .jpe-run-param input").first.fill("0.5")
    panel.press("record .jpe-run")
    panel.done("started")
    runs = ilum.runs[service.id]
    assert len(runs) == ran + 1
    assert runs[-1].body["jobConfig"]["threshold"] == "0.5"
    assert ilum.count("POST", "/(group|job/submit|schedule)") == forms, "something was uploaded again"
    panel.choose("ilum")
    panel.mode("single")


def test_the_changes_since_the_last_export_are_shown(desk: Desk, front: str) -> None:
    name = f"changed_{front}"
    panel = desk.panel()
    panel.fill("schedule", "@daily")
    export(panel, name)
    panel.done("Exported")
    panel.fill("schedule", "@weekly")
    panel.previewed('"@weekly"')
    panel.tab("Changes")
    panel.wait("changes", "@weekly")
    assert '"@daily"' in panel.part("changes del").first.inner_text()
    assert '"@weekly"' in panel.part("changes ins").first.inner_text()


def test_a_record_shows_its_code_asks_for_its_state_and_stops_its_run(
    desk: Desk, front: str, airflow: FakeAirflow
) -> None:
    name = f"recorded_{front}"
    panel = desk.panel()
    export(panel, name, trigger=True)
    panel.done("Exported")
    (run,) = airflow.dags[name].runs
    open_record(panel, name)
    panel.part("record-part button").filter(has_text="Code").click()
    assert "df = spark.range(10)" in panel.wait("record", f'dag_id="{name}"')
    panel.tab("Preview")  # code stands in one place at a time: it comes back with its tab
    panel.previewed(f'dag_id="{name}"')
    panel.tab("History")
    panel.wait("record-told", f'dag_id="{name}"')
    panel.part("record-part button").filter(has_text="Details").click()
    panel.wait("record-told", "Taken out")
    panel.press("record .jpe-refresh")
    panel.wait("record-told", "tasks of the run")
    assert "The run is" in panel.wait("record-came [role=status]", "Press “Refresh” to ask again.")
    near, button = (panel.part(f"record {one}").bounding_box() for one in (".jpe-record-came", ".jpe-refresh"))
    assert near is not None
    assert button is not None
    assert abs(near["y"] - button["y"]) < 80, "what came of the button stands beside it"
    panel.press("record .jpe-refresh")
    panel.wait("record-told", "running")
    panel.press("record .jpe-stop-run")
    panel.done("stop")
    assert airflow.count("PATCH", f".*/dags/{name}/dagRuns/.*")
    assert {"failed", "skipped"} & {task["state"] for task in run.tasks}


def test_running_the_cell_again_and_closing_end_what_was_begun(
    desk: Desk, front: str, airflow: FakeAirflow, dags: Path
) -> None:
    name = f"left_{front}"
    read = airflow.read
    airflow.read = lambda: ("", {path: text for path, text in read()[1].items() if name not in path})
    try:
        panel = desk.panel()
        export(panel, name, trigger=True)
        poll("the file", (dags / f"{name}.py").exists, 20)  # from now on it waits for Airflow to see it
        panel = desk.panel()
        assert not panel.part("work .jpe-stop").count()
        panel.press("close")
        poll("no panel", lambda: not panel.page.locator(".jpe-panel").count(), 10)

        def ended() -> bool:
            desk.notebook.run(3)
            return desk.notebook.output(3).strip() == "[]"

        source = desk.notebook.source(3)
        desk.notebook.type_source(3, THREADS)
        poll("the end of the panels' threads", ended, 20, 0.2)
        desk.notebook.type_source(3, source)
    finally:
        airflow.read = read
    airflow.parse()
    assert airflow.dags[name].runs == [], "the work went on although its panel was gone"


def test_nothing_comes_from_elsewhere_and_no_script_fails(desk: Desk) -> None:
    panel = desk.panel()
    panel.previewed("df = spark.range(10)")
    for tab in ("Rejections", "Parameters", "Changes", "History", "Preview"):
        panel.tab(tab)
    panel.previewed("df = spark.range(10)")
    assert panel.part("graph svg").first.is_visible()
    assert desk.notebook.foreign == []
    assert desk.notebook.faults() == []
