"""DAG files into a Gitea that keeps the real one's rules and commits to real repositories, through the real driver."""

from __future__ import annotations

import importlib.util
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from jpe_magics.adapters.declared import JpeMagics
from jpe_magics.adapters.drive import Outside, drive
from jpe_magics.adapters.settings import Settings
from jpe_magics.core.flow import Surroundings
from jpe_magics.core.flow.dags import put_file
from jpe_magics.core.secrets import Redactor
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.artifact import File

_SERVER = Path(__file__).parents[1] / "gitea_server.py"


@pytest.fixture(scope="module")
def servers():
    spec = importlib.util.spec_from_file_location("jpe_tests_gitea_server", _SERVER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def gitea(servers, tmp_path):
    with servers.GiteaServer(tmp_path / "gitea") as running:
        yield running


class Watch:
    """Keeps what it is told."""

    def __init__(self):
        self.published, self.told = [], []

    def made(self, published):
        self.published.append(published)

    def state(self, state):
        raise AssertionError(state)

    def tell(self, progress):
        self.told.append(progress.step)


class Publisher:
    """Puts files where the settings say."""

    def __init__(self, gitea, **variables):
        self.variables = {
            "GITEA_API_URL": gitea.api_url,
            "GITEA_TOKEN": gitea.token,
            "GITEA_UI_URL": "https://git.example.org",
            "JPE_GIT_OWNER": "team",
            "JPE_GIT_REPOSITORY": "dags",
            "JPE_REQUEST_TIMEOUT": "5",
            **variables,
        }
        self.watch = Watch()

    def put(self, file, replace=False, patience=10.0):
        """Return where the file is, and what was made."""
        variables = {name: value for name, value in self.variables.items() if value}
        settings = Settings(JpeMagics(), variables, list)
        around = Surroundings(settings.get, settings.is_set, "", "etl.ipynb", "ada", "id-1")
        kept = []

        def flow():
            kept.append((yield from put_file(file, replace, around)))

        redact = Redactor(secrets=settings.confidential())
        drive(flow(), Outside(settings, threading.Event(), redact, patience=patience), self.watch)
        return kept[0], self.watch.published[-1]

    def fails(self, file=None, replace=False, patience=0.5):
        with pytest.raises(PublishError) as caught:
            self.put(file or made(), replace, patience)
        token = self.variables["GITEA_TOKEN"]
        assert not token or token not in str(caught.value)
        return caught.value


def made(body="x = 1", notebook="etl.ipynb", name="etl.py"):
    return File(name, f"# Made by jpe_magics 0.1.0 from {notebook} (sha256 ab).\n{body}\n")


def git(bare, *words):
    ran = subprocess.run(["git", f"--git-dir={bare}", *words], capture_output=True, check=True)
    return ran.stdout.decode().strip()


def commits(bare, branch="main"):
    return int(git(bare, "rev-list", "--count", branch))


def by_hand(gitea, path, data, owner="team", name="dags", branch="main", mode="100644"):
    return gitea.repositories[owner, name].commit(branch, path, data, "by hand", ("Bob", "bob@example.org"), mode)[0]


# ---- when all is well ------------------------------------------------------------------------------------


def test_created_updated_unchanged(gitea):
    bare = gitea.bare_repository("team", "dags")
    publisher = Publisher(gitea, JPE_GIT_AUTHOR="Ada L <ada.l@example.org>")
    kept, published = publisher.put(made())
    assert (kept.provider, kept.path, kept.changed) == ("gitea", "dags/etl.py", True)
    assert kept.commit == git(bare, "rev-parse", "main")
    assert published.place == "team/dags@main:dags/etl.py"
    assert published.link == "https://git.example.org/team/dags/src/branch/main/dags/etl.py"
    assert published.note == f"created, commit {kept.commit[:8]}"
    assert git(bare, "show", "main:dags/etl.py") == made().text.strip()
    assert git(bare, "log", "-1", "--format=%an <%ae>: %B") == "Ada L <ada.l@example.org>: Export etl from etl.ipynb"
    kept, published = publisher.put(made("x = 2"))
    assert published.note == f"updated, commit {kept.commit[:8]}"
    again, published = publisher.put(made("x = 2"))
    assert (again.commit, again.changed) == (kept.commit, False)
    assert published.note == f"unchanged, commit {kept.commit[:8]}"
    assert commits(bare) == 3
    assert [method for method, *_ in gitea.requests] == ["GET", "POST", "GET", "PUT", "GET", "GET"]
    assert publisher.watch.told[0] == "committing dags/etl.py to main of team/dags"


@pytest.mark.parametrize(
    "login",
    [{"GITEA_USERNAME": "ada", "GITEA_PASSWORD": "pw of ada", "GITEA_TOKEN": ""}, {"GITEA_USERNAME": "ada"}],
)
def test_either_login(gitea, login):
    bare = gitea.bare_repository("team", "dags", private=True)
    Publisher(gitea, **login).put(made())
    assert commits(bare) == 2


@pytest.mark.parametrize("branch", ["main", "team/prod"])
def test_the_first_commit_of_an_empty_repository(gitea, branch):
    bare = gitea.bare_repository("team", "dags", empty=True)
    kept, published = Publisher(gitea, JPE_GIT_BRANCH=branch).put(made())
    assert published.note.startswith("created")
    assert kept.commit == git(bare, "rev-parse", branch)
    assert commits(bare, branch) == 1


def test_odd_names_arrive(gitea):
    bare = gitea.bare_repository("team", "dags")
    gitea.repositories["team", "dags"].commit("b/ü#1", "README", b"", "x", ("B", "b@c.d"))
    publisher = Publisher(gitea, JPE_GIT_BRANCH="b/ü#1", JPE_GIT_DAGS_PATH="my dags/50%?", GITEA_UI_URL="")
    _, published = publisher.put(made())
    assert published.link == f"{gitea.url}/team/dags/src/branch/b/%C3%BC%231/my%20dags/50%25%3F/etl.py"
    assert git(bare, "show", "b/ü#1:my dags/50%?/etl.py") == made().text.strip()


# ---- what is not ours ------------------------------------------------------------------------------------


def test_what_is_not_ours_is_kept_unless_replaced(gitea):
    bare = gitea.bare_repository("team", "dags")
    old = by_hand(gitea, "dags/etl.py", b"print('by hand')\n")
    publisher = Publisher(gitea)
    error = publisher.fails()
    assert error.code == "JPE502"
    assert git(bare, "rev-parse", "main") == old
    kept, published = publisher.put(made(), replace=True)
    assert published.note == f"replaced, commit {kept.commit[:8]}; the old file is in commit {old[:8]}"
    assert git(bare, "show", f"{old}:dags/etl.py") == "print('by hand')"
    assert "made from etl.ipynb" in publisher.fails(made(notebook="other.ipynb")).message


def test_a_file_above_the_largest_blob(gitea):
    bare = gitea.bare_repository("team", "dags")
    gitea.max_blob = 100
    publisher = Publisher(gitea)
    for body in ("#" * 5000, "x = 2"):
        publisher.put(made(body))
    assert git(bare, "show", "main:dags/etl.py") == made("x = 2").text.strip()
    by_hand(gitea, "dags/etl.py", b"#" * 5000)
    assert publisher.fails().code == "JPE502"


@pytest.mark.parametrize(
    ("stands", "mode", "code"),
    [
        ("dags/etl.py", "120000", "JPE502"),
        ("dags/etl.py/x", "100644", "JPE502"),
        ("dags", "100644", "JPE508"),
        ("dags", "120000", "JPE508"),
    ],
)
def test_nothing_is_written_over_a_symlink_or_a_folder(gitea, stands, mode, code):
    bare = gitea.bare_repository("team", "dags")
    before = by_hand(gitea, stands, b"/etc", mode=mode)
    assert Publisher(gitea).fails(replace=True).code == code
    assert git(bare, "rev-parse", "main") == before


# ---- what is refused -------------------------------------------------------------------------------------


def test_what_gitea_refuses_is_named(gitea):
    bare = gitea.bare_repository("team", "dags")
    repository = gitea.repositories["team", "dags"]
    gitea.bare_repository("ada", "private", private=True)

    def code(settings=None, **values):
        before = {name: getattr(repository, name) for name in values}
        for name, value in values.items():
            setattr(repository, name, value)
        error = Publisher(gitea, **(settings or {})).fails()
        for name, value in before.items():
            setattr(repository, name, value)
        return error.code, str(error)

    refused = code({"GITEA_TOKEN": "wrong"})
    assert refused[0] == "JPE505"
    assert "GITEA_TOKEN" in refused[1]
    for change in ({"writers": set()}, {"protected_branches": {"main"}}, {"protected_paths": {"dags/etl.py"}}):
        refused = code(**change)
        assert refused[0] == "JPE506", change
        assert "team/dags" in refused[1]
    gitea.users["ada"].scopes = frozenset({"read:repository"})
    refused = code()
    assert refused[0] == "JPE506"
    assert "required=[write:repository]" in refused[1]
    gitea.users["ada"].scopes = frozenset({"read:repository", "write:repository"})
    refused = code(archived=True)
    assert refused[0] == "JPE506"
    assert "archived" in refused[1]
    refused = code({"JPE_GIT_BRANCH": "prod"})
    assert refused[0] == "JPE507"
    assert "no branch prod" in refused[1]
    assert "there are main" in refused[1]
    refused = code({"JPE_GIT_REPOSITORY": "nope"})
    assert refused[0] == "JPE507"
    assert "seen there: team/dags, ada/private" in refused[1]
    # another user sees nothing of a private one, not even that it exists
    refused = code({"GITEA_TOKEN": "b" * 40, "JPE_GIT_OWNER": "ada", "JPE_GIT_REPOSITORY": "private"})
    assert refused[0] == "JPE507"
    assert "seen there: team/dags" in refused[1]
    assert refused[1].endswith("seen there: team/dags")
    refused = code({"GITEA_API_URL": gitea.url})
    assert refused[0] == "JPE508"
    assert "/api/v1" in refused[1]
    assert commits(bare) == 1


def test_auto_finds_out_where_files_go(gitea, tmp_path):
    gitea.bare_repository("team", "dags")
    unset = {"GITEA_TOKEN": "", "JPE_GIT_OWNER": "", "JPE_GIT_REPOSITORY": ""}
    folder = {"JPE_LOCAL_DAGS_FOLDER": str(tmp_path / "folder")}
    error = Publisher(gitea, **unset, **folder).fails()
    assert error.code == "JPE503"
    assert "team/dags" in error.hint
    assert not (tmp_path / "folder").exists()
    for address in ("http://127.0.0.1:9/api/v1", gitea.url):
        kept, _ = Publisher(gitea, **unset, **folder, GITEA_API_URL=address).put(made())
        assert kept.provider == "local"
    assert (tmp_path / "folder" / "etl.py").read_text() == made().text


# ---- others, and bad days --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "theirs", "ends"),
    [
        (None, made("x = 99"), "updated"),
        (made("x = 0"), made("x = 99"), "updated"),
        (made("x = 0"), None, "created"),
        (made("x = 0"), made(), "unchanged"),
        (None, made(notebook="other.ipynb"), "JPE502"),
        (made("x = 0"), File("", "by hand"), "JPE502"),
    ],
)
def test_a_commit_between_reading_and_writing(gitea, before, theirs, ends):
    bare = gitea.bare_repository("team", "dags")
    if before:
        by_hand(gitea, "dags/etl.py", before.text.encode())
    hits = []

    def race():
        if not hits:
            hits.append(by_hand(gitea, "dags/etl.py", theirs and theirs.text.encode()))

    gitea.before_write = race
    if ends == "JPE502":
        assert Publisher(gitea).fails().code == ends
        assert git(bare, "rev-parse", "main") == hits[0]
        return
    kept, published = Publisher(gitea).put(made())
    assert published.note == f"{ends}, commit {kept.commit[:8]}"
    assert git(bare, "show", "main:dags/etl.py") == made().text.strip()
    assert git(bare, "merge-base", "--is-ancestor", hits[0], "main") == ""


def test_pushers_at_the_same_time_all_arrive(gitea):
    bare = gitea.bare_repository("team", "dags")
    together = threading.Barrier(2)

    def pusher(name):
        publisher = Publisher(gitea)
        together.wait(30)
        return [publisher.put(made(f"n = {n}", name=f"{name}.py"))[0].commit for n in range(4)]

    with ThreadPoolExecutor(2) as pool:
        made_commits = [one for some in pool.map(pusher, "ab") for one in some]
    assert len(set(made_commits)) == 8
    assert commits(bare) == 9
    assert all(git(bare, "show", f"main:dags/{name}.py").endswith("n = 3") for name in "ab")


@pytest.mark.parametrize("which", [("GET", "POST", "PUT"), ("POST", "PUT")], ids=["request", "write"])
def test_nothing_is_lost_while_every_third_one_fails(gitea, which):
    """Twenty pushes: each is there, each is one commit, and the same content again is none."""
    bare = gitea.bare_repository("team", "dags")
    ways, counted, hit = (500, "lose", "drop", "after", 502), [], []

    def fault(number, method, path):
        if method in which:
            counted.append(method)
            if len(counted) % 3 == 0:
                hit.append(ways[len(hit) % len(ways)])
                return hit[-1]
        return None

    gitea.fault = fault
    publisher = Publisher(gitea)
    seen = []
    for number in range(20):
        file = made(f"n = {number}", name=f"etl_{number % 3}.py")
        kept, published = publisher.put(file)
        assert git(bare, "show", f"main:dags/{file.path}") == file.text.strip()
        assert kept.commit == git(bare, "rev-parse", "main")
        assert published.note.startswith("created" if number < 3 else "updated")
        seen.append(kept.commit)
        if number % 4 == 0:
            again, published = publisher.put(file)
            assert (again.commit, again.changed) == (kept.commit, False)
    assert len(set(seen)) == 20
    assert commits(bare) == 21
    assert set(hit) == set(ways)


def test_a_gitea_that_never_answers_a_write(gitea, monkeypatch):
    monkeypatch.setattr("jpe_magics.core.flow.gitea.PAUSE", 0.01)
    bare = gitea.bare_repository("team", "dags")
    gitea.fault = lambda number, method, path: "drop" if method != "GET" else None
    error = Publisher(gitea).fails()
    assert isinstance(error, NoAnswer)
    assert error.arrived
    assert commits(bare) == 1


def test_a_gitea_that_is_not_there(gitea):
    error = Publisher(gitea, GITEA_API_URL="http://127.0.0.1:9/api/v1").fails()
    assert isinstance(error, NoAnswer)
    assert "GITEA_API_URL" in error.hint


def test_the_record_and_the_errors_hold_no_credentials(gitea):
    """Not even where Gitea itself sends them back."""
    gitea.bare_repository("team", "dags")
    echo = gitea.answer

    def answer(method, target, headers, body):
        status, _, kind = echo(method, target, headers, body)
        sent = f"you sent {headers['Authorization']} {body.decode()}"
        return (400, {"message": sent}, kind) if method == "POST" else (status, {"message": sent}, kind)

    gitea.answer = answer
    error = Publisher(gitea).fails()
    assert "you sent" in error.message
    assert gitea.token not in str(error) + repr(error) + repr(vars(error))


def test_the_same_through_the_git_program(gitea):
    bare = gitea.bare_repository("team", "dags")
    publisher = Publisher(gitea, JPE_GIT_PROVIDER="git", JPE_GIT_REMOTE_URL=str(bare))
    kept, published = publisher.put(made())
    assert (kept.provider, kept.path, kept.changed) == ("git", "dags/etl.py", True)
    assert kept.commit == git(bare, "rev-parse", "main")
    assert publisher.watch.published == [published]
    assert published.place == f"{bare}@main:dags/etl.py"
    assert publisher.put(made())[0].changed is False
    assert Publisher(gitea).put(made())[0] == replace(kept, provider="gitea", changed=False)
    assert gitea.requests
