"""What Gitea refuses, by name, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

from jpe_magics.core.flow import Answer, Call, Step, Surroundings
from jpe_magics.core.flow.gitea_place import GiteaPlace
from jpe_magics.errors import PublishError

_LOGIN = "git_token (GITEA_TOKEN), or git_username and git_password (GITEA_USERNAME, GITEA_PASSWORD)"
_OTHER = "JPE_GIT_PROVIDER=local writes into a folder instead"
#: How many names an error lists.
_LISTED = 10


def lacking(around: Surroundings) -> Generator[Step, Any, None]:
    """Raise `PublishError` JPE503 where credentials, owner or repository are not set.

    It names the settings, and the repositories that can be seen.
    """
    lacks = []
    if not around.setting("git_token"):
        given = [bool(around.setting(name)) for name in ("git_username", "git_password")]
        if not any(given):
            lacks.append(_LOGIN)
        elif not all(given):
            lacks.append("git_username (GITEA_USERNAME)" if given[1] else "git_password (GITEA_PASSWORD)")
    lacks += [f"{name} (JPE_{name.upper()})" for name in ("git_owner", "git_repository") if not around.setting(name)]
    if lacks:
        seen = yield from _listed("/repos/search", "full_name")
        listed = f"; repositories seen there: {seen}" if seen else ""
        raise PublishError(
            f"DAGs can't go to Gitea yet, this is not set: {'; '.join(lacks)}",
            code="JPE503",
            where=around.setting("git_api_url"),
            hint=f"set it in the environment or with %config JpeMagics{listed}; {_OTHER}",
        )


def missing(place: GiteaPlace, answer: Answer) -> Generator[Step, Any, PublishError]:
    """Return the error that says which is missing, the repository or the branch; `answer` is Gitea's 404."""
    found = yield Call("gitea", "GET", place.of_repository)
    name = f"{place.owner}/{place.repository}"
    if found.status == 404 and not place.is_page(found):
        seen = yield from _listed("/repos/search", "full_name")
        return PublishError(
            f"Gitea has no repository {name}, or this user may not see it",
            code="JPE507",
            where=place.api_url,
            hint="check git_owner and git_repository (JPE_GIT_OWNER, JPE_GIT_REPOSITORY), or have the user invited: "
            "a private repository looks missing to others" + (f"; seen there: {seen}" if seen else ""),
        )
    if not found.ok or not isinstance(found.json, dict):
        return refused(found, place)
    if found.json.get("empty"):
        return PublishError(
            f"{name} is empty, and this Gitea can't make the first commit: {said(answer)}",
            code="JPE507",
            where=place.api_url,
            hint=f"make a first commit there (a README will do) on the branch {place.branch}, then export again",
        )
    branch = yield Call("gitea", "GET", place.of_branch)
    if branch.status == 404:
        names = yield from _listed(f"{place.of_repository}/branches", "name")
        return PublishError(
            f"{name} has no branch {place.branch}",
            code="JPE507",
            where=place.api_url,
            hint="make it, or name another in git_branch (JPE_GIT_BRANCH)" + (f": there are {names}" if names else ""),
        )
    return refused(answer, place)


def not_made_for_files(place: GiteaPlace, what: str) -> PublishError:
    """Return the error for a folder, symlink or submodule where the file is to be."""
    return PublishError(
        f"{place.text} is kept: it is a {what} and no file",
        code="JPE502",
        where=place.text,
        hint="give the pipeline another name, or name another folder in git_dags_path (JPE_GIT_DAGS_PATH)",
    )


def refused(answer: Answer, place: GiteaPlace) -> PublishError:
    """Return the error for an answer that is not what was asked for."""
    code, text, hint = _words(answer, place)
    return PublishError(text, code=code, where=place.api_url, hint=hint)


def _words(answer: Answer, place: GiteaPlace) -> tuple[str, str, str]:
    status, name = answer.status, f"{place.owner}/{place.repository}"
    if 300 <= status < 400:
        text = f"Gitea's address redirects ({status})"
        return "JPE508", text, "set git_api_url (GITEA_API_URL) to where it leads; renamed repositories redirect too"
    if place.is_page(answer) and status != 401:
        text = f"a web page answers and not Gitea's API ({status})"
        hint = "git_api_url (GITEA_API_URL) must be the API's address, which ends in /api/v1"
        return "JPE508", text, f"{hint}; or the gateway before it can't reach Gitea" if status >= 500 else hint
    if status == 401:
        hint = f"check {_LOGIN}; a user with two-factor login needs a token"
        return "JPE505", f"Gitea does not accept the login: {said(answer)}", hint
    if status == 403:
        hint = (
            f"let the user write to {name}, look whether {place.branch} or the path is protected there, "
            "and whether the token has the scope write:repository"
        )
        return "JPE506", f"Gitea does not allow a commit to {place.text}: {said(answer)}", hint
    if status == 423:
        hint = "unarchive it in Gitea, or name another in git_repository (JPE_GIT_REPOSITORY)"
        return "JPE506", f"the repository {name} is archived", hint
    if status in (409, 422):
        hint = "correct what it names: the path (git_dags_path), the branch (git_branch) or the author (git_author)"
        return "JPE508", f"Gitea refuses the commit to {place.text}: {said(answer)}", hint
    if status == 429:
        return "JPE508", f"Gitea is asked too often: {said(answer)}", "export again later"
    hint = "look into Gitea's log, and export again: a commit that was made is not made twice"
    return "JPE508", f"Gitea answers with an error to the commit of {place.text}: {said(answer)}", hint


def said(answer: Answer) -> str:
    """Return the status and what the server says about it: one short line, as it may echo what was sent."""
    message = answer.json.get("message") if isinstance(answer.json, dict) else ""
    line = _printable(message, 160) if isinstance(message, str) else ""
    return f"{answer.status} {line}".strip()


def _listed(path: str, field: str) -> Generator[Step, Any, str]:
    """Return the first names that a list of the API has, with commas, "" where there is no such list."""
    try:
        answer = yield Call("gitea", "GET", path, {"limit": str(_LISTED)})
    except PublishError:
        return ""
    rows = answer.json.get("data") if isinstance(answer.json, dict) else answer.json
    if not answer.ok or not isinstance(rows, list):
        return ""
    names = [one.get(field) for one in rows if isinstance(one, dict)]
    return ", ".join(_printable(one, 100) for one in names[:_LISTED] if isinstance(one, str))


def _printable(text: str, width: int) -> str:
    line = re.sub(r"\s+", " ", "".join(one if one.isprintable() else " " for one in text[: 4 * width])).strip()
    return line if len(line) <= width else line[: width - 1] + "…"
