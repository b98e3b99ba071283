"""What stands beside the panel, and how it is opened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from IPython.utils.capture import capture_output
from ipywidgets.widgets.widget import _instances

from jpe_magics.core.summary import Document, to_html, to_text
from jpe_magics.core.summary.document import Note
from jpe_magics.errors import NotebookError, PublishError
from jpe_magics.magics.export_pipeline import export_pipeline
from jpe_magics.magics.jpe_history import jpe_history
from jpe_magics.magics.live import beside
from jpe_magics.magics.show import Display
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.panel import current
from jpe_magics.panel.current import ANOTHER, RERUN, UNLOADED
from jpe_magics.panel.state import PanelState, Work
from jpe_magics.results import Export, Submission
from jpe_magics.session import Session
from tests.unit.widgets.fake_panel import DONE, OPEN, PREVIEW, RECORD, Fake

VIEW = "application/vnd.jupyter.widget-view+json"
FIRST = Document("Export this notebook", (Note("info", "nothing was done"),))


@pytest.fixture
def told() -> tuple[Fake, list[Document]]:
    fake, shown = Fake(PanelState()), list[Document]()
    fake.listen(beside(shown.append, FIRST, "%export_pipeline"))
    return fake, shown


def test_the_last_result_stays_beside_the_panel(told: tuple[Fake, list[Document]]) -> None:
    fake, shown = told
    fake.tell(targets=OPEN.targets)
    assert shown == [], "no badge is known yet"
    fake.tell(operating="Connected")
    assert "Operating mode: Connected" in to_text(shown[-1])
    assert "airflow ok" in to_text(shown[-1])
    fake.tell(preview=PREVIEW)
    assert len(shown) == 1
    fake.tell(done=DONE)
    html = to_html(shown[-1])
    outcome, _, rest = html.partition("<details")
    assert "Exported and started." in outcome
    assert "http://airflow/dags/etl/runs/1" not in outcome, "the panel says so already"
    assert "http://airflow/dags/etl/runs/1" in rest
    assert "%ls" in rest
    fake.tell(done=None)
    fake.tell(operating="Standalone", notice=NotebookError("not found"))
    assert len(shown) == 2, "what was done stays"
    fake.tell(done=Submission("run", RECORD))
    assert "No run was started" in to_text(shown[-1])
    assert len(shown) == 3


@pytest.mark.parametrize("done", [DONE, Submission("run", replace(RECORD, status="running"))])
def test_a_panel_that_closes_leaves_its_last_result_unfolded(
    told: tuple[Fake, list[Document]], done: Export | Submission
) -> None:
    fake, shown = told
    fake.tell(done=done)
    assert "runs/" not in to_html(shown[-1]).partition("<details")[0]
    fake.tell(done=None)
    fake.tell(closed=True)
    assert "runs/" in to_html(shown[-1]).partition("<details")[0]
    assert len(shown) == 2


def test_a_panel_that_closes_while_work_goes_on_says_so(told: tuple[Fake, list[Document]]) -> None:
    fake, shown = told
    fake.tell(done=PREVIEW)
    fake.tell(work=Work("Submit job"), done=None)
    fake.tell(closed=True)
    assert "closed while this went on: Submit job" in to_text(shown[-1])
    assert "Open it again with %export_pipeline" in to_text(shown[-1])
    assert "%jpe_history ID --status" in to_text(shown[-1])


def test_a_panel_that_closes_says_so_in_its_place_and_how_to_open_it_again(told: tuple[Fake, list[Document]]) -> None:
    fake, shown = told
    fake.tell(closed=True, because=ANOTHER)
    text = to_text(shown[-1])
    assert "This view was closed because another one like it was opened.  Open it again with %export_pipeline." in text
    assert "nothing was done" in text, "what stood there stays"


def test_an_unloaded_panel_says_what_loads_it_again(told: tuple[Fake, list[Document]]) -> None:
    fake, shown = told
    fake.tell(closed=True, because=UNLOADED)
    text = " ".join(to_text(shown[-1]).split())
    assert "Open it again with %load_ext jpe_magics and %export_pipeline." in text


def test_a_panel_whose_output_goes_tells_nobody(told: tuple[Fake, list[Document]]) -> None:
    fake, shown = told
    fake.tell(closed=True, because=RERUN)
    assert shown == []


@pytest.mark.parametrize(
    ("done", "line"),
    [
        (replace(DONE, error=PublishError("the disk is full", hint="empty it")), "✗ Failed (JPE501): "),
        (Submission("run", RECORD, error=PublishError("the disk is full", hint="empty it")), "✗ Not run (JPE501): "),
    ],
)
def test_a_failure_is_told_by_the_panel_and_kept_folded_beside_it(
    told: tuple[Fake, list[Document]], done: Export | Submission, line: str
) -> None:
    fake, shown = told
    fake.tell(done=done)
    outcome, _, rest = to_html(shown[-1]).partition("<details")
    assert f"{line}what is folded below says why, and what to do." in outcome
    assert "the disk is full" not in outcome
    for word in ("the disk is full", "empty it"):
        assert rest.count(word) == to_text(shown[-1]).count(word) == 1, "what a saved notebook keeps"
    fake.tell(closed=True)
    assert "the disk is full" in to_html(shown[-1]).partition("<details")[0], "no panel says it any more"


def test_a_file_that_was_made_to_be_downloaded_is_no_preview(told: tuple[Fake, list[Document]]) -> None:
    fake, shown = told
    fake.tell(done=PREVIEW)
    text = to_text(shown[-1])
    assert "etl.py is ready: press Save." in text
    assert "Preview" not in text
    assert "%ls" in to_html(shown[-1]).partition("<details")[2], "what a saved notebook keeps"
    fake.tell(done=replace(PREVIEW, artifact=Artifact((File("etl.py", "key = 1"),))))
    assert "Not saved: the file holds secrets" in to_text(shown[-1])


def test_a_fault_is_told_beside_the_panel_too(told: tuple[Fake, list[Document]]) -> None:
    fake, shown = told
    fake.tell(notice=NotebookError("not found", hint="save it"))
    assert "save it" in to_text(shown[-1])
    assert "not found" not in to_html(shown[-1]).partition("<details")[0], "the panel says so already"


def test_a_fault_that_is_over_is_not_told_beside_the_panel_any_more(told: tuple[Fake, list[Document]]) -> None:
    fake, shown = told
    fake.tell(notice=NotebookError("not found"))
    fake.tell(targets=OPEN.targets, operating="Connected")
    assert "not found" in to_text(shown[-1]), "the panel still says so"
    fake.tell(notice=None, preview=PREVIEW)
    assert "JPE101" not in to_text(shown[-1])
    assert "Operating mode: Connected" in to_text(shown[-1])


@pytest.fixture
def session(work: Path) -> Session:
    nowhere = "http://127.0.0.1:9"
    (work / "etl.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    return Session(
        environ={
            "JPE_AUDIT_LOG": str(work / "audit.jsonl"),
            "JPE_NOTEBOOK_PATH": str(work / "etl.ipynb"),
            "JPE_PROBE_TIMEOUT": "0.2",
            "AIRFLOW_API_URL": nowhere,
            "ILUM_API_URL": nowhere,
            "GITEA_API_URL": nowhere,
        }
    )


@pytest.fixture(autouse=True)
def no_panel_left() -> Iterator[None]:
    before = len(_instances)
    yield
    current.close_current()
    end = time.monotonic() + 20  # a panel's thread that is just telling a state tells the last one too
    while len(_instances) != before:
        assert time.monotonic() < end, len(_instances) - before
        time.sleep(0.01)


def test_without_a_word_the_panel_opens_and_takes_the_place_of_the_one_before(kernel: Any, session: Session) -> None:
    with capture_output() as shown:
        assert export_pipeline(session, Display(kernel), "") is None
        first = len(_instances)
        assert current._open
        export_pipeline(session, Display(kernel), " ")
    assert abs(len(_instances) - first) < 10
    kinds = [VIEW in one.data for one in shown.outputs if "update" not in str(one.metadata)]
    assert kinds[:2] == [True, False]
    assert "text/html" not in shown.outputs[0].data
    assert "Export panel" in shown.outputs[0].data["text/plain"]
    assert "%export_pipeline" in shown.outputs[1].data["text/plain"]


def test_the_history_opens_and_its_rows_are_returned(kernel: Any, session: Session) -> None:
    session.history.begin(replace(RECORD, id=session.history.fresh_id()))
    with capture_output() as shown:
        found = jpe_history(session, Display(kernel), "")
    assert [row.name for row in found] == ["etl"]
    assert current._open
    assert VIEW in shown.outputs[0].data
    assert "etl" in shown.outputs[1].data["text/plain"]
    assert "<details" in shown.outputs[1].data["text/html"]


def test_a_panel_and_the_history_live_side_by_side_and_another_panel_ends_the_first(
    kernel: Any, session: Session
) -> None:
    with capture_output() as shown:
        export_pipeline(session, Display(kernel), "")
        panel = current._open["panel"][0]
        jpe_history(session, Display(kernel), "")
        assert current._open["panel"][0] is panel
        assert not panel.state.closed
        export_pipeline(session, Display(kernel), "")
    assert panel.state.closed
    assert not current._open["history"][0].state.closed
    updates = [one.data["text/plain"] for one in shown.outputs if "another one like it" in str(one.data)]
    assert len(updates) == 1
    assert "Open it again with %export_pipeline" in updates[0]


def test_a_terminal_opens_nothing(shell: Any, session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    export_pipeline(session, Display(shell), "")
    jpe_history(session, Display(shell), "")
    assert not current._open
    assert "Airflow DAG" in capsys.readouterr().out
