"""The ladder that finds the notebook's file, against real files and a real (tiny) server."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from jpe_magics.adapters.live import vscode
from jpe_magics.adapters.live.locate import is_headless, locate
from jpe_magics.adapters.live.request import CellRequest
from jpe_magics.adapters.live.saved import read_located
from jpe_magics.adapters.live.server import loopback
from jpe_magics.errors import NotebookError

NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
TOKEN = "t0p-s3cret"


def shell(kernel: str = "k1", **names: object) -> SimpleNamespace:
    application = SimpleNamespace(connection_file=f"/run/kernel-{kernel}.json")
    return SimpleNamespace(user_ns=names, kernel=SimpleNamespace(parent=application))


@pytest.fixture
def folder(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    for name in ("a", "b"):
        (work / f"{name}.ipynb").write_text(json.dumps(NOTEBOOK))
    return work


@pytest.fixture
def server(tmp_path, folder, monkeypatch):
    """A Jupyter server of this machine, as far as the kernel sees one."""
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    told = SimpleNamespace(runtime=runtime, sessions=[], contents={}, seen=[], status=200, redirect="")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            told.seen.append((self.path, self.headers.get("Authorization")))
            path = self.path.split("?")[0]
            answer = (
                told.sessions
                if path == "/lab/api/sessions"
                else told.contents.get(path.removeprefix("/lab/api/contents/"))
            )
            status = 302 if told.redirect else 404 if answer is None else told.status
            self.send_response(status)
            if told.redirect:
                self.send_header("Location", told.redirect)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def describe(name: str = "jpserver", **entries: object) -> None:
        url = f"http://127.0.0.1:{http.server_port}/lab/"
        file = {"url": url, "root_dir": str(folder), "token": TOKEN, **entries}
        (runtime / f"{name}-4242.json").write_text(json.dumps(file))

    told.describe = describe
    told.environ = {"JPY_PARENT_PID": "4242"}
    told.use = lambda path, kernel="k1", **entries: told.sessions.append(
        {"path": path, "type": "notebook", "kernel": {"id": kernel}, **entries}
    )
    describe()
    yield told
    http.shutdown()
    thread.join()
    http.server_close()


def uri(path: str, scheme: str = "ZmlsZQ%3D%3D") -> str:
    return f"vscode-notebook-cell:{path}#W3s{scheme}"


class TestSessions:
    def test_found_by_the_kernel_id_with_the_token_in_the_header_only(self, server, folder):
        server.use("b.ipynb", "k2")
        server.use("a.ipynb")
        found = locate(shell(), server.environ)
        assert found.path == str(folder / "a.ipynb")
        assert found.how == "the Jupyter server's sessions"
        assert server.seen == [("/lab/api/sessions", f"token {TOKEN}")]

    def test_right_after_a_rename_the_session_is_right_and_the_variable_stale(self, server, folder):
        server.use("b.ipynb")
        found = locate(shell(), {**server.environ, "JPY_SESSION_NAME": str(folder / "a.ipynb")})
        assert found.path == str(folder / "b.ipynb")

    def test_classic_notebook_6(self, server, folder):
        (server.runtime / "jpserver-4242.json").unlink()
        server.describe("nbserver", root_dir=None, notebook_dir=str(folder))
        server.sessions.append({"notebook": {"path": "a.ipynb"}, "kernel": {"id": "k1"}})
        assert locate(shell(), server.environ).path == str(folder / "a.ipynb")

    def test_the_drive_of_real_time_collaboration(self, server, folder):
        server.use("RTC:a.ipynb")
        assert locate(shell(), server.environ).path == str(folder / "a.ipynb")

    def test_a_console_is_no_notebook(self, server):
        server.use("console-1", type="console")
        with pytest.raises(NotebookError, match="none of them has this kernel"):
            locate(shell(), server.environ)

    def test_two_notebooks_with_one_kernel(self, server):
        server.use("a.ipynb")
        server.use("b.ipynb")
        with pytest.raises(NotebookError, match=r"2 notebooks use this kernel: a\.ipynb, b\.ipynb") as error:
            locate(shell(), server.environ)
        assert error.value.code == "JPE104"

    def test_a_server_that_is_not_on_loopback_is_never_asked(self, server):
        server.describe(url="http://jupyter.example.org:8888/")
        server.use("a.ipynb")
        with pytest.raises(NotebookError, match="does not listen on a loopback address"):
            locate(shell(), server.environ)
        assert server.seen == []

    def test_a_redirect_is_not_followed(self, server):
        server.redirect = "/lab/api/elsewhere"
        with pytest.raises(NotebookError, match="the answer was 302") as error:
            locate(shell(), server.environ)
        assert len(server.seen) == 1
        assert TOKEN not in str(error.value)

    def test_an_unreachable_server_falls_through_to_the_variable(self, server, folder):
        server.describe(url="http://127.0.0.1:9/")
        found = locate(shell(), {**server.environ, "JPY_SESSION_NAME": str(folder / "a.ipynb")})
        assert found.how == "JPY_SESSION_NAME"
        assert found.tried == (
            "the Jupyter server's sessions: no connection ([Errno 111] Connection refused)",
            "VS Code's __vsc_ipynb_file__: not set",
        )

    @pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"url": "http://[::1"}'])
    def test_a_broken_runtime_file(self, server, text):
        (server.runtime / "jpserver-4242.json").write_text(text)
        with pytest.raises(NotebookError) as error:
            locate(shell(), server.environ)
        assert error.value.code == "JPE101"

    def test_a_file_that_only_the_server_can_reach(self, server):
        server.use("far/away.ipynb")
        server.contents["far/away.ipynb"] = {"content": NOTEBOOK, "last_modified": "2026-11-20T14:02:00.500000Z"}
        found = locate(shell(), server.environ)
        saved = read_located(found)
        assert (saved.notebook.name, saved.notebook.path) == ("away", "far/away.ipynb")
        assert saved.modified == 1795183320.5
        assert TOKEN not in repr(found)

    def test_a_file_that_no_one_can_reach(self, server):
        server.use("gone.ipynb")
        with pytest.raises(NotebookError, match="404") as error:
            read_located(locate(shell(), server.environ))
        assert error.value.code == "JPE102"

    def test_a_notebook_that_is_larger_than_any_file_that_is_read(self, server, monkeypatch):
        monkeypatch.setattr("jpe_magics.adapters.live.server.LARGEST_FILE", 2**20)
        server.use("large.ipynb")
        large = {**NOTEBOOK, "metadata": {"x": "x" * 2**20}}
        server.contents["large.ipynb"] = {"content": large, "last_modified": "2026-11-20T14:02:00.500000Z"}
        with pytest.raises(NotebookError, match="larger than 1 MiB") as error:
            read_located(locate(shell(), server.environ))
        assert error.value.code == "JPE102"


class TestOthers:
    def test_vscode_variable(self, folder):
        found = locate(shell(__vsc_ipynb_file__=str(folder / "a.ipynb")), {})
        assert found.path == str(folder / "a.ipynb")

    def test_vscode_cell_id_knows_of_a_save_under_another_name(self, folder):
        request = CellRequest(metadata={"cellId": uri(str(folder / "b.ipynb"))})
        found = locate(shell(__vsc_ipynb_file__=str(folder / "a.ipynb")), {}, request=request)
        assert (found.path, found.how) == (str(folder / "b.ipynb"), "VS Code's cell id")

    def test_vscode_variable_where_another_front_end_has_taken_over(self, folder):
        request = CellRequest(metadata={"cellId": "1234-abcd"})
        environ = {"JPY_SESSION_NAME": str(folder / "b.ipynb")}
        found = locate(shell(__vsc_ipynb_file__=str(folder / "a.ipynb")), environ, request=request)
        assert found.path == str(folder / "b.ipynb")

    def test_a_folder_as_session_name_is_none(self, folder):
        with pytest.raises(NotebookError, match="JPY_SESSION_NAME: names no notebook"):
            locate(shell(), {"JPY_SESSION_NAME": f"{folder}/"})

    def test_a_headless_run_does_not_take_the_notebook_that_started_it(self, folder):
        environ = {"JPY_SESSION_NAME": str(folder / "a.ipynb")}
        with pytest.raises(NotebookError, match="inherited"):
            locate(shell(), environ, request=CellRequest(stdin=False))
        assert locate(shell(), environ, request=CellRequest()).path == str(folder / "a.ipynb")

    def test_papermill(self, folder, monkeypatch):
        monkeypatch.chdir(folder)
        assert locate(shell(PAPERMILL_INPUT_PATH="a.ipynb"), {}).path == str(folder / "a.ipynb")

    def test_ipython_terminal(self, folder):
        terminal = SimpleNamespace(user_ns={"__file__": str(folder / "a.ipynb")})
        assert locate(terminal, {}).how == "__file__"

    def test_what_is_remembered_must_agree(self, folder):
        names = {"PAPERMILL_INPUT_PATH": str(folder / "b.ipynb")}
        with pytest.raises(NotebookError, match="not clear which notebook") as error:
            locate(shell(**names), {"JPY_SESSION_NAME": str(folder / "a.ipynb")})
        assert error.value.code == "JPE104"
        assert "a.ipynb" in error.value.message
        assert "b.ipynb" in error.value.message
        agreeing = locate(shell(**names), {"JPY_SESSION_NAME": str(folder / "b.ipynb")})
        assert agreeing.path == str(folder / "b.ipynb")

    def test_nothing_found_says_what_was_tried_and_what_to_do(self, tmp_path):
        with pytest.raises(NotebookError) as error:
            locate(shell(__vsc_ipynb_file__=str(tmp_path / "gone.ipynb")), {})
        assert error.value.code == "JPE101"
        for tried in (
            "server's sessions",
            "gone.ipynb is not on this disk",
            "JPY_SESSION_NAME",
            "PAPERMILL_INPUT_PATH",
        ):
            assert tried in error.value.message
        assert "--notebook PATH" in error.value.hint
        assert "JPE_NOTEBOOK_PATH" in error.value.hint

    def test_the_mirror_comes_first(self, server, folder):
        server.use("b.ipynb")
        assert locate(shell(), server.environ, mirror="a.ipynb").path == str(folder / "a.ipynb")
        assert server.seen == []


@pytest.mark.parametrize(
    ("cell_id", "path"),
    [
        (uri("/home/ada/my%20etl.ipynb"), "/home/ada/my etl.ipynb"),
        (uri("//ssh-remote%2Bbox/home/me/a.ipynb", "dnNjb2RlLXJlbW90ZQ%3D%3D"), "/home/me/a.ipynb"),
        (uri("/c%3A/Users/me/a.ipynb"), "c:/Users/me/a.ipynb"),
        (uri("Untitled-1.ipynb", "dW50aXRsZWQ%3D"), ""),
        ("vscode-notebook-cell:/home/ada/a.ipynb", ""),
        ("vscode-notebook-cell:/home/ada/a.ipynb#W0s%%%", ""),
        ("4f2c-77", ""),
    ],
)
def test_path_in_a_cell_uri(cell_id, path):
    assert vscode.notebook_path(cell_id) == path


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://localhost:8888/", "http://localhost:8888/"),
        ("https://127.0.0.1:8888/user/me", "https://127.0.0.1:8888/user/me/"),
        ("http://127.8.9.1/", "http://127.8.9.1/"),
        ("http://[::1]:8888/", "http://[::1]:8888/"),
        ("http://0.0.0.0:8888/", "http://127.0.0.1:8888/"),
        ("http://[::]:8888/", "http://[::1]:8888/"),
        ("http://10.0.0.7:8888/", ""),
        ("http://localhost.example.org:8888/", ""),
        ("http://127.0.0.1@example.org/", ""),
        ("http+unix://%2Ftmp%2Fsock/", ""),
        ("file:///etc/passwd", ""),
        ("http://[::1", ""),
        ("http://localhost:99999/", ""),
        ("", ""),
    ],
)
def test_loopback(url, address):
    assert loopback(url) == address


@pytest.mark.parametrize(
    ("stdin", "session", "headless"),
    [(True, "", False), (False, "", True), (False, "/w/a.ipynb", False), (True, "/w/a.ipynb", False)],
)
def test_headless(server, stdin, session, headless):
    assert is_headless(CellRequest(stdin=stdin), {**server.environ, "JPY_SESSION_NAME": session}) is headless
