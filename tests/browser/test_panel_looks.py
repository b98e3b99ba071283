"""The panel's looks: accessible in every theme, by keyboard, in a narrow cell, with any text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import CELLS, Desk
from tests.browser.harness import poll
from tests.browser.looks import focused, look_like_vscode, sticking_out, violations
from tests.browser.pages import FRONT_ENDS, NotebookPage
from tests.browser.panel import PanelOnPage
from tests.browser.server import JupyterServer
from tests.fake_airflow import FakeAirflow
from tests.fake_airflow import Fault as AirflowFault
from tests.fake_ilum import FakeIlum
from tests.fake_ilum import Fault as IlumFault

PAYLOAD = "<img src=x onerror='window.hacked=1'>"
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


def every_state(panel: PanelOnPage, name: str) -> Callable[[Callable[[str], None]], None]:
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
        panel.press()
        panel.done("Exported")
        seen("exported")
        panel.tab("History")
        panel.part("rows .jpe-row").first.click()
        panel.wait("record", name)
        seen("history")
        panel.tab("Preview")
        panel.choose("ilum")
        panel.previewed("spark.range(10)")
        panel.mode("service")
        panel.wait("line", "service")
        seen("ilum service")

    return lead


@pytest.mark.parametrize(("name", "theme"), [("lab", "Light"), ("notebook", "Dark"), ("classic", "VS Code")])
def test_nothing_is_inaccessible_in_any_state(
    server: JupyterServer, context: BrowserContext, name: str, theme: str
) -> None:
    server.theme("Dark" if theme == "Dark" else "Light")
    path = f"looks/{name}/etl.ipynb"
    server.write_notebook(path, CELLS)
    page = FRONT_ENDS[name](context, server, path)
    try:
        panel = Desk(page).panel()
        if theme == "VS Code":
            look_like_vscode(page.page)
        found: dict[str, list[str]] = {}

        def look(state: str) -> None:
            # hundreds of coloured words, looked at once
            known = () if state == "preview" else (".jpe-code",)
            wrong = violations(page.page, ".jpe-panel", "section.jpe", without=known)
            if wrong:
                found[state] = wrong

        every_state(panel, f"looks_{name}")(look)
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


def test_nothing_sticks_out_of_a_narrow_cell(desk: Desk, front: str) -> None:
    panel = desk.panel()
    panel.root.evaluate("root => { root.style.maxWidth = '360px' }")
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        wrong = sticking_out(panel.root)
        if wrong:
            found[state] = wrong

    every_state(panel, f"narrow_{front}")(look)
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
    poll("the summary beside the panel", lambda: PAYLOAD in page.page.locator("section.jpe").last.inner_text(), 10)
    inert()
