"""What comes from a notebook, an option, a setting or a server stays what it is: a value, a text, a name.

Every place of every generated module is filled with hostile text: the module must compile, have the very tree that it
has with harmless text there, and evaluate to the text.  The same for the HTML of results, for paths, for git and
for headers of HTTP.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jpe_magics import Session
from jpe_magics.adapters.dags_folder import place
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.adapters.git import push
from jpe_magics.core.check import check
from jpe_magics.core.flow import Push, Surroundings
from jpe_magics.core.flow.gitea_place import GiteaPlace
from jpe_magics.core.flow.repository import checked_branch, commit_message, path_in_repository
from jpe_magics.core.header import made_from
from jpe_magics.core.options import Given
from jpe_magics.core.summary import error_html
from jpe_magics.errors import JpeError, OptionError
from jpe_magics.model.artifact import File
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.secret import Secret
from jpe_magics.targets import get_target

NASTY = (
    "'",
    '"',
    '"""',
    "'''",
    "\\",
    "\\'''\\\"\"\"",
    '"""\nimport os\nos.abort()\n"""',
    "'''\nimport os\n'''",
    '");\nimport os\nos.abort()\nx = ("',
    "{{ 7 * 7 }}",
    "{% include '/etc/passwd' %}{% raw %}",
    "{# no comment #}",
    "{%- endif %}\n{{ params.x }}\n#}",
    "{{ '{{' }} {% set x = cycler.__init__.__globals__ %}",
    "# -*- coding: utf-7 -*-",
    "\r\nimport os\r",
    "\x0b\x0c\x1c\x85\u2028\u2029import os",
    "\0",
    "\u202e\u2066\ufeff\u200b",
    "\ud800",
    "\udcff\udc80",
    "%(x)s %s {0} {x} ${x} $x",
    "a\nb\\",
    "\\N{BULLET}\\x41\\u0041\\101",
    "\t \n \t",
    "</script><!--]]>",
    "é数🚀\U0010ffff",
)
BASE = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from(NASTY), max_size=4).map("".join),
    st.text(max_size=40),
    st.text(alphabet="'\"\\\n\r{}%# ()\0\u202e\ud800", max_size=20),
)
hostile = BASE.map(lambda text: text or "x")
#: Text that JSON and UTF-8 can hold.
whole = hostile.filter(lambda text: not any("\ud800" <= one <= "\udfff" for one in text))


def shape(code: str) -> str:
    """Return the tree of a module without the texts in it; that of what follows from a text being of several lines."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def like(text: str) -> str:
    """Return harmless text that counts as the same where a template looks: several lines, or nothing but blanks."""
    if not text.strip():
        return text
    return "x\ny" if "\n" in text else "x"


def rendered(target: str, pipeline: Any, options: Mapping[str, Any], load: Any) -> str:
    one = get_target(target)
    artifact = one.render(pipeline, one.check(options), load, "0.1.0")
    check(artifact)  # that it compiles, and that its constants are as promised
    return artifact.files[0].text


def values(code: str, call: str) -> dict[str, Any]:
    """Return the literal keyword arguments of the call of that name."""
    (found,) = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and _called(node) == call)
    told = {}
    for one in found.keywords:
        try:
            told[str(one.arg)] = ast.literal_eval(one.value)
        except ValueError:  # noqa: PERF203
            told[str(one.arg)] = one.value
    return told


def in_dict(node: ast.Dict, name: str) -> Any:
    """Return what stands in a dict's display under the key `name`, None where nothing does."""
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == name:
            return ast.literal_eval(value)
    return None


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def constants(code: str) -> dict[str, Any]:
    """Return what names are bound to by assignments of literals, at any depth."""
    told = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                told[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return told


# --- modules -------------------------------------------------------------------------------------------------

#: A module is rendered and parsed for each: fewer than for cheap properties.
few = settings(
    max_examples=settings.default.max_examples // 5, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Texts = tuple[str, ...]
#: How many hostile texts a pipeline takes here.
SLOTS = 8
filled = st.one_of(
    st.lists(hostile, min_size=SLOTS, max_size=SLOTS).map(tuple), st.sampled_from(NASTY).map(lambda one: (one,) * SLOTS)
)


class Maker:
    """Makes modules with texts in all places; the tree with harmless ones is made once for each of their kinds."""

    def __init__(self, pipeline_of: Any, load: Any) -> None:
        self._pipeline_of, self._load = pipeline_of, load
        self._shapes: dict[Any, str] = {}

    def pipeline(self, texts: Texts, default: str, whole: bool) -> Any:
        name, path, code, note, _, _, conf, key = texts
        parameters = (
            Parameter("n", "str", default, description=note),
            Parameter("more", "dict", {default: [default, None]}),
            Parameter("out", "any", None, literal=False, expression=code, description=note),
        )
        return self._pipeline_of(
            [("cell_1", code), ("größe", "x = 1", {"retries": 1})],
            parameters,
            whole=whole,
            notebook=name,
            path=f"/home/{path}.ipynb",
            session_conf={"queue": conf, "conf": {key: conf}, "jars": [conf]},
        )

    def dag(self, mode: str, texts: Texts, default: str) -> str:
        _, _, _, _, owner, description, conf, key = texts
        more = {"owner": owner, "description": description, "tags": [owner], "session_conf": {f"spark.{key}": conf}}
        pipeline = self.pipeline(texts, default, mode == "batch")
        return rendered("airflow", pipeline, {"dag_id": "d", "mode": mode, **more}, self._load)

    def service(self, mode: str, texts: Texts, default: str) -> str:
        """Return a service: its cells are texts, but they are read for what they need of Spark."""
        texts = (*texts[:2], f"x = {texts[2]!r}", *texts[3:])
        options = {"name": "n", "mode": mode, **({"cron": "0 5 * * *"} if mode == "cron" else {})}
        return rendered("ilum", self.pipeline(texts, default, False), options, self._load)

    def script(self, target: str, texts: Texts, default: str) -> str:
        """Return a script, where a cell stands as it is: the text stands in it as a literal."""
        texts = (*texts[:2], f"x = {texts[2]!r}", *texts[3:])
        options = {"name": "n", "mode": "single"} if target == "ilum" else {}
        return rendered(target, self.pipeline(texts, default, False), options, self._load)

    def like(self, make: Callable[..., str], mode: str, texts: Texts, default: str) -> str:
        """Return the tree of the module that is made with harmless texts."""
        key = (make.__name__, mode, tuple(map(like, texts)), like(default))
        if key not in self._shapes:
            self._shapes[key] = shape(make(mode, *key[2:]))
        return self._shapes[key]


@pytest.fixture
def maker(pipeline_of: Any, load_template: Any) -> Maker:
    return Maker(pipeline_of, load_template)


@pytest.mark.parametrize("mode", ["per_cell", "batch"])
@few
@given(texts=filled, default=whole)
def test_a_dag_holds_text_as_text(mode: str, texts: Texts, default: str, maker: Maker) -> None:
    module = maker.dag(mode, texts, default)
    assert shape(module) == maker.like(maker.dag, mode, texts, default)
    _, _, code, note, owner, description, conf, key = texts
    dag, known = values(module, "DAG"), constants(module)
    assert dag.get("description") == description
    assert dag.get("tags", []) == ([owner.strip()] if owner.strip() else [])
    assert in_dict(dag["default_args"], "owner") == owner
    assert known["SESSION"]["conf"] == {key: conf, f"spark.{key}": conf}
    assert known["SESSION"]["jars"] == [conf]
    assert known["SESSION"]["queue"] == conf
    if mode == "per_cell":
        assert known["CELL_1"] == code
    else:
        assert known["NOTEBOOK_CODE"] == f"{code}\n\nx = 1"
    n, more, out = dag["params"].values
    assert ast.literal_eval(n.args[0]) == default
    assert ast.literal_eval(more.args[0]) == {default: [default, None]}
    assert ast.literal_eval(out.keywords[-1].value) == f"{note} (if empty: {code})"


@pytest.mark.parametrize("mode", ["service", "cron"])
@few
@given(texts=filled, default=whole)
def test_a_service_holds_text_as_text(mode: str, texts: Texts, default: str, maker: Maker) -> None:
    module = maker.service(mode, texts, default)
    assert shape(module) == maker.like(maker.service, mode, texts, default)
    name, _, text, *_ = texts
    assert constants(module)["CELLS"] == [(f"<{name}, cell 1>", f"x = {text!r}"), (f"<{name}, cell 2>", "x = 1")]


@pytest.mark.parametrize("target", ["ilum", "py"])
@few
@given(texts=filled, default=whole)
def test_a_script_holds_text_as_text(target: str, texts: Texts, default: str, maker: Maker) -> None:
    module = maker.script(target, texts, default)
    assert shape(module) == maker.like(maker.script, target, texts, default)
    assert constants(module)["x"] in (texts[2], 1)
    assert f"\nx = {texts[2]!r}\n" in module


@few
@given(texts=filled, default=whole)
def test_the_header_is_two_lines_whatever_the_notebooks_name(texts: Texts, default: str, maker: Maker) -> None:
    """Nothing gets out of the comment, nor makes it an encoding declaration (PEP 263)."""
    for module in (maker.dag("batch", texts, default), maker.script("py", texts, default)):
        first, second, *_ = module.split("\n")
        assert first.startswith("# Made by jpe_magics")
        assert (first + second).isprintable()
        assert made_from(module) is not None
        assert not re.search(r"coding[:=]\s*[-\w.]", first + second)


def test_a_megabyte_of_each_kind_stays_text(maker: Maker) -> None:
    for piece in ("'\"\\", '"""\n', "{{ x }}{% y %}\n", "\0\u202e\r"):
        text = piece * (2**20 // len(piece))
        module = maker.dag("per_cell", ("n", "n", text, "x", "x", text, "x", "x"), "x")
        assert constants(module)["CELL_1"] == text
        assert values(module, "DAG")["description"] == text


@pytest.mark.parametrize("slot", range(SLOTS))
def test_a_megabyte_in_each_place_leaves_the_tree_as_it_is(maker: Maker, slot: int) -> None:
    """The places: the notebook's name and path, code, a description, owner, session settings and their keys."""
    piece = ("'\"\\", '"""\n', "{{ x }}{% y %}\n", "\0\u202e\r")[slot % 4]
    texts = tuple(piece * (2**20 // len(piece)) if place == slot else "x" for place in range(SLOTS))
    for make, mode in ((maker.dag, "per_cell"), (maker.service, "service"), (maker.script, "py")):
        if slot == 4 and mode == "per_cell":  # the owner's text is a tag here too, and tags have a limit
            with pytest.raises(OptionError, match="100 characters") as caught:
                make(mode, texts, "x")
            assert len(str(caught.value)) < 500
            continue
        module = make(mode, texts, piece * (2**20 // len(piece)) if slot == 0 and "\0" not in piece else "x")
        default = like(piece) if slot == 0 else "x"
        assert shape(module) == maker.like(make, mode, texts, default)


def test_an_emoji_is_text_that_airflow_can_hold(maker: Maker) -> None:
    module = maker.dag("per_cell", ("x",) * SLOTS, "\U0001f680 \\ud800")
    (n, *_) = values(module, "DAG")["params"].values
    assert ast.literal_eval(n.args[0]) == "\U0001f680 \\ud800"
    assert [one.arg for one in n.keywords] == ["type", "description"]


@few
@given(text=hostile)
def test_options_that_name_something_are_checked(text: str) -> None:
    """What is no text of its own but a name, a number or a date is taken as that or refused in our words."""
    target = get_target("airflow")
    for name in ("dag_id", "schedule", "mode", "start_date", "timezone", "retries", "retry_delay", "livy_conn_id"):
        try:
            checked = target.check({"dag_id": "d", name: text})[name]
        except JpeError as error:  # noqa: PERF203
            assert error.code == "JPE001"
            assert "\n" not in error.message
        else:
            assert str(checked).isprintable()
            assert not set("/\\'\"{}\0") & set(str(checked)) or name == "livy_conn_id"


# --- the pages -----------------------------------------------------------------------------------------------

TAGS = set(
    "style section div dl dt dd table caption thead tbody tr th td pre code details summary a span ins del".split()  # noqa: SIM905
)
ATTRIBUTES = {"class", "role", "aria-label", "aria-level", "href", "target", "rel", "tabindex", "scope", "open", "dir"}
MARKUP = (
    "<script>alert(1)</script>",
    "</code></pre></td></table></section><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "</style><style>*{display:none}",
    "javascript:alert(1)",
    'http://x/" onclick=alert(1)',
    "<!--",
    "&lt;b&gt;&#60;i&#62;",
)


class Seen(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.text = ""
        self.styles = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements |= {(tag, name) for name, _ in attrs} | {(tag, "class")}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.styles += tag == "style"

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:60]}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl[:60]}")

    unknown_decl = handle_pi = handle_decl


def hostile_notebook(text: str) -> str:
    """Return a notebook with the text in every place that a view shows."""
    line = " ".join(text.split()) or "x"
    cells: list[tuple[str, list[str]]] = [
        (f"n = {text!r}  # {line}\nm = f({text!r})\n(a, b) = 1, {text!r}", ["parameters", text]),
        (f"x = {text!r}\n# {line}\nprint({text!r})\n!{line}\n%{line}", [f"task:{text}", "merge", "retries:" + text]),
        (f"%%{line}\nx", []),
        (f"%%configure -f\n{json.dumps({'conf': {text: text}, text: text})}", []),
        (f"y = !{line}\nz = y\ndisplay(y)", ["step:" + text, "prev:" + text]),
        ("x = 1", ["skip", text]),
    ]
    rows = [
        {"cell_type": "code", "id": text, "source": source, "metadata": {"tags": tags, text: text}}
        for source, tags in cells
    ]
    metadata = {"kernelspec": {"name": text, "display_name": text, "language": "python"}, "title": text}
    presets = {"description": text, "tags": [text]}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {**metadata, "jpe": presets}, "cells": rows})


@few
@given(text=st.one_of(st.sampled_from(MARKUP), hostile))
@example(text="<script>alert(1)</script>")
@example(text="javascript:alert(1)")
def test_the_page_of_an_export_holds_text_as_text(text: str, tmp_path: Path) -> None:
    """No element or attribute comes from outside, no link leads anywhere but to http(s), no style is not ours."""
    name = re.sub(r"[/\0\ud800-\udfff]", "_", text)[:60]
    path = tmp_path / f"{name}.ipynb"
    path.write_text(hostile_notebook(text), encoding="utf-8")
    asked = {"airflow": {"dag_id": "d", "owner": text}, "py": {}}
    for target, options in asked.items():
        try:
            done = Session(environ={}).run(Given(target, {"notebook": str(path), "preview": True, **options}))
        except JpeError as error:
            page = error_html(error)
        else:
            page = done._repr_html_()
        seen = Seen(page)
        assert {tag for tag, _ in seen.elements} <= TAGS
        assert {attribute for _, attribute in seen.elements} <= ATTRIBUTES
        assert all(link.startswith(("http://", "https://")) for link in seen.links)
        assert seen.styles == 1
        if text in MARKUP:
            assert text in seen.text, "it is shown as it is"


# --- files ---------------------------------------------------------------------------------------------------

OUTSIDE = (
    "../x.py",
    "a/../../x.py",
    "/etc/x.py",
    "..",
    "",
    "a\0b.py",
    "C:\\x.py",
    "c:x.py",
    "a\nb.py",
    "\\\\host\\share",
)


@pytest.mark.parametrize("path", OUTSIDE, ids=ascii)
def test_a_file_never_leaves_its_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()
    with pytest.raises(JpeError) as caught:
        place(folder, File(path, "x = 1\n"), replace=True)
    assert caught.value.code == "JPE501"
    assert [one.name for one in tmp_path.iterdir()] == ["dags"]
    with pytest.raises(JpeError):
        path_in_repository("dags", path)
    if path:
        with pytest.raises(JpeError):
            path_in_repository(path, "x.py")


def notebook_file(folder: Path) -> str:
    path = folder / "n.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}}]}))
    return str(path)


@pytest.mark.parametrize(
    "output",
    ["/dev/null", "/dev/full", "/proc/self/mem", "/proc/nothing/x.py", "a\0b", "x" * 5000, "~nobody-here/../x\0"],
    ids=lambda output: ascii(output)[:20],
)
def test_an_output_that_is_no_file_is_refused(tmp_path: Path, output: str) -> None:
    session = Session(environ={"JPE_AUDIT_LOG": str(tmp_path / "audit.jsonl")})
    done = session.run(Given("py", {"notebook": notebook_file(tmp_path), "output": output, "replace": True}))
    assert done.error is not None
    assert done.error.code == "JPE501"
    assert done.record is not None
    assert done.record.status == "failed"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a\0b.ipynb",
        "x" * 5000,
        "/proc/self/mem",
        "/",
        "~nobody-here/n.ipynb",
        "file:///etc/passwd",
        "--help",
        "\ud800",
    ],
    ids=lambda path: ascii(path)[:20],
)
def test_a_notebook_that_is_no_file_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(JpeError) as caught:
        Session(environ={}).run(Given("py", {"notebook": path, "preview": True}))
    assert caught.value.code in ("JPE101", "JPE102", "JPE103")


@few
@given(name=hostile)
def test_the_name_of_a_script_is_a_file_in_its_folder(name: str, maker: Maker) -> None:
    one = get_target("py")
    pipeline = maker.pipeline((name, "n", "x = 1", *("x",) * (SLOTS - 3)), "x", False)
    (file,) = one.render(pipeline, {}, maker._load, "0.1.0").files
    assert file.path.endswith(".py")
    assert "/" not in file.path
    assert not file.path.startswith(".")
    assert len(file.path.encode()) <= 255


# --- git -----------------------------------------------------------------------------------------------------


def repository(folder: Path) -> Path:
    bare = folder / "dags.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(bare)], check=True)
    return bare


@pytest.mark.parametrize(
    "address",
    [
        "--upload-pack=touch {touched}",
        "-u touch {touched}",
        "ext::sh -c 'touch {touched}'",
        "fd::17/x",
        "ssh://-oProxyCommand=touch {touched}/x",
        "ssh://-oProxyCommand=touch%20{touched}/x",
        "-oProxyCommand=touch {touched}:x",
        "x\n--upload-pack=touch {touched}",
        "http://[::1/x.git",
    ],
)
def test_an_address_runs_nothing(tmp_path: Path, address: str) -> None:
    touched = tmp_path / "touched"
    step = Push(address.format(touched=touched), "main", File("etl.py", "x = 1\n"), "Export etl")
    with pytest.raises(JpeError):
        push(step, username="", password=Secret(""), limit=20, stop=threading.Event())
    assert not touched.exists()


BRANCHES = (
    "--upload-pack=x",
    "-x",
    "a..b",
    "a b",
    "a\nb",
    "a:b",
    "+a",
    "@",
    "@{-1}",
    "a~1",
    "a^",
    "*",
    "",
    "x" * 300,
    "a.lock",
    "/a",
)


@pytest.mark.parametrize("branch", BRANCHES, ids=lambda branch: ascii(branch)[:20])
def test_a_branch_is_no_argument_and_no_other_ref(branch: str) -> None:
    if branch == "+a":  # git allows it, and stands it behind refs/heads/
        assert checked_branch(branch) == branch
        return
    with pytest.raises(JpeError, match="git_branch"):
        checked_branch(branch)


def test_what_looks_like_an_option_is_a_file_a_message_and_an_author(tmp_path: Path) -> None:
    """With real git: names that begin with dashes are names."""
    bare, touched = repository(tmp_path), tmp_path / "touched"
    evil = f"--exec=touch {touched}"
    step = Push(str(bare), "+main", File(f"--upload-pack=touch {touched.name}.py", "x = 1\n"), evil, "--x <a@b>")
    done = push(step, username="", password=Secret(""), limit=60, stop=threading.Event())
    shown = subprocess.run(
        ["git", "--git-dir", str(bare), "show", "--format=%B%an", "--name-only", done.commit],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert shown.split("\n")[:1] == [evil]
    assert f"--upload-pack=touch {touched.name}.py" in shown
    assert not touched.exists()


@given(text=st.one_of(st.just("{name}{notebook}{user}"), hostile), name=hostile, user=hostile)
@example(text="{name}" * 99, name="x" * 9999, user="u")
@example(text="a" * 9999, name="x", user="u")
def test_a_commit_message_is_one_line(text: str, name: str, user: str) -> None:
    message = commit_message(text, File("dags/etl.py", ""), name, user)
    assert message.isprintable()
    assert 0 < len(message) <= 200
    assert message.encode(errors="replace")


# --- HTTP ----------------------------------------------------------------------------------------------------


@given(owner=hostile, branch=hostile, path=hostile)
def test_names_in_an_address_are_segments(owner: str, branch: str, path: str) -> None:
    """A name can't add a segment, a query or a fragment to the address, nor go up in it."""
    known = {"git_owner": owner, "git_repository": owner, "git_ui_url": "http://h", "git_api_url": "http://h/api/v1"}
    around = Surroundings(setting=known.get, is_set=lambda _: True, notebook_folder="", notebook="n", user="u", id="1")
    try:
        there = GiteaPlace.of(around, branch, path)
    except JpeError as error:
        assert "/" in owner or owner in (".", "..")
        assert "git_owner" in error.where
        return
    for address in (there.of_repository, there.contents, there.of_branch, there.raw, there.link):
        assert re.fullmatch(r"(?:http://h)?/[A-Za-z0-9._~%/-]*", address)
    assert there.of_repository.count("/") == 3


@pytest.mark.parametrize("name", ["airflow_token", "ilum_token", "git_token", "airflow_password", "git_username"])
@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "é", "a b\tc"], ids=ascii)
def test_a_secret_adds_no_header(name: str, value: str, tmp_path: Path, server: Any) -> None:
    """The value is refused in our words, or it arrives encoded: no line of it becomes a header."""
    variable = DECLARED[name].env
    environ = {variable: value, "JPE_AUDIT_LOG": str(tmp_path / "audit.jsonl"), "JPE_REQUEST_TIMEOUT": "5"}
    environ |= {"AIRFLOW_API_URL": server.url, "ILUM_API_URL": server.url, "GITEA_API_URL": server.url}
    environ |= {"JPE_GIT_OWNER": "o", "JPE_GIT_REPOSITORY": "r", "AIRFLOW_USERNAME": "u", "GITEA_PASSWORD": "p"}
    if name.startswith("git"):
        environ |= {"JPE_GIT_PROVIDER": "gitea", "JPE_AIRFLOW_ENABLED": "false"}
    else:
        environ |= {"JPE_GIT_PROVIDER": "local", "JPE_LOCAL_DAGS_FOLDER": str(tmp_path / "dags")}
    target, options = ("ilum", {"name": "n"}) if name.startswith("ilum") else ("airflow", {"dag_id": "d"})
    done = Session(environ=environ).run(Given(target, {"notebook": notebook_file(tmp_path), **options}))
    assert done.error is not None, "the server knows nothing"
    assert value not in str(done.error)
    for heads in server.heads:
        assert not any("evil" in head.lower() for head in heads)


class Server:
    """Answers 404 to everything, and remembers the names and values of the headers."""

    def __init__(self) -> None:
        self.heads: list[list[str]] = []
        heads = self.heads

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                heads.append([f"{name}: {value}" for name, value in self.headers.items()])
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()
