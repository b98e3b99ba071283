"""Long work in a cell's output, in a terminal, and in a real kernel."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from jpe_magics.core.summary import Document
from jpe_magics.core.summary.document import Note
from jpe_magics.magics.progress import ShownProgress
from jpe_magics.magics.show import Display
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.progress_text import TextProgress

DOCUMENT = Document("Title", (Note("good", "all well"),))
PUSH, WAIT = Progress("pushing"), Progress("waiting for <Airflow>", limit=120)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Place:
    """Where a kernel's displays end up: keeps what was published, and the rules of display ids."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.gone = False

    def __call__(self, text: str, html: str, place: str) -> str:
        if self.gone:
            raise RuntimeError("the front end is gone")
        assert place == ("id" if self.shown else ""), "made once, then updated"
        self.shown.append(text)
        return "id"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def shown(clock: Clock, *told: tuple[float, Progress]) -> tuple[ShownProgress, Place]:
    """Return the progress after each value was told so many seconds after the beginning."""
    place = Place()
    progress = ShownProgress(place, clock)
    begun = clock.now
    for seconds, one in told:
        clock.now = begun + seconds
        progress.tell(one)
    return progress, place


def test_fast_work_shows_nothing(clock: Clock) -> None:
    progress, place = shown(clock, (0.0, PUSH), (0.29, WAIT))
    progress.done()
    assert place.shown == []
    assert progress.place == ""


def test_it_is_shown_at_the_first_telling_after_a_moment(clock: Clock) -> None:
    progress, place = shown(clock, (0.0, PUSH), (0.1, WAIT), (0.31, WAIT))
    assert len(place.shown) == 1
    assert "✓ pushing · 0.1 s" in place.shown[0]
    assert "waiting for <Airflow>" in place.shown[0]
    assert "0.2 s of at most 120 s" in place.shown[0]
    assert progress.place == "id"


def test_at_most_four_updates_a_second(clock: Clock) -> None:
    _, place = shown(clock, *((1 + at / 100, WAIT) for at in range(200)))
    assert 7 <= len(place.shown) <= 9


def test_a_new_step_and_a_tasks_new_state_are_shown_at_once(clock: Clock) -> None:
    queued, running = (Progress(WAIT.step, tasks=(TaskState("load", state),)) for state in ("queued", "running"))
    told = [(1.0, PUSH), (1.01, PUSH), (1.02, WAIT), (1.03, queued), (1.04, queued), (1.05, running)]
    _, place = shown(clock, *told)
    assert len(place.shown) == 4
    assert "\N{INFORMATION SOURCE} running" in place.shown[-1]


@pytest.mark.parametrize(("good", "title", "sign"), [(True, "Done", "✓"), (False, "Stopped", "✗")])
def test_it_is_settled_at_the_end(clock: Clock, good: bool, title: str, sign: str) -> None:
    progress, place = shown(clock, (1.0, WAIT))
    clock.now += 2
    progress.done(good)
    assert place.shown[-1] == f"{title}\n{sign} waiting for <Airflow> · 2 s"
    assert progress.place == "id", "a summary may take its place"
    progress.tell(PUSH)
    progress.done()
    assert len(place.shown) == 2


def test_the_work_goes_on_where_the_front_end_is_gone(clock: Clock) -> None:
    progress, place = shown(clock, (1.0, PUSH))
    place.gone = True
    clock.now += 1
    with progress:
        progress.tell(WAIT)
        place.gone = False
        progress.tell(PUSH)
    assert len(place.shown) == 1


def test_an_error_in_the_work_is_not_swallowed(clock: Clock) -> None:
    progress, place = shown(clock, (1.0, PUSH))
    with pytest.raises(KeyboardInterrupt), progress:
        raise KeyboardInterrupt
    assert place.shown[-1].startswith("Stopped\n✗ pushing")
    assert progress.place == "", "no summary follows"


# --- text ----------------------------------------------------------------------------------------


def test_text_is_a_line_for_what_is_new(clock: Clock) -> None:
    stream = io.StringIO()
    with TextProgress(lambda line: print(line, file=stream), clock) as progress:
        for state in ("running", "running", "success"):
            progress.tell(Progress("following", tasks=(TaskState("load", state, 1, 3.2),)))
    assert stream.getvalue() == "following\n  load  running  3.2 s\n  load  running → success  3.2 s\n"


def test_text_falls_silent_where_nobody_reads(clock: Clock) -> None:
    stream = io.StringIO()
    progress = TextProgress(lambda line: print(line, file=stream), clock)
    stream.close()
    progress.tell(PUSH)
    progress.tell(WAIT)
    progress.done()


# --- the display ---------------------------------------------------------------------------------


def outputs(told: Any) -> list[tuple[str, bool, str]]:
    """Return id, whether it is an update, and text of what was displayed; a widget has no id."""
    return [
        ((one["transient"] or {}).get("display_id", ""), one.get("update", False), one["data"]["text/plain"])
        for one in told._outputs
    ]


def work(display: Display, clock: Clock, **how: bool) -> None:
    with display.progress(**how) as progress:
        for one in (PUSH, WAIT):
            clock.now += 1
            progress.tell(one)


def test_the_summary_takes_the_place_of_the_progress(kernel: Any, clock: Clock) -> None:
    from jpe_magics.widgets.view import document_view

    display = Display(kernel, clock)
    with capture_output() as told:
        work(display, clock)
        display.show(DOCUMENT, view=lambda: document_view(DOCUMENT, "test"))
        display.show(DOCUMENT)
    first, *updates, widget, summary, other = outputs(told)
    assert first[1] is False
    assert [one[:2] for one in (*updates, summary)] == [(first[0], True)] * 3
    assert widget[2] == "<Title: the summary below says the same>"
    assert summary[2] == "Title\n✓ all well"
    assert other[0] not in ("", first[0]), "the next summary is another output"
    assert other[1] is False


def test_so_does_the_summary_of_work_that_failed(kernel: Any, clock: Clock) -> None:
    display = Display(kernel, clock)
    with capture_output() as told:
        with display.progress() as progress:
            clock.now += 1
            progress.tell(WAIT)
            progress.done(good=False)
        display.show(DOCUMENT)
    first, *others = outputs(told)
    assert [one[:2] for one in others] == [(first[0], True)] * 2


def test_fast_work_leaves_one_output(kernel: Any, clock: Clock) -> None:
    display = Display(kernel, clock)
    with capture_output() as told:
        with display.progress() as progress:
            progress.tell(PUSH)
        display.show(DOCUMENT)
    ((_, update, text),) = outputs(told)
    assert not update
    assert text == "Title\n✓ all well"


@pytest.mark.parametrize("ends", ["failed", "hidden", "another cell"])
def test_a_later_summary_does_not_take_the_place_of_other_work(kernel: Any, clock: Clock, ends: str) -> None:
    display = Display(kernel, clock)
    with capture_output() as told:
        if ends == "failed":
            with pytest.raises(ZeroDivisionError), display.progress() as progress:
                clock.now += 1
                progress.tell(WAIT)
                raise ZeroDivisionError
        else:
            work(display, clock)
        if ends == "hidden":
            display.hide(None)
        if ends == "another cell":
            kernel.execution_count += 1
        before = len(told._outputs)
        display.show(DOCUMENT)
    first, *_, last = outputs(told)
    assert before == len(told._outputs) - 1
    assert last[0] != first[0]
    assert last[1] is False


def test_a_terminal_gets_lines(shell: Any, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    display = Display(shell, clock)
    work(display, clock)
    display.show(DOCUMENT)
    assert capsys.readouterr().out == "pushing\nwaiting for <Airflow> (at most 120 s)\nTitle\n✓ all well\n"


@pytest.mark.parametrize("where", ["shell", "kernel"])
def test_a_quiet_magic_shows_nothing(where: str, request: Any, clock: Clock, capsys: Any) -> None:
    display = Display(request.getfixturevalue(where), clock)
    with capture_output() as told:
        work(display, clock, quiet=True)
    assert told.outputs == []
    assert told.stdout == ""


def test_a_kernel_that_can_show_nothing_any_more(kernel: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def publish(*_: object, **__: object) -> None:
        tried.append(1)
        raise OSError("no channel")

    monkeypatch.setattr(kernel, "display_pub", SimpleNamespace(publish=publish))
    work(Display(kernel, clock), clock)
    assert tried == [1], "tried once, then no more"


# --- a real kernel -------------------------------------------------------------------------------

FLOW = """
import time
from jpe_magics.core.summary import Document
from jpe_magics.core.summary.document import Note
from jpe_magics.magics.show import Display
from jpe_magics.model.progress import Progress, TaskState

display = Display(get_ipython())
with display.progress() as progress:
    begun = time.monotonic()
    while (took := time.monotonic() - begun) < 1.5:
        state = "running" if took < 1 else "success"
        progress.tell(Progress("step <one>" if took < 0.7 else "step two", tasks=(TaskState("load", state),)))
        time.sleep(0.02)
"""


def test_under_nbclient_one_output_remains() -> None:
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    from nbformat.v4 import new_code_cell, new_notebook

    summary = "\ndisplay.show(Document('Title', (Note('good', 'all <well>'),)))"
    content = new_notebook(cells=[new_code_cell(FLOW + summary), new_code_cell(FLOW)])
    told: list[dict[str, Any]] = []

    class Client(nbclient.NotebookClient):  # type: ignore[name-defined,misc]
        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            told.append(msg)
            return super().process_message(msg, cell, cell_index)

    Client(content, kernel_name="python3", timeout=60).execute()
    with_summary, without = (cell.outputs for cell in content.cells)
    (one,) = with_summary
    assert one["data"]["text/plain"] == "Title\n✓ all <well>"
    assert "all &lt;well&gt;" in one["data"]["text/html"]
    assert "step" not in one["data"]["text/html"]
    (settled,) = without
    assert settled["data"]["text/plain"].startswith("Done\n✓ step <one> · 0.")
    assert "✓ success" in settled["data"]["text/plain"]
    kinds = [one["msg_type"] for one in told if one["msg_type"] in ("display_data", "update_display_data")]
    assert kinds.count("display_data") == 2
    assert 4 <= kinds.count("update_display_data") <= 20, "about four a second, two cells of 1.2 s"
    places = {one["content"]["transient"]["display_id"] for one in told if one["msg_type"] == "update_display_data"}
    assert len(places) == 2
