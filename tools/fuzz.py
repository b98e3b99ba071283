"""Look for notebooks that break something, led by which lines of ours a text reaches (atheris, libFuzzer).

    python -m tools.fuzz [--minutes 8] [--corpus FOLDER] [read | sanitize | render | secrets ...]

The minutes are shared by the targets, each in a process of its own.  What made new lines run is kept in the corpus
and is where the next search begins; what broke something lies beside it (`crash-…`, `timeout-…`, `oom-…`) and is
run again by `python -m tools.fuzz --again FILE TARGET`.  Exit code 1 where something broke.

What must hold of any bytes: nothing but a `JpeError` comes out, an artifact compiles and holds what it was made for,
and code that nothing asks to change is the user's, byte for byte.
"""
# ruff: noqa: E501

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["jpe_magics"]):
    from jpe_magics.adapters.templates import template_loader
    from jpe_magics.core.classify import classify
    from jpe_magics.core.export import Prepared, prepare
    from jpe_magics.core.read import notebook_from_cells, read_notebook
    from jpe_magics.core.sanitize import Rules, sanitize
    from jpe_magics.core.secrets import Redactor, find_secrets
    from jpe_magics.errors import JpeError, RenderError
    from jpe_magics.model.notebook import Notebook, Snapshot
    from jpe_magics.model.option import Request
    from jpe_magics.results import Export
    from jpe_magics.targets import get_target

#: What an input may weigh, how long it may take, and what memory: in bytes, seconds, megabytes.
LARGEST, SLOWEST, MEMORY = 4096, 25, 3000
#: Ends a cell; ends a cell's tags, which stand in front of its source.
CELL, TAGS = "\x1e", "\x1f"

#: What libFuzzer puts together: the words that mean something to us.
WORDS = (
    "%%spark", "%%pyspark", "%%sql -o df", "%%configure -f", "%%bash", "%%capture out", "%%time", "%%local", "%%scala",
    "%%pipeline_params", "# @pipeline-params", "%time ", "%matplotlib inline", "%env A=", "!ls", " = !ls", "x?", "?x", "??",
    "get_ipython().system('", "print(", "display(", "spark.stop()", "sc.stop()", "from __future__ import annotations",
    "import ", "from x import *", "if a:", "else:", "try:", "finally:", "for a in b:", "while a:", "with a as b:", "def f(a=1):",
    "class A:", "async ", "await ", "lambda: ", "global a", "nonlocal a", "del a", "return", "yield", "raise", "match x:", "case 1:",
    '"""', "'''", "f'{", "rb'", "\\\n", "\n    ", "\n\t", "; ", " := ", " -> ", "{{ x }}", "{% x %}", "{#", "\r\n", "\x0c", "\u2028", "\ufeff",
    ">>> ", "In [1]: ", "parameters", "skip", "merge", "imports", "task:a", "step:a", "prev:a", "block:a", "retries:3",
    "injected-parameters", CELL, TAGS, "# Databricks notebook source", "# MAGIC %sql", "config", "_jpe_held_0", "_jpe_config",
    "password = '", "api_key=", "Bearer ", "://u:p@h", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN PRIVATE KEY-----", ".option('password', '",
)  # fmt: skip
JSON_WORDS = (
    '"cells"', '"cell_type"', '"code"', '"source"', '"metadata"', '"tags"', '"nbformat"', '"nbformat_minor"', '"id"',
    '"kernelspec"', '"language_info"', '"name"', '"jpe"', '"worksheets"', '"input"', '"outputs"', '"markdown"', "[", "]", "{", "}",
    ":", ",", "null", "true", "1e999", "NaN", "-1", '"\\ud800"', '"\\u0000"', "4", "3",
)  # fmt: skip
SOURCES = (
    "n = 3  # é\nprint(n)\ndf = spark.range(n)\ndf.show()",
    "# @pipeline-params\nn = 3\nday: str = '2026-05-21'\nout = f'gold.{day}'",
    "%%spark\nx = %time f()\n!ls {x}\nif x:\n    print(1)\nelse:\n    !ls\ny = '''\n%who\n'''",
    "%%sql -o top -q\nselect * from t where a = '{{ ds }}'",
    '%%configure -f\n{"conf": {"spark.a": "1"}, "jars": ["a.jar"]}',
    "def f(a, *b):\n\treturn a\nclass K:\n  '''doc'''\n  x = f(1)\nspark.stop()",
    "a = !ls -l \\\n  b\na?\n%run other.py\nget_ipython().system('ls')\nz = a",
    "from __future__ import annotations\nimport os, sys\nfor x in os.listdir('.'): print(x); y = x",
    "password = 'hunter2'\nurl = 'postgresql://u:hunter22@h/x'\ndf.option('password', \"x1y2z3!q\").load()",
)
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("airflow", {"dag_id": "d"}),
    ("airflow", {"dag_id": "d", "mode": "batch"}),
    ("ilum", {"name": "n", "mode": "single"}),
    ("ilum", {"name": "n", "mode": "service"}),
    ("ilum", {"name": "n", "mode": "cron", "cron": "0 5 * * *"}),
    ("py", {}),
)
KERNELS = ("python3", "pysparkkernel", "sparkkernel", "synapse_pyspark", "glue_pyspark", "")
#: A cell that nothing asks to change; it stands between all others.
KEPT = "kept_{n} = ['é🚀', \"{{{{ ds }}}}\", '''\n  %who\n!ls\n''',  {n}]   # {{% kept %}}"


def notebook_of(text: str, kernel: str, *, kept: bool = False) -> Notebook:
    """Return the notebook whose cells a text spells (`CELL`, `TAGS`), with `KEPT` between them if asked."""
    rows: list[dict[str, Any]] = []
    for part in text.split(CELL):
        tags, mark, source = part.rpartition(TAGS)
        rows.append({"cell_type": "code", "source": source, "metadata": {"tags": tags.split(TAGS) if mark else []}})
        if kept:
            source = KEPT.format(n=len(rows))
            rows.append({"cell_type": "code", "source": source, "id": "kept", "metadata": {}})
    return notebook_from_cells(rows, name="nb", metadata={"kernelspec": {"name": kernel}})


def read(data: bytes) -> None:
    """Any bytes are a notebook or a refusal, and a notebook is one with the same digest each time."""
    notebook = read_notebook(data, name="nb")
    assert notebook.digest == read_notebook(data, name="nb").digest
    assert all(isinstance(cell.source, str) and "\r" not in cell.source for cell in notebook.cells)


def cleaned(data: bytes) -> None:
    """What is left compiles, its lines are the user's, and to clean it again changes nothing."""
    first, text = _text(data)
    rules = Rules(shared_session=bool(first & 1), keep=bool(first & 2))
    notebook = notebook_of(text, KERNELS[first // 4 % len(KERNELS)])
    cells = [one for one in classify(notebook) if one.language == "python" and not one.gone]
    for cell, left in zip(cells, sanitize(cells, rules), strict=True):
        if left.error is not None:
            continue
        _compiled(left.code.text)
        users = cell.cell.source.split("\n")
        assert all(0 < line <= len(users) for line in left.code.lines)
        if not left.rejections and not left.ours and not rules.keep and "__future__" not in text:
            for here, line in zip(left.code.text.split("\n"), left.code.lines, strict=True):
                # less what a body is dedented by
                assert users[line - 1].endswith(here), "nothing was reported, and it is another text"


def rendered(data: bytes) -> None:
    """An artifact is made or refused; it compiles, and holds the cells that stand between the others as they are.

    Made again, with what is remembered of the first time, it is the same.
    """
    first, text = _text(data)
    name, options = OPTIONS[first % len(OPTIONS)]
    target = get_target(name)
    notebook = notebook_of(text, KERNELS[first // 6 % len(KERNELS)], kept=True)
    asked = {"allow_secrets": True, "keep_rejections": first > 127}
    request = Request(name, target.check(options), kinds=("spark", "pyspark", "sql", "plain"), **asked)
    snapshot, load = Snapshot(notebook, "given", "a text"), template_loader()
    try:
        made, again = (prepare(snapshot, request, target, load=load, version="1.0") for _ in range(2))
    except RenderError as error:
        raise AssertionError(str(error)) from error
    assert (made.artifact, made.report) == (again.artifact, again.report)
    _check_shown(made)
    for row in made.report.notebook if made.artifact else ():
        if row.cell.id == "kept" and row.outcome == "task" and row.language == "python":
            assert row.code is not None
            assert row.code.text == row.cell.source
            assert any(row.cell.source in one for file in made.artifact.files for one in _texts(file.text))


def searched(data: bytes) -> None:
    """Secrets are found in any text, at lines that are there, and nothing of them is left where they are masked."""
    first, text = _text(data)
    language = ("python", "scala", "sql", "shell", "json", "r")[first % 6]
    hits = find_secrets(text, language)
    masked = Redactor(hits)(text)
    for hit in hits:
        assert 0 < hit.line <= hit.end_line <= text.count("\n") + 1
        assert len(hit.value) <= 3 or hit.value not in masked or hit.value in "***…"


TARGETS: dict[str, Callable[[bytes], None]] = {
    "read": read, "sanitize": cleaned, "render": rendered, "secrets": searched,
}  # fmt: skip


def _text(data: bytes) -> tuple[int, str]:
    """Return a byte to choose by, and the text behind it; what is no UTF-8 becomes lone surrogates."""
    return (data[0] if data else 0), data[1:].decode("utf-8", "surrogateescape")


def _texts(module: str) -> Iterator[str]:
    """Yield a module's text and all texts in it."""
    yield module
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _check_shown(made: Prepared) -> None:
    assert (made.error is None) == (made.artifact is not None)
    for file in made.artifact.files if made.artifact else ():
        _compiled(file.text)
    done = Export(made.report, made.artifact, made.shown, preview=True, error=made.error)
    assert done.text()
    assert done._repr_html_()


def _compiled(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(text.encode(), "artifact", "exec", dont_inherit=True)


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text.encode())


def one_input(target: str) -> Callable[[bytes], None]:
    """Return what libFuzzer calls."""
    check = TARGETS[target]

    def run(data: bytes) -> None:
        try:
            check(data)
        except JpeError as error:
            if not error.lines():
                raise AssertionError("an error that says nothing") from error

    return run


def seed(folder: Path, target: str) -> None:
    """Write what a search begins with, where nothing of an earlier one is there."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return
    texts = [*SOURCES, CELL.join(SOURCES), CELL.join(f"task:t{at}{TAGS}{one}" for at, one in enumerate(SOURCES))]
    for number, text in enumerate(texts):
        for choice in (0, 1, 2, 3, 4, 5, 8, 130) if target == "render" else (0, 1, 2):
            (folder / f"seed-{number}-{choice}").write_bytes(bytes([choice]) + text.encode())
    if target == "read":
        import json

        for old in folder.iterdir():
            old.unlink()
        for minor in (0, 5):
            rows = [{"cell_type": "code", "id": "a", "source": text, "metadata": {"tags": ["skip"]}, "outputs": []}
                    for text in SOURCES[:3]]  # fmt: skip
            kernel = {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}, "jpe": {"tags": ["a"]}}
            document = {"nbformat": 4, "nbformat_minor": minor, "metadata": kernel, "cells": rows}
            (folder / f"seed-{minor}").write_text(json.dumps(document), "utf-8")
        old_rows = [{"cell_type": "code", "input": "x = 1", "language": "python", "outputs": [], "prompt_number": 1}]
        third = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "x"}, "worksheets": [{"cells": old_rows}]}
        (folder / "seed-3").write_text(json.dumps(third), "utf-8")


def dictionary(path: Path, words: Sequence[str]) -> None:
    """Write libFuzzer's dictionary: a quoted word a line, bytes escaped."""
    lines = ('"' + "".join(f"\\x{one:02X}" for one in word.encode("utf-8", "surrogateescape")) + '"' for word in words)
    path.write_text("\n".join(lines) + "\n", "ascii")


def search(target: str, corpus: Path, seconds: int) -> int:
    """Search in a process of its own; return libFuzzer's exit code, 0 where nothing broke."""
    seed(corpus / target, target)
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder, "words")
        dictionary(words, JSON_WORDS if target == "read" else WORDS)
        flags = [
            f"-max_total_time={seconds}", f"-max_len={LARGEST}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}",
            f"-dict={words}", f"-artifact_prefix={corpus}/{target}-", "-print_final_stats=1", "-verbosity=1",
        ]  # fmt: skip
        command = [sys.executable, "-m", "tools.fuzz", "--inside", target, *flags, str(corpus / target)]
        return subprocess.run(command, check=False).returncode


def main(words: Sequence[str]) -> int:
    """Search with each target that is named, or with all."""
    if words[:1] == ["--inside"]:
        atheris.Setup([sys.argv[0], *words[2:]], one_input(words[1]))
        atheris.Fuzz()  # ends the process
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all where none is named"
    )
    parser.add_argument("--minutes", type=float, default=8, help="for all targets together")
    parser.add_argument("--corpus", type=Path, default=Path(".venv/fuzz/corpus"), help="where inputs are kept")
    parser.add_argument("--again", type=Path, metavar="FILE", help="run one input, and nothing else")
    given = parser.parse_args(words)
    targets = given.targets or [*TARGETS]
    if unknown := set(targets) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    if given.again:
        for target in targets:
            one_input(target)(given.again.read_bytes())
        return 0
    seconds = max(1, round(given.minutes * 60 / len(targets)))
    codes = {target: search(target, given.corpus, seconds) for target in targets}
    for target, code in codes.items():
        print(f"{target}: {'nothing broke' if code == 0 else f'something broke (exit code {code})'} in {seconds} s")
    return int(any(codes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
