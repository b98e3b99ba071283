"""Commits one file to a branch of any git remote, through the git program.

Everything happens in a bare repository of our own, in a private temporary folder, with git's plumbing: nothing is
checked out, so neither the user's work tree, index and configuration nor a symlink in the repository is ever
followed or touched.  Only the branch's last commit is fetched, without its files where the remote can leave
them out.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from jpe_magics.adapters.git.connect import check_connection
from jpe_magics.adapters.git.failures import (
    branch_missing,
    broken,
    declined,
    failed,
    may_have_arrived,
    no_such_branch,
    overtaken,
)
from jpe_magics.adapters.git.program import AGAIN, UNCLEAR, Git, Ran
from jpe_magics.adapters.git.remote import Remote
from jpe_magics.adapters.patience import QUIET
from jpe_magics.core.flow import Push, Pushed
from jpe_magics.core.flow.ours import overwriting, told
from jpe_magics.core.flow.repository import file_bytes, identity
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.publication import Published
from jpe_magics.model.secret import Secret

#: How often a push that was overtaken or broke off is tried, and the seconds of the first wait between (it doubles).
TRIES = 8
PAUSE = 0.05
#: Who commits where git knows no name: a container often has none.
NOBODY = ("jpe_magics", "jpe_magics@localhost")
_TIP = "refs/jpe/tip"
_FILES = ("100644", "100755")


def push(
    step: Push,
    *,
    username: str,
    password: Secret,
    ca_bundle: str = "",
    limit: float,
    stop: threading.Event,
    pulse: Callable[[], None] = lambda: None,
    tell: Callable[[str], None] = lambda _: None,
) -> Pushed:
    """Commit `step.file` and push it, within `limit` seconds in all; return what was done and the branch's commit.

    User name and password are for http and https only; they reach git through the environment of that one process.
    `ca_bundle` is the setting: whose certificates count.
    A file that is not ours is kept (`PublishError` JPE502) unless `step.replace`; content that is there already
    makes no commit.  A push that is overtaken, or that breaks off so that nobody knows whether it arrived, starts
    again from what is there then.  Raises `PublishError` that names what is wrong, `NoAnswer` where the remote can't
    be reached, is silent or takes too long, `Interrupted` where `stop` is set.  `pulse` is called again and again
    meanwhile; `tell` hears why something is tried again, "" when it is no more.
    """
    with tempfile.TemporaryDirectory(prefix="jpe-git-", ignore_cleanup_errors=True) as folder:
        remote = Remote.of(step.remote, username, password, ca_bundle)
        git = Git(Path(folder), remote, limit, stop, pulse)
        git.must("init", "--quiet", "--bare", "--template=", ".")
        check_connection(git, remote)
        return _Attempts(git, f"{remote.shown}@{step.branch}:{step.file.path}", step, tell).push()


class _Attempts:
    """One file on its way: fetch, compare, commit, push, until it is there."""

    def __init__(self, git: Git, place: str, step: Push, tell: Callable[[str], None]) -> None:
        self._git, self._place, self._step, self._tell = git, place, step, tell
        self._blob = git.must("hash-object", "-w", "--stdin", data=file_bytes(step.file)).text
        self._who = _identities(git, step.author)

    def push(self) -> Pushed:
        sent: dict[str, str] = {}  # our commits, and what each of them is: a push may arrive and not tell
        broke_off = ""
        ended = Ran(0, b"", "")
        for number in range(TRIES):
            self._git.pause(PAUSE * 2**number if number else 0)
            tip = self._tip()
            mode, standing = self._standing(tip)
            if standing == self._blob:
                return self._pushed(sent.get(tip) or broke_off or "unchanged", tip)
            word = self._word(standing)
            commit = self._commit(tip, mode)
            sent[commit] = word
            # a push that broke off is the same the second time: up to date, or overtaken by what came upon it
            ended, tries = self._patiently("push", "--porcelain", "--no-verify", "--", "jpe", self._refspec(commit))
            if ended.code == 0:
                return self._pushed(word, commit, tip)
            if not overtaken(ended):
                raise declined(ended, self._place) or self._failed(ended)
            broke_off = word if tries > 1 else broke_off
        raise self._failed(ended)

    def _refspec(self, commit: str) -> str:
        return f"{commit}:refs/heads/{self._step.branch}"

    def _tip(self) -> str:
        """Return the id of the branch's commit, fetched; "" where the repository has no branch at all yet."""
        words = ("--quiet", "--no-tags", "--no-recurse-submodules", "--depth=1", "--filter=blob:none")
        got, _ = self._patiently("fetch", *words, "--", "jpe", f"+refs/heads/{self._step.branch}:{_TIP}")
        if no_such_branch(got):
            return self._no_branch()
        if got.code:
            raise self._failed(got)
        return self._git.must("rev-parse", "--verify", "--quiet", _TIP).text

    def _patiently(self, *words: str) -> tuple[Ran, int]:
        """Return what a call came to that may be repeated where it breaks off, and how often it was tried."""
        began, told = time.monotonic(), False
        for number in range(1, TRIES + 1):
            before = self._git.unclear
            ran = self._git.run(*words)
            self._git.unclear = before or (words[0] == "push" and may_have_arrived(ran))
            if ran.code == 0 or not broken(ran):
                break
            if time.monotonic() - began >= QUIET:
                told = True
                self._tell(self._failed(ran).message)
            self._git.pause(PAUSE * 2**number)
        if told:
            self._tell("")
        return ran, number

    def _failed(self, ran: Ran) -> PublishError:
        error = failed(ran, self._place)
        if not self._git.unclear:
            if isinstance(error, NoAnswer):
                error.arrived = False
            return error
        return type(error)(
            f"{error.message}{UNCLEAR}", code=error.code, where=error.where, hint=f"{AGAIN}; {error.hint}"
        )

    def _no_branch(self) -> str:
        """Return "" where the remote is empty; raise the error that lists its branches where it is not."""
        listed, _ = self._patiently("ls-remote", "--heads", "--", "jpe")
        if listed.code:
            raise self._failed(listed)
        names = [line.partition("\t")[2].removeprefix("refs/heads/") for line in listed.text.splitlines()]
        if names:
            raise branch_missing(self._step.branch, names, self._place)
        return ""

    def _standing(self, tip: str) -> tuple[str, str]:
        """Return mode and id of the file that stands there, the id "" where there is none.

        Raises JPE502 where a folder or a symlink does, or where what should be a folder on the way is none.
        """
        if not tip:
            return _FILES[0], ""
        path = self._step.file.path
        parts = path.split("/")
        above = {"/".join(parts[:count]) for count in range(1, len(parts))}
        listed = self._git.must("ls-tree", "-z", "-t", "--full-tree", tip, "--", *sorted(above), path)
        for row in filter(None, listed.out.split(b"\0")):
            about, _, name = row.partition(b"\t")
            mode, kind, found = about.decode("ascii").split(" ")
            here = name.decode(errors="surrogateescape")
            if (here in above and kind != "tree") or (here == path and mode not in _FILES):
                what = {"120000": "symlink", "160000": "submodule", "040000": "folder"}.get(mode, "file")
                raise PublishError(
                    f"{self._place} is kept: {here} is a {what}",
                    code="JPE502",
                    where=self._place,
                    hint="give the pipeline another name, or name another folder in git_dags_path (JPE_GIT_DAGS_PATH)",
                )
            if here == path:
                return mode, found
        return _FILES[0], ""

    def _word(self, standing: str) -> str:
        if not standing:
            return "created"
        old, _ = self._patiently("cat-file", "blob", standing)  # fetched now, where the remote has left it out
        if old.code:
            raise self._failed(old)
        step = self._step
        text, other = old.out.decode(errors="replace"), step.others.get(self._place, "")
        return overwriting(text, step.file.text, step.replace, self._place, other)

    def _commit(self, tip: str, mode: str) -> str:
        """Return the id of a new commit on `tip` that differs in our file only."""
        git, step = self._git, self._step
        git.must("read-tree", tip or "--empty")
        git.must("update-index", "--add", "--cacheinfo", f"{mode},{self._blob},{step.file.path}")
        tree = git.must("write-tree", "--missing-ok").text
        parents = ("-p", tip) if tip else ()
        message = f"{step.message}\n".encode(errors="replace")
        return git.must("commit-tree", tree, *parents, "-F", "-", data=message, more=self._who).text

    def _pushed(self, word: str, commit: str, parent: str = "") -> Pushed:
        return Pushed(Published("commit", self._place, "", told(word, commit, parent)), commit)


def _identities(git: Git, author: str) -> dict[str, str]:
    """Return the variables that say who writes and who commits, where git's own settings don't."""
    known = git.run("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT").code == 0
    committer = {} if known else {"GIT_COMMITTER_NAME": NOBODY[0], "GIT_COMMITTER_EMAIL": NOBODY[1]}
    name, address = identity(author)
    if not name and not known:
        name, address = NOBODY
    return {**committer, **({"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": address} if name else {})}
