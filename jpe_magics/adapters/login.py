"""How a backend is told who asks."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Protocol

from jpe_magics.core.flow import Answer
from jpe_magics.errors import SettingsError
from jpe_magics.model.secret import Secret

#: Sends a JSON object to a path of the same backend, without a login; raises as a `Call` does.
Post = Callable[[str, Mapping[str, str]], Answer]


class Login(Protocol):
    """The login at one backend."""

    def authorization(self, path: str, post: Post) -> Secret:
        """Return what the header Authorization of a request for `path` is, an empty secret for no header.

        `post` is for logins that must ask the backend for a token first.  Raises `JpeError`.
        """
        ...

    def renew(self) -> bool:
        """Tell whether there may be another login, after one was refused (401); the next call gives it."""
        ...


class Fixed:
    """A login that is the same all the time, "" for none."""

    def __init__(self, authorization: Secret = Secret("")) -> None:  # noqa: B008 - a Secret can't be changed
        self._authorization = authorization

    def authorization(self, path: str, post: Post) -> Secret:  # noqa: ARG002
        """Return it."""
        return self._authorization

    def renew(self) -> bool:
        """Return False: there is no other."""
        return False


def with_token(scheme: str, token: Secret, setting: str) -> Secret:
    """Return the header of `token`, e.g. scheme "Bearer"; raise `SettingsError` where it can't stand in a header."""
    if not re.fullmatch(r"[!-~]+", token.reveal()):
        raise SettingsError(
            f"{setting} is no token: it holds blanks or characters that a token can't have", hint="copy it once more"
        )
    return Secret(f"{scheme} {token.reveal()}")


def basic(username: str, password: Secret) -> Secret:
    """Return the header of HTTP basic authentication (RFC 7617, in UTF-8)."""
    pair = f"{username}:{password.reveal()}".encode(errors="surrogateescape")
    return Secret("Basic " + base64.b64encode(pair).decode("ascii"))
