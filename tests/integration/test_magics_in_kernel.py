"""The magics in a real kernel: what a front end gets to see."""

from __future__ import annotations

import json
import os
import queue
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ipykernel")
jupyter_client = pytest.importorskip("jupyter_client")

VIEW = "application/vnd.jupyter.widget-view+json"
SOURCES = ("%load_ext jpe_magics", "n = 3", "%ls\nm = n + 1", "%export_pipeline airflow --dag-id etl")


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine's user counts."""
    mine = {
        name: str(folder / name.lower()) for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    }
    for place in mine.values():
        Path(place).mkdir(parents=True, exist_ok=True)
    others = {
        name: value for name, value in os.environ.items() if not name.startswith(("JPE_", "JPY_", "GITEA_", "AIRFLOW_"))
    }
    return {
        **others,
        **mine,
        "JPE_AUDIT_LOG": str(folder / "audit.jsonl"),
        "JPE_NOTEBOOK_PATH": str(folder / "etl.ipynb"),
        "JPE_GIT_PROVIDER": "local",
        "JPE_PROBE_TIMEOUT": "0.2",
        "AIRFLOW_API_URL": "http://127.0.0.1:9",
        "GITEA_API_URL": "http://127.0.0.1:9/api/v1",
        "ILUM_API_URL": "http://127.0.0.1:9/api/v1",
        "AIRFLOW_PASSWORD": "hunter2horse",
        "PYTHONWARNINGS": "default",
    }


def write(folder: Path, *sources: str) -> None:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": one, "outputs": [], "execution_count": None}
        for n, one in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "etl.ipynb").write_text(json.dumps(content))


@dataclass
class Ran:
    """What came of one cell."""

    reply: dict[str, Any]
    data: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    stream: str = ""
    #: The state of each widget that was made, by the id of its comm.
    opened: dict[str, dict[str, Any]] = field(default_factory=dict)


class Kernel:
    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self._manager = jupyter_client.KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(folder), env=environment(folder), extra_arguments=list(arguments))
        self.client = self._manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str, stdin: bool = True, cell: str = "") -> Ran:
        """Run code as a front end does; `cell` is the id that it tells of the cell."""
        told: list[dict[str, Any]] = []
        send = self.client.session.send

        def marked(stream: Any, kind: Any, *words: Any, **named: Any) -> Any:
            if isinstance(kind, dict) and kind["header"]["msg_type"] == "execute_request" and cell:
                kind["metadata"]["cellId"] = cell
            return send(stream, kind, *words, **named)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.client.session, "send", marked)
            reply = self.client.execute_interactive(code, timeout=60, allow_stdin=stdin, output_hook=told.append)
        ran = Ran(reply["content"])
        for message in told:
            kind, content = message["msg_type"], message["content"]
            if kind == "comm_open":
                ran.opened[content["comm_id"]] = content["data"]["state"]
            elif kind == "display_data":
                ran.data.append(content)
            elif kind == "execute_result":
                ran.results.append(content)
            elif kind == "error":
                ran.errors.append(content)
            elif kind == "stream":
                ran.stream += content["text"]
        return ran

    def send_widget(self, comm: str, **data: Any) -> None:
        """Send a widget's message, as a front end does when someone clicks or types."""
        content = {"comm_id": comm, "data": data}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def hear(self, wanted: Callable[[dict[str, Any]], bool], limit: float = 30) -> dict[str, Any]:
        """Return the first message that is wanted of those that come from now on."""
        end = time.monotonic() + limit
        while (left := end - time.monotonic()) > 0:
            try:
                message = self.client.get_iopub_msg(timeout=left)
            except queue.Empty:
                break
            if wanted(message):
                return message
        raise TimeoutError("no such message came")

    def ask(self, request: str, *words: Any) -> dict[str, Any]:
        content: dict[str, Any] = getattr(self.client, request)(*words, reply=True, timeout=60)["content"]
        return content

    def close(self) -> None:
        self.client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    write(folder, *SOURCES)
    running = Kernel(folder)
    yield running
    running.close()


@pytest.fixture(autouse=True)
def loaded(kernel: Kernel) -> Iterator[None]:
    write(kernel.folder, *SOURCES)
    assert kernel.run("%load_ext jpe_magics").reply["status"] == "ok"
    yield
    kernel.run("%unload_ext jpe_magics")


def text(ran: Ran) -> str:
    return "\n".join(one["data"]["text/plain"] for one in ran.data)


MET = "print(get_ipython().magics_manager.registry['PipelineMagics'].live.met is not None)"


def test_who_loads_it_in_a_cell_is_about_to_use_it(kernel: Kernel) -> None:
    assert "True" in kernel.run(MET).stream.split()


def test_a_profile_that_loads_it_in_every_kernel_has_nothing_got_ready(tmp_path: Path) -> None:
    profiled = Kernel(tmp_path, "--InteractiveShellApp.extensions=jpe_magics")
    try:
        assert "False" in profiled.run(MET).stream.split()
    finally:
        profiled.close()


def test_an_export_shows_a_view_and_a_summary_once(kernel: Kernel) -> None:
    ran = kernel.run("%export_pipeline airflow --dag-id etl")
    assert ran.errors == []
    assert ran.results == []
    assert [VIEW in one["data"] for one in ran.data] == [True, False]
    assert set(ran.data[1]["data"]) == {"text/plain", "text/html"}
    assert ran.data[1]["transient"]["display_id"]
    assert (kernel.folder / "dags" / "etl.py").is_file()


def test_without_a_front_end_there_is_the_summary_alone(kernel: Kernel) -> None:
    ran = kernel.run("%export_pipeline airflow --dag-id etl --preview", stdin=False)
    assert [sorted(one["data"]) for one in ran.data] == [["text/html", "text/plain"]]
    assert ran.results == []


def test_the_result_can_be_kept_and_shown_later(kernel: Kernel) -> None:
    ran = kernel.run("r = %export_pipeline airflow --dag-id etl --preview")
    assert len(ran.data) == 2
    (later,) = kernel.run("r").results
    assert later["data"]["text/plain"].startswith("<Export preview of airflow etl.py")
    assert "text/html" in later["data"]
    assert kernel.run("print(r.report.cells)").stream == "2\n"
    ran = kernel.run("q = get_ipython().run_line_magic('export_pipeline', 'py --preview')\nq")
    assert ran.results == []


def test_a_semicolon_silences(kernel: Kernel) -> None:
    ran = kernel.run("%export_pipeline airflow --dag-id etl --preview;")
    assert (ran.data, ran.results, ran.errors, ran.stream) == ([], [], [], "")


@pytest.mark.parametrize("attended", [True, False])
def test_a_refusal_shows_what_was_found_and_fails_with_our_lines_only(kernel: Kernel, attended: bool) -> None:
    write(kernel.folder, 'password = "hunter2horse-battery9"')
    ran = kernel.run("%export_pipeline airflow --dag-id etl", stdin=attended)
    assert ran.reply["status"] == "error"
    assert "Refused (JPE201)" in text(ran)
    (error,) = ran.errors
    assert "1 secret-looking literal" in error["traceback"][0]
    assert not [line for line in error["traceback"] if line[7:] in json.dumps(ran.data, ensure_ascii=False)]
    assert error["ename"] == "SecretsFound"
    assert all(re.match(r"JPE201: |  at: |  do: ", line) for line in error["traceback"])
    assert error["evalue"].split("\n") == error["traceback"]
    assert "hunter2horse" not in json.dumps([ran.data, ran.errors])


def test_nothing_is_expanded_on_the_line(kernel: Kernel) -> None:
    kernel.run("secret = 'expanded'")
    ran = kernel.run("%export_pipeline airflow --dag-id {secret}$secret")
    assert "expanded" not in json.dumps(ran.errors)
    assert ran.errors[0]["ename"] == "OptionError"


def test_the_targets_and_their_badges_where_nobody_sits_in_front(kernel: Kernel) -> None:
    ran = kernel.run("%export_pipeline", stdin=False)
    assert [sorted(one["data"]) for one in ran.data] == [["text/html", "text/plain"]]
    assert "Airflow DAG" in text(ran)
    assert "coming soon" in text(ran)
    assert ran.errors == ran.results == []


LIVING = (
    "import threading; from ipywidgets.widgets.widget import _instances; "
    "print(len(_instances), sum(one.name.startswith('jpe') for one in threading.enumerate()))"
)


def living(kernel: Kernel) -> list[int]:
    """Return how many widgets and how many threads of ours live in the kernel."""
    return [int(one) for one in kernel.run(LIVING).stream.split()]


def named(ran: Ran, name: str) -> str:
    """Return the comm of the widget of that class."""
    (found,) = (comm for comm, state in ran.opened.items() if name in state.get("_dom_classes", ()))
    return found


def test_the_panel_exports_from_clicks_and_leaves_nothing(kernel: Kernel) -> None:
    before = living(kernel)
    ran = kernel.run("%export_pipeline", cell="panel")
    assert ran.errors == ran.results == []
    assert [VIEW in one["data"] for one in ran.data] == [True, False]
    summary = ran.data[1]["transient"]["display_id"]
    assert "hunter2horse" not in json.dumps(list(ran.opened.values()))
    texts = {state.get("description"): comm for comm, state in ran.opened.items() if "description" in state}
    kernel.send_widget(texts["DAG id (required)"], method="update", state={"value": "clicked"}, buffer_paths=[])
    kernel.send_widget(named(ran, "jpe-export"), method="custom", content={"event": "click"})

    def exported(message: dict[str, Any]) -> bool:
        place = message["content"].get("transient", {}).get("display_id")
        return place == summary and "Exported: the file" in message["content"]["data"]["text/plain"]

    told = kernel.hear(exported)
    assert told["msg_type"] == "update_display_data"
    assert (kernel.folder / "dags" / "clicked.py").is_file()
    assert living(kernel)[0] > before[0] + 50
    kernel.run("%export_pipeline", cell="panel")
    kernel.run("%export_pipeline", cell="another")
    one = 130  # a panel's widgets
    assert settled(kernel, before[0] + one)[0] > before[0] + 50, "one panel at a time"
    kernel.run("x = 1", cell="another")
    assert settled(kernel, before[0])[0] == before[0], "its cell ran again"
    ran = kernel.run("%export_pipeline", cell="panel")
    kernel.send_widget(named(ran, "jpe-close"), method="custom", content={"event": "click"})
    kernel.hear(lambda message: message["msg_type"] == "comm_close")
    kernel.run("%export_pipeline", cell="panel")
    kernel.run("%unload_ext jpe_magics")
    assert settled(kernel, before[0], 0)[0] <= before[0], "the mirror may have gone too"


def settled(kernel: Kernel, widgets: int, threads: int = 100) -> list[int]:
    """Return what lives when no more than that does: a panel's threads end by themselves, and close what they draw."""
    end = time.monotonic() + 60
    while (now := living(kernel))[0] > widgets or now[1] > threads:
        assert time.monotonic() < end, now
    return now


def test_parameters(kernel: Kernel) -> None:
    ran = kernel.run("%%pipeline_params\nthreshold = 0.95  # share\n")
    assert "threshold" in text(ran)
    assert ran.results == []
    assert kernel.run("print(threshold)").stream == "0.95\n"
    ran = kernel.run("%%pipeline_params\nn = 1 / 0\n")
    assert ran.reply["status"] == "error"
    assert [one["ename"] for one in ran.errors] == ["ZeroDivisionError", "JpeError"]
    ran = kernel.run("%%pipeline_params\nn = = 1\n")
    assert [one["ename"] for one in ran.errors] == ["InvalidCells"]


def test_the_history(kernel: Kernel) -> None:
    kernel.run("%export_pipeline airflow --dag-id etl")
    ran = kernel.run("rows = %jpe_history --limit 3")
    assert "etl" in text(ran)
    ran = kernel.run("one = %jpe_history {rows[0].id}")
    assert ran.errors[0]["ename"] == "HistoryError", "no expansion on this line either"
    kernel.run("one = get_ipython().run_line_magic('jpe_history', rows[0].id)")
    (shown,) = kernel.run("one").results
    assert shown["data"]["text/plain"].startswith("<Record 2")
    assert "etl.py" in shown["data"]["text/html"]


@pytest.mark.parametrize("line", ["%export_pipeline air", "x = %export_pipeline air"])
def test_completion(kernel: Kernel, line: str) -> None:
    found = kernel.ask("complete", line, len(line))
    assert found["matches"] == ["airflow"]
    assert line[found["cursor_start"] : found["cursor_end"]] == "air"


def test_the_help(kernel: Kernel) -> None:
    line = "%export_pipeline"
    told = kernel.ask("inspect", line, len(line))["data"]["text/plain"]
    assert "--dag-id ID" in told
    ran = kernel.run("%export_pipeline?")
    assert "--schedule" in json.dumps(ran.reply["payload"])


def test_the_settings_show_no_secret(kernel: Kernel) -> None:
    kernel.run("%config JpeMagics.git_token = 'hunter2horse'")
    told = kernel.run("%config JpeMagics")
    assert "git_branch" in told.stream
    assert "hunter2horse" not in told.stream


def test_reloading_and_unloading(kernel: Kernel) -> None:
    count = (
        "ip = get_ipython(); print(len(ip.configurables), len(ip.Completer.custom_matchers), "
        "[len(one) for one in ip.events.callbacks.values()], "
        "sorted(x for x in (*ip.magics_manager.magics['line'], *ip.magics_manager.magics['cell']) "
        "if 'pipeline' in x or 'jpe' in x))"
    )
    before = kernel.run(count).stream
    kernel.run("%reload_ext jpe_magics")
    assert kernel.run(count).stream == before
    kernel.run("%unload_ext jpe_magics")
    assert kernel.run(count).stream.endswith("[]\n")


def test_under_nbclient_the_cell_fails(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    import nbformat

    write(tmp_path, *SOURCES[:3], "%export_pipeline airflow --dag-id 'not a dag id'")
    content = nbformat.read(tmp_path / "etl.ipynb", as_version=4)
    client = nbclient.NotebookClient(
        content, kernel_name="python3", timeout=60, resources={"metadata": {"path": str(tmp_path)}}
    )
    with pytest.raises(nbclient.exceptions.CellExecutionError) as caught:
        client.execute(env=environment(tmp_path))
    assert "JPE001: --dag-id" in str(caught.value)
    assert "Traceback" not in str(caught.value)
    (error,) = content.cells[3].outputs
    assert error["ename"] == "OptionError"
