"""What git's messages mean, in our words.  git runs under LC_ALL=C, so they are English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jpe_magics.adapters.authorities import HINT as CERTIFICATE_HINT
from jpe_magics.adapters.git.program import Ran
from jpe_magics.adapters.git.remote import SILENCE
from jpe_magics.errors import NoAnswer, PublishError

_LOGIN = "git_token (GITEA_TOKEN), or git_username and git_password (GITEA_USERNAME, GITEA_PASSWORD)"
_ADDRESS = "check git_remote_url (JPE_GIT_REMOTE_URL)"
#: What a line of git's looks like → code, what is wrong, what to do; the first that fits counts.
_KNOWN: tuple[tuple[str, str, str, str], ...] = (
    (
        r"Authentication failed|could not read (Username|Password)|terminal prompts disabled|returned error: 401",
        "JPE505",
        "the git remote does not accept the login, or lacks one",
        f"check {_LOGIN}",
    ),
    (
        r"Permission denied \((publickey|password|keyboard|gssapi)",
        "JPE505",
        "the git remote does not accept the ssh key",
        "load a key that it knows into your ssh agent: nobody can be asked for a passphrase here",
    ),
    (
        r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED",
        "JPE505",
        "ssh does not know the git remote's host key, or another one than it shows",
        "connect to it once in a terminal, compare the key, and accept it",
    ),
    (
        r"returned error: 403|(access|permission)[^\n]* denied|not granted|insufficient permission",
        "JPE506",
        "the git remote does not allow this user to push",
        "have the user given write access, or check the token's scopes",
    ),
    (
        r"redirect|returned error: 30\d",
        "JPE508",
        "the git remote redirects, and a password is only sent to the address that you set",
        "set git_remote_url (JPE_GIT_REMOTE_URL) to where it leads; often only .git lacks at its end",
    ),
    (
        r"certificate|SSL_|SSL routines",
        "JPE509",
        "the git remote's certificate is not accepted",
        CERTIFICATE_HINT,
    ),
    (
        r"dubious ownership",
        "JPE509",
        "the git repository belongs to another user",
        "say that you trust it: git config --global --add safe.directory FOLDER",
    ),
    (
        r"not found|does not appear to be a git repository|does not exist|returned error: 404",
        "JPE507",
        "there is no such git repository, or this user may not see it",
        _ADDRESS,
    ),
)
_UNREACHED = (
    r"could not resolve|name or service not known|temporary failure in name resolution|unable to look up"
    r"|failed to connect|couldn't connect|could not connect|connection (refused|timed out)|no route to host"
    r"|network is unreachable"
)
#: What git says where the remote was silent for as long as `remote.SILENCE`, or so slow that it is the same.
_SILENT = re.compile(r"Operation too slow", re.IGNORECASE)
_BROKEN = re.compile(
    r"returned error: (429|5\d\d)|HTTP (429|5\d\d)|RPC failed|hung up|early EOF|unexpected disconnect|reset by peer"
    r"|broken pipe|empty reply|connection was closed|closed by remote|transfer closed|expected flush",
    re.IGNORECASE,
)
_OVERTAKEN = re.compile(
    r"^!.*(\[rejected\]"
    r"|\[remote rejected\].*\((cannot lock|failed to (update|lock)|incorrect old value|reference already|fetch first))",
    re.IGNORECASE | re.MULTILINE,
)
_DECLINED = re.compile(r"^!.*?(\[remote rejected\].*)$", re.MULTILINE)
_QUOTED = re.compile(r"'[^']*'")
_NO_BRANCH = re.compile(r"couldn't find remote ref|no such ref", re.IGNORECASE)


def overtaken(ran: Ran) -> bool:
    """Tell whether somebody else's push was quicker: ours surely did not happen."""
    return _OVERTAKEN.search(ran.text) is not None


def broken(ran: Ran) -> bool:
    """Tell whether the connection broke off, or the server failed: it may have happened or not, and may be repeated.

    Not where the server was silent: that took long already.
    """
    return _BROKEN.search(ran.messages) is not None and _SILENT.search(ran.messages) is None


def may_have_arrived(ran: Ran) -> bool:
    """Tell whether a push that failed may have been done all the same."""
    unknown = _BROKEN.search(ran.messages) or _SILENT.search(ran.messages)
    return ran.code != 0 and unknown is not None and not overtaken(ran)


def no_such_branch(ran: Ran) -> bool:
    """Tell whether the remote has no branch of the name that was asked for."""
    return _NO_BRANCH.search(ran.messages) is not None


def declined(ran: Ran, place: str) -> PublishError | None:
    """Return the error for a push that the remote's rules refuse (a protected branch, a hook); None for another end."""
    found = _DECLINED.search(ran.text)
    if found is None:
        return None
    remarks = [line.partition(":")[2].strip() for line in ran.messages.splitlines() if line.startswith("remote:")]
    said = "; ".join([found[1], *[one for one in remarks if one][-2:]])
    return PublishError(
        f"the git remote does not allow this push to {place}: {_line(said)}",
        code="JPE506",
        where=place,
        hint="look whether the branch is protected there, or a hook asks for something, and whether this user may push",
    )


def failed(ran: Ran, place: str) -> PublishError:
    """Return the error for a call of git that failed: what it means, and git's own line on it."""
    for pattern, code, text, hint in _KNOWN:
        if (line := _matching(ran, pattern)) is not None:
            return PublishError(f"{text}: {_line(line)}", code=code, where=place, hint=hint)
    if (line := _matching(ran, _UNREACHED)) is not None:
        return NoAnswer(f"the git remote can't be reached: {_line(line)}", where=place, hint=_ADDRESS)
    if _SILENT.search(ran.messages) is not None:
        why, hint = f"the git remote was silent for {SILENCE} s", f"check that it is well; {_ADDRESS}"
        return NoAnswer(f"{why}: {_line(_last(ran))}", where=place, hint=hint)
    if broken(ran):
        again = "look whether it is well, then export again: what has arrived is not committed twice"
        return NoAnswer(f"the git remote broke off: {_line(_last(ran))}", where=place, hint=again)
    if overtaken(ran):
        again = "export again when fewer others push to it"
        return PublishError(
            f"others were quicker each time: {_line(_last(ran))}", code="JPE509", where=place, hint=again
        )
    return PublishError(f"git failed: {_line(_last(ran))}", code="JPE509", where=place, hint=_ADDRESS)


def branch_missing(branch: str, names: Sequence[str], place: str) -> PublishError:
    """Return the error that lists the branches that there are."""
    listed = ", ".join(_line(one, 100) for one in names[:10]) + (", …" if len(names) > 10 else "")
    return PublishError(
        f"the git remote has no branch {branch}",
        code="JPE507",
        where=place,
        hint=f"make it, or name another in git_branch (JPE_GIT_BRANCH): there are {listed}",
    )


def _matching(ran: Ran, pattern: str) -> str | None:
    """Return the last of git's lines that `pattern` is found in, outside of quoted names and addresses."""
    lines = [line for line in ran.messages.splitlines() if re.search(pattern, _QUOTED.sub("", line), re.IGNORECASE)]
    return lines[-1] if lines else None


def _last(ran: Ran) -> str:
    """Return git's last line that says what is wrong."""
    lines = [line for line in ran.messages.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (fatal or lines or [f"exit code {ran.code}"])[-1]


def _line(text: str, width: int = 300) -> str:
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return plain if len(plain) <= width else plain[: width - 1] + "…"
