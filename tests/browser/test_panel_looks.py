"""The panel's looks: accessible in every theme, by keyboard, in a narrow cell, with any text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import CELLS, Desk
from tests.browser.harness import poll
from tests.browser.looks import focused, look_like_vscode, poor_contrast, sticking_out, violations
from tests.browser.pages import FRONT_ENDS, NotebookPage
from tests.browser.panel import PanelOnPage
from tests.browser.server import JupyterServer
from tests.fake_airflow import FakeAirflow
from tests.fake_airflow import Fault as AirflowFault
from tests.fake_ilum import FakeIlum
from tests.fake_ilum import Fault as IlumFault

PAYLOAD = "<img src=x onerror='window.hacked=1'>"
#: A file's name has no slash.
FILE_NAME = f"{PAYLOAD}.ipynb"
HOSTILE = (
    "%load_ext jpe_magics",
    f'%%pipeline_params\nname = "</pre></style><script>window.hacked=1</script>{PAYLOAD}"  # {PAYLOAD}',
    (f'text = "{PAYLOAD}"  # </textarea>{PAYLOAD}\nprint("{PAYLOAD}")', [f"task:{PAYLOAD}", PAYLOAD]),
    "%export_pipeline",
)
FOREIGN = (
    "%load_ext jpe_magics",
    "%%pipeline_params\nمنطقة = 'شمال'  # المنطقة التي تُحمَّل بياناتها كل ليلة\n地区 = '関東'  # 毎晩読み込む地域の名前",
    ("数据 = spark.range(10)", ["task:载入数据"]),
    ("x = 1", [f"task:{'a_very_long_name_of_a_task_' * 5}end"]),
    "%export_pipeline",
)
#: What the magics show without the panel.
OTHER_VIEWS = (
    ("%jpe_history", ".jpe-history-view", "row-told"),
    ("%export_pipeline airflow --dag-id looked_at --preview", ".jpe-result", "counter"),
)


def every_state(
    panel: PanelOnPage, name: str, dags: Path, airflow: FakeAirflow
) -> Callable[[Callable[[str], None]], None]:
    """Return what leads the panel through its states, and tells each one's name when it is shown."""

    def lead(seen: Callable[[str], None]) -> None:
        panel.wait("operating", "Connected")
        panel.previewed("df = spark.range(10)")
        seen("preview")
        panel.fill("dag_id", "not an id")
        panel.wait("field-dag_id .jpe-message", "not an id")
        panel.press("more")
        panel.part("more-fields").wait_for()
        seen("an error, all options")
        panel.press("more")
        panel.fill("dag_id", name)
        panel.previewed(f'dag_id="{name}"')
        for tab in ("Rejections", "Parameters", "Changes"):
            panel.tab(tab)
            seen(tab.lower())
        (dags / f"{name}.py").write_text("mine = 1\n")
        panel.press()
        panel.wait("question", "Overwrite it?")
        seen("a question")
        read, airflow.read = airflow.read, lambda: ("", {})
        panel.press("yes")
        panel.wait("work", "Stop")
        seen("work")
        airflow.read = read
        panel.done("Exported")
        seen("exported")
        panel.tab("History")
        panel.part("rows .jpe-row").first.click()
        panel.wait("record", name)
        seen("history")
        panel.part("record-part button").filter(has_text="Code").click()
        panel.wait("record-told", "df = spark.range(10)")
        seen("a record's code")
        panel.tab("Preview")
        panel.choose("ilum")
        panel.previewed("spark.range(10)")
        panel.mode("service")
        panel.wait("line", "service")
        seen("ilum service")

    return lead


@pytest.mark.parametrize(("name", "theme"), [("lab", "Light"), ("notebook", "Dark"), ("classic", "VS Code")])
def test_nothing_is_inaccessible_in_any_state(
    server: JupyterServer, context: BrowserContext, dags: Path, airflow: FakeAirflow, name: str, theme: str
) -> None:
    server.theme("Dark" if theme == "Dark" else "Light")
    path = f"looks/{name}/etl.ipynb"
    server.write_notebook(path, CELLS)
    page = FRONT_ENDS[name](context, server, path)
    try:
        desk = Desk(page)
        panel = desk.panel()
        if theme == "VS Code":
            look_like_vscode(page.page)
        found: dict[str, list[str]] = {}

        def look(state: str, root: str = ".jpe-panel") -> None:
            wrong = violations(page.page, root)
            for place in page.page.locator(root).all():
                wrong += poor_contrast(place)
            if wrong:
                found[state] = wrong

        every_state(panel, f"looks_{name}", dags, airflow)(look)
        page.run(1)
        look("the summaries", "section.jpe")
        for line, root, part in OTHER_VIEWS:
            desk.view(line, root).part(part).first.wait_for()
            look(line, root)
        assert not found
    finally:
        server.theme("Light")
        page.close()


def test_everything_is_reached_and_done_by_keyboard(desk: Desk, front: str, dags: Path) -> None:
    name = f"by_keyboard_{front}"
    panel = desk.panel()
    panel.fill("dag_id", "x")
    panel.wait("operating", "Connected")
    panel.previewed('dag_id="x"')
    page = panel.page
    panel.part("close").focus()
    order: list[str] = []
    for _ in range(60):
        now = focused(page)
        if not now["inside"]:
            break
        assert now["shown"], f"the focus on {now['name']} can't be seen"
        order.append(now["name"])
        page.keyboard.press("Tab")
    wanted = ["jpe-close", "jpe-choose", "jpe-choose", "jpe-choose", "jpe-mode", "jpe-field-dag_id"]
    wanted += ["jpe-field-schedule", "jpe-more", "jpe-field-push", "jpe-field-trigger", "jpe-preview-now", "jpe-export"]
    wanted += ["jpe-pages"]
    places = [order.index(one) for one in wanted]
    assert places == sorted(places), order
    assert order.count("jpe-choose") == 3
    panel.field("dag_id").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(name)
    panel.previewed(f'dag_id="{name}"')
    while focused(page)["name"] != "jpe-export":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    panel.done(name)
    assert (dags / f"{name}.py").exists()


def test_a_question_and_the_history_are_answered_and_read_by_keyboard(desk: Desk, front: str, dags: Path) -> None:
    name = f"keys_only_{front}"
    (dags / f"{name}.py").write_text("mine = 1\n")
    panel = desk.panel()
    panel.tick("trigger", False)
    panel.fill("dag_id", name)
    panel.previewed(f'dag_id="{name}"')
    page = panel.page

    def go_to(part: str) -> None:
        for _ in range(60):
            if focused(page)["name"] == part:
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"the key Tab does not lead to {part}")

    go_to("jpe-export")
    page.keyboard.press("Enter")
    panel.wait("question", "Overwrite it?")
    poll("the focus on the answer that changes nothing", lambda: focused(page)["name"] == "jpe-no", 10)
    go_to("jpe-yes")
    page.keyboard.press("Space")
    panel.done("Exported")
    panel.part("close").focus()
    go_to("jpe-pages")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    panel.part("rows .jpe-row").first.wait_for()
    go_to("jpe-row")
    page.keyboard.press("Enter")
    panel.wait("record", name)


def test_who_copies_folded_code_has_a_comment_in_place_of_it(desk: Desk) -> None:
    panel = desk.panel()
    panel.fill("dag_id", "to_copy")
    panel.previewed('dag_id="to_copy"')
    select = "place => { getSelection().selectAllChildren(place); return getSelection().toString(); }"
    copied = panel.part("preview .jpe-pieces").evaluate(select)
    compile(copied, "copied", "exec")
    assert re.search(
        r"^# … here [1-9]\d* lines of jpe_magics that run the cells are folded away …$", copied, re.MULTILINE
    )


def test_nothing_sticks_out_of_a_narrow_cell(desk: Desk, front: str, dags: Path, airflow: FakeAirflow) -> None:
    panel = desk.panel()
    panel.root.evaluate("root => { root.style.maxWidth = '360px' }")
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        wrong = sticking_out(panel.root)
        if wrong:
            found[state] = wrong

    every_state(panel, f"narrow_{front}", dags, airflow)(look)
    for line, root, part in OTHER_VIEWS:
        panel = desk.view(line, root)
        panel.part(part).first.wait_for()
        panel.root.evaluate("root => { root.style.maxWidth = '360px' }")
        look(line)
    assert not found


@pytest.mark.parametrize("front", ["lab"], indirect=True)
def test_foreign_and_long_names_and_many_cells(open_notebook: Callable[..., NotebookPage]) -> None:
    many = [f"value_{number} = {number}" for number in range(200)]
    page = open_notebook([*FOREIGN[:-1], *many, FOREIGN[-1]])
    page.run(0)
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("End")
    page.page.locator(page.every_cell).last.wait_for()
    last = len(FOREIGN) + len(many) - 1
    page.run(last)
    panel = PanelOnPage(page)
    panel.previewed("value_199 = 199")
    assert "204 cells" in panel.wait("preview", "Read:") or "205 cells" in panel.wait("preview", "Read:")
    assert "数据 = spark.range(10)" in panel.previewed("数据")
    assert sticking_out(panel.root) == []
    panel.root.evaluate("root => { root.style.maxWidth = '360px' }")
    panel.fill("description", "كل ليلة: تحميل المبيعات " * 6)
    panel.wait("line", "كل ليلة")
    for tab in ("Parameters", "Rejections", "Preview"):
        panel.tab(tab)
        assert sticking_out(panel.root) == []
    panel.tab("Parameters")
    assert "毎晩読み込む地域の名前" in panel.wait("parameters", "地区")


@pytest.mark.parametrize("front", ["lab"], indirect=True)
def test_a_hostile_history_and_file_name_are_only_shown(
    open_notebook: Callable[..., NotebookPage], front: str, tmp_path: Path
) -> None:
    log = tmp_path / "audit.jsonl"
    row = {"name": PAYLOAD, "type": PAYLOAD, "default": PAYLOAD, "description": PAYLOAD, "expression": PAYLOAD}
    taken = {"cell": 1, "number": 1, "line": 1, "kind": PAYLOAD, "text": PAYLOAD, "reason": PAYLOAD}
    about = {"path": f"/{PAYLOAD}", "name": PAYLOAD, "digest": PAYLOAD}
    made = {"kind": PAYLOAD, "place": PAYLOAD, "link": "javascript:window.hacked=1", "note": PAYLOAD}
    record = {
        "v": 1,
        "event": "begin",
        "id": "hostile",
        "time": "2026-11-21T09:00:00Z",
        "user": PAYLOAD,
        "target": "airflow",
        "name": PAYLOAD,
        "notebook": about,
        "options": {PAYLOAD: PAYLOAD},
        "source": PAYLOAD,
        "parameters": [row],
        "rejections": [taken],
        "warnings": [{**taken, "code": PAYLOAD}],
        "published": [made],
        "files": [{"path": f"{PAYLOAD}.py", "sha256": PAYLOAD, "text": PAYLOAD}],
        "status": PAYLOAD,
        "error": PAYLOAD,
        "version": PAYLOAD,
        "states": [{"status": PAYLOAD, "time": PAYLOAD}],
    }
    log.write_text(json.dumps(record) + "\n")
    load = f"import os\nos.environ['JPE_AUDIT_LOG'] = {str(log)!r}\n%load_ext jpe_magics"
    page = open_notebook([load, "a = 1", "%export_pipeline"], name=FILE_NAME)
    page.run(0)
    page.run(2)
    panel = PanelOnPage(page).is_read()
    panel.choose("airflow")
    panel.fill("dag_id", f"hostile_name_{front}")
    assert "onerror" in panel.previewed("# Made by jpe_magics")
    panel.tab("History")
    panel.part("rows .jpe-row-told").filter(has_text=PAYLOAD).wait_for()
    panel.part("rows .jpe-row").first.click()
    panel.wait("record", PAYLOAD)
    for part in ("Code", "Changes", "Details"):
        panel.part("record-part button").filter(has_text=part).click()
        panel.wait("record", PAYLOAD if part != "Changes" else "There is no export")
        assert page.page.locator("img[src='x']").count() == 0
    panel.part("search input").fill(PAYLOAD)
    assert page.page.locator(".jpe-panel a[href^='javascript']").count() == 0
    view = page.page.locator("section.jpe").last
    page.type_source(2, "%jpe_history hostile")
    page.run(2)
    poll("the record alone", lambda: PAYLOAD in view.inner_text(), 20)
    assert page.page.locator("img[src='x']").count() == 0
    assert page.page.evaluate("window.hacked") is None


def test_hostile_texts_are_only_shown(
    open_notebook: Callable[..., NotebookPage], front: str, airflow: FakeAirflow, ilum: FakeIlum
) -> None:
    page = open_notebook(HOSTILE)
    page.run(0)
    page.run(len(HOSTILE) - 1)
    panel = PanelOnPage(page)

    def inert() -> None:
        assert page.page.evaluate("window.hacked") is None
        assert page.page.locator("img[src='x']").count() == 0

    panel.previewed(PAYLOAD)
    panel.tab("Rejections")
    panel.wait("rejections", PAYLOAD)
    panel.tab("Parameters")
    panel.wait("parameters", PAYLOAD)
    inert()
    panel.fill("dag_id", PAYLOAD)
    panel.wait("field-dag_id .jpe-message", PAYLOAD)
    inert()
    name = f"hostile_{front}"
    panel.fill("dag_id", name)
    panel.fill("description", PAYLOAD)
    panel.wait("line", "onerror=")
    airflow.faults.append(AirflowFault("POST", f".*/dags/{name}/dagRuns", "html", times=9))
    panel.press()
    panel.done(name)
    airflow.faults.clear()
    inert()
    panel.tab("History")
    panel.part("rows .jpe-row").first.click()
    panel.wait("record", name)
    panel.part("record-part button").filter(has_text="Code").click()
    panel.wait("record", PAYLOAD)
    inert()
    panel.choose("ilum")
    ilum.faults.append(IlumFault("POST", ".*/job/submit", 409, told={"message": PAYLOAD}))
    panel.fill("name", f"hostile-{front}")
    panel.wait("line", f"hostile-{front}")
    panel.press()
    panel.done(PAYLOAD)
    ilum.faults.clear()
    inert()
    beside = page.page.locator("section.jpe").last
    poll("the summary beside the panel", lambda: PAYLOAD in (beside.text_content() or ""), 10)  # folded away
    inert()
