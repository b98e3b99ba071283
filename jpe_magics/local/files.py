"""Which files of this machine a request may name."""

from __future__ import annotations

import urllib.parse
from collections.abc import Sequence
from pathlib import Path

from jpe_magics.local.protocol import bad_request

#: Schemes of URIs that name a file of this machine; where there is none, Livy's default file system is that, too.
_LOCAL = ("", "file", "local")


class Files:
    """Livy's `livy.file.local-dir-whitelist`: files lie under one of the folders, wherever their links lead.

    It is no guard against who has the password, since a session's code reads every file that the user can; it makes
    a request that a Livy on a cluster would refuse fail here as well.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = [folder.resolve() for folder in folders]

    def resolve(self, uri: str) -> str:
        """Return what Spark is to be told: the absolute path of a local file, any other URI as it is.

        Raises Livy's 400 for a relative path, and for a file that lies elsewhere.  Whether the file is there
        is Spark's to say, as with Livy.
        """
        scheme = _scheme(uri)
        if scheme not in _LOCAL:
            return uri
        path, hash_mark, fragment = self._path(uri, scheme).partition("#")
        resolved = Path(path).resolve()
        if not any(resolved.is_relative_to(folder) for folder in self._folders):
            raise bad_request(f"requirement failed: Local path {path} cannot be added to user sessions.")
        return f"{resolved}{hash_mark}{fragment}"

    def resolve_script(self, uri: str) -> str:
        """Return the path of a batch's file; 400 where it is no Python file of this machine."""
        if _scheme(uri) not in _LOCAL or not uri.endswith(".py"):
            raise bad_request(
                f"requirement failed: {uri} is no local Python file (.py): jpe livy runs no other batches"
            )
        return self.resolve(uri)

    def _path(self, uri: str, scheme: str) -> str:
        path = uri
        if scheme:
            split = urllib.parse.urlsplit(uri)
            path = urllib.parse.unquote(split.path) + (f"#{split.fragment}" if split.fragment else "")
        if not path.startswith("/"):
            raise bad_request(f"requirement failed: Path '{path}' is not absolute.")
        if "\0" in path:
            raise bad_request("requirement failed: a path can't hold a null character.")
        return path


def _scheme(uri: str) -> str:
    try:
        return urllib.parse.urlsplit(uri).scheme
    except ValueError as error:
        raise bad_request(f"java.net.URISyntaxException: {error}") from error
