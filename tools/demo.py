"""Run the quickstart notebook in a real kernel and show what it exported (`make demo`)."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
WORK = ROOT / ".demo"
#: The line of a DAG from which on it is the notebook's own.
PIPELINE = "# The pipeline\n"


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    notebook = WORK / "quickstart.ipynb"
    shutil.copy(ROOT / "notebooks" / "quickstart.ipynb", notebook)
    # a kernel that runs headless is not told its notebook's path; and the demo keeps its own history
    os.environ |= {
        "JPE_NOTEBOOK_PATH": str(notebook),
        "JPE_AUDIT_LOG": str(WORK / "jpe-audit.jsonl"),
        "JPE_LOCAL_DAGS_FOLDER": str(WORK / "dags"),
        "IPYTHONDIR": str(WORK / "ipython"),
    }
    print(f"running {notebook.relative_to(ROOT)} in a kernel …", flush=True)
    content = nbformat.read(notebook, as_version=4)
    resources = {"metadata": {"path": str(WORK)}}
    quiet = ["--IPKernelApp.log_level=40"]  # its word about loopback sockets is no news here
    client = NotebookClient(content, kernel_name="python3", timeout=120, resources=resources, extra_arguments=quiet)
    client.execute()
    executed = WORK / "quickstart-executed.ipynb"
    nbformat.write(content, executed)
    print("\n".join(_shown(content.cells[-1])))
    dag = (WORK / "dags" / "etl_daily.py").read_text(encoding="utf-8")
    print(f"\n{PIPELINE}{dag.partition(PIPELINE)[2]}")  # above it stands what is the same in every DAG

    record = json.loads((WORK / "jpe-audit.jsonl").read_text().splitlines()[0])
    print(f"the DAG         {(WORK / 'dags' / 'etl_daily.py').relative_to(ROOT)}")
    print(f"the notebook    {executed.relative_to(ROOT)}, with its outputs")
    print(f"the history     {(WORK / 'jpe-audit.jsonl').relative_to(ROOT)}, record {record['id']}")
    return 0


def _shown(cell: nbformat.NotebookNode) -> list[str]:
    """Return the text of the last cell's output: what a user sees who has no front end."""
    return [text for out in cell.outputs if (text := out.get("data", {}).get("text/plain", out.get("text", "")))]


if __name__ == "__main__":
    sys.exit(main())
