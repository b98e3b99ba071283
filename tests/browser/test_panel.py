"""The panel in real front ends, from the first look to a run that is started again."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import CELLS, Desk
from tests.browser.harness import poll
from tests.fake_airflow import FakeAirflow, Fault
from tests.fake_ilum import FakeIlum


def test_the_form_is_filled_and_the_preview_follows(desk: Desk) -> None:
    panel = desk.panel()
    poll("a proposed id", lambda: panel.field("dag_id").input_value(), 10)
    panel.wait("card-airflow", "airflow answers")
    panel.wait("card-airflow", "gitea no answer")
    panel.wait("card-ilum", "ilum answers")
    assert panel.root.locator('.jpe-badge[data-backend="gitea"][data-state="down"]').is_visible()
    panel.wait("operating", "Connected")
    panel.fill("dag_id", "nightly_load")
    panel.fill("schedule", "@daily")
    code = panel.previewed('dag_id="nightly_load"')
    assert '"@daily"' in panel.previewed('"@daily"')
    assert "df = spark.range(10)" in code
    assert panel.wait("line", "--schedule @daily").strip() == (
        "%export_pipeline airflow --dag-id nightly_load --schedule @daily"
    )
    assert "1 of 3 tasks are named" in panel.wait("counter", "named")
    panel.mode("batch")
    panel.wait("line", "--mode batch")
    panel.previewed("run_notebook")


def test_what_is_wrong_stands_beside_its_field(desk: Desk) -> None:
    panel = desk.panel()
    panel.fill("dag_id", "not an id")
    panel.wait("field-dag_id .jpe-message", "not an id")
    panel.press()
    assert not panel.part("work .jpe-stop").count()
    panel.fill("dag_id", "an_id")
    poll("no message", lambda: not panel.part("message").count(), 10)
    panel.fill("schedule", "every day")
    panel.wait("field-schedule .jpe-message", "every day")
    panel.fill("schedule", "none")
    poll("no message", lambda: not panel.part("message").count(), 10)


def test_rejections_and_parameters(desk: Desk) -> None:
    panel = desk.panel()
    panel.tab("Rejections")
    told = panel.wait("rejections", "files = !ls")
    assert "shell" in told
    assert "print(df.count())" in told
    panel.tab("Parameters")
    assert "least share of valid rows" in panel.wait("parameters", "threshold")
    field = panel.part("parameters .jpe-param input").first
    field.fill("0.5")
    panel.wait("line", "--param threshold=0.5")


def test_an_export_to_the_local_folder_runs_and_is_run_again(
    desk: Desk, front: str, airflow: FakeAirflow, dags: Path
) -> None:
    name = f"sales_{front}"
    panel = desk.panel()
    panel.fill("dag_id", name)
    panel.previewed(f'dag_id="{name}"')
    panel.press()
    panel.done(name)
    assert panel.part("banner .jpe-good").count()
    assert "df = spark.range(10)" in (dags / f"{name}.py").read_text()
    poll("a run", lambda: len(airflow.dags[name].runs) == 1, 10)
    link = panel.part(f"banner a[href*='{name}']").first
    assert link.get_attribute("href", timeout=5000).startswith(airflow.url)
    panel.tab("History")
    panel.part("rows .jpe-row-told").filter(has_text=name).first.wait_for()
    panel.part("rows .jpe-row").first.click()
    panel.wait("record", name)
    panel.press("record .jpe-run")
    panel.done("started")
    poll("another run", lambda: len(airflow.dags[name].runs) == 2, 10)


def test_an_edit_that_was_not_saved_is_exported(desk: Desk, front: str, dags: Path) -> None:
    name = f"edited_{front}"
    panel = desk.panel()
    panel.fill("dag_id", name)
    panel.tick("trigger", False)
    panel.previewed(f'dag_id="{name}"')
    desk.notebook.type_source(3, "typed_beside_the_panel = 1")
    panel.press()
    panel.done(name)
    desk.notebook.type_source(3, str(CELLS[3]))
    assert "typed_beside_the_panel = 1" in (dags / f"{name}.py").read_text()


def test_an_error_of_the_server_is_told(desk: Desk, front: str, airflow: FakeAirflow) -> None:
    name = f"refused_{front}"
    airflow.faults.append(Fault("PATCH", ".*/dags/" + name, 403, times=9))
    panel = desk.panel()
    panel.fill("dag_id", name)
    panel.previewed(f'dag_id="{name}"')
    panel.press()
    told = panel.done("JPE506")
    airflow.faults.clear()
    assert "Airflow does not allow to unpause the DAG" in told
    assert panel.part("banner .jpe-bad").count() == 1


def test_stop_stops(desk: Desk, front: str, airflow: FakeAirflow) -> None:
    name = f"never_seen_{front}"
    read = airflow.read
    airflow.read = lambda: (read()[0], {path: text for path, text in read()[1].items() if name not in path})
    try:
        panel = desk.panel()
        panel.fill("dag_id", name)
        panel.previewed(f'dag_id="{name}"')
        panel.press()
        panel.wait("work", "Stop")
        poll("a look for the DAG", lambda: airflow.count("GET", f".*/dags/{name}"), 20)
        panel.press("stop")
        told = panel.done("stopped", 10)
    finally:
        airflow.read = read
    assert "Airflow" in told
    asked = [body for how, where, body in airflow.requests if how == "POST" and where.endswith(f"/dags/{name}/dagRuns")]
    assert all(body["logical_date"] == "never" for body in asked), "that asks for the right alone: it starts no run"


def test_an_ilum_job(desk: Desk, ilum: FakeIlum, front: str) -> None:
    panel = desk.panel("ilum")
    panel.mode("single")
    panel.previewed("spark.range(10)")
    name = f"job-{front}"
    panel.fill("name", name)
    panel.wait("line", name)
    panel.press()
    panel.done("Exported and started")
    assert name in [one.form["name"] for one in ilum.of("job")]


def test_a_script_is_downloaded(desk: Desk) -> None:
    panel = desk.panel("py")
    panel.previewed("df = spark.range(10)")
    panel.press()
    panel.wait("banner", "etl.py is ready: press Save")
    with panel.page.expect_download() as waiting:
        panel.part("download-link").click()
    assert waiting.value.suggested_filename == "etl.py"
    assert "df = spark.range(10)" in Path(waiting.value.path()).read_text()


def test_the_preview_is_downloaded_by_two_keys(desk: Desk) -> None:
    panel = desk.panel("py")
    panel.previewed("df = spark.range(10)")
    panel.part("download").focus()
    panel.page.keyboard.press("Enter")
    panel.part("download-link").wait_for()
    panel.page.keyboard.press("Tab")
    with panel.page.expect_download() as waiting:
        panel.page.keyboard.press("Enter")
    assert waiting.value.suggested_filename == "etl.py"
    panel.press("back")
    assert "df = spark.range(10)" in panel.previewed("df = spark.range(10)")


def test_another_panel_takes_the_place_of_the_one_before(desk: Desk) -> None:
    desk.panel()
    panel = desk.panel()
    assert panel.page.locator(".jpe-panel").count() == 1
    panel.press("close")
    poll("no panel", lambda: not panel.page.locator(".jpe-panel").count(), 10)


def test_the_history_alone(desk: Desk, front: str) -> None:
    name = f"told_{front}"
    panel = desk.panel()
    panel.fill("dag_id", name)
    panel.tick("trigger", False)
    panel.previewed(f'dag_id="{name}"')
    panel.press()
    panel.done(name)
    history = desk.view("%jpe_history", ".jpe-history-view")
    assert history.page.locator(".jpe-panel").count() == 0
    history.part("search input").fill(name)
    poll("one row", lambda: history.part("rows .jpe-row").count() == 1, 10)
    history.part("rows .jpe-row").click()
    history.wait("record", name)


def test_pipeline_params_shows_what_it_found(desk: Desk) -> None:
    desk.notebook.run(1)
    told = poll("the parameters", lambda: desk.notebook.output(1), 10)
    assert "threshold" in told
    assert "least share of valid rows" in told
