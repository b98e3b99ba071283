"""Makes the pictures in docs/images: the views in a real Notebook 7, light, dark and narrow.

The servers behind them are the stand-ins of the tests; what is shown is what the front end draws.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator

from tests.browser.harness import chromium, poll
from tests.browser.pages import Notebook7
from tests.browser.panel import PanelOnPage
from tests.browser.server import GivenCell, JupyterServer
from tests.fake_airflow import FakeAirflow
from tests.fake_ilum import FakeIlum

IMAGES = Path(__file__).parent.parent / "docs" / "images"
#: Pixels: the widest picture, and the tallest (a long preview is cut off).
WIDTH, HEIGHT = 1000, 1500
MARGIN = 3
CELLS: tuple[GivenCell, ...] = (
    "%load_ext jpe_magics",
    "%%pipeline_params\nthreshold = 0.95        # least share of rows that must be valid\nregion = 'EU'",
    ("%matplotlib inline\nsales = spark.read.parquet('/data/sales')", ["task:load_sales"]),
    ("print(sales.count())\nvalid = sales.where('amount > 0')\nshare = valid.count() / sales.count()", []),
    ("assert share >= threshold\nvalid.write.mode('overwrite').parquet('/data/valid')", ["task:write_valid"]),
    "%export_pipeline",
)
EXPORT = len(CELLS) - 1


class _Git(BaseHTTPRequestHandler):
    """Answers as a Gitea does that is asked whether it is there."""

    def do_GET(self) -> None:
        body = json.dumps({"version": "1.24.0"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def gitea() -> Iterator[str]:
    """Yield the address of a Gitea that only says that it is there."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Git)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def keep(place: Locator, name: str) -> None:
    """Write the picture of an element, as small as it gets."""
    page = place.page
    page.mouse.move(0, 0)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None, f"{name} is not shown"
    left, top = max(box["x"] - MARGIN, 0), max(box["y"] - MARGIN, 0)
    width, height = min(box["width"] + 2 * MARGIN, WIDTH), min(box["height"] + 2 * MARGIN, HEIGHT)
    clip = {"x": left, "y": top, "width": width, "height": height}
    taken = page.screenshot(clip=clip, animations="disabled", caret="hide")
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    file = IMAGES / f"{name}.png"
    picture.quantize(96, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.relative_to(IMAGES.parent.parent)}  {picture.width} x {picture.height}  {file.stat().st_size} bytes")


class Studio:
    """One notebook in one theme and width, and the views that it shows."""

    def __init__(self, browser: Browser, server: JupyterServer, airflow: FakeAirflow, look: str) -> None:
        self.airflow, self.look = airflow, look
        self.by_hand = airflow.folder / "by_hand.py"
        self.server = server
        width = 400 if look == "narrow" else WIDTH
        # a long output is shown whole, not in a box of its own that scrolls
        server.setting("@jupyter-notebook/notebook-extension/scroll-output", {"autoScrollOutputs": False})
        server.theme("Dark" if look == "dark" else "Light")
        self.context = browser.new_context(viewport={"width": width, "height": 3200}, reduced_motion="reduce")
        server.write_notebook("etl_daily.ipynb", CELLS)
        self.page = Notebook7(self.context, server, "etl_daily.ipynb")
        self.page.run(0)

    def close(self) -> None:
        self.page.close()
        self.context.close()

    def show(self, line: str, root: str) -> PanelOnPage:
        """Run a line in the last cell, and return the view that it opens."""
        self.page.type_source(EXPORT, line)
        self.page.run(EXPORT)
        return PanelOnPage(self.page, root)

    def panel(self) -> None:
        """Take the panel's views."""
        panel = self.show("%export_pipeline", ".jpe-panel").is_read()
        panel.wait("operating", "Connected")
        panel.fill("dag_id", "etl_daily")
        panel.fill("schedule", "@daily")
        panel.previewed('"@daily"')
        keep(panel.root, f"panel-{self.look}")
        panel.fill("schedule", "every day")
        panel.wait("field-schedule .jpe-message", "every day")
        keep(panel.part("form"), f"error-{self.look}")
        panel.fill("schedule", "@daily")
        panel.wait("line", "@daily")
        self._question(panel)
        self._export(panel)
        panel.fill("schedule", "@weekly")
        panel.wait("line", "@weekly")
        for tab, shown in (("Rejections", "%matplotlib"), ("Parameters", "threshold"), ("Changes", "@weekly")):
            panel.tab(tab)
            panel.wait(tab.lower(), shown)
            keep(panel.part("pages"), f"{tab.lower()}-{self.look}")
        panel.tab("History")
        panel.part("rows .jpe-row").first.click()
        panel.wait("record", "etl_daily")
        keep(panel.part("pages"), f"history-{self.look}")
        self._ilum(panel)

    def _question(self, panel: PanelOnPage) -> None:
        """Take what is asked where a file stands in the way."""
        self.by_hand.write_text("# written by hand\n")
        panel.fill("dag_id", self.by_hand.stem)
        panel.previewed(f'dag_id="{self.by_hand.stem}"')
        panel.press()
        panel.wait("question", "Overwrite it?")
        keep(panel.part("question"), f"question-{self.look}")
        panel.press("no")
        panel.fill("dag_id", "etl_daily")
        panel.previewed('dag_id="etl_daily"')

    def _ilum(self, panel: PanelOnPage) -> None:
        """Take the form of a service with all its options."""
        panel.choose("ilum")
        panel.mode("service")
        panel.fill("name", "daily_kpi")
        panel.wait("line", "daily_kpi")
        panel.press("more")
        panel.part("more-fields").wait_for()
        keep(panel.part("form"), f"ilum-{self.look}")
        keep(panel.part("more-fields"), f"options-{self.look}")

    def _export(self, panel: PanelOnPage) -> None:
        """Take the work while it goes on, and its outcome."""
        before = self.airflow.count("GET", ".*/dags/etl_daily")
        read, self.airflow.read = self.airflow.read, lambda: ("", {})
        panel.press()
        poll("a look for the DAG", lambda: self.airflow.count("GET", ".*/dags/etl_daily") > before, 30)
        panel.wait("work", "Stop")
        keep(panel.part("work"), f"work-{self.look}")
        self.airflow.read = read
        panel.done("Exported")
        keep(panel.part("banner"), f"exported-{self.look}")

    def magics(self) -> None:
        """Take what the magics show without the panel."""
        panel = self.show("%export_pipeline airflow --dag-id etl_daily --preview", ".jpe-result")
        panel.root.wait_for()
        keep(panel.root, f"result-{self.look}")
        panel = self.show("%jpe_history", ".jpe-history-view")
        panel.part("rows .jpe-row-told").first.wait_for()
        keep(panel.root, f"jpe-history-{self.look}")
        self.page.run(1)
        shown = self.page.cell(1).locator("section.jpe").first
        shown.wait_for()
        keep(shown, f"pipeline-params-{self.look}")


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="airflow-") as folder, chromium() as browser, gitea() as git:
        work = Path(folder, "work")
        dags = Path(folder, "dags")
        with FakeAirflow(dags, parse_every=2) as airflow, FakeIlum() as ilum:
            environment = {
                "AIRFLOW_API_URL": airflow.url,
                "AIRFLOW_JWT_SECRET": airflow.secret,
                "AIRFLOW_JWT_SUBJECT": "admin",
                "ILUM_API_URL": ilum.url,
                "GITEA_API_URL": git,
                "JPE_GIT_PROVIDER": "local",
                "JPE_LOCAL_DAGS_FOLDER": str(dags),
            }
            with JupyterServer(work, environment) as server:
                dags.mkdir()
                for look in ("light", "dark", "narrow"):
                    studio = Studio(browser, server, airflow, look)
                    studio.panel()
                    if look != "narrow":
                        studio.magics()
                    studio.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
