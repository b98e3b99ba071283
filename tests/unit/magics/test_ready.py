from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from jpe_magics.magics import ready

#: Modules of Python's own that take no time; zoneinfo is none of them.
SMALL = sys.stdlib_module_names - {"zoneinfo"}

#: Opens a panel, and tells what was imported for that after the loading, and after we got ready.
_OPEN = """
import sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
import ipywidgets
shell = InteractiveShell.instance(config=Config({{"HistoryManager": {{"enabled": False}}}}))
shell.run_line_magic("load_ext", "jpe_magics")
{ready}
before = set(sys.modules)
from jpe_magics.magics.live import open_panel
from jpe_magics.panel.controller import Panel
from jpe_magics.widgets.panel import panel_view
panel = Panel(shell.magics_manager.registry["PipelineMagics"].session)
view = panel_view(panel)
print(*sorted(set(sys.modules) - before))
"""


def imported(home: Path, ready: str) -> list[str]:
    environ = {"HOME": str(home), "PATH": ""}
    command = [sys.executable, "-c", _OPEN.format(ready=ready)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_opening_of_a_panel_imports_nothing_then(tmp_path: Path) -> None:
    assert "jpe_magics.targets.airflow" in imported(tmp_path, "")
    left = imported(tmp_path, "from jpe_magics.magics.ready import get_ready; get_ready()")
    assert [one for one in left if one.partition(".")[0] not in SMALL] == []


def test_what_it_opens_in_the_page_it_closes() -> None:
    from ipywidgets.widgets import widget

    before = dict(widget._instances)
    with patch.object(widget.Widget, "open", autospec=True, side_effect=widget.Widget.open) as opened:
        ready.get_ready()
    assert {type(one.args[0]).__name__ for one in opened.call_args_list} == {"HTML", "HTMLStyle", "Layout"}
    assert widget._instances == before


def test_a_failure_is_left_to_the_panel_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread's traceback would stand in whichever cell runs then."""
    tried: list[str] = []
    monkeypatch.setattr(ready, "import_module", lambda name: tried.append(name) or 1 / 0)
    ready.get_ready()
    assert tried == ["jpe_magics.magics.live"]
