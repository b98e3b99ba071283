from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest

from jpe_magics.core import remembered
from jpe_magics.core.remembered import Remembered, remembering
from jpe_magics.errors import SettingsError
from jpe_magics.magics import load, registration, unload

#: What loading must not import: each costs more than all of the loading may.
HEAVY = [
    "httpx",
    "ipywidgets",
    "nbformat",
    "jinja2",
    "sqlite3",
    "anywidget",
    "pygments.lexers.python",
    "croniter",
    "stamina",
    "jwt",
    "jupyter_core",
    "jupyter_client",
    "ssl",
    "http.client",
]


def state(shell: Any) -> dict[str, Any]:
    formatter = shell.display_formatter.ipython_display_formatter
    return {
        "line": set(shell.magics_manager.magics["line"]),
        "cell": set(shell.magics_manager.magics["cell"]),
        "registry": sorted(shell.magics_manager.registry),
        "configurables": [type(one).__name__ for one in shell.configurables],
        "matchers": len(shell.Completer.custom_matchers),
        "events": {event: len(callbacks) for event, callbacks in shell.events.callbacks.items()},
        "formatters": [
            len(one.deferred_printers) + len(one.type_printers)
            for one in (formatter, shell.display_formatter.formatters["text/html"])
        ],
        "names": set(shell.user_ns),
    }


def test_loading_adds_three_magics_and_unloading_leaves_no_trace(shell: Any) -> None:
    before = state(shell)
    load(shell)
    loaded = state(shell)
    assert loaded["line"] - before["line"] == {"export_pipeline", "jpe_history"}
    assert loaded["cell"] - before["cell"] == {"pipeline_params"}
    assert loaded["names"] == before["names"]
    load(shell)
    assert state(shell) == loaded, "a second load leaves doubles"
    unload(shell)
    assert state(shell) == before
    unload(shell)
    assert state(shell) == before


def test_unloading_forgets_what_was_found_out_about_cells(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_memories", [])
    known = Remembered(len)
    with remembering():
        known("a cell")
    load(shell)
    assert len(known) == 1
    unload(shell)
    assert len(known) == 0


def ready(shell: Any) -> Any:
    """What is called when a page has shown its document to the extension that this shell has loaded."""
    return shell.magics_manager.registry["PipelineMagics"].live.met


def test_who_loads_it_in_a_cell_gets_ready_and_a_profile_does_not(kernel: Any) -> None:
    load(kernel)
    assert ready(kernel) is registration._get_ready
    unload(kernel)
    kernel.kernel.get_parent = lambda _channel: {}  # the kernel's own start
    load(kernel)
    assert ready(kernel) is None
    unload(kernel)


def test_where_no_thread_can_be_made_the_page_is_heard_all_the_same(
    kernel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    heard: list[str] = []
    load(kernel)
    live = kernel.magics_manager.registry["PipelineMagics"].live
    live.watch(lambda: heard.append("heard"))
    live._heard()
    assert heard == ["heard"]
    assert live.met is None
    unload(kernel)


def test_by_ipythons_own_words(shell: Any) -> None:
    shell.run_line_magic("load_ext", "jpe_magics")
    loaded = state(shell)
    shell.run_line_magic("reload_ext", "jpe_magics")
    assert state(shell) == loaded
    shell.run_line_magic("unload_ext", "jpe_magics")
    assert shell.find_line_magic("export_pipeline") is None
    assert "JpeMagics" not in state(shell)["configurables"]


def test_the_settings_can_be_seen_and_set(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    load(shell)
    shell.run_line_magic("config", "JpeMagics.git_branch = 'release'")
    shell.run_line_magic("config", "JpeMagics.airflow_password = 'hunter2horse'")
    loaded = shell.magics_manager.registry["PipelineMagics"]
    assert loaded.session.settings.get("git_branch") == "release"
    capsys.readouterr()
    shell.run_line_magic("config", "JpeMagics")
    told = capsys.readouterr().out
    assert "release" in told
    assert "hunter2horse" not in told


def test_a_wrong_setting_is_told_and_leaves_nothing_behind(shell: Any) -> None:
    shell.config.JpeMagics.git_provider = "floppy"
    before = state(shell)
    with pytest.raises(SettingsError, match="git_provider"):
        load(shell)
    assert state(shell) == before


def test_loading_imports_nothing_heavy() -> None:
    code = f"""
import sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell.instance(config=Config({{"HistoryManager": {{"enabled": False}}}}))
before = set(sys.modules)
from jpe_magics import load_ipython_extension
load_ipython_extension(shell)
new = set(sys.modules) - before
print(sorted(new & set({HEAVY!r})))
print(*sorted(name.partition(".")[2] for name in new if name.startswith("jpe_magics.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    heavy, ours = done.stdout.splitlines()
    assert heavy == "[]"
    # nothing of what looks values up, reads, exports, completes or shows
    assert ours.split() == [
        "adapters",
        "adapters.configured",
        "adapters.declared",
        "adapters.live",
        "adapters.live.recorder",
        "adapters.live.request",
        "adapters.setting_types",
        "magics",
        "magics.registration",
        "magics.show",
        "magics.views",
        "model",
        "model.executed",
        "model.secret",
        "version",
    ]


def test_the_help_of_each_magic(shell: Any) -> None:
    load(shell)
    for kind, name, told in (
        ("line", "export_pipeline", ("--dag-id", "--preview", "%export_pipeline airflow --dag-id etl_daily")),
        ("cell", "pipeline_params", ("%%pipeline_params",)),
        ("line", "jpe_history", ("--code", "%jpe_history ID")),
    ):
        found = shell.inspector.info(shell.find_magic(name, kind))["docstring"]
        for one in told:
            assert one in found, (name, one)


def test_an_error_is_displayed_in_our_own_lines_only(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    load(shell)
    capsys.readouterr()
    result = shell.run_cell("%export_pipeline floppy")
    assert type(result.error_in_exec).__name__ == "OptionError"
    told = capsys.readouterr().out.strip().split("\n")
    assert told[0] == "JPE002: there is no target 'floppy'"
    assert told[1].startswith("  do: ")
    assert len(told) == 2
