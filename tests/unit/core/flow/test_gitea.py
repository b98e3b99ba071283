"""Gitea's flow, step by step; against a server it is in tests/integration/test_gitea_publish.py."""

from __future__ import annotations

import base64
import hashlib

import pytest

from jpe_magics.core.flow import Answer, Call, Made, Surroundings, Tell, Wait
from jpe_magics.core.flow.dags import Kept, put_file
from jpe_magics.core.flow.gitea import TRIES, blob_id
from jpe_magics.errors import NoAnswer, PublishError, SettingsError
from jpe_magics.model.artifact import File
from jpe_magics.model.secret import Secret

HEADER = "# Made by jpe_magics 0.1.0 from {} (sha256 ab).\n"
FILE = File("etl.py", HEADER.format("etl.ipynb") + "x = 1\n")
DATA = FILE.text.encode()
API = "/repos/team/dags"
NEW, HEAD, OLD = "c" * 40, "d" * 40, "e" * 40

SETTINGS = {
    "git_provider": "gitea",
    "git_api_url": "http://gitea:3000/api/v1",
    "git_ui_url": "https://git.example.org",
    "git_token": Secret("t0ken"),
    "git_username": Secret(""),
    "git_password": Secret(""),
    "git_owner": "team",
    "git_repository": "dags",
    "git_branch": "main",
    "git_dags_path": "dags",
    "git_commit_message": "Export {name}",
    "git_author": "",
}

LOOK = Call("gitea", "GET", f"{API}/contents/dags/etl.py", {"ref": "main"})
BRANCH = Call("gitea", "GET", f"{API}/branches/main")
BODY = {"message": "Export etl", "branch": "main", "content": base64.b64encode(DATA).decode()}
CREATE = Call("gitea", "POST", LOOK.path, body=BODY)


def update(sha):
    return Call("gitea", "PUT", LOOK.path, body={**BODY, "sha": sha})


def standing(data, sha=""):
    found = {"type": "file", "sha": sha or blob_id(data, ""), "encoding": "base64"}
    return Answer(200, {**found, "content": base64.encodebytes(data).decode()}, content_type="application/json")


def committed(status, commit=NEW, parent=OLD):
    return Answer(status, {"content": {}, "commit": {"sha": commit, "parents": [{"sha": parent}] if parent else []}})


NOT_THERE = Answer(404, {"message": "object does not exist"}, content_type="application/json")
ON_BRANCH = Answer(200, {"name": "main", "commit": {"id": HEAD}})
OURS = (HEADER.format("etl.ipynb") + "x = 0\n").encode()
THEIRS = b"print('by hand')\n"
LOST = NoAnswer("lost")
NEVER = NoAnswer("refused")
NEVER.arrived = False


def start(replace=False, file=FILE, others=None, **values):
    settings = {**SETTINGS, **values}
    around = Surroundings(settings.__getitem__, notebook="etl.ipynb", user="ada", others=others or {})
    return put_file(file, replace, around)


def play(flow, *exchange):
    """Check that the flow asks for the calls of `exchange` in turn, each followed by its answer or error.

    Return what it made, what it returns, and the waits.
    """
    todo, made, waits = list(exchange), [], []
    try:
        step = next(flow)
        while True:
            result = None
            if isinstance(step, Made):
                made.append(step.published)
            elif isinstance(step, Wait):
                waits.append(step.seconds)
            elif not isinstance(step, Tell):
                assert todo, f"unexpected: {step}"
                wanted, result, *todo = todo
                assert step == wanted
            step = flow.throw(result) if isinstance(result, Exception) else flow.send(result)
    except StopIteration as ended:
        assert todo == []
        return made, ended.value, waits


def fails(flow, *exchange):
    with pytest.raises(PublishError) as caught:
        play(flow, *exchange)
    assert "t0ken" not in str(caught.value)
    return caught.value


# ---- when all is well ------------------------------------------------------------------------------------


def test_create():
    (made,), kept, waits = play(start(), LOOK, NOT_THERE, CREATE, committed(201, parent=""))
    assert (made.kind, made.place) == ("commit", "team/dags@main:dags/etl.py")
    assert made.link == "https://git.example.org/team/dags/src/branch/main/dags/etl.py"
    assert made.note == "created, commit cccccccc"
    assert kept == Kept("gitea", "dags/etl.py", NEW, True)
    assert waits == []


def test_update_names_the_blob_that_it_replaces():
    sha = blob_id(OURS, "")
    (made,), kept, _ = play(start(), LOOK, standing(OURS), update(sha), committed(200))
    assert made.note == "updated, commit cccccccc"
    assert kept == Kept("gitea", "dags/etl.py", NEW, True)


def test_unchanged_content_makes_no_commit():
    (made,), kept, _ = play(start(), LOOK, standing(DATA), BRANCH, ON_BRANCH)
    assert made.note == "unchanged, commit dddddddd"
    assert kept == Kept("gitea", "dags/etl.py", HEAD, False)


def test_blob_ids():
    """As `git hash-object` has them, in either of git's hashes."""
    assert blob_id(b"", "") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert blob_id(b"", "0" * 64) == hashlib.sha256(b"blob 0\0").hexdigest()


def test_the_author_goes_along():
    body = {**BODY, "author": {"name": "Ada L", "email": "ada@example.org"}}
    create = Call("gitea", "POST", LOOK.path, body=body)
    play(start(git_author="Ada L <ada@example.org>"), LOOK, NOT_THERE, create, committed(201))


def test_segments_are_encoded_one_by_one():
    values = {"git_owner": "my team", "git_dags_path": "ä b", "git_branch": "team/x#1", "git_ui_url": "https://g"}
    path = "/repos/my%20team/dags/contents/%C3%A4%20b/etl.py"
    look = Call("gitea", "GET", path, {"ref": "team/x#1"})
    create = Call("gitea", "POST", path, body={**BODY, "branch": "team/x#1"})
    (made,), _, _ = play(start(**values), look, NOT_THERE, create, committed(201))
    assert made.link == "https://g/my%20team/dags/src/branch/team/x%231/%C3%A4%20b/etl.py"


@pytest.mark.parametrize("setting", ["git_owner", "git_repository"])
@pytest.mark.parametrize("name", ["..", ".", "team/dags"])
def test_an_owner_or_repository_of_two_names_is_refused(setting, name):
    with pytest.raises(SettingsError) as caught:
        play(start(**{setting: name}))
    assert setting in caught.value.where


def test_without_an_address_of_pages_there_is_no_link():
    (made,), _, _ = play(start(git_ui_url=""), LOOK, NOT_THERE, CREATE, committed(201))
    assert made.link == ""


# ---- what is not ours ------------------------------------------------------------------------------------


def test_what_is_not_ours_is_kept():
    for data, said in ((THEIRS, "not made by"), (HEADER.format("b.ipynb").encode(), "made from b.ipynb")):
        error = fails(start(), LOOK, standing(data))
        assert error.code == "JPE502"
        assert said in error.message
        assert error.where == "team/dags@main:dags/etl.py"


def test_what_another_notebook_of_the_same_name_made_is_kept():
    error = fails(start(others={"team/dags@main:dags/etl.py": "/w/etl.ipynb"}), LOOK, standing(OURS))
    assert error.code == "JPE502"
    assert "made from /w/etl.ipynb" in error.message


def test_replaced_and_where_the_old_file_is():
    exchange = (LOOK, standing(THEIRS), update(blob_id(THEIRS, "")), committed(200))
    (made,), _, _ = play(start(replace=True), *exchange)
    assert made.note == "replaced, commit cccccccc; the old file is in commit eeeeeeee"


@pytest.mark.parametrize("encoding", [{"encoding": None, "content": None}, {"encoding": "none", "content": ""}])
def test_a_large_file_is_looked_at_as_it_is(encoding):
    raw = Call("gitea", "GET", f"{API}/raw/dags/etl.py", {"ref": "main"}, accept="*/*")
    large = Answer(200, {"type": "file", "sha": OLD, **encoding})
    play(start(), LOOK, large, raw, Answer(200, None, OURS.decode()), update(OLD), committed(200))
    assert fails(start(), LOOK, large, raw, Answer(200, None, THEIRS.decode())).code == "JPE502"
    assert fails(start(), LOOK, large, raw, Answer(403, {"message": "no"})).code == "JPE506"


@pytest.mark.parametrize(
    ("answer", "what"),
    [(Answer(200, [{"name": "x.py"}]), "folder")]
    + [(Answer(200, {"type": kind, "sha": OLD}), kind) for kind in ("symlink", "submodule")],
)
def test_only_a_file_is_overwritten(answer, what):
    error = fails(start(replace=True), LOOK, answer)
    assert error.code == "JPE502"
    assert f"it is a {what}" in error.message


# ---- others are quicker, answers are lost ----------------------------------------------------------------

EXISTS = Answer(422, {"message": "repository file already exists [path: dags/etl.py]"})
STALE = Answer(422, {"message": "sha does not match [given: a, expected: b]"})


def test_a_file_that_was_made_meanwhile_is_updated():
    sha = blob_id(OURS, "")
    exchange = (LOOK, NOT_THERE, CREATE, EXISTS, LOOK, standing(OURS), update(sha), committed(200))
    (made,), _, waits = play(start(), *exchange)
    assert made.note == "updated, commit cccccccc"
    assert waits == []


@pytest.mark.parametrize("status", [409, 422])
def test_a_stale_sha_is_read_again(status):
    first, then = blob_id(OURS, ""), blob_id(OURS + b"#", "")
    exchange = (LOOK, standing(OURS), update(first), Answer(status, STALE.json))
    play(start(), *exchange, LOOK, standing(OURS + b"#"), update(then), committed(200))


def test_what_somebody_else_put_there_meanwhile_is_judged_again():
    sha = blob_id(OURS, "")
    error = fails(start(), LOOK, standing(OURS), update(sha), STALE, LOOK, standing(THEIRS))
    assert error.code == "JPE502"


def test_the_same_content_from_somebody_else_is_unchanged():
    exchange = (LOOK, NOT_THERE, CREATE, EXISTS, LOOK, standing(DATA), BRANCH, ON_BRANCH)
    (made,), kept, _ = play(start(), *exchange)
    assert made.note.startswith("unchanged")
    assert kept.changed is False


def test_a_file_that_was_deleted_meanwhile_is_made_again():
    sha = blob_id(OURS, "")
    exchange = (LOOK, standing(OURS), update(sha), NOT_THERE, LOOK, NOT_THERE, CREATE, committed(201))
    (made,), _, _ = play(start(), *exchange)
    assert made.note.startswith("created")


def test_a_422_that_is_no_race_is_told():
    refusal = Answer(422, {"message": "a file exists where you try to create a subdirectory"})
    error = fails(start(), LOOK, NOT_THERE, CREATE, refusal, LOOK, NOT_THERE)
    assert error.code == "JPE508"
    assert "a file exists where" in error.message


@pytest.mark.parametrize("outcome", [LOST, Answer(500, {"message": "PushOutOfDate"}), Answer(502, None, "bad gateway")])
def test_a_write_of_unknown_end_is_looked_for(outcome):
    exchange = (LOOK, NOT_THERE, CREATE, outcome, LOOK, standing(DATA), BRANCH, ON_BRANCH)
    (made,), kept, waits = play(start(), *exchange)
    assert made.note == "created, commit dddddddd"
    assert kept == Kept("gitea", "dags/etl.py", HEAD, True)
    assert waits == [pytest.approx(0.2)]


@pytest.mark.parametrize("outcome", [LOST, NEVER, Answer(500, None)])
def test_a_write_that_did_not_happen_is_done_again(outcome):
    (made,), _, _ = play(start(), LOOK, NOT_THERE, CREATE, outcome, LOOK, NOT_THERE, CREATE, committed(201))
    assert made.note == "created, commit cccccccc"


def test_a_write_that_surely_did_not_happen_is_not_claimed():
    """The same content came from somebody else."""
    exchange = (LOOK, NOT_THERE, CREATE, NEVER, LOOK, standing(DATA), BRANCH, ON_BRANCH)
    (made,), _, _ = play(start(), *exchange)
    assert made.note.startswith("unchanged")


def test_a_commit_whose_name_is_not_told_is_a_commit():
    asked = (LOOK, NOT_THERE, CREATE, LOST, LOOK, standing(DATA), BRANCH)
    for answer in (NoAnswer("gone"), Answer(500), Answer(200, None), Answer(200, {"commit": {"id": "<script>"}})):
        (made,), kept, _ = play(start(), *asked, answer)
        assert made.note == "created"
        assert (kept.commit, kept.changed) == ("", True)


def test_an_end_comes_at_last():
    error = fails(start(), *(LOOK, NOT_THERE, CREATE, LOST) * TRIES)
    assert isinstance(error, NoAnswer)
    assert error.arrived is True
    assert "may have been made" in error.message
    error = fails(start(), *(LOOK, NOT_THERE, CREATE, NEVER) * TRIES)
    assert error.arrived is False
    assert "may have been made" not in error.message
    error = fails(start(), *(LOOK, NOT_THERE, CREATE, Answer(500, {"message": "disk full"})) * TRIES)
    assert error.code == "JPE508"
    assert "500 disk full" in error.message


def test_a_gitea_that_is_gone_after_a_write_may_have_made_it():
    error = fails(start(), LOOK, NOT_THERE, CREATE, LOST, LOOK, NoAnswer("gone"))
    assert error.arrived is True
    assert "may have been made" in error.message
    error = fails(start(), LOOK, NOT_THERE, CREATE, NEVER, LOOK, NoAnswer("gone"))
    assert error.message == "gone"


# ---- what is refused -------------------------------------------------------------------------------------

HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (Answer(401, {"message": "token is required"}), "JPE505", ["token is required", "GITEA_TOKEN", "two-factor"]),
        (Answer(403, {"message": "no scope"}), "JPE506", ["no scope", "write:repository", "protected", "team/dags"]),
        (Answer(423, {"message": "x"}), "JPE506", ["archived", "JPE_GIT_REPOSITORY"]),
        (Answer(301), "JPE508", ["redirects", "GITEA_API_URL"]),
        (Answer(429, {"message": "slow down"}), "JPE508", ["too often", "slow down", "later"]),
        (Answer(405, {"message": "x" * 9999}), "JPE508", ["405 xxx"]),
    ],
)
def test_refusals_are_named(answer, code, said):
    error = fails(start(), LOOK, NOT_THERE, CREATE, answer)
    assert error.code == code
    assert all(one in str(error) for one in said), str(error)
    assert len(error.message) < 400
    assert BODY["content"] not in str(error)


@pytest.mark.parametrize("answer", [Answer(200, None, "<html>", HTML), Answer(201, None, '{"commit": {"sh')])
def test_a_write_with_an_answer_that_can_not_be_read_is_looked_for(answer):
    (made,), kept, _ = play(start(), LOOK, NOT_THERE, CREATE, answer, LOOK, standing(DATA), BRANCH, ON_BRANCH)
    assert made.note.startswith("created, commit")
    assert kept.changed
    error = fails(start(), *(LOOK, NOT_THERE, CREATE, answer) * TRIES)
    assert error.code == "JPE508"
    assert "may have been made" in error.message
    assert "not made twice" in error.hint


@pytest.mark.parametrize("outcome", [Answer(500), Answer(502, None, "<html>", HTML), Answer(200, None, "<html>", HTML)])
def test_a_look_that_fails_after_a_write_leaves_open_whether_it_was_made(outcome):
    error = fails(start(), LOOK, NOT_THERE, CREATE, outcome, LOOK, Answer(503))
    assert error.code == "JPE508"
    assert "may have been made" in error.message


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_web_page_is_not_the_api(status):
    error = fails(start(), LOOK, Answer(status, None, "<!DOCTYPE html>", HTML))
    assert error.code == "JPE508"
    assert "/api/v1" in error.hint


def test_reading_that_is_refused_is_named():
    assert fails(start(), LOOK, Answer(401, {"message": "bad"})).code == "JPE505"
    assert fails(start(), LOOK, Answer(403, {"message": "bad"})).code == "JPE506"
    assert fails(start(), LOOK, Answer(500, {"message": "bad"})).code == "JPE508"
    assert fails(start(), LOOK, NoAnswer("nobody")).code == "JPE504"


REPOSITORY = Call("gitea", "GET", API)
SEARCH = Call("gitea", "GET", "/repos/search", {"limit": "10"})
BRANCHES = Call("gitea", "GET", f"{API}/branches", {"limit": "10"})
REFUSED = (LOOK, NOT_THERE, CREATE, NOT_THERE, REPOSITORY)


def test_a_missing_repository_is_named():
    found = Answer(200, {"data": [{"full_name": "team/other"}]})
    error = fails(start(), *REFUSED, NOT_THERE, SEARCH, found)
    assert error.code == "JPE507"
    assert "no repository team/dags" in error.message
    assert "private" in error.hint
    assert "team/other" in error.hint


def test_a_missing_branch_is_named():
    found = Answer(200, [{"name": "master"}, {"name": "dev\x1b[31m"}])
    there = Answer(200, {"empty": False, "default_branch": "master"})
    error = fails(start(), *REFUSED, there, BRANCH, NOT_THERE, BRANCHES, found)
    assert error.code == "JPE507"
    assert "no branch main" in error.message
    assert "master, dev [31m" in error.hint


def test_an_old_gitea_and_an_empty_repository():
    error = fails(start(), *REFUSED, Answer(200, {"empty": True}))
    assert error.code == "JPE507"
    assert "first commit" in error.hint


def test_a_404_of_another_kind_is_told():
    error = fails(start(), *REFUSED, Answer(200, {"empty": False}), BRANCH, ON_BRANCH)
    assert error.code == "JPE508"
    assert "404 object does not exist" in error.message
