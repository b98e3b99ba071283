"""The backends: where each of them is, and how it is told who asks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

from jpe_magics.adapters.airflow_token import ByVersion, Claims, Exchanged, Minted
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.adapters.login import Fixed, Login, basic, with_token
from jpe_magics.errors import PublishError, SettingsError
from jpe_magics.model.secret import Secret

#: Settings of which those that stand together are a login.
_LOGINS: dict[str, tuple[tuple[str, ...], ...]] = {
    "airflow": (("airflow_token",), ("airflow_username", "airflow_password"), ("airflow_jwt_secret",)),
    "gitea": (("git_token",), ("git_username", "git_password")),
    "ilum": (("ilum_token",),),
}
#: What may stand in the path of a request (RFC 3986, but for the @, which could end a user's name).
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:/-]|%[0-9A-Fa-f]{2})*")


class Gives(Protocol):
    """What gives the settings' values: `adapters.settings.Settings`, or a test's own."""

    def get(self, name: str) -> Any:
        """Return the value of a setting, a `Secret` for a secret one."""
        ...


@dataclass(frozen=True)
class Backend:
    """A server with an API: `title` is for people, `setting` names the setting with its address."""

    title: str
    setting: str

    @property
    def hint(self) -> str:
        """Say which setting and variable give the address."""
        return f"check that it runs, and that {DECLARED[self.setting].env} (setting {self.setting}) is its address"


BACKENDS: dict[str, Backend] = {
    "airflow": Backend("Airflow", "airflow_api_url"),
    "gitea": Backend("Gitea", "git_api_url"),
    "ilum": Backend("Ilum", "ilum_api_url"),
}


def address(backend: Backend, settings: Gives) -> str:
    """Return the address of `backend`, without a slash at its end.

    Raises `PublishError` JPE503 where there is none, `SettingsError` where it is not one of http or https that
    is free of credentials, query and fragment.
    """
    found = str(settings.get(backend.setting)).rstrip("/")
    if not found:
        raise PublishError(
            f"there is no address for {backend.title}", code="JPE503", where=backend.setting, hint=backend.hint
        )
    try:
        parts = urlsplit(found)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    # the settings look at it too; here it decides where credentials go
    if not good or set(found) & set("@?#\\") or not found.isprintable() or " " in found:
        raise SettingsError(
            f"{backend.setting} is no address like http://host:8080/api", where=backend.setting, hint=backend.hint
        )
    return found


def url_of(base: str, path: str, query: Mapping[str, str]) -> str:
    """Return the address of `path` below `base`.

    Raises `PublishError` where the path could lead anywhere else: to another host, or out of `base`.

    >>> url_of("http://host:3000/api/v1", "/repos/a/b%20c", {"ref": "a&b"})
    'http://host:3000/api/v1/repos/a/b%20c?ref=a%26b'
    """
    leaves = path.startswith("//") or any(unquote(part) in (".", "..") for part in path.split("/"))
    if leaves or not _PATH.fullmatch(path):
        raise PublishError(
            f"the path {path[:200]!r} is not asked for: it could lead to another place",
            code="JPE508",
            where=base,
            hint="a name in it, or what the server said before, is not what it should be",
        )
    return base + path + (f"?{urlencode(query, quote_via=quote)}" if query else "")


def login(name: str, settings: Gives, user: str = "", now: Callable[[], float] = time.time) -> Login:
    """Return the login for the backend `name`, by whatever the settings give; without anything, no header.

    `user` is the name that tokens are for where no setting says another; `now` is the clock.
    """
    match name:
        case "airflow":
            return _airflow(settings, user, now)
        case "gitea":
            if token := _secret(settings, "git_token"):
                return Fixed(with_token("token", token, "git_token"))
            return _basic(settings, "git_username", "git_password")
        case _:
            token = _secret(settings, "ilum_token")
            return Fixed(with_token("Bearer", token, "ilum_token")) if token else Fixed()


def has_login(name: str, settings: Gives) -> bool:
    """Tell whether the settings hold a login for the backend `name`."""
    return any(all(settings.get(one) for one in together) for together in _LOGINS[name])


def git_login(settings: Gives) -> tuple[str, Secret]:
    """Return user name and password for a git remote; a token goes as the password, both are "" without any.

    Gitea, GitHub and GitLab take any user name beside a token; "oauth2" is GitLab's word for it.
    """
    username = _secret(settings, "git_username").reveal()
    if token := _secret(settings, "git_token"):
        return username or "oauth2", token
    return username, _secret(settings, "git_password")


def _airflow(settings: Gives, user: str, now: Callable[[], float]) -> Login:
    if token := _secret(settings, "airflow_token"):
        return Fixed(with_token("Bearer", token, "airflow_token"))
    username, password = str(settings.get("airflow_username")), _secret(settings, "airflow_password")
    new: Login = Exchanged(username, password, now) if username and password else Fixed()
    if (secret := _secret(settings, "airflow_jwt_secret")).reveal().strip():
        claims = Claims(
            settings.get("airflow_jwt_subject") or user or "jpe_magics",
            settings.get("airflow_jwt_audience"),
            settings.get("airflow_jwt_role"),
            settings.get("airflow_jwt_issuer"),
        )
        new = Minted(secret, claims, now)
    # Airflow 2 knows neither such tokens nor /auth/token
    return ByVersion(Fixed(basic(username, password)), new) if username and password else new


def _basic(settings: Gives, username: str, password: str) -> Login:
    who, word = _secret(settings, username), _secret(settings, password)
    return Fixed(basic(who.reveal(), word)) if who and word else Fixed()


def _secret(settings: Gives, name: str) -> Secret:
    found = settings.get(name)
    return found if isinstance(found, Secret) else Secret(str(found or ""))
