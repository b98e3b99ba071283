"""Committing one file through Gitea's Contents API.

Facts: go-gitea/gitea `routers/api/v1/repo/file.go` and `services/repository/files/update.go`.  A write names
the blob that it replaces (`sha`), or that there is none (POST), so a write that was overtaken, or that
arrived although its answer was lost, changes nothing the second time: we read again, compare, and go on from there.
The first POST into an empty repository makes its branch (since Gitea 1.17), whichever `branch` it names.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.flow import Answer, Call, Made, Step, Surroundings, Tell, Wait
from jpe_magics.core.flow.gitea_errors import lacking, missing, not_made_for_files, refused
from jpe_magics.core.flow.gitea_place import GiteaPlace
from jpe_magics.core.flow.ours import overwriting, told
from jpe_magics.core.flow.repository import file_bytes, identity
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.artifact import File
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published

#: How often one commit is tried, and the seconds of the first wait between two tries (it doubles).
TRIES = 6
PAUSE = 0.2
_AGAIN = "export again when Gitea answers: a commit that was made is not made twice"


@dataclass(frozen=True)
class Standing:
    """The file that stands there: the id of its blob, and its text in base64, None where it is too large for that."""

    sha: str
    content: str | None


def commit_file(
    file: File, branch: str, message: str, author: str, replace: bool, around: Surroundings
) -> Generator[Step, Any, tuple[str, bool]]:
    """Yield the steps that commit `file` to `branch` of the repository that the settings name.

    Return the id of the branch's commit that holds it, "" where Gitea does not tell, and whether it is a new one.
    Raises `PublishError` that names what is wrong: JPE502, JPE503, JPE505 … JPE508, or `NoAnswer`.
    """
    yield from lacking(around)
    place = GiteaPlace.of(around, branch, file.path)
    yield Tell(Progress(f"committing {place.path} to {place.branch} of {place.owner}/{place.repository}"))
    data = file_bytes(file)
    body = _body(data, branch, message, author)
    arrived = ""  # what a write that may have arrived, though no good answer came, would have been
    before: Standing | None = None
    ended: Answer | NoAnswer = Answer(0)
    for number in range(TRIES):
        try:
            standing = yield from _look(place)
        except PublishError as error:
            raise _unsure(error) if arrived else error from None
        if standing is not None and standing.sha == blob_id(data, standing.sha):
            return (yield from _done(place, arrived or "unchanged")), bool(arrived)
        if number and standing == before and not _fault(ended):
            break  # nobody was quicker: it is refused for another reason
        word, before = "created", standing
        if standing is not None:
            old, other = (yield from _text(place, standing)), around.others.get(place.text, "")
            word = overwriting(old, file.text, replace, place.text, other)
        ended = yield from _write(place, standing, body)
        if isinstance(ended, Answer) and ended.ok and isinstance(ended.json, dict):
            return (yield from _done(place, word, *_commit_of(ended.json))), True
        if _fault(ended):
            arrived = word if getattr(ended, "arrived", True) else arrived
            yield Wait(PAUSE * 2**number if number < TRIES - 1 else 0)
        elif not _overtaken(ended, standing):
            break
    raise (yield from _failure(place, ended, bool(arrived)))


def _body(data: bytes, branch: str, message: str, author: str) -> dict[str, Any]:
    body = {"message": message, "branch": branch, "content": base64.b64encode(data).decode("ascii")}
    name, address = identity(author)
    return {**body, "author": {"name": name, "email": address}} if name else body


def blob_id(data: bytes, like: str) -> str:
    """Return git's id of a file's content, in the repository's hash: SHA-256 where `like` is as long as one."""
    made = hashlib.sha256() if len(like) == 64 else hashlib.sha1(usedforsecurity=False)
    made.update(b"blob %d\0" % len(data) + data)
    return made.hexdigest()


def _look(place: GiteaPlace) -> Generator[Step, Any, Standing | None]:
    """Return the file that stands there; None where there is none (or no such branch or repository)."""
    answer = yield Call("gitea", "GET", place.contents, {"ref": place.branch})
    if answer.status == 404 and not place.is_page(answer):
        return None
    found = answer.json if answer.ok else None
    if isinstance(found, list) or (isinstance(found, dict) and found.get("type") in ("dir", "symlink", "submodule")):
        raise not_made_for_files(place, "folder" if isinstance(found, list) else str(found["type"]))
    if not isinstance(found, dict) or not isinstance(found.get("sha"), str):
        raise refused(answer, place)
    content = found.get("content")
    return Standing(found["sha"], content if found.get("encoding") == "base64" and isinstance(content, str) else None)


def _text(place: GiteaPlace, standing: Standing) -> Generator[Step, Any, str]:
    """Return the text of what stands there, at least its first lines."""
    if standing.content is not None:
        try:
            return base64.b64decode(standing.content).decode(errors="replace")
        except binascii.Error:
            pass  # then as it is in the repository
    # Gitea gives no content of a file above [api] DEFAULT_MAX_BLOB_SIZE (10 MiB)
    answer = yield Call("gitea", "GET", place.raw, {"ref": place.branch}, accept="*/*")
    if not answer.ok:
        raise refused(answer, place)
    return str(answer.text)


def _write(
    place: GiteaPlace, standing: Standing | None, body: dict[str, Any]
) -> Generator[Step, Any, Answer | NoAnswer]:
    """Create the file or update the one that stands there; return what came of it."""
    method, more = ("POST", {}) if standing is None else ("PUT", {"sha": standing.sha})
    try:
        answer: Answer = yield Call("gitea", method, place.contents, body={**body, **more})
    except NoAnswer as error:
        return error
    return answer


def _fault(ended: Answer | NoAnswer) -> bool:
    """Tell whether a write ended in a way that says nothing of whether it was done.

    A push that was overtaken inside Gitea ends as its 500, too.  A 2xx that can be read was none: this one is cut, or
    a gateway's page.
    """
    return isinstance(ended, NoAnswer) or ended.status >= 500 or ended.ok


def _overtaken(ended: Answer | NoAnswer, standing: Standing | None) -> bool:
    """Tell whether somebody else may have been quicker.

    422 is Gitea's for a file that is there already and for another `sha` than is there, 409 GitHub's;
    404 for an update of a file that was deleted meanwhile.
    """
    return isinstance(ended, Answer) and (ended.status in (409, 422) or (ended.status == 404 and standing is not None))


def _commit_of(made: dict[str, Any]) -> tuple[str, str]:
    """Return the ids of the commit that a write made, and of its parent; "" for what is not told."""
    commit = made.get("commit")
    if not isinstance(commit, dict):
        return "", ""
    parents = commit.get("parents")
    parent = parents[0] if isinstance(parents, list) and parents else None
    return _id(commit.get("sha")), _id(parent.get("sha")) if isinstance(parent, dict) else ""


def _done(place: GiteaPlace, word: str, commit: str = "", parent: str = "") -> Generator[Step, Any, str]:
    """Say that the file is there; return the id of the branch's commit."""
    if not commit:
        try:
            answer = yield Call("gitea", "GET", place.of_branch)
        except PublishError:  # the file is there; that its commit has no name is no reason to fail
            answer = Answer(0)
        head = answer.json.get("commit") if answer.ok and isinstance(answer.json, dict) else None
        commit = _id(head.get("id")) if isinstance(head, dict) else ""
    yield Made(Published("commit", place.text, place.link, told(word, commit, parent)))
    return commit


def _id(value: Any) -> str:
    """Return `value` where it looks like a commit's id, else ""."""
    good = isinstance(value, str) and len(value) in (40, 64) and not set(value) - set("0123456789abcdef")
    return value if good else ""


def _failure(place: GiteaPlace, ended: Answer | NoAnswer, arrived: bool) -> Generator[Step, Any, PublishError]:
    """Return the error for a commit that was not made, as far as we know."""
    if isinstance(ended, Answer):
        error = (yield from missing(place, ended)) if ended.status == 404 else refused(ended, place)
    else:
        error = NoAnswer(
            f"Gitea gave no answer to the commit of {place.text}", where=ended.where or place.api_url, hint=_AGAIN
        )
        error.arrived = arrived
    return _unsure(error) if arrived else error


def _unsure(error: PublishError) -> PublishError:
    """Return the error for one that leaves open whether the commit was made."""
    message = f"{error.message}; the commit may have been made"
    hint = error.hint if _AGAIN in error.hint else f"{error.hint}; {_AGAIN}".removeprefix("; ")
    return type(error)(message, code=error.code, where=error.where, hint=hint)
