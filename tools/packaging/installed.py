"""Run by an interpreter that has the package installed, far from any checkout: what must work there.

python installed.py NOTEBOOK, in an empty folder.  Ends with 0 where all of it does; says what does not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distribution, entry_points
from pathlib import Path
from typing import Any

#: What `%load_ext` may not import; the whole list stands with its test, `tests/unit/magics/test_load.py`.
HEAVY = ("httpx", "ipywidgets", "nbformat", "jinja2", "sqlite3", "anywidget", "croniter", "jwt", "ssl")
TARGETS = {"airflow", "ilum", "py", "sdp", "dbt", "duckdb"}
EXPORTS = (("airflow", "--dag-id", "etl"), ("airflow", "--dag-id", "one", "--mode", "batch"), ("py",))
PREVIEWS = {
    ("--mode", "single"): "SparkSession.builder",
    ("--mode", "service"): "class NotebookService(IlumJob)",
    ("--mode", "cron", "--cron", "0 5 * * *"): "POST ",
}
VIEW = "application/vnd.jupyter.widget-view+json"
LOAD = f"""
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.run_line_magic("load_ext", "jpe_magics")
heavy = [name for name in {HEAVY} if name in sys.modules and name not in before]
assert not heavy, f"%load_ext imports {{heavy}}"
assert shell.find_line_magic("export_pipeline") and shell.find_cell_magic("pipeline_params")
"""


def main(notebook: Path) -> None:
    site = Path(sys.prefix).resolve()
    import jpe_magics

    assert Path(jpe_magics.__file__).resolve().is_relative_to(site), f"{jpe_magics.__file__} is not in {site}"
    assert {one.name for one in entry_points(group="jpe_magics.targets")} == TARGETS
    assert (Path(jpe_magics.__file__).parent / "templates" / "airflow").is_dir(), "the wheel holds no templates"
    said = command("--version").stdout
    assert distribution("jpe-magics").version in said, said
    subprocess.run([sys.executable, "-c", LOAD], check=True)
    export(notebook)
    panel(notebook)


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command `jpe` that the installation has made."""
    jpe = Path(sys.executable).with_name("jpe")
    done = subprocess.run([str(word) for word in (jpe, *words)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"jpe {words}: {done.stdout}{done.stderr}"
    return done


def export(notebook: Path) -> None:
    """Export to every target that is there; what is made must be Python and tell of itself."""
    for words in EXPORTS:
        out = Path("out", *words[:1], words[-1])
        out.mkdir(parents=True)
        command("export", notebook, *words, "--no-push", "--output", f"{out}/", "--report", out / "report.json")
        (file,) = json.loads((out / "report.json").read_text(encoding="utf-8"))["files"]
        (made,) = out.glob("*.py")
        assert made.name == Path(file["path"]).name
        compile(made.read_text(encoding="utf-8"), str(made), "exec")
    for mode, wanted in PREVIEWS.items():
        said = command("export", notebook, "ilum", "--name", "etl", *mode, "--preview").stdout
        assert wanted in said, said


def panel(notebook: Path) -> None:
    """Open the panel in a kernel: widgets, the summary beside them, and no error."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env={**os.environ, "JPE_NOTEBOOK_PATH": str(notebook)})
    client = manager.blocking_client()
    client.start_channels()
    shown: list[dict[str, Any]] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] == "error":
            raise AssertionError("\n".join(message["content"]["traceback"]))
        if message["msg_type"] == "display_data":
            shown.append(message["content"]["data"])

    try:
        client.wait_for_ready(timeout=120)
        client.execute_interactive("%load_ext jpe_magics", timeout=60, output_hook=hear)
        client.execute_interactive("%export_pipeline", timeout=60, output_hook=hear)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert [VIEW in one for one in shown] == [True, False], [sorted(one) for one in shown]


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
