from __future__ import annotations

from dataclasses import replace

import pytest

from jpe_magics.core.flow import Answer, Call, Place, Push, Pushed, Surroundings, Tell
from jpe_magics.core.flow.dags import Kept, put_file
from jpe_magics.core.flow.ours import overwriting, told
from jpe_magics.core.flow.repository import (
    checked_branch,
    commit_message,
    file_bytes,
    identity,
    path_in_repository,
    quoted,
)
from jpe_magics.errors import NoAnswer, PublishError, SettingsError
from jpe_magics.model.artifact import File
from jpe_magics.model.publication import Published
from jpe_magics.model.secret import Secret

DEFAULTS = {
    "git_provider": "auto",
    "git_api_url": "http://gitea:3000/api/v1",
    "git_ui_url": "http://gitea:3000",
    "git_token": Secret(""),
    "git_username": Secret(""),
    "git_password": Secret(""),
    "git_owner": "",
    "git_repository": "",
    "git_branch": "main",
    "git_dags_path": "dags",
    "git_remote_url": "",
    "git_commit_message": "Export {name} from {notebook}",
    "git_author": "",
    "local_dags_folder": "dags",
    "probe_timeout": 1.5,
}
FILE = File("etl.py", "# Made by jpe_magics 0.1.0 from etl.ipynb (sha256 ab).\n")


def around(**values):
    settings = {**DEFAULTS, **values}
    return Surroundings(settings.__getitem__, lambda name: name in values, "/nb", "etl.ipynb", "ada", "id-1")


def unanswered():
    return NoAnswer("nothing there")


def play(flow, *results):
    """Return the steps that the flow yields while it is sent `results` (errors are thrown), and what it returns.

    Steps that are sent nothing (`Tell`) need no result.
    """
    steps, results = [], list(results)
    try:
        step = next(flow)
        while True:
            steps.append(step)
            result = None if isinstance(step, Tell) else results.pop(0)
            step = flow.throw(result) if isinstance(result, Exception) else flow.send(result)
    except StopIteration as ended:
        assert results == []
        return steps, ended.value


# ---- the provider ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("note", "changed"), [("created", True), ("unchanged", False)])
def test_a_folder(note, changed):
    steps, kept = play(put_file(FILE, True, around(git_provider="local")), Published("file", "dags/etl.py", note=note))
    assert steps == [Place("dags", FILE, True)]
    assert kept == Kept("local", "etl.py", "", changed)


def test_what_others_made_goes_with_the_file():
    others = {"dags/etl.py": "/w/etl.ipynb"}
    here = replace(around(git_provider="local"), others=others)
    steps, _ = play(put_file(FILE, False, here), Published("file", "dags/etl.py", note="created"))
    assert steps == [Place("dags", FILE, False, others)]
    here = replace(around(git_provider="git", git_remote_url="https://h/dags.git"), others=others)
    steps, _ = play(put_file(FILE, False, here), Pushed(Published("commit", "there", note="created"), "c0"))
    assert steps[-1].others == others


NO_GITEA = [
    unanswered(),
    PublishError("the answer is larger than 32 MiB", code="JPE508"),
    Answer(404, {"message": "Not Found"}),
    Answer(200, None, "<html>", "text/html"),
    Answer(200, ["version"]),
    Answer(200, {"status": "ok"}),
    Answer(302, None, ""),
    Answer(500, {"version": "1"}),
    Answer(403, {"message": "Only signed in user is allowed to call APIs."}),
]


@pytest.mark.parametrize("answer", NO_GITEA, ids=repr)
def test_auto_is_a_folder_where_no_gitea_answers(answer):
    steps, kept = play(put_file(FILE, False, around()), answer, Published("file", "dags/etl.py", note="created"))
    assert steps == [Call("gitea", "GET", "/version", limit=1.5), Place("dags", FILE, False)]
    assert kept.provider == "local"


def test_auto_names_what_is_missing_where_a_gitea_answers():
    seen = {"ok": True, "data": [{"full_name": "team/dags"}, {"full_name": "ada/play\nground"}, {"id": 3}, "?"]}
    flow = put_file(FILE, False, around())
    with pytest.raises(PublishError) as caught:
        play(flow, Answer(200, {"version": "1.24.6"}), Answer(200, seen))
    error = caught.value
    assert error.code == "JPE503"
    for name in ("GITEA_TOKEN", "GITEA_USERNAME", "GITEA_PASSWORD", "JPE_GIT_OWNER", "JPE_GIT_REPOSITORY"):
        assert name in error.message
    assert "team/dags, ada/play ground" in error.hint
    assert "JPE_GIT_PROVIDER=local" in error.hint
    assert error.where == DEFAULTS["git_api_url"]


LOGIN = "git_token (GITEA_TOKEN), or git_username and git_password (GITEA_USERNAME, GITEA_PASSWORD)"
PLACE = {"git_owner": "team", "git_repository": "dags"}


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"git_token": Secret("t"), "git_owner": "team"}, "git_repository (JPE_GIT_REPOSITORY)"),
        ({"git_token": Secret("t"), "git_repository": "dags"}, "git_owner (JPE_GIT_OWNER)"),
        ({"git_username": Secret("ada"), **PLACE}, "git_password (GITEA_PASSWORD)"),
        ({"git_password": Secret("pw"), **PLACE}, "git_username (GITEA_USERNAME)"),
        ({"git_provider": "gitea", **PLACE}, LOGIN),
    ],
)
@pytest.mark.parametrize("listed", [unanswered, lambda: Answer(403, {"message": "no"}), lambda: Answer(200, None)])
def test_gitea_without_a_setting_names_it_although_nothing_can_be_listed(values, missing, listed):
    with pytest.raises(PublishError) as caught:
        play(put_file(FILE, False, around(**values)), listed())
    assert caught.value.code == "JPE503"
    assert caught.value.message.endswith(f"this is not set: {missing}")
    assert "seen there" not in caught.value.hint


@pytest.mark.parametrize(("note", "changed"), [("created, commit ab", True), ("unchanged, commit ab", False)])
def test_any_remote(note, changed):
    values = {"git_provider": "git", "git_remote_url": "https://host/dags.git", "git_branch": "prod"}
    flow = put_file(FILE, True, around(**values, git_author="Ada <a@b.c>"))
    steps, kept = play(flow, Pushed(Published("commit", "x", note=note), "ab" * 20))
    (push,) = [step for step in steps if not isinstance(step, Tell)]
    there = File("dags/etl.py", FILE.text)
    message = "Export etl from etl.ipynb"
    assert push == Push("https://host/dags.git", "prod", there, message, "Ada <a@b.c>", True)
    assert kept == Kept("git", "dags/etl.py", "ab" * 20, changed)


def test_any_remote_needs_an_address():
    with pytest.raises(SettingsError, match="address of a remote") as caught:
        play(put_file(FILE, False, around(git_provider="git")))
    assert "JPE_GIT_REMOTE_URL" in caught.value.where


# ---- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "path"),
    [("", "etl.py"), (".", "etl.py"), ("dags", "dags/etl.py"), ("a/b/", "a/b/etl.py"), ("my dags", "my dags/etl.py")],
)
def test_the_folder_in_the_repository(folder, path):
    assert path_in_repository(folder, "etl.py") == path


BAD = ["/dags", "..", "a/../b", "a\\b", "./dags", "a//b", ".git", "a/.GIT/hooks", "C:", "a\nb", "dags//", " "]


@pytest.mark.parametrize("folder", BAD)
def test_a_folder_that_leads_out_is_refused(folder):
    with pytest.raises(SettingsError) as caught:
        path_in_repository(folder, "etl.py")
    assert "JPE_GIT_DAGS_PATH" in caught.value.where


@pytest.mark.parametrize("path", [*BAD, ""])
def test_a_file_name_that_leads_out_is_refused(path):
    with pytest.raises(PublishError):
        path_in_repository("dags", path)


@pytest.mark.parametrize("name", ["main", "team/dags-1", "v1.2", "ünïcode", "a@b"])
def test_a_branch(name):
    assert checked_branch(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "-f", "a b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a\tb", "/a", "a/", "a//b"),
        *(".a", "a/.b", "a.", "a.lock", "a.lock/b", "a@{b", "@", "x" * 101, "a\udcffb", "a\u202eb"),
    ],
)
def test_what_git_takes_for_no_branch_is_refused(name):
    with pytest.raises(SettingsError) as caught:
        checked_branch(name)
    assert "JPE_GIT_BRANCH" in caught.value.where


def test_paths_are_encoded_by_segment():
    assert quoted("dags/a b?#%25/é.py") == "dags/a%20b%3F%23%2525/%C3%A9.py"


@pytest.mark.parametrize(
    ("template", "subject"),
    [
        ("Export {name} from {notebook} by {user}", "Export etl from {user}.ipynb by ada"),
        ("{0} {name.__class__} {name!r} {{name}}", "{0} {name.__class__} {name!r} {etl}"),
        ("two\nlines\x07 \u202e end", "two lines end"),
        ("  ", "Export etl"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_the_commit_message_is_one_line(template, subject):
    assert commit_message(template, FILE, "{user}.ipynb", "ada") == subject


def test_the_commit_message_without_names():
    assert commit_message("{notebook} {user}", FILE, "", "") == "etl.ipynb an unknown user"


def test_authors():
    assert identity("Zoë <L> <z@b.c>") == ("Zoë <L>", "z@b.c")
    assert identity("") == ("", "")


def test_a_text_that_is_no_unicode_is_refused():
    with pytest.raises(PublishError, match="no Unicode text") as caught:
        file_bytes(File("etl.py", "x = '\ud800'"))
    assert caught.value.code == "JPE501"


# ---- what is ours ----------------------------------------------------------------------------------------


def test_what_may_be_overwritten():
    new = FILE.text + "x = 1\n"
    assert overwriting(FILE.text, new, False, "there") == "updated"
    assert overwriting(FILE.text, new, True, "there") == "updated"
    for old, said in (("print(1)", "not made by"), (FILE.text.replace("etl.ipynb", "b.ipynb"), "made from b.ipynb")):
        assert overwriting(old, new, True, "there") == "replaced"
        with pytest.raises(PublishError, match=said) as caught:
            overwriting(old, new, False, "there")
        assert (caught.value.code, caught.value.where) == ("JPE502", "there")
    with pytest.raises(PublishError, match=r"made from /w/etl\.ipynb"):  # notebooks of one file name have one header
        overwriting(FILE.text, new, False, "there", "/w/etl.ipynb")
    assert overwriting(FILE.text, new, True, "there", "/w/etl.ipynb") == "replaced"
    with pytest.raises(PublishError):  # one without our header is never taken for ours
        overwriting("print(1)", "print(2)", False, "there")


def test_notes():
    assert told("created", "a" * 40) == "created, commit aaaaaaaa"
    assert told("unchanged", "") == "unchanged"
    assert told("replaced", "a" * 40) == "replaced, commit aaaaaaaa; the old file is in the history"
