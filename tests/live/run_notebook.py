"""Run by an interpreter that has PySpark: execute a notebook in a kernel, in its folder, and keep its outputs.

python run_notebook.py NOTEBOOK EXECUTED
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

source, executed = map(Path, sys.argv[1:])
content = nbformat.read(source, as_version=4)
resources = {"metadata": {"path": str(source.parent)}}
try:
    NotebookClient(content, kernel_name="python3", timeout=300, resources=resources).execute()
finally:
    nbformat.write(content, executed)
