"""What real kernels can't be made to do quickly: other clocks, wrapper kernels, very many cells."""

from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from jpe_magics.adapters.live import recorder as module
from jpe_magics.adapters.live.recorder import Recorder
from jpe_magics.adapters.live.sparkmagic import sparkmagic_sessions


class Shell:
    """A shell whose cells are run by calling `run`."""

    def __init__(self, *history: str) -> None:
        self.history_manager = SimpleNamespace(input_hist_raw=["", *history])
        self.message: dict[str, Any] = {}
        self.kernel = SimpleNamespace(get_parent=lambda channel: self.message)
        self.events = self
        self.callbacks: dict[str, list[Any]] = {"pre_run_cell": [], "post_run_cell": []}
        self.now = 100.0
        self.count = 0

    def register(self, event: str, callback: Any) -> None:
        self.callbacks[event].append(callback)

    def unregister(self, event: str, callback: Any) -> None:
        self.callbacks[event].remove(callback)

    def run(
        self,
        code: str,
        cell_id: str | None = None,
        *,
        raw: str | None = None,
        sent: float | None = None,
        **metadata: Any,
    ) -> None:
        self.count += 1
        header: dict[str, Any] = {"msg_type": "execute_request", "msg_id": f"m{self.count}"}
        if sent is not None:
            header["date"] = datetime.fromtimestamp(sent, tz=timezone.utc)
        told = {"cellId": cell_id, **metadata} if cell_id else metadata
        self.message = {"header": header, "content": {"code": code}, "metadata": told}
        info = SimpleNamespace(raw_cell=raw or code, store_history=True, silent=False, cell_id=cell_id, cell_meta=None)
        for callback in self.callbacks["pre_run_cell"]:
            callback(info)
        for callback in self.callbacks["post_run_cell"]:
            callback(SimpleNamespace(info=info))


@pytest.fixture
def shell() -> Shell:
    return Shell("old = 1", "  ")


@pytest.fixture
def recorder(shell: Shell) -> Recorder:
    made = Recorder(shell, clock=lambda: shell.now)
    made.register()
    return made


def sources(recorder: Recorder) -> list[str]:
    return [one.source for one in recorder.executed()]


def test_history_then_cells_each_once_in_order(shell, recorder):
    shell.run("a", "c0")
    shell.run("b", "c1")
    shell.run("a", "c0")
    assert sources(recorder) == ["old = 1", "b", "a"]
    assert [one.order for one in recorder.executed()] == [1, 3, 4]


def test_other_sources_of_a_cell_first_and_last_ones(shell, recorder):
    for number in range(20):
        shell.run(f"x = {number}", "c0")
    last = recorder.executed()[-1]
    assert last.source == "x = 19"
    assert last.earlier == ("x = 0", *(f"x = {number}" for number in range(12, 19)))


def test_a_wrapper_kernel_runs_another_text_than_the_user_wrote(shell, recorder):
    shell.run("df.count()", "c0", raw="%%spark\ndf.count()")
    assert sources(recorder)[-1] == "df.count()"


def test_a_page_whose_clock_is_wrong(shell, recorder):
    shell.now = 100.0
    shell.run("a", "c0", sent=4000.0)
    shell.now = 110.0
    shell.run("b", "c1", sent=4005.0)
    assert [one.time for one in recorder.executed()] == [0.0, 100.0, 105.0]
    assert recorder.kernel_time(4008.0, 200.0) == 108.0
    assert recorder.kernel_time(9999.0, 200.0) == 200.0


def test_a_request_without_a_date(shell, recorder):
    shell.run("a", "c0")
    assert recorder.executed()[-1].time == 100.0


def test_tags_and_what_else_matters_of_the_metadata(shell, recorder):
    shell.run("a", "c0", tags=["t", 3], microsoft={"language": "scala"}, trusted=True, deletedCells=["c7"])
    last = recorder.executed()[-1]
    assert (last.tags, last.metadata) == (("t",), {"microsoft": {"language": "scala"}})
    assert recorder.deleted() == {"c7": 100.0}
    shell.run("restored", "c7")
    assert recorder.deleted() == {}


@pytest.mark.parametrize("metadata", [{"tags": "not a list"}, {"deletedCells": 5}, {"microsoft": "text"}])
def test_odd_metadata(shell, recorder, metadata):
    shell.run("a", "c0", **metadata)
    assert recorder.fault == ""
    assert recorder.executed()[-1].tags == ()


def test_no_metadata_no_tags(shell, recorder):
    shell.run("a")
    assert recorder.executed()[-1].tags is None


def test_a_callback_of_a_widget_that_runs_text_is_no_cell(shell, recorder):
    shell.message = {"header": {"msg_type": "comm_msg"}}
    shell.callbacks["pre_run_cell"][0](SimpleNamespace(raw_cell="x", store_history=True, silent=False))
    assert sources(recorder) == ["old = 1"]


def test_memory_is_bounded_and_the_report_is_told(shell, recorder, monkeypatch):
    monkeypatch.setattr(module, "CELLS", 10)
    for number in range(30):
        shell.run(f"x = {number}")
    assert len(recorder.executed()) == 10
    assert "oldest are forgotten" in recorder.fault


def test_a_fault_names_no_user_text(shell, recorder, monkeypatch):
    def broken() -> float:
        raise ValueError("password = hunter2")

    monkeypatch.setattr(recorder, "_clock", broken)
    shell.run("a", "c0")
    assert recorder.fault == "ValueError while an execution was recorded"


def test_unregister_leaves_nothing(shell, recorder):
    recorder.unregister()
    recorder.unregister()
    assert shell.callbacks == {"pre_run_cell": [], "post_run_cell": []}


class TestSparkmagic:
    def shell(self, **registry: Any) -> Any:
        return SimpleNamespace(magics_manager=SimpleNamespace(registry=registry))

    def remote(self, **kinds: Any) -> Any:
        sessions = {name: SimpleNamespace(kind=kind) for name, kind in kinds.items()}
        return SimpleNamespace(spark_controller=SimpleNamespace(session_manager=SimpleNamespace(sessions=sessions)))

    def test_sessions(self):
        shell = self.shell(RemoteSparkMagics=self.remote(etl="pyspark", ml="spark", odd=None))
        assert sparkmagic_sessions(shell) == {"etl": "pyspark", "ml": "spark"}

    def test_a_cell_may_open_a_session_meanwhile(self):
        remote = self.remote(etl="pyspark")
        sessions = remote.spark_controller.session_manager.sessions

        class Session:
            @property
            def kind(self):
                sessions["new"] = SimpleNamespace(kind="spark")
                return "pyspark"

        sessions["ml"] = Session()
        assert sparkmagic_sessions(self.shell(RemoteSparkMagics=remote)) == {"etl": "pyspark", "ml": "pyspark"}

    @pytest.mark.parametrize(("language", "kind"), [("python", "pyspark"), ("scala", "spark"), ("r", "sparkr")])
    def test_wrapper_kernel(self, language, kind):
        shell = self.shell(KernelMagics=SimpleNamespace(language=language))
        assert sparkmagic_sessions(shell) == {"": kind}

    @pytest.mark.parametrize(
        "shell", [SimpleNamespace(), SimpleNamespace(magics_manager=SimpleNamespace(registry=None))]
    )
    def test_none(self, shell):
        assert sparkmagic_sessions(shell) == {}

    def test_loaded_otherwise_than_we_know(self):
        shell = self.shell(RemoteSparkMagics=object(), KernelMagics=SimpleNamespace(language=""))
        assert sparkmagic_sessions(shell) == {}
