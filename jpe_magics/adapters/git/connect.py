"""Whether anybody is at a git remote's address: git itself has no limit for that but the system's two minutes."""

from __future__ import annotations

import os
import socket
from functools import partial
from urllib.parse import urlsplit

from jpe_magics.adapters.attended import attended
from jpe_magics.adapters.git.program import CONNECT, Git
from jpe_magics.adapters.git.remote import Remote
from jpe_magics.adapters.names import look_up
from jpe_magics.errors import NoAnswer

_PORTS = {"http": 80, "https": 443}
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
#: Seconds that each of a host's addresses has at least, however many they are.
_LEAST = 0.5


def check_connection(git: Git, remote: Remote) -> None:
    """Raise `NoAnswer` where the remote's host says nothing to a connection for `CONNECT` seconds.

    What else may be wrong with the address is for git to find, for it says so at once.  Nothing is asked where git
    uses a proxy, or no HTTP.
    """
    if not remote.by_http:
        return
    place = _place(git.must("ls-remote", "--get-url", "--", "jpe").text)  # the user's settings may lead it elsewhere
    if place is None:
        return
    address, host, port = place
    proxied = any(os.environ.get(one) or os.environ.get(one.upper()) for one in _PROXIES)
    if proxied or git.run("config", "--get-urlmatch", "http.proxy", address).text:
        return
    if not attended(partial(_connect, host, port), git.look, _let_be):
        silent = NoAnswer(
            f"the git remote can't be reached: no connection to {host}:{port} within {CONNECT:g} s",
            where=remote.shown,
            hint="check git_remote_url (JPE_GIT_REMOTE_URL), and whether a firewall or a missing VPN is between",
        )
        silent.arrived = False
        raise silent


def _place(address: str) -> tuple[str, str, int] | None:
    """Return an address without the login in it, its host and its port; None where it is none of http or https.

    What the user's settings lead to may hold a login, and none may stand among a program's arguments.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.scheme not in _PORTS:
        return None
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, host, port or _PORTS[parts.scheme]


def _let_be() -> None:
    """Its thread ends by itself."""


def _connect(host: str, port: int) -> bool:
    """Return whether the host says anything, be it that nobody listens there."""
    try:
        each = max(CONNECT / max(look_up(host, CONNECT), 1), _LEAST)  # git asks them almost at once
        socket.create_connection((host, port), each).close()
    except TimeoutError:
        return False
    except (OSError, UnicodeError):
        return True
    return True
