"""The panel's parts: the thread with its queue, the state and its listeners, progress, questions, who is open."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.core.summary.progress import Steps
from jpe_magics.errors import JpeError, NotebookError, PublishError, SecretsFound
from jpe_magics.model.notebook import Notebook, Snapshot
from jpe_magics.model.progress import Progress
from jpe_magics.panel import current, later
from jpe_magics.panel.board import Board
from jpe_magics.panel.effort import PAUSE, Effort
from jpe_magics.panel.faults import bare, in_our_words, question_about, question_about_doubt
from jpe_magics.panel.lanes import Lanes
from jpe_magics.panel.spare import give_back
from jpe_magics.panel.state import PanelState, Past
from jpe_magics.panel.worker import Worker

Until = Callable[..., Any]


@pytest.fixture
def worker():
    made = Worker("test", lambda error: None)
    yield made
    made.close()
    made.join(5)


def test_jobs_are_done_in_order_on_a_daemon_thread(worker: Worker, wait_until: Until) -> None:
    done: list[Any] = []
    for number in range(3):
        worker.do(lambda number=number: done.append((number, threading.current_thread().daemon)))
    wait_until(lambda: len(done) == 3)
    assert done == [(0, True), (1, True), (2, True)]


def test_only_the_newest_of_a_key_is_done_and_after_its_own_pause(worker: Worker, wait_until: Until) -> None:
    done: list[Any] = []
    begun = time.monotonic()
    for number in range(20):
        worker.do(lambda number=number: done.append((number, time.monotonic() - begun)), key="a", after=0.1)
    worker.do(lambda: done.append(("at once", 0.0)))
    wait_until(lambda: len(done) == 2)
    assert done[0][0] == "at once"
    number, took = done[1]
    assert number == 19
    assert took >= 0.1


def test_a_job_that_fails_or_exits_is_told_and_the_next_one_is_done(wait_until: Until) -> None:
    told: list[BaseException] = []
    done = threading.Event()
    worker = Worker("test", told.append)

    def leave() -> None:
        raise SystemExit(1)

    worker.do(lambda: 1 // 0)
    worker.do(leave)
    worker.do(done.set)
    assert done.wait(5)
    assert [type(one) for one in told] == [ZeroDivisionError, SystemExit]
    worker.close()
    worker.join(5)


def test_who_hears_of_failures_may_fail_too() -> None:
    def deaf(error: BaseException) -> None:
        raise RuntimeError

    done = threading.Event()
    worker = Worker("test", deaf)
    worker.do(lambda: 1 // 0)
    worker.do(done.set)
    assert done.wait(5)
    worker.close()
    worker.join(5)


def test_a_closed_worker_ends_its_thread_and_forgets_what_waits(wait_until: Until) -> None:
    before = threading.active_count()
    worker = Worker("test", lambda error: None)
    done: list[int] = []
    worker.do(lambda: done.append(1))
    wait_until(lambda: done)
    worker.do(lambda: done.append(2), after=60)
    worker.close()
    worker.join(5)
    worker.do(lambda: done.append(3))
    assert threading.active_count() <= before
    assert done == [1]


def test_a_thread_that_closes_its_own_worker_does_not_wait_for_itself() -> None:
    ended = threading.Event()
    worker = Worker("test", lambda error: None)

    def close() -> None:
        worker.close()
        worker.join(60)
        ended.set()

    worker.do(close)
    assert ended.wait(5)


def test_nothing_of_a_job_stays_alive() -> None:
    class Heavy:
        pass

    heavy = Heavy()
    gone, seen = weakref.ref(heavy), threading.Event()
    worker = Worker("test", lambda error: None)
    worker.do(lambda kept=heavy: None)
    worker.do(seen.set)
    del heavy
    assert seen.wait(5)
    assert gone() is None
    worker.close()
    worker.join(5)


def test_the_last_thread_that_ends_says_so_once(wait_until: Until) -> None:
    ended: list[str] = []
    lanes = Lanes(lambda *_: None, lambda: ended.append(threading.current_thread().name))
    may_end = threading.Event()
    lanes.do("slow", lambda: may_end.wait(10))
    lanes.do("quick", lambda: None)
    assert ended == []
    lanes.close()
    may_end.set()
    lanes.join(10)
    assert len(ended) == 1
    assert ended[0].startswith("jpe-panel-")


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="no glibc")
def test_memory_that_nobody_uses_is_given_back() -> None:
    blocks = [bytearray(3_000) for _ in range(20_000)]
    last = blocks[-1]  # what lies below it, the C library keeps
    del blocks
    before = resident()
    give_back()
    assert before - resident() > 30_000_000
    assert len(last) == 3_000


@pytest.fixture
def much_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody waits for comes in a minute: never by itself in a test."""
    monkeypatch.setattr(later, "PAUSE", 60.0)


def test_what_nobody_waits_for_is_done_after_the_lanes_are_closed(much_later: None, wait_until: Until) -> None:
    done: list[str] = []
    lanes = Lanes(lambda _lane, _error: None, lambda: done.append("ended"))
    lanes.do("work", lambda: done.append("work"))
    wait_until(lambda: done == ["work"])
    lanes.at_last(lambda: done.append("last"))
    lanes.close()
    lanes.join(20.0)
    assert done == ["work"], "not yet"
    later.LATER.at_once()
    assert done == ["work", "last", "ended"]


def test_of_what_nobody_waits_for_one_job_waits(
    much_later: None, monkeypatch: pytest.MonkeyPatch, wait_until: Until
) -> None:
    done: list[tuple[str, str]] = []
    one = later.Later()

    def bring(name: str) -> None:
        one.do(lambda: done.append((name, threading.current_thread().name)))

    bring("a")
    bring("b")
    here = threading.current_thread().name
    assert done == [("a", here)], "when the next one comes"
    monkeypatch.setattr(later, "PAUSE", 0.01)
    bring("c")
    wait_until(lambda: done == [("a", here), ("b", here), ("c", "jpe-panel-later")])


def test_a_job_that_fails_keeps_no_other_from_being_done(
    much_later: None, monkeypatch: pytest.MonkeyPatch, wait_until: Until
) -> None:
    done: list[str] = []
    one = later.Later()
    one.do(lambda: done.append(str(1 // 0)))
    monkeypatch.setattr(later, "PAUSE", 0.01)
    with pytest.raises(ZeroDivisionError):
        one.do(lambda: done.append("next"))
    wait_until(lambda: done == ["next"])


def test_unloading_waits_for_nothing(much_later: None) -> None:
    done: list[str] = []
    later.LATER.do(lambda: done.append(threading.current_thread().name))
    current.close_current()
    assert done == [threading.current_thread().name]
    current.close_current()
    assert len(done) == 1


def test_where_there_can_be_no_thread_what_comes_last_comes_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    done: list[str] = []
    monkeypatch.setattr(threading.Thread, "start", no_more)
    Lanes(lambda _lane, _error: None, lambda: done.append("ended")).at_last(lambda: done.append("last"))
    assert done == ["last", "ended"]


def test_lanes_do_not_wait_for_each_other(wait_until: Until) -> None:
    told: list[Any] = []
    lanes = Lanes(lambda lane, error: told.append((lane, type(error))))
    free, done = threading.Event(), threading.Event()
    lanes.do("slow", lambda: free.wait(10))
    lanes.do("quick", done.set)
    assert done.wait(5)
    lanes.do("quick", lambda: 1 // 0)
    wait_until(lambda: told)
    assert told == [("quick", ZeroDivisionError)]
    free.set()
    lanes.close()
    lanes.join(5)
    lanes.do("late", done.clear)
    assert done.is_set()


def titled(text: str) -> Callable[[PanelState], PanelState]:
    return lambda state: replace(state, button=text)


def test_every_state_is_told_once_in_order_with_the_one_before() -> None:
    board, told = Board(), []
    board.listen(lambda after, before: told.append((before.button, after.button)))
    board.change(titled("a"))
    board.change(lambda state: state)
    board.change(titled("b"))
    assert told == [("", "a"), ("a", "b")]


def test_a_listener_may_change_the_state_and_hears_of_it_afterwards() -> None:
    board, told = Board(), []

    def listener(after: PanelState, before: PanelState) -> None:
        if after.button == "a":
            board.change(titled("b"))
        told.append(after.button)

    board.listen(listener)
    board.change(titled("a"))
    assert told == ["a", "b"]


def test_listeners_are_called_one_at_a_time_without_a_lock() -> None:
    board, told, inside = Board(), [], threading.Semaphore()
    entered, other_changed = threading.Event(), threading.Event()

    def listener(after: PanelState, before: PanelState) -> None:
        assert inside.acquire(blocking=False)
        told.append(after.button)
        if after.button == "a":
            entered.set()
            # another thread's change must get through while this one is being told
            assert other_changed.wait(5)
        inside.release()

    board.listen(listener)
    thread = threading.Thread(target=lambda: board.change(titled("a")))
    thread.start()
    assert entered.wait(5)
    board.change(titled("b"))
    assert told == ["a"]
    other_changed.set()
    thread.join(5)
    assert told == ["a", "b"]


def test_a_listener_that_fails_hinders_nobody(caplog: pytest.LogCaptureFixture) -> None:
    board, told = Board(), []

    def broken(after: PanelState, before: PanelState) -> None:
        raise RuntimeError("password=hunter2")

    board.listen(broken)
    board.listen(lambda after, _: told.append(after.button))
    with caplog.at_level("DEBUG"):
        board.change(titled("a"))
    assert told == ["a"]
    assert "RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


def test_the_last_state_may_be_told_later_and_is_the_last_from_now_on() -> None:
    board, told, later = Board(), [], []
    board.listen(lambda state, before: told.append((state.closed, before.target)))
    board.change(lambda state: replace(state, target="airflow"))
    told.clear()
    board.close("why", later.append)
    assert (board.state.closed, board.state.because, told) == (True, "why", [])
    board.change(lambda state: replace(state, target="py"))
    board.close("again", later.append)
    assert told == [], "nothing is told of a closed board"
    (tell,) = later
    tell()
    assert told == [(True, "airflow")]


def test_the_last_state_is_closed_and_holds_nothing_heavy() -> None:
    board, told = Board(), []
    board.listen(lambda after, _: told.append(after))
    board.change(lambda state: replace(state, past=Past(search="etl", skipped=3), target="py"))
    board.close()
    board.close()
    board.change(titled("late"))
    assert len(told) == 2
    assert told[-1].closed
    assert (told[-1].target, told[-1].past, told[-1].preview) == ("py", Past(search="etl"), None)
    assert board.state is told[-1]


class Later:
    """Keeps what is to be done later."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], None], float]] = []

    def __call__(self, job: Callable[[], None], after: float) -> None:
        self.jobs.append((job, after))


def test_progress_is_shown_at_once_then_five_times_a_second_and_the_last_in_any_case(wait_until: Until) -> None:
    shown: list[tuple[float, Steps]] = []
    later = Later()
    effort = Effort(lambda steps: shown.append((time.monotonic(), steps)), later)
    begun = time.monotonic()
    while time.monotonic() - begun < 0.7:
        effort.tell(Progress("waiting", str(time.monotonic())))
    assert shown[0][0] - begun < 0.1
    assert 2 <= len(shown) <= (time.monotonic() - begun) / PAUSE + 1
    assert min(b[0] - a[0] for a, b in pairwise(shown)) >= PAUSE - 0.01
    effort.tell(Progress("done with it"))
    job, after = later.jobs[-1]
    assert 0 < after <= PAUSE
    wait_until(lambda: time.monotonic() - shown[-1][0] >= PAUSE)
    job()
    last = shown[-1][1]
    assert last.now is not None
    assert last.now.told.step == "done with it"
    assert [one.told.step for one in last.ended] == ["waiting"]
    count = len(shown)
    job()
    assert len(shown) == count


@pytest.mark.parametrize(
    ("error", "option"),
    [
        (NotebookError("x", code="JPE105", hint="or say --allow-unsaved"), "allow_unsaved"),
        (PublishError("x", code="JPE502", hint="or add --replace (a .bak)"), "replace"),
        (PublishError("x", code="JPE502", hint="give the pipeline another name"), ""),
        (PublishError("x", code="JPE515", hint="export with --unpause"), "unpause"),
        (PublishError("x", code="JPE515", hint="look into Airflow"), ""),
        (SecretsFound("x", hint="or say --allow-secrets"), ""),
        (None, ""),
    ],
)
def test_a_question_is_asked_where_a_flag_would_do(error: JpeError | None, option: str) -> None:
    names = ("allow_unsaved", "replace", "unpause", "allow_secrets")
    asked = question_about(error, names)
    assert (asked.option if asked else "") == option
    assert question_about(error, ()) is None


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("dags/etl.py is kept: it was not made by jpe_magics", "dags/etl.py stands there already and was not made by"),
        ("etl.py is kept: it was made from b.ipynb", "etl.py stands there already and was made from b.ipynb. Over"),
        ("Ilum has a job etl (id 5) already", "Ilum has a job etl (id 5) already. Overwrite it?"),
        ("a job stands there", "A job stands there. Overwrite it?"),
        ("dags/x is no file", "dags/x is no file. Overwrite it?"),
    ],
)
def test_what_is_asked_says_what_is_so_and_leaves_paths_as_they_are(message: str, asked: str) -> None:
    question = question_about(PublishError(message, code="JPE502", hint="add --replace"), ("replace",))
    assert question is not None
    assert question.text.startswith(asked)


def test_a_doubtful_notebook_is_asked_about_before() -> None:
    sure = Snapshot(Notebook((), "n", ""), "saved", "saved file")
    assert question_about_doubt(sure) is None
    asked = question_about_doubt(replace(sure, doubtful=("1 executed cell is not in it",)))
    assert asked is not None
    assert asked.option == "allow_unsaved"
    assert "1 executed cell is not in it" in asked.text


def test_a_fault_is_named_by_its_type_and_place_and_never_by_its_text(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("password=hunter2")
    except ValueError as fault:
        with caplog.at_level("DEBUG"):
            told = in_our_words(fault, "making the preview")
    assert "making the preview failed: ValueError" in str(told)
    assert "test_parts.py" in told.where
    assert "ValueError" in caplog.text
    assert "hunter2" not in str(told) + caplog.text
    assert told.__context__ is None


def test_our_own_errors_lose_what_they_remember_of_the_code() -> None:
    def fail(heavy: object) -> None:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise NotebookError("x") from inner

    class Heavy:
        pass

    heavy = Heavy()
    gone = weakref.ref(heavy)
    kept: JpeError | None = None
    try:
        fail(heavy)
    except NotebookError as error:
        kept = in_our_words(error, "reading")
    del heavy
    gc.disable()
    try:
        assert gone() is None
    finally:
        gc.enable()
    assert isinstance(kept, NotebookError)
    assert bare(kept).__traceback__ is None


class Closed:
    def __init__(self) -> None:
        self.closed = 0
        self.because = ""

    def close(self, *, because: str = "") -> None:
        self.closed += 1
        self.because = because
        current.forget(self)


@pytest.fixture
def nothing_open():
    current.close_current()
    yield
    current.close_current()


def test_one_panel_at_a_time(nothing_open: None) -> None:
    first, second = Closed(), Closed()
    current.take_over(first)
    current.take_over(first)
    assert first.closed == 0
    current.take_over(second)
    assert (first.closed, second.closed) == (1, 0)
    assert current._open
    current.close_current()
    current.close_current()
    assert second.closed == 1
    assert not current._open


def test_a_panel_that_closed_itself_is_forgotten(nothing_open: None) -> None:
    first, second = Closed(), Closed()
    current.take_over(first)
    first.close()
    assert not current._open
    current.take_over(second)
    first.close()
    assert current._open


def test_the_cell_that_shows_it_closes_it_when_it_runs_again(nothing_open: None) -> None:
    panel = Closed()
    current.take_over(panel, "cell-1")
    for other in ("cell-2", "", None):
        current.close_if_rerun(other)
    assert panel.closed == 0
    current.close_if_rerun("cell-1")
    assert panel.closed == 1
    untold = Closed()
    current.take_over(untold)
    current.close_if_rerun("")
    current.close_if_rerun(None)
    assert untold.closed == 0
