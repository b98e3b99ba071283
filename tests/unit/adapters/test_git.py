"""Pushing with the real git program: into bare repositories, over a path and over HTTP."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from jpe_magics.adapters.git import push
from jpe_magics.core.flow import Push
from jpe_magics.errors import Interrupted, JpeError, NoAnswer, PublishError, SettingsError
from jpe_magics.model.artifact import File
from jpe_magics.model.secret import Secret

_SERVER = Path(__file__).parents[2] / "git_http_server.py"


@pytest.fixture(scope="module")
def servers():
    spec = importlib.util.spec_from_file_location("jpe_tests_git_http_server", _SERVER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(servers, tmp_path):
    with servers.GitHttpServer(tmp_path / "served") as running:
        yield running


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """The user's git configuration: a file of the test's own."""
    for name in [one for one in os.environ if one.startswith("GIT_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "gitconfig"
    path.write_text("[user]\n  name = Ada\n  email = ada@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield path
    assert list(temporary.iterdir()) == []  # whatever happened, nothing stays behind


def git(where, *words, data=b""):
    ran = subprocess.run(["git", "-C", str(where), *words], input=data, capture_output=True, check=True)
    return ran.stdout.decode().strip()


def bare(folder, name="dags", branch="main"):
    path = folder / f"{name}.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", branch, str(path)], check=True)
    return path


def made(body="x = 1", notebook="etl.ipynb", path="dags/etl.py"):
    return File(path, f"# Made by jpe_magics 0.1.0 from {notebook} (sha256 ab).\n{body}\n")


def send(
    remote, file, *, username="", password="", limit=60.0, stop=None, pulse=lambda: None, tell=lambda _: None, **step
):
    values = {"branch": "main", "message": "Export etl", **step}
    return push(
        Push(str(remote), file=file, **values),
        username=username,
        password=Secret(password),
        limit=limit,
        stop=stop or threading.Event(),
        pulse=pulse,
        tell=tell,
    )


def commit(where, path, data, branch="main", mode="100644"):
    """Commit by hand, as somebody else."""
    index = {**os.environ, "GIT_INDEX_FILE": str(where / "index-by-hand")}
    ref = f"refs/heads/{branch}"

    def run(*words, given=b"", check=True):
        ran = subprocess.run(
            ["git", "-C", str(where), *words], input=given, capture_output=True, env=index, check=check
        )
        return ran.stdout.decode().strip()

    parent = run("rev-parse", "--verify", "-q", ref, check=False)
    run("read-tree", parent or "--empty")
    blob = "1" * 40 if mode == "160000" else run("hash-object", "-w", "--stdin", given=data)
    run("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
    parents = ("-p", parent) if parent else ()
    new = run("commit-tree", run("write-tree"), *parents, "-m", "by hand")
    run("update-ref", ref, new)
    (where / "index-by-hand").unlink()
    return new


def text(where, path, branch="main"):
    return git(where, "show", f"{branch}:{path}")


def count(where, branch="main"):
    return int(git(where, "rev-list", "--count", branch))


# ---- what becomes of a file -----------------------------------------------------------------------------


def test_created_updated_unchanged(tmp_path):
    there = bare(tmp_path)
    commit(there, "README.md", b"# DAGs")
    commit(there, "dags/other.py", b"other = 1")
    first = send(there, made())
    assert first.commit == git(there, "rev-parse", "main")
    assert first.published.note == f"created, commit {first.commit[:8]}"
    assert (first.published.kind, first.published.place) == ("commit", f"{there}@main:dags/etl.py")
    second = send(there, made("x = 2"))
    assert second.published.note == f"updated, commit {second.commit[:8]}"
    again = send(there, made("x = 2"))
    assert (again.commit, again.published.note) == (second.commit, f"unchanged, commit {second.commit[:8]}")
    assert count(there) == 4
    assert git(there, "ls-tree", "-r", "--name-only", "main").split() == ["README.md", "dags/etl.py", "dags/other.py"]
    assert text(there, "dags/etl.py").endswith("x = 2")
    assert text(there, "dags/other.py") == "other = 1"
    assert git(there, "diff", "--name-only", "main~1", "main") == "dags/etl.py"
    assert git(there, "fsck", "--strict", "--no-dangling") == ""


def test_the_first_commit_makes_the_branch(tmp_path):
    there = bare(tmp_path)
    done = send(there, made(path="etl.py"), branch="team/prod")
    assert git(there, "rev-parse", "team/prod") == done.commit
    assert count(there, "team/prod") == 1


def test_what_is_not_ours_is_kept_unless_replaced(tmp_path):
    there = bare(tmp_path)
    old = commit(there, "dags/etl.py", b"print('by hand')")
    for theirs, said in ((b"print('by hand')", "not made by jpe_magics"), (None, "made from etl.ipynb")):
        with pytest.raises(PublishError, match=said) as caught:
            send(there, made(notebook="new.ipynb" if theirs is None else "etl.ipynb"))
        assert caught.value.code == "JPE502"
        assert "--replace" in caught.value.hint
        if theirs is not None:
            done = send(there, made(), replace=True)
            assert done.published.note == (f"replaced, commit {done.commit[:8]}; the old file is in commit {old[:8]}")
    assert git(there, "show", f"{old}:dags/etl.py") == "print('by hand')"


def test_what_another_notebook_of_the_same_name_made_is_kept_unless_replaced(tmp_path):
    there = bare(tmp_path)
    place = send(there, made()).published.place
    with pytest.raises(PublishError, match=r"made from /w/etl\.ipynb") as caught:
        send(there, made("x = 2"), others={place: "/w/etl.ipynb"})
    assert caught.value.code == "JPE502"
    done = send(there, made("x = 2"), others={place: "/w/etl.ipynb"}, replace=True)
    assert done.published.note.startswith("replaced")
    done = send(there, made("x = 3"), others={f"{place}x": "/w/etl.ipynb"})
    assert done.published.note.startswith("updated")


def test_the_mode_of_a_file_stays(tmp_path):
    there = bare(tmp_path)
    commit(there, "etl.py", made("x = 0").text.encode(), mode="100755")
    send(there, made(path="etl.py"))
    assert git(there, "ls-tree", "main", "etl.py").startswith("100755")


@pytest.mark.parametrize(
    ("stands", "mode", "path", "what"),
    [
        ("dags", "120000", "dags/etl.py", "dags is a symlink"),
        ("dags/etl.py", "120000", "dags/etl.py", "dags/etl.py is a symlink"),
        ("dags", "100644", "dags/etl.py", "dags is a file"),
        ("dags/etl.py/x", "100644", "dags/etl.py", "dags/etl.py is a folder"),
        ("dags", "160000", "dags/etl.py", "dags is a submodule"),
        ("a*", "100644", "a*/etl.py", r"a\* is a file"),
    ],
)
def test_nothing_is_written_through_a_symlink_or_over_a_folder(tmp_path, stands, mode, path, what):
    there, outside = bare(tmp_path), tmp_path / "outside"
    outside.mkdir()
    before = commit(there, stands, str(outside).encode(), mode=mode)
    with pytest.raises(PublishError, match=what) as caught:
        send(there, made(path=path), replace=True)
    assert caught.value.code == "JPE502"
    assert list(outside.iterdir()) == []
    assert git(there, "rev-parse", "main") == before


# ---- who, and what of the user's is used -----------------------------------------------------------------


def who(there):
    return git(there, "log", "-1", "--format=%an <%ae>, %cn <%ce>: %B")


def test_author_and_committer(tmp_path, config):
    there = bare(tmp_path)
    send(there, made("1"), message="Export Zoë's etl")
    assert who(there) == "Ada <ada@example.org>, Ada <ada@example.org>: Export Zoë's etl"
    send(there, made("2"), author="Zoë Lee <zoe@example.org>")
    assert who(there) == "Zoë Lee <zoe@example.org>, Ada <ada@example.org>: Export etl"
    config.write_text("")
    send(there, made("3"))
    nobody = "jpe_magics <jpe_magics@localhost>"
    assert who(there) == f"{nobody}, {nobody}: Export etl"
    send(there, made("4"), author="Zoë Lee <zoe@example.org>")
    assert who(there) == f"Zoë Lee <zoe@example.org>, {nobody}: Export etl"


def test_the_users_work_tree_hooks_and_signing_are_left_alone(tmp_path, monkeypatch, config):
    there, called = bare(tmp_path), tmp_path / "called"
    record = tmp_path / "record"
    # the remote's own git reads the same configuration here, and may run them
    record.write_text(f'#!/bin/sh\ntest "$PWD" = {there} && exit 0\necho "$0" >> {called}\nexit 1\n')
    record.chmod(0o755)
    for folder in ("hooks", "template/hooks"):
        (tmp_path / folder).mkdir(parents=True)
        for hook in ("pre-push", "reference-transaction", "post-index-change", "pre-auto-gc"):
            (tmp_path / folder / hook).symlink_to(record)
    config.write_text(
        f"{config.read_text()}[core]\n  hooksPath = {tmp_path}/hooks\n[init]\n  templateDir = {tmp_path}/template\n"
        f"[commit]\n  gpgSign = true\n[push]\n  gpgSign = if-asked\n[gpg]\n  program = {record}\n"
    )
    tree = tmp_path / "tree"
    subprocess.run(["git", "-c", "core.hooksPath=/dev/null", "init", "-q", "--template=", str(tree)], check=True)
    (tree / "mine.txt").write_text("staged")
    git(tree, "-c", "core.hooksPath=/dev/null", "add", "mine.txt")
    (tree / "mine.txt").write_text("edited")

    def state():
        return {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}

    before = state()
    monkeypatch.chdir(tree)
    monkeypatch.setenv("GIT_DIR", str(tree / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tree))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    monkeypatch.setenv("GIT_TRACE", str(tree / "trace"))
    done = send("../dags.git", made())  # a relative path counts from the working folder
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_TRACE"):
        monkeypatch.delenv(name)
    assert git(there, "rev-parse", "main") == done.commit
    assert state() == before
    assert not called.exists()


# ---- over HTTP: the login --------------------------------------------------------------------------------


def test_the_password_is_nowhere_but_in_the_environment_of_git(server, tmp_path):
    server.repository("dags")
    seen = []

    def look(number, method, path):
        """Read what everybody may read of every process, while git waits for this answer."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended
                seen.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        for folder in (tmp_path / "temporary").glob("jpe-git-*"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            seen.extend(one.read_text(errors="replace") for one in folder.rglob("*") if one.is_file())

    server.fault = look
    done = send(server.url("dags"), made(), username=server.user, password=server.password)
    assert any("git-remote-http" in one or "remote-http" in one for one in seen)
    assert any("[remote" in one or "[core]" in one for one in seen)
    encoded = server.authorizations[-1].partition(" ")[2]
    assert encoded
    spellings = (server.password, server.password.replace("/", "%2F").replace(":", "%3A"), encoded)
    assert [one for one in seen if any(spelling in one for spelling in spellings)] == []
    assert server.password not in repr(done)


def test_the_users_credential_helpers_are_neither_asked_nor_told(server, tmp_path, config):
    server.repository("dags")
    store = tmp_path / "store"
    store.write_text(server.url("dags").replace("://", "://bob:wrong@") + "\n")
    config.write_text(
        f"{config.read_text()}[credential]\n  helper = store --file={store}\n"
        f'[credential "http://127.0.0.1"]\n  helper = store --file={store}\n'
    )
    before = store.read_text()
    send(server.url("dags"), made(), username=server.user, password=server.password)
    assert store.read_text() == before


def test_without_a_login_of_ours_the_users_helper_counts(server, tmp_path, config):
    there = server.repository("dags")
    store = tmp_path / "store"
    password = server.password.replace("/", "%2F").replace(":", "%3A")
    store.write_text(server.url("dags").replace("://", f"://{server.user}:{password}@") + "\n")
    config.write_text(f"{config.read_text()}[credential]\n  helper = store --file={store}\n")
    send(server.url("dags"), made())
    assert count(there) == 1


def test_the_password_does_not_follow_a_redirect(server, servers, tmp_path):
    server.repository("dags")
    with servers.GitHttpServer(tmp_path / "other") as other:
        other.repository("dags")
        server.fault = lambda number, method, path: other.url("x").removesuffix("/x.git")
        with pytest.raises(PublishError, match="redirects") as caught:
            send(server.url("dags"), made(), username=server.user, password=server.password)
        assert caught.value.code == "JPE508"
        assert not any(other.authorizations)


@pytest.mark.parametrize(
    ("login", "code", "said"),
    [
        (("ada", "wr0ng-pa55"), "JPE505", "does not accept the login"),
        (("", ""), "JPE505", "lacks one"),
        (("bob", "only-reads"), "JPE506", "does not allow this user to push"),
    ],
)
def test_a_refused_login_is_named_and_not_shown(server, login, code, said):
    there = server.repository("dags")
    commit(there, "README.md", b"#")
    with pytest.raises(PublishError, match=said) as caught:
        send(server.url("dags"), made(), username=login[0], password=login[1])
    assert caught.value.code == code
    assert not login[1] or login[1] not in str(caught.value)


def test_what_a_hook_of_the_remote_says_is_told_without_secrets(server):
    there = server.repository("dags")
    hook = there / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\necho 'main is protected, {server.password}'\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PublishError, match="main is protected") as caught:
        send(server.url("dags"), made(), username=server.user, password=server.password)
    assert caught.value.code == "JPE506"
    assert "hook declined" in caught.value.message
    assert server.password not in str(caught.value)
    assert git(there, "for-each-ref") == ""


@pytest.mark.parametrize("secret", ["two\nlines", "a\0b"])
def test_a_password_that_would_break_the_protocol_is_refused(server, secret):
    server.repository("dags")
    with pytest.raises(SettingsError) as caught:
        send(server.url("dags"), made(), username="ada", password=secret)
    assert server.requests == []
    assert secret not in str(caught.value)


# ---- what is not there -----------------------------------------------------------------------------------


def test_a_missing_branch_is_named_with_those_that_are_there(tmp_path):
    there = bare(tmp_path)
    commit(there, "README.md", b"#", "main")
    commit(there, "README.md", b"#", "team/dev")
    with pytest.raises(PublishError, match="no branch prod") as caught:
        send(there, made(), branch="prod")
    assert caught.value.code == "JPE507"
    assert "main, team/dev" in caught.value.hint
    assert "JPE_GIT_BRANCH" in caught.value.hint


@pytest.mark.parametrize(
    ("remote", "code"),
    [
        ("{folder}/nothing.git", "JPE507"),
        ("file://{folder}/not%20found-ssl.git", "JPE507"),
        ("{http}/nothing.git", "JPE507"),
        ("http://127.0.0.1:9/redirect-not-found.git", "JPE504"),
        ("git://127.0.0.1:9/dags.git", "JPE504"),
        ("http://nowhere.invalid/dags.git", "JPE504"),
    ],
)
def test_a_missing_remote_is_named(server, tmp_path, remote, code):
    address = remote.format(folder=tmp_path, http=server.url("x").removesuffix("/x.git"))
    with pytest.raises(PublishError) as caught:
        send(address, made(), username=server.user, password=server.password)
    assert caught.value.code == code, str(caught.value)
    assert address in caught.value.where
    if code == "JPE504":
        assert isinstance(caught.value, NoAnswer)
        assert caught.value.arrived is False


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "--upload-pack=touch /tmp/x",
        "ext::sh -c touch% x",
        "https://ada:pw@host/x.git",
        "https://ghp_x@host/x",
        "https://[host/x",
        "a\nb",
    ],
)
def test_an_address_that_git_must_not_see_is_refused(remote):
    with pytest.raises(SettingsError) as caught:
        send(remote, made())
    assert "pw" not in str(caught.value)
    assert "ghp_x" not in str(caught.value)


def test_an_ext_remote_behind_an_alias_is_refused(tmp_path, config):
    config.write_text(f'[url "ext::touch {tmp_path}/ran "]\n  insteadOf = dags:\n[protocol "ext"]\n  allow = always\n')
    with pytest.raises(JpeError):
        send("dags:x", made())
    assert not (tmp_path / "ran").exists()


def test_no_git_program(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PublishError, match="git program") as caught:
        send(tmp_path / "dags.git", made())
    assert caught.value.code == "JPE503"
    assert "install git" in caught.value.hint


# ---- ssh -------------------------------------------------------------------------------------------------


def fake_ssh(tmp_path, name):
    """A program in place of ssh that notes its arguments and runs the command here."""
    program = tmp_path / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/ssh-calls\nfor last; do :; done\nexec sh -c "$last"\n'
    )
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("form", ["ssh://git@host{path}", "git@host:{path}"])
def test_ssh_asks_nobody_and_is_told_no_password(tmp_path, monkeypatch, form, config):
    there = bare(tmp_path)
    fake_ssh(tmp_path, "ssh")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    done = send(form.format(path=there), made(), username="ada", password="pa55-w0rd")
    assert git(there, "rev-parse", "main") == done.commit
    calls = (tmp_path / "ssh-calls").read_text()
    assert calls.count("BatchMode=yes") == len(calls.splitlines()) > 0
    assert "pa55-w0rd" not in calls


@pytest.mark.parametrize("by", ["variable", "setting"])
def test_the_users_own_ssh_command_counts(tmp_path, monkeypatch, config, by):
    there = bare(tmp_path)
    command = f"{fake_ssh(tmp_path, 'my-ssh')} -i key"
    if by == "variable":
        monkeypatch.setenv("GIT_SSH_COMMAND", command)
    else:
        config.write_text(f"[core]\n  sshCommand = {command}\n")
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    send(f"ssh://git@host{there}", made())
    assert "my-ssh -i key" in (tmp_path / "ssh-calls").read_text()
    assert count(there) == 1


# ---- others push, too ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["path", "http"])
def test_pushes_at_the_same_time_all_arrive(server, way):
    there = server.repository("dags")
    commit(there, "README.md", b"#")
    remote, login = str(there), {}
    if way == "http":
        remote, login = server.url("dags"), {"username": server.user, "password": server.password}
    together = threading.Barrier(3)

    def pusher(name):
        together.wait(30)
        return [send(remote, made(f"n = {n}", path=f"dags/{name}.py"), **login).commit for n in range(2)]

    with ThreadPoolExecutor(3) as pool:
        commits = [one for some in pool.map(pusher, "abc") for one in some]
    assert len(set(commits)) == 6
    assert count(there) == 7
    assert git(there, "rev-list", "--merges", "main") == ""
    assert set(git(there, "rev-list", "main").split()) >= set(commits)
    assert all(text(there, f"dags/{name}.py").endswith("n = 1") for name in "abc")
    assert git(there, "fsck", "--no-dangling") == ""


@pytest.mark.parametrize(
    ("theirs", "ends"),
    [
        (made("x = 99"), "updated"),
        (made(), "unchanged"),
        (made(notebook="other.ipynb"), "JPE502"),
        (File("README.md", "else"), "created"),
    ],
)
def test_a_push_that_was_overtaken_is_judged_again(server, theirs, ends):
    there = server.repository("dags")
    commit(there, "README.md", b"#")
    hits = []

    def overtake(number, method, path):
        if method == "POST" and path.endswith("git-receive-pack") and not hits:
            hits.append(commit(there, theirs.path, theirs.text.encode()))

    server.fault = overtake
    login = {"username": server.user, "password": server.password}
    if ends == "JPE502":
        with pytest.raises(PublishError, match=r"other\.ipynb") as caught:
            send(server.url("dags"), made(), **login)
        assert caught.value.code == "JPE502"
        assert git(there, "rev-parse", "main") == hits[0]
    else:
        done = send(server.url("dags"), made(), **login)
        assert done.published.note.startswith(ends)
        assert git(there, "merge-base", "--is-ancestor", hits[0], "main") == ""
        assert text(there, "dags/etl.py") == made().text.strip()
        assert count(there) == (2 if ends == "unchanged" else 3)


def test_a_lost_answer_makes_no_second_commit(server):
    there = server.repository("dags")
    lost = []

    def lose(number, method, path):
        if method == "POST" and path.endswith("git-receive-pack") and not lost:
            lost.append(path)
            return "lose"
        return None

    server.fault = lose
    done = send(server.url("dags"), made(), username=server.user, password=server.password)
    assert lost
    assert count(there) == 1
    assert done.commit == git(there, "rev-parse", "main")
    assert done.published.note.startswith("created")


def test_nothing_is_lost_while_every_fifth_request_fails(server):
    """A fetch alone is four requests, so more faults than these let nobody through."""
    there = server.repository("dags")
    ways = (500, "drop", "lose")
    server.fault = lambda number, method, path: ways[number // 5 % 3] if number % 5 == 0 else None
    login = {"username": server.user, "password": server.password}
    for number in range(6):
        done = send(server.url("dags"), made(f"n = {number}"), **login)
        assert text(there, "dags/etl.py").endswith(f"n = {number}")
        assert done.commit == git(there, "rev-parse", "main")
        assert not done.published.note.startswith("unchanged")
    assert count(there) == 6


# ---- an end --------------------------------------------------------------------------------------------


def running(folder):
    """The processes that work in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if str(folder) in str((process / "cwd").readlink()):
                found.append(int(process.name))
    return found


@pytest.fixture
def hanging(server):
    """Make requests hang whose path ends so; `hangs` tells that one does."""
    release, hangs = threading.Event(), threading.Event()

    def at(end):
        def hang(number, method, path):
            if method == "POST" and path.endswith(end):
                hangs.set()
                release.wait(120)
                return "drop"
            return None

        server.fault = hang
        return hangs

    commit(server.repository("dags"), "README.md", b"#")
    yield at
    release.set()


@pytest.mark.parametrize(("end", "arrived"), [("git-upload-pack", False), ("git-receive-pack", True)])
def test_a_push_that_takes_too_long_is_ended(server, hanging, tmp_path, monkeypatch, end, arrived):
    hangs = hanging(end)
    late = SimpleNamespace(monotonic=lambda: time.monotonic() + 600 * hangs.is_set())  # it hangs, and time is up
    monkeypatch.setattr("jpe_magics.adapters.git.program.time", late)
    with pytest.raises(NoAnswer, match="within 600 s") as caught:
        send(server.url("dags"), made(), username=server.user, password=server.password, limit=600)
    assert caught.value.arrived is arrived
    assert ("may have arrived" in caught.value.message) is arrived
    assert running(tmp_path / "temporary") == []


@pytest.mark.parametrize(("end", "arrived"), [("git-upload-pack", False), ("git-receive-pack", True)])
def test_a_silent_remote_is_given_up_long_before_the_limit(server, hanging, monkeypatch, end, arrived):
    monkeypatch.setattr("jpe_magics.adapters.git.remote.SILENCE", 3)  # whole seconds; a busy machine is silent for one
    hanging(end)
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="was silent") as caught:
        send(server.url("dags"), made(), username=server.user, password=server.password, limit=120)
    assert time.monotonic() - began < 60
    assert caught.value.arrived is arrived
    assert ("may have arrived" in caught.value.message) is arrived
    assert ("not committed twice" in caught.value.hint) is arrived


@pytest.fixture
def black_hole():
    """The address of a host that says nothing to a connection: its queue of those that wait is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        port = listening.getsockname()[1]
        queue = [socket.socket() for _ in range(4)]
        for one in queue:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield f"http://127.0.0.1:{port}/dags.git"
        for one in queue:
            one.close()


def test_a_host_that_says_nothing_is_given_up_long_before_the_limit(black_hole, monkeypatch):
    monkeypatch.setattr("jpe_magics.adapters.git.connect.CONNECT", 0.5)
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no connection to 127\.0\.0\.1:\d+ within 0\.5 s") as caught:
        send(black_hole, made())
    assert time.monotonic() - began < 30
    assert not caught.value.arrived
    assert caught.value.where == black_hole


def test_a_push_to_a_host_that_says_nothing_can_be_stopped(black_hole, monkeypatch):
    monkeypatch.setattr("jpe_magics.adapters.git.connect.CONNECT", 60.0)
    stop = threading.Event()
    pulses = []

    def pulse():
        pulses.append(1)
        if len(pulses) > 5:
            stop.set()

    began = time.monotonic()
    with pytest.raises(Interrupted):
        send(black_hole, made(), stop=stop, pulse=pulse)
    assert time.monotonic() - began < 30


def test_a_remote_that_the_users_settings_lead_elsewhere_is_reached_there(server, black_hole, config):
    commit(server.repository("dags"), "README.md", b"#")
    real = server.url("dags").removesuffix("dags.git")
    config.write_text(config.read_text() + f'[url "{real}"]\n  insteadOf = {black_hole.removesuffix("dags.git")}\n')
    with pytest.raises(PublishError) as caught:
        send(black_hole, made(), username=server.user, password=server.password)
    assert caught.value.code == "JPE505", "it is there, and the password is for the other address alone"


def test_a_login_in_the_users_settings_is_no_argument_of_ours(server, config, tmp_path, monkeypatch):
    """git itself hands it to the program that speaks HTTP; that is theirs."""
    commit(server.repository("dags"), "README.md", b"#")
    told = tmp_path / "arguments"
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> "{told}"\nPATH="${{PATH#*:}}" exec git "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    there = server.url("dags").removesuffix("dags.git")
    with_login = there.replace("://", f"://{server.user}:{quote(server.password, safe='')}@")
    config.write_text(config.read_text() + f'[url "{with_login}"]\n  insteadOf = http://elsewhere.invalid/\n')
    assert send("http://elsewhere.invalid/dags.git", made()).commit == git(
        server.repository("dags"), "rev-parse", "main"
    )
    assert "--get-urlmatch http.proxy" in told.read_text()
    assert quote(server.password, safe="") not in told.read_text()


def test_a_remote_that_the_users_settings_lead_to_ssh_is_for_ssh_to_reach(black_hole, config, monkeypatch, tmp_path):
    """ssh may know another way there than a connection: a jump host, another name."""
    monkeypatch.setattr("jpe_magics.adapters.git.connect.CONNECT", 0.5)
    there = bare(tmp_path)
    commit(there, "README.md", b"#")
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    led = black_hole.replace("http://", "ssh://git@").removesuffix("/dags.git") + str(tmp_path)
    config.write_text(config.read_text() + f'[url "{led}/"]\n  insteadOf = http://elsewhere.invalid/\n')
    assert send("http://elsewhere.invalid/dags.git", made()).commit == git(there, "rev-parse", "main")


def test_a_host_with_several_addresses_has_no_more_time_than_one_with_one(black_hole, monkeypatch):
    """The system asks one after the other, each for as long as it is told."""
    monkeypatch.setattr("jpe_magics.adapters.git.connect.CONNECT", 40.0)
    monkeypatch.setattr("jpe_magics.adapters.git.connect.look_up", lambda host, limit: 40)
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="no connection to"):
        send(black_hole, made())
    assert time.monotonic() - began < 30, "a fortieth of 40 s for the one that it has"


def test_behind_a_proxy_the_host_itself_is_not_asked(black_hole, monkeypatch):
    monkeypatch.setattr("jpe_magics.adapters.git.connect.CONNECT", 0.5)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(NoAnswer, match=r"Failed to connect to 127\.0\.0\.1 port 1"):
        send(black_hole, made())


@pytest.mark.parametrize(
    ("then", "code"), [(500, "JPE504"), (403, "JPE506"), ("lose", "JPE504")], ids=["broken", "refused", "lost"]
)
def test_a_push_that_may_have_arrived_says_so_however_it_ends(server, monkeypatch, then, code):
    """The answer to the push is lost, and nothing works from then on."""
    there = server.repository("dags")
    commit(there, "README.md", b"#")
    monkeypatch.setattr("jpe_magics.adapters.git.TRIES", 2)
    lost = []

    def lose(number, method, path):
        if lost:
            return then
        if method == "POST" and path.endswith("git-receive-pack"):
            lost.append(path)
            return "lose"
        return None

    server.fault = lose
    with pytest.raises(PublishError) as caught:
        send(server.url("dags"), made(), username=server.user, password=server.password)
    assert count(there) == 2  # it has arrived
    assert caught.value.code == code
    assert "may have arrived" in caught.value.message
    assert "not committed twice" in caught.value.hint


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_push_that_is_refused_has_not_arrived(server, status):
    commit(server.repository("dags"), "README.md", b"#")
    server.fault = lambda number, method, path: status if path.endswith("git-receive-pack") else None
    with pytest.raises(PublishError) as caught:
        send(server.url("dags"), made(), username=server.user, password=server.password)
    assert "may have arrived" not in str(caught.value)


def test_a_remote_that_nobody_reaches_has_got_nothing(servers, tmp_path):
    with servers.GitHttpServer(tmp_path / "gone") as server:
        commit(server.repository("dags"), "README.md", b"#")
        server.fault = lambda number, method, path: "drop" if path.endswith("git-receive-pack") else None
        url = server.url("dags")
        login = {"username": server.user, "password": server.password}
    with pytest.raises(NoAnswer, match="can't be reached") as caught:
        send(url, made(), **login)
    assert not caught.value.arrived
    assert "arrived" not in str(caught.value)


def test_what_breaks_off_for_long_is_told_while_it_is_tried_again(server, monkeypatch):
    monkeypatch.setattr("jpe_magics.adapters.git.QUIET", 0.0)
    server.repository("dags")
    broken = iter([500, 500])
    server.fault = lambda number, method, path: next(broken, None)
    told = []
    send(server.url("dags"), made(), tell=told.append, username=server.user, password=server.password)
    assert len(told) == 3
    assert told[0].startswith("the git remote broke off: ")
    assert told[-1] == ""


def test_a_push_that_hangs_calls_its_pulse(server, hanging):
    hangs, stop, pulses = hanging("git-upload-pack"), threading.Event(), []

    def pulse():
        pulses.append(hangs.is_set())
        if sum(pulses) > 3:
            stop.set()

    with pytest.raises(Interrupted):
        send(server.url("dags"), made(), stop=stop, pulse=pulse, username=server.user, password=server.password)


def test_a_push_can_be_stopped(server, hanging, tmp_path):
    hangs, stop = hanging("git-receive-pack"), threading.Event()
    helper = threading.Thread(target=lambda: (hangs.wait(60), stop.set()))
    helper.start()
    with pytest.raises(Interrupted, match="may have arrived"):
        send(server.url("dags"), made(), username=server.user, password=server.password, stop=stop)
    helper.join()
    assert running(tmp_path / "temporary") == []
    with pytest.raises(Interrupted):
        send(server.url("dags"), made(), stop=stop)


def test_an_interrupt_from_the_keyboard_ends_git_and_goes_on(server, hanging, tmp_path):
    hangs, main = hanging("git-upload-pack"), threading.main_thread().ident
    helper = threading.Thread(target=lambda: (hangs.wait(60), signal.pthread_kill(main, signal.SIGINT)))
    helper.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        send(server.url("dags"), made(), username=server.user, password=server.password)
    helper.join()
    assert time.monotonic() - began < 60
    assert running(tmp_path / "temporary") == []
