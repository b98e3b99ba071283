"""A notebook is not trusted: none of it runs here, none of it sets what is not its own, and none is too much to refuse.

What is large or deep is read in a process of its own, with limits on memory and time: it ends in an export, or in a
refusal that says what is too much.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jpe_magics import Session
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.core import read
from jpe_magics.core.options import Given, options_of
from jpe_magics.errors import JpeError, NotebookError
from jpe_magics.targets import get_target

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the limits are POSIX")

GIGABYTE = 2**30
#: Seconds of one processor, and bytes of memory, that reading anything may take.
SECONDS, MEMORY = 60, 3 * GIGABYTE


def notebook(cells: Iterable[str], metadata: dict[str, Any] | None = None, **of_cell: Any) -> str:
    rows = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source, **of_cell}
        for source in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata or {}, "cells": rows})


CHILD = """
import json, resource, sys
path, target, options, memory, seconds = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), *map(int, sys.argv[4:6])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
from jpe_magics import Session
from jpe_magics.core.options import Given
from jpe_magics.errors import JpeError

try:
    done = Session(environ={}).run(Given(target, {"notebook": path, "preview": True, **options}))
    error = done.error
    shown = len(done._repr_html_()) + len(done.text())
    cells = done.report.cells
except JpeError as raised:
    error, shown, cells = raised, len(str(raised)), 0
print(json.dumps({"error": error and error.code, "said": str(error or ""), "shown": shown, "cells": cells}))
"""


@dataclass(frozen=True)
class Outcome:
    """How it ended: the code of the refusal or None, what it said, and how many characters people are shown."""

    error: str | None
    said: str
    shown: int
    cells: int


def previewed(path: Path, target: str = "airflow", **options: Any) -> Outcome:
    asked = {"airflow": {"dag_id": "d"}, "ilum": {"name": "n"}}.get(target, {})
    words = [str(path), target, json.dumps({**asked, **options}), str(MEMORY), str(SECONDS)]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *words], check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    return Outcome(**json.loads(done.stdout))


# --- what is large or deep -----------------------------------------------------------------------------------

#: The text of a notebook file, and what becomes of it: the code of the refusal, or None for an export.
LARGE: dict[str, tuple[Callable[[], str], str | None]] = {
    "100,000 cells": (lambda: notebook(["x = 1"] * 100_000), "JPE102"),
    "100,000 empty cells": (lambda: notebook([""] * 100_000), "JPE102"),
    "a cell of 50 MB": (lambda: notebook([f"x = '{'a' * 50_000_000}'"]), "JPE102"),
    "a cell of 50 MB in lines": (lambda: notebook(["x = 1\n" * 8_000_000]), "JPE102"),
    "many lines": (lambda: notebook(["\n" * 250_000 + "x = 1"]), "JPE102"),
    "a string of 1 MB": (lambda: notebook([f"x = '{'a' * 1_000_000}'"]), None),
    "metadata of 60 MB": (lambda: notebook(["x = 1"], {"junk": "a" * 60_000_000}), None),
    "outputs of 60 MB": (lambda: notebook(["x = 1"], outputs=[{"text": "a" * 60_000_000}]), None),
    "200,000 outputs": (lambda: notebook(["x = 1"], outputs=[{"text": "a"}] * 200_000), None),
    "deep outputs": (lambda: notebook(["x = 1"], outputs=_nested(500)), None),
    "outputs of 100,000 brackets": (
        lambda: notebook(["x = 1"], outputs="?").replace('"?"', "[" * 100_000 + "]" * 100_000),
        "JPE102",
    ),
    "deep metadata of a cell": (lambda: notebook(["x = 1"] * 100, **metadata_of({"tags": _nested(500)})), None),
    "200,000 tags": (
        lambda: notebook(["x = 1"] * 3, **metadata_of({"tags": [f"task:t{n}" for n in range(200_000)]})),
        None,
    ),
    "a tag of 1 MB": (lambda: notebook(["x = 1"] * 3, **metadata_of({"tags": ["task:" + "a" * 2**20]})), None),
    "a name of 1 MB": (lambda: notebook(["x = 1"], {"kernelspec": {"name": "a" * 2**20}}), None),
    "100,000 cells of text": (lambda: notebook(["x = 1"] * 100_000, cell_type="markdown"), "JPE203"),
    "metadata of 300,000 keys": (lambda: notebook(["x = 1"], {f"k{at}": at for at in range(300_000)}), None),
    "JSON of a million brackets": (lambda: '{"nbformat":4,"cells":' + "[" * 10**6 + "]" * 10**6 + "}", "JPE102"),
    "JSON of empty lists": (lambda: '{"nbformat":4,"cells":[' + "[]," * 10**7 + "[]]}", "JPE103"),
    "deep presets": (lambda: notebook(["x = 1"], {"jpe": {"tags": _nested(500)}}), "JPE001"),
    "deep metadata": (lambda: notebook(["x = 1"], {"jpe": {"other": _nested(500)}}), None),
    "a number without end": (lambda: '{"nbformat":4,"cells":[],"n":' + "9" * 10**6 + "}", "JPE102"),
    "5,000 brackets": (lambda: notebook([f"x = {'[' * 5000}{']' * 5000}"]), "JPE202"),
    "100,000 open brackets": (lambda: notebook(["x = " + "(" * 100_000]), "JPE202"),
    "500 signs": (lambda: notebook(["x = " + "-" * 500 + "1"]), None),
    "20,000 attributes": (lambda: notebook(["x = a" + ".b" * 20_000]), "JPE202"),
    "20,000 summands": (lambda: notebook(["x = " + "+".join(["1"] * 20_000)]), "JPE202"),
    "20,000 elifs": (lambda: notebook(["if a:\n  b\n" + "elif c:\n  d\n" * 20_000]), "JPE202"),
    "300 blocks": (lambda: notebook(["\n".join(" " * at + "if a:" for at in range(300))]), "JPE202"),
    "300 f-strings": (lambda: notebook(["x = " + "f'{" * 300 + "1" + "}'" * 300]), "JPE202"),
    "10 ** 10 ** 8": (lambda: notebook(["x = 10 ** 10 ** 8\ny = 1 << (1 << 40)\nz = [0] * 10 ** 10"]), None),
    "10 ** 10 ** 8 as a parameter": (
        lambda: notebook(["# @pipeline-params\nx = 10 ** 10 ** 8\ny = 'a' * 10**10", "x"]),
        None,
    ),
    "a huge number": (lambda: notebook(["x = " + "9" * 5000]), "JPE202"),
    "a huge number as a parameter": (lambda: notebook(["# @pipeline-params\nx = 0x" + "f" * 400_000, "y = x"]), None),
    "a deep parameter": (lambda: notebook(["# @pipeline-params\nx = " + "[" * 190 + "]" * 190, "y = x"]), None),
    "20,000 parameters": (
        lambda: notebook(["# @pipeline-params\n" + "".join(f"p{at} = a\n" for at in range(20_000)), "x"]),
        None,
    ),
    "magics in magics": (lambda: notebook(["%time " * 30_000 + "x = 1"]), "JPE203"),
    "a million line ends escaped": (lambda: notebook(["!" + "\\\n" * 190_000, "x = 1"]), None),
    "30,000 prints": (lambda: notebook(["print(1)\n" * 30_000 + "x = 1"]), None),
    "30,000 prints in a line": (lambda: notebook(["'é'; " + "print(1); " * 30_000 + "x = 1"]), None),
    "30,000 lines of help": (lambda: notebook(["a?\n" * 30_000 + "x = 1"]), None),
    "4,000 lost names": (lambda: notebook([*(f"a{at} = !ls" for at in range(4000)), "x = a1"]), None),
    "4,000 captures": (lambda: notebook([*(f"%%capture a{at}\nb = 1" for at in range(4000)), "x = a1"]), None),
    "our own name for an escape": (lambda: notebook(["x = '_jpe_held" + "_" * 300_000 + "'\n!ls"]), None),
    "deep session settings": (
        lambda: notebook(["%%configure -f\n" + '{"a":' * 5000 + "1" + "}" * 5000, "x = 1"]),
        None,
    ),
}


def metadata_of(metadata: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": metadata}


def _nested(depth: int) -> list[Any]:
    inside: list[Any] = []
    for _ in range(depth):
        inside = [inside]
    return inside


@pytest.mark.parametrize("what", LARGE)
def test_what_is_large_or_deep_ends_within_bounds(tmp_path: Path, what: str) -> None:
    make, code = LARGE[what]
    path = tmp_path / "n.ipynb"
    path.write_text(make(), encoding="utf-8")
    outcome = previewed(path)
    assert (outcome.error, outcome.said if outcome.error != code else "") == (code, "")
    assert outcome.shown < 3_000_000, "a saved notebook stays small"
    if code:
        assert len(outcome.said) < 2000
        assert "do:" in outcome.said


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    with path.open("wb") as file:
        file.truncate(100 * GIGABYTE)
    outcome = previewed(path)
    assert outcome.error == "JPE102"
    assert "107,374,182,400 bytes" in outcome.said


def test_too_little_memory_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser of JSON gives up where there is no memory, here after an eighth of what it may take."""
    monkeypatch.setitem(globals(), "MEMORY", GIGABYTE // 2)
    path = tmp_path / "n.ipynb"
    path.write_text('{"nbformat":4,"cells":[' + "[]," * 2 * 10**7 + "[]]}", encoding="utf-8")
    outcome = previewed(path)
    assert outcome.error == "JPE102"
    assert "memory" in outcome.said


@pytest.mark.parametrize(
    ("target", "options"), [("py", {}), ("ilum", {"mode": "service"}), ("airflow", {"mode": "batch"})]
)
def test_as_many_lines_as_are_read_in_every_target(tmp_path: Path, target: str, options: dict[str, Any]) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(notebook(["x = 1\n" * 1000] * (read.MOST_LINES // 1001)), encoding="utf-8")
    assert previewed(path, target, **options).error is None


def test_the_bounds_are_those_that_are_told() -> None:
    def cells(count: int, source: str) -> list[dict[str, str]]:
        return [{"cell_type": "code", "source": source}] * count

    for within in (
        cells(read.MOST_CELLS, ""),
        cells(1, "x" * read.MOST_CHARACTERS),
        cells(1, "\n" * (read.MOST_LINES - 1)),
    ):
        assert read.notebook_from_cells(within, name="n")
    for beyond, told in (
        (cells(read.MOST_CELLS + 1, ""), "10,000 code cells"),
        (cells(2, "x" * (read.MOST_CHARACTERS // 2 + 1)), "4,000,000 characters"),
        (cells(1, "\n" * read.MOST_LINES), "200,000 lines"),
    ):
        with pytest.raises(NotebookError, match=told):
            read.notebook_from_cells(beyond, name="n")
    prose = [{"cell_type": "markdown", "source": "x" * read.MOST_CHARACTERS}] * 3
    assert read.notebook_from_cells(prose, name="n"), "text is not parsed"


def test_what_holds_itself_is_refused() -> None:
    """A live document comes as Python objects, which can hold themselves."""
    endless: list[Any] = []
    endless.append(endless)
    for metadata in ({"jpe": endless}, {"jpe": {"tags": endless}}):
        with pytest.raises(NotebookError, match="no plain JSON"):
            read.notebook_from_cells([], name="n", metadata=metadata)
    told = read.notebook_from_cells([{"cell_type": "code", "source": "x", "metadata": {"tags": endless}}], name="n")
    assert told.cells[0].tags == ()


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "n.ipynb"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/dev/null")):
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            outcome = previewed(path)
            assert outcome.error == "JPE102"
            assert "no file" in outcome.said


# --- what would run ------------------------------------------------------------------------------------------


def sentinels(touch: str) -> list[str]:
    """Return cells each of which leaves a file where it is run, evaluated, imported or formatted."""
    now = f"__import__('pathlib').Path({touch!r}).touch()"
    return [
        f'# @pipeline-params\nn = {now}\nm: ({now}) = 1\ntext = f"{{{now}}}"\nk = [{now}]',
        now,
        f"def f(a={now}) -> ({now}):\n    '''{now}'''\n",
        f"@({now} or (lambda it: it))\nclass A(metaclass=({now} or type)):\n    {now}",
        f"print({now})\ndisplay({now})\nx = display({now})",
        f"!touch {touch}",
        f"x = !touch {touch}",
        f"%time {now}\n%timeit {now}\n%prun {now}\n%run {touch}.py\n%load_ext evil\n%env A={{{now}}}",
        f"%%bash\ntouch {touch}",
        f"%%writefile {touch}\ntext",
        f'%%configure -f\n{{"conf": {{"a": "${{{now}}}", "b": "{{{{ {now} }}}}"}}}}',
        f"get_ipython().system('touch {touch}')\nget_ipython().run_line_magic('time', {now!r})",
        f"{{{{ {now} }}}}\n{{% set x = {now} %}}".replace("{%", "# {%"),
        f"x = '''{{{{ {now} }}}} {{% include '{touch}' %}} {{# {now} #}}'''",
        "import evil\nfrom evil import *\nimport sitecustomize, jpe_config",
        "%%sql -o df\nselect '{now}', \"{{ now }}\"",
        f"# -*- coding: {touch} -*-\nx = 1",
    ]


AUDITED = """
import os, sys
bad, touch = [], sys.argv.pop(1)

def hear(event, args):
    started = event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "os.fork")
    if started and args[0] != "file":  # by which croniter finds out how many bits this Python has
        bad.append((event, str(args)[:200]))
    if event == "import" and args[0] in ("evil", "jpe_config", "ipython_config"):
        bad.append((event, args[0]))
    if event == "exec" and of_notebook(args[0]):
        bad.append((event, str(args[0])))

def of_notebook(code):
    # every cell names the file that it would touch
    held = [one for one in code.co_consts if isinstance(one, str)]
    inner = [one for one in code.co_consts if hasattr(one, "co_consts")]
    return any(touch in one for one in held) or any(map(of_notebook, inner))

sys.addaudithook(hear)
eval("1")
"""
BY_COMMAND = """
from jpe_magics.cli import main
code = main(sys.argv[1:])
print("BAD", bad)
sys.exit(code)
"""
BY_PANEL = """
import time
from jpe_magics.panel.controller import Panel
from jpe_magics.session import Session
panel = Panel(Session(environ=os.environ))
panel.open()
seen = set()
end = time.monotonic() + 90
for name in ("airflow", "ilum", "py"):
    panel.choose(name)
    panel.set("allow_secrets", True)
    while not (panel.state.preview and panel.state.preview.report.target == name and not panel.state.stale):
        assert time.monotonic() < end, panel.state
        time.sleep(0.02)
    seen.add(panel.state.preview.report.target)
panel.close(5.0)
print("BAD", [one for one in bad if one[0] != "socket.connect"], sorted(seen))  # it asks what answers
"""


@pytest.mark.parametrize(
    "words",
    [
        ["airflow", "--dag-id", "d"],
        ["airflow", "--dag-id", "d", "--mode", "batch"],
        ["py"],
        ["ilum", "--name", "n"],
        ["ilum", "--name", "n", "--mode", "service"],
        ["ilum", "--name", "n", "--mode", "cron", "--cron", "0 5 * * *"],
    ],
    ids=" ".join,
)
def test_nothing_of_a_notebook_runs(tmp_path: Path, words: list[str]) -> None:
    """Neither by a preview nor by an export into a file; nor does what lies beside the notebook."""
    here, touched, environ = trap(tmp_path)
    written = ["--output", f"{tmp_path}/made/", "--no-push", "--no-trigger"]
    for last in (["--preview"], ["--preview", "--keep-rejections"], *([] if words[0] == "ilum" else [written])):
        command = [
            sys.executable,
            "-c",
            AUDITED + BY_COMMAND,
            str(touched),
            "export",
            str(here / "n.ipynb"),
            *words,
            *last,
        ]
        kinds = ["--kinds", "plain,spark,pyspark,sql"]
        done = subprocess.run(
            [*command, *kinds], cwd=here, env=environ, check=False, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "BAD []" in done.stdout, done.stdout[-500:]
        assert not touched.exists()


def test_nothing_of_a_notebook_runs_in_the_panel(tmp_path: Path) -> None:
    here, touched, environ = trap(tmp_path)
    nobody = dict.fromkeys(("AIRFLOW_API_URL", "GITEA_API_URL", "ILUM_API_URL"), "http://127.0.0.1:9")
    environ |= {
        **nobody,
        "JPE_NOTEBOOK_PATH": str(here / "n.ipynb"),
        "JPE_ENABLED_CELL_KINDS": "plain,spark,pyspark,sql",
    }
    command = [sys.executable, "-c", AUDITED + BY_PANEL, str(touched)]
    done = subprocess.run(command, cwd=here, env=environ, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BAD [] ['airflow', 'ilum', 'py']" in done.stdout, done.stdout[-500:]
    assert not touched.exists()


def test_the_trap_is_heard(tmp_path: Path) -> None:
    """A notebook's text that is run after all is seen by the hook."""
    run = "exec(f\"'{touch}'; x = 1\"); exec(f\"def f(): return '{touch}'\"); os.system('true'); print('BAD', len(bad))"
    done = subprocess.run(
        [sys.executable, "-c", AUDITED + run, "/x/touched"], check=True, capture_output=True, text=True
    )
    assert done.stdout == "BAD 3\n"


def trap(tmp_path: Path) -> tuple[Path, Path, dict[str, str]]:
    """Return a folder with a notebook of sentinels and modules beside it, the file that they touch, an environment."""
    here, touched = tmp_path / "here", tmp_path / "touched"
    here.mkdir()
    for name in ("evil.py", "jpe_config.py", "ipython_config.py", "sitecustomize.py"):
        (here / name).write_text(f"open({str(touched)!r}, 'w')\n", encoding="utf-8")
    (here / "jpe_config.json").write_text('{"JpeMagics": {"templatesDir": "templates"}}', encoding="utf-8")
    (here / "templates" / "airflow").mkdir(parents=True)
    (here / "templates" / "airflow" / "dag.py.j2").write_text("{{ cycler.__init__.__globals__ }}", encoding="utf-8")
    tags = ["task:__import__", "retries:10**10", "{{ 7*7 }}"]
    document = json.loads(
        notebook(sentinels(str(touched)), {"kernelspec": {"name": "python3", "argv": ["touch", str(touched)]}})
    )
    for cell in document["cells"]:
        cell["metadata"] = {"tags": tags}
    (here / "n.ipynb").write_text(json.dumps(document), encoding="utf-8")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "JPE_AUDIT_LOG": str(tmp_path / "audit.jsonl")}
    return here, touched, environ


# --- what a notebook may set ---------------------------------------------------------------------------------

PRESETS = {"dag_id", "name", "schedule", "tags", "description", "mode", "start_date", "timezone", "retries"}
#: A value for every setting and option that would do harm.
EVIL = "http://evil.example/api/v1"


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


@pytest.mark.parametrize("target", ["airflow", "ilum", "py"])
def test_metadata_sets_no_address_login_folder_or_template(tmp_path: Path, target: str) -> None:
    options = {one.name for one in options_of(get_target(target).options)} - PRESETS
    planted: dict[str, Any] = {}
    for name in (*DECLARED, *options, *(one.env for one in DECLARED.values() if one.env)):
        for spelling in (name, camel(name), name.replace("_", "-"), f"--{name}"):
            planted[spelling] = EVIL
    planted |= {"settings": dict(planted), "environ": dict(planted), "JpeMagics": dict(planted)}
    asked = {"airflow": {"dag_id": "d"}, "ilum": {"name": "n"}, "py": {}}[target]
    made = []
    for metadata in ({}, {"jpe": planted, **planted}):
        path = tmp_path / f"{len(made)}" / "n.ipynb"
        path.parent.mkdir()
        path.write_text(notebook(["x = 1"], metadata), encoding="utf-8")
        session = Session(environ={})
        settings = {name: str(session.settings.get(name)) for name in DECLARED}
        given = Given(target, {"notebook": str(path), "preview": True, **asked})
        request = session.request(get_target(target), given, session.snapshot(str(path)))
        done = session.run(given)
        made.append((settings, {name: str(session.settings.get(name)) for name in DECLARED}, done.requests))
        made[-1] += (request.options, [line for line in done.code.split("\n") if "sha256" not in line])
        assert EVIL not in done.code
    assert made[0] == made[1]


def test_metadata_that_may_preset_is_checked_like_an_option(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    for name, value in (
        ("dag_id", "../../etc/cron.d/x"),
        ("mode", "{{ 7*7 }}"),
        ("schedule", "@evil"),
        ("timezone", "../../etc/passwd"),
        ("start_date", "2026-01-01'); import os"),
        ("retries", "1e9"),
        ("tags", {"a": "b"}),
        ("description", ["a"]),
    ):
        path.write_text(notebook(["x = 1"], {"jpe": {"dag_id": "d", name: value}}), encoding="utf-8")
        with pytest.raises(JpeError) as caught:
            Session(environ={}).run(Given("airflow", {"notebook": str(path), "preview": True}))
        assert caught.value.code == "JPE001", name


@pytest.mark.parametrize(
    "value", ["[" * 100_000, "9" * 5000, "{" * 100_000, "1e999", '"' * 9999], ids=lambda value: value[:4]
)
@pytest.mark.parametrize("default", ["1", "[1]", "{'a': 1}", "(1,)", "1.5", "True"])
def test_a_value_that_is_too_much_is_refused(tmp_path: Path, default: str, value: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(notebook([f"# @pipeline-params\nn = {default}", "x = n"]), encoding="utf-8")
    if default == "1.5" and value[0] in "19":
        return  # infinity, as Python reads it
    with pytest.raises(JpeError) as caught:
        Session(environ={}).run(Given("py", {"notebook": str(path), "preview": True, "param": {"n": value}}))
    assert caught.value.code == "JPE004"
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", ["_jpe_held_0", "_jpe\uff3fheld_0", "_jpe_held__0", "_jpe_held_\uff10"], ids=ascii)
def test_no_name_of_the_users_is_taken_for_an_escape(tmp_path: Path, name: str) -> None:
    """Python reads other spellings of a letter as that letter (NFKC)."""
    path = tmp_path / "n.ipynb"
    path.write_text(notebook([f"{name} = 1\n!ls\ny = {name}"]), encoding="utf-8")
    done = Session(environ={}).run(Given("py", {"notebook": str(path), "preview": True}))
    assert f"{name} = 1\ny = {name}" in done.code
    assert [one.kind for one in done.report.rejected] == ["shell"]
