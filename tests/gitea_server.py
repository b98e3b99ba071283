"""A Gitea for tests: the rules of its Contents API, on 127.0.0.1, committing to real bare repositories.

    with GiteaServer(folder) as gitea:
        bare = gitea.bare_repository("team", "dags")     # with a first commit, unless empty=True
        gitea.api_url, gitea.token                       # of the user "ada", who owns everything

What a client can trip over is here, as go-gitea/gitea has it (`routers/api/v1/repo/file.go`,
`services/repository/files/update.go`): 404 for what a user may not see, 403 for branches, paths and scopes, 422 for a
file that exists, for a stale `sha` and for broken base64, 423 for an archived repository, a null content above the
largest blob, 500 for a push that was overtaken inside, a first commit that makes the branch of an empty repository,
and links with a ROOT_URL that is not the address that was asked.

`fault` is asked before each request with its number from 1, method and path: "drop" closes the connection
unanswered, "lose" does so after the work was done, a number is the status that is answered instead, "after" answers
500 after the work was done.  `before_write` is called once a write has arrived and before it is done.
"""

import base64
import binascii
import json
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

ROOT_URL = "http://gitea.inside.example:3000"
NULL = "0" * 40


@dataclass
class User:
    password: str
    token: str
    scopes: frozenset[str] = frozenset({"read:repository", "write:repository"})


@dataclass
class Repository:
    owner: str
    name: str
    bare: Path
    private: bool = False
    archived: bool = False
    default_branch: str = "main"
    #: Users who may write, and who may read where it is private (the owner always may both).
    writers: set[str] = field(default_factory=lambda: {"ada"})
    readers: set[str] = field(default_factory=set)
    protected_branches: set[str] = field(default_factory=set)
    protected_paths: set[str] = field(default_factory=set)

    def git(self, *words: str, data: bytes = b"", check: bool = True, **variables: str) -> bytes:
        ran = subprocess.run(
            ["git", f"--git-dir={self.bare}", *words],
            input=data,
            capture_output=True,
            check=check,
            env={**os.environ, "LC_ALL": "C", **variables},
        )
        return ran.stdout if ran.returncode == 0 else b""

    def id(self, revision: str) -> str:
        return self.git("rev-parse", "--verify", "-q", "--end-of-options", revision, check=False).decode().strip()

    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").decode().split()

    def entry(self, revision: str, path: str) -> tuple[str, str] | None:
        """Return mode and id of what stands at `path`; None for nothing."""
        row = self.git("--literal-pathspecs", "ls-tree", "-z", "--full-tree", revision, "--", path, check=False)
        return (row.split()[0].decode(), row.split()[2].decode()) if row else None

    def commit(
        self, branch: str, path: str, data: bytes | None, message: str, who: tuple[str, str], mode: str = "100644"
    ) -> tuple[str, str]:
        """Commit `data` (None: the file's removal) and return the ids of commit and parent ("" for none).

        Raises `subprocess.CalledProcessError` where the branch was moved meanwhile.
        """
        ref = f"refs/heads/{branch}"
        parent = self.id(ref)
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            self.git("read-tree", parent or "--empty", **index)
            if data is None:
                self.git("update-index", "--index-info", data=f"0 {NULL}\t{path}\n".encode(), **index)
            else:
                blob = self.git("hash-object", "-w", "--stdin", data=data).decode().strip()
                self.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}", **index)
            tree = self.git("write-tree", **index).decode().strip()
        names = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in zip(("NAME", "EMAIL"), who, strict=True)
        }
        parents = ("-p", parent) if parent else ()
        made = self.git("commit-tree", tree, *parents, "-F", "-", data=message.encode(), **names).decode().strip()
        self.git("update-ref", ref, made, parent or NULL)
        return made, parent


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


class GiteaServer:
    token = "0123456789abcdef0123456789abcdef01234567"

    def __init__(self, folder: Path, *, version: str = "1.24.6") -> None:
        self.folder, self.version = folder, version
        self.users = {"ada": User("pw of ada", self.token), "bob": User("pw of bob", "b" * 40)}
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.max_blob = 10 * 1024 * 1024
        self.fault: Callable[[int, str, str], str | int | None] = lambda number, method, path: None
        self.before_write: Callable[[], None] = lambda: None
        self.requests: list[tuple[str, str, int]] = []
        self.count = 0
        self.lock, self.writing = threading.Lock(), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address of its (absent) pages."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v1"

    def bare_repository(self, owner: str, name: str, *, empty: bool = False, **values: Any) -> Path:
        """Return the folder of the bare repository, which is made where it is not there yet."""
        if (owner, name) not in self.repositories:
            bare = self.folder / owner / f"{name}.git"
            subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
            made = self.repositories[owner, name] = Repository(owner, name, bare, **values)
            if not empty:
                made.commit(made.default_branch, "README.md", b"# DAGs\n", "Initial commit", ("Ada", "ada@example.org"))
        return self.repositories[owner, name].bare

    # ---- what requests come to -------------------------------------------------------------------------

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any, str]:
        """Return status, what is answered (JSON, or bytes as they are) and its content type."""
        address = urlsplit(target)
        path, query = address.path, {key: one[0] for key, one in parse_qs(address.query).items()}
        if not path.startswith("/api/v1/"):
            return 404, b"<!DOCTYPE html><title>Page Not Found</title>", "text/html; charset=utf-8"
        try:
            status, found = self._route(method, path.removeprefix("/api/v1"), query, headers, body)
        except Refused as refused:
            return refused.status, {"message": refused.message, "url": f"{ROOT_URL}/api/swagger"}, "application/json"
        except subprocess.CalledProcessError:
            return 500, {"message": "PushOutOfDate Error", "url": f"{ROOT_URL}/api/swagger"}, "application/json"
        kind = "application/octet-stream" if isinstance(found, bytes) else "application/json;charset=utf-8"
        return status, found, kind

    def _route(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> tuple[int, Any]:
        user = self._who(headers.get("Authorization", ""))
        if path == "/version":
            return 200, {"version": self.version}
        if path == "/repos/search":
            seen = [one for one in self.repositories.values() if self._sees(user, one)]
            return 200, {"ok": True, "data": [self._shown(one, user) for one in seen[: int(query.get("limit", 10))]]}
        match = re.fullmatch(r"/repos/([^/]+)/([^/]+)(?:/(branches|contents|raw)(?:/(.+))?)?", path)
        if not match:
            raise Refused(404, "Not Found")
        owner, name, what, rest = (one and unquote(one) for one in match.groups())
        self._scope(user, headers, "read:repository" if method == "GET" else "write:repository")
        repository = self.repositories.get((owner, name))
        if repository is None or not self._sees(user, repository):
            raise Refused(404, "The target couldn't be found.")
        if method == "GET":
            return 200, self._read(repository, user, what, rest, query)
        if what == "contents" and rest and method in ("POST", "PUT"):
            return self._write(method, repository, user, rest, body)
        raise Refused(405, "Method Not Allowed")

    def _who(self, header: str) -> str:
        """Return the user that the header proves; "" without one."""
        if not header:
            return ""
        scheme, _, value = header.partition(" ")
        tokens = {one.token: name for name, one in self.users.items()}
        if scheme.lower() in ("token", "bearer") and value in tokens:
            return tokens[value]
        if scheme == "Basic":
            name, _, password = base64.b64decode(value).decode().partition(":")
            if name in self.users and self.users[name].password == password:
                return name
            if password in tokens:  # a token may stand for the password
                return tokens[password]
        raise Refused(401, "invalid username, password or token")

    def _scope(self, user: str, headers: Any, scope: str) -> None:
        """Tokens have scopes, passwords may do everything."""
        by_token = headers.get("Authorization", "").lower().startswith(("token ", "bearer "))
        if by_token and scope not in self.users[user].scopes:
            have = ",".join(sorted(self.users[user].scopes))
            message = f"token does not have at least one of required scope(s), required=[{scope}], token scope={have}"
            raise Refused(403, message)

    @staticmethod
    def _sees(user: str, repository: Repository) -> bool:
        return not repository.private or user in {repository.owner, *repository.writers, *repository.readers}

    @staticmethod
    def _writes(user: str, repository: Repository) -> bool:
        return user in {repository.owner, *repository.writers}

    def _shown(self, repository: Repository, user: str) -> dict[str, Any]:
        return {
            "name": repository.name,
            "full_name": f"{repository.owner}/{repository.name}",
            "private": repository.private,
            "archived": repository.archived,
            "empty": not repository.branches(),
            "default_branch": repository.default_branch,
            "html_url": f"{ROOT_URL}/{repository.owner}/{repository.name}",
            "permissions": {"admin": user == repository.owner, "push": self._writes(user, repository), "pull": True},
        }

    def _read(
        self, repository: Repository, user: str, what: str | None, rest: str | None, query: dict[str, str]
    ) -> Any:
        if what is None:
            return self._shown(repository, user)
        if what == "branches":
            names = [rest] if rest else repository.branches()[: int(query.get("limit", 30))]
            shown = [{"name": name, "commit": {"id": repository.id(f"refs/heads/{name}")}} for name in names]
            if rest and not shown[0]["commit"]["id"]:
                raise Refused(404, f"branch does not exist [repo_id: 1 name: {rest}]")
            return shown[0] if rest else shown
        ref = query.get("ref", repository.default_branch)
        commit = repository.id(f"refs/heads/{ref}^{{commit}}") or repository.id(f"{ref}^{{commit}}")
        entry = repository.entry(commit, rest or "") if commit else None
        if entry is None:
            raise Refused(404, f"object does not exist [id: , rel_path: {rest}]")
        if what == "raw":
            return repository.git("cat-file", "blob", entry[1])
        return self._content(repository, ref, rest or "", entry)

    def _content(self, repository: Repository, ref: str, path: str, entry: tuple[str, str]) -> Any:
        mode, sha = entry
        kind = {"040000": "dir", "120000": "symlink", "160000": "submodule"}.get(mode, "file")
        if kind == "dir":
            names = repository.git("ls-tree", "-z", "--name-only", sha).decode().split("\0")
            return [{"name": name, "path": f"{path}/{name}", "type": "file"} for name in names if name]
        page = f"{ROOT_URL}/{repository.owner}/{repository.name}/src/branch/{quote(ref)}/{quote(path)}"
        found: dict[str, Any] = {"name": path.rsplit("/", 1)[-1], "path": path, "sha": sha, "type": kind}
        found |= {"encoding": None, "content": None, "html_url": page, "target": None}
        if kind == "symlink":
            found["target"] = repository.git("cat-file", "blob", sha).decode()
        elif kind == "file":
            data = repository.git("cat-file", "blob", sha)
            found["size"] = len(data)
            if len(data) <= self.max_blob:
                found |= {"encoding": "base64", "content": base64.b64encode(data).decode()}
        return found

    def _write(self, method: str, repository: Repository, user: str, path: str, body: bytes) -> tuple[int, Any]:
        if not user:
            raise Refused(401, "token is required")
        if repository.archived:
            raise Refused(423, f"{repository.owner}/{repository.name} is archived")
        if not self._writes(user, repository):
            raise Refused(403, "user should have a permission to write to a repo")
        given = json.loads(body)
        branch = given.get("branch") or repository.default_branch
        if branch in repository.protected_branches:
            raise Refused(403, "user should have a permission to write to the target branch")
        try:
            data = base64.b64decode(given["content"], validate=True)
        except (binascii.Error, KeyError) as error:
            raise Refused(422, f"illegal base64 data: {error}") from None
        self.before_write()
        with self.writing:  # of two at once the real one refuses the later push
            return self._commit(method, repository, user, branch, path, data, given)

    def _commit(
        self,
        method: str,
        repository: Repository,
        user: str,
        branch: str,
        path: str,
        data: bytes,
        given: dict[str, Any],
    ) -> tuple[int, Any]:
        self._check(method, repository, branch, path, given.get("sha"))
        author = given.get("author") or {}
        who = (author.get("name") or user, author.get("email") or f"{user}@noreply.example")
        mode = (repository.entry(f"refs/heads/{branch}", path) or ("100644", ""))[0] if method == "PUT" else "100644"
        first = not repository.branches()
        commit, parent = repository.commit(branch, path, data, given.get("message") or f"Add {path}", who, mode)
        if first:
            repository.default_branch = branch
            repository.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        entry = repository.entry(commit, path)
        assert entry is not None
        page = f"{ROOT_URL}/{repository.owner}/{repository.name}/commit/{commit}"
        shown = {"sha": commit, "html_url": page, "message": given.get("message")}
        shown["parents"] = [{"sha": parent}] if parent else []
        made = {"content": self._content(repository, branch, path, entry), "commit": shown}
        return (201 if method == "POST" else 200), {**made, "verification": {"verified": False}}

    def _check(self, method: str, repository: Repository, branch: str, path: str, sha: str | None) -> None:
        """Raise what Gitea refuses, in its order: the branch, the path, then the `sha`."""
        ref = f"refs/heads/{branch}"
        if not repository.id(ref):
            if repository.branches():
                raise Refused(404, f"branch does not exist [repo_id: 1 name: {branch}]")
            if method == "PUT":
                raise Refused(404, f"object does not exist [id: , rel_path: {path}]")
            return
        parts = path.split("/")
        if any(one in ("", ".", "..") or one.lower() == ".git" for one in parts):
            raise Refused(422, f"path contains a malformed path component [path: {path}]")
        if path in repository.protected_paths:
            raise Refused(403, f"path is protected and can not be changed [path: {path}]")
        entry = repository.entry(ref, path)
        if method == "PUT":
            if entry is None:
                raise Refused(404, f"object does not exist [id: , rel_path: {path}]")
            if not sha:
                raise Refused(422, "a SHA or commit ID must be proved when updating a file")
            if sha != entry[1]:
                raise Refused(422, f"sha does not match [given: {sha}, expected: {entry[1]}]")
        for count in range(1, len(parts)):
            above = repository.entry(ref, "/".join(parts[:count]))
            if above and above[0] != "040000":
                raise Refused(422, f"a file exists where you're trying to create a subdirectory [path: {path}]")
        if entry and entry[0] in ("120000", "040000"):
            raise Refused(
                422, f"a symbolic link or directory exists where you're trying to create a file [path: {path}]"
            )
        if entry and method == "POST":
            raise Refused(422, f"repository file already exists [path: {path}]")


def _handler(server: GiteaServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_GET(self) -> None:
            with server.lock:
                server.count += 1
                number = server.count
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = server.fault(number, self.command, self.path)
            if fault == "drop":
                self.close_connection = True
                return
            failed = 500, {"message": "Internal Server Error"}, "application/json"
            status, answer, kind = (
                (fault, *failed[1:])
                if isinstance(fault, int)
                else server.answer(self.command, self.path, self.headers, body)
            )
            server.requests.append((self.command, self.path, status))
            if fault == "lose":
                self.close_connection = True
                return
            if fault == "after":
                status, answer, kind = failed
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
