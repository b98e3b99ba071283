"""A git remote, and what git must be told so that it asks nobody and tells no secret."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from jpe_magics.adapters.authorities import authorities
from jpe_magics.core.secrets.redact import Redactor
from jpe_magics.errors import SettingsError
from jpe_magics.model.secret import Secret

#: Variables of git's that may come from the user; all others (GIT_DIR, GIT_TRACE_CURL …) point to or tell too much, or
#: give up too much (GIT_SSL_NO_VERIFY).
_KEPT = re.compile(
    r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|SSL_(?!NO_VERIFY)\w+|PROXY_\w+|HTTP_\w+|EXEC_PATH"
    r"|(AUTHOR|COMMITTER)_(NAME|EMAIL)|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM))"
)
_USER, _PASSWORD = "JPE_GIT_CHILD_USERNAME", "JPE_GIT_CHILD_PASSWORD"
#: A helper that speaks git's credential protocol; printf is the shell's own, so that no argument list shows anything.
_HELPER = f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "${_USER}" "${_PASSWORD}"; }}; f'
#: Seconds without a byte after which git gives a server up; one that works on it sends something every five seconds
#: (git's `uploadpack.keepAlive`, `receive.keepAlive`).
SILENCE = 30
#: Hosts take any name beside a token.
_ANYBODY = "git"


@dataclass(frozen=True)
class Remote:
    """Where to push: `address` for git, `shown` for people; `scope` is what the credentials are for, "" for none.

    `authorities` is the file with those whose certificates count, "" for what git's own settings say.
    """

    address: str
    shown: str
    scope: str = ""
    username: str = field(default="", repr=False)
    password: Secret = field(default_factory=lambda: Secret(""), repr=False)
    authorities: str = ""

    @classmethod
    def of(cls, address: str, username: str, password: Secret, ca_bundle: str = "") -> Remote:
        """Return the remote; raise `SettingsError` for an address that git must not see, or a broken password."""
        scheme, separator, _ = address.partition("://")
        if not address or address.startswith("-") or "::" in address.partition("/")[0] or not address.isprintable():
            raise _wrong("git_remote_url (JPE_GIT_REMOTE_URL) is no address of a git remote")
        if not separator and not re.match(r"[^/]+:", address):
            full = os.path.abspath(os.path.expanduser(address))  # noqa: PTH100, PTH111  pathlib's raises without a home
            return cls(full, full)
        if scheme.lower() not in ("http", "https"):
            return cls(address, _without_password(address))
        try:
            host = urlsplit(address).netloc
        except ValueError:
            raise _wrong("git_remote_url (JPE_GIT_REMOTE_URL) is no address of a git remote") from None
        if "@" in host:
            raise _wrong("git_remote_url (JPE_GIT_REMOTE_URL) must not hold a user name or password")
        trusted = authorities(ca_bundle) if ca_bundle else ""
        if not (username or password):
            return cls(address, address, authorities=trusted)
        if not (username + password.reveal()).isprintable():
            raise _wrong("git_username, git_password or git_token holds a line end or another control character")
        return cls(address, address, f"{scheme.lower()}://{host}", username or _ANYBODY, password, trusted)

    def settings(self) -> list[str]:
        """Return the `-c` settings for git: no hook, no prompt, no helper but ours, no detour."""
        chosen = {
            "remote.jpe.url": self.address,
            "core.hooksPath": os.devnull,
            "core.askPass": "",
            "core.fsmonitor": "false",
            "protocol.ext.allow": "never",
            "gc.auto": "0",
            "maintenance.auto": "false",
            "fetch.writeCommitGraph": "false",
            "push.followTags": "false",
            "push.recurseSubmodules": "no",
            "push.gpgSign": "false",
            "i18n.commitEncoding": "UTF-8",
            "http.sslVerify": "true",
            "http.lowSpeedLimit": "1",
            "http.lowSpeedTime": str(SILENCE),
        }
        if self.scope:
            chosen["http.followRedirects"] = "false"
            # an empty one forgets the user's: none of them is asked, and none is given the password
            chosen["credential.helper"] = ""
            chosen[f"credential.{self.scope}.helper"] = _HELPER
        return [word for key, value in chosen.items() for word in ("-c", f"{key}={value}")]

    def environment(self) -> dict[str, str]:
        """Return the environment for git, with the password where the remote needs it."""
        kept = {key: one for key, one in os.environ.items() if not key.startswith("GIT_") or _KEPT.fullmatch(key)}
        for name in ("SSH_ASKPASS", "LANGUAGE"):
            kept.pop(name, None)
        quiet = {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS_REQUIRE": "never",
            "GCM_INTERACTIVE": "never",
        }
        own = {"LC_ALL": "C", "GIT_LITERAL_PATHSPECS": "1", **quiet, **self._checks()}
        secret = {_USER: self.username, _PASSWORD: self.password.reveal()} if self.scope else {}
        return {**kept, **own, **secret}

    def _checks(self) -> dict[str, str]:
        """Return the variables that have the server's certificate checked.

        A user's own setting for this very address would win over a general one; these variables take an address
        with = in it, which `-c` does not.
        """
        if not self.by_http:
            return {}
        always = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.address}.sslVerify",
            "GIT_CONFIG_VALUE_0": "true",
        }
        return {**always, "GIT_SSL_CAINFO": self.authorities} if self.authorities else always

    @property
    def by_http(self) -> bool:
        """Whether git uses http or https."""
        return self.address.partition("://")[0].lower() in ("http", "https")

    @property
    def by_ssh(self) -> bool:
        """Whether git uses ssh."""
        scheme, separator, _ = self.address.partition("://")
        return "ssh" in scheme.lower() if separator else not self.address.startswith("/")

    def redacted(self, text: str) -> str:
        """Return `text` without the password, and without what stands before an @ in an address."""
        secrets = [self.password] if self.password else [Secret(self.username)] if self.scope else []
        return _without_password(Redactor(secrets=secrets)(text))


def _without_password(text: str) -> str:
    """Return `text` without the logins in its addresses; over ssh the name alone is none."""
    return re.sub(r"((?<=://)[^/@\s:]*:[^/@\s]*|(?<=http://)[^/@\s]*|(?<=https://)[^/@\s]*)@", "***@", text)


def _wrong(text: str) -> SettingsError:
    return SettingsError(
        text,
        where="git_remote_url (JPE_GIT_REMOTE_URL)",
        hint="give it like https://host/team/dags.git, and the login in git_token, or git_username and git_password",
    )
