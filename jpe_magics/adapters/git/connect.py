"""Whether anybody is at a git remote's address: git itself has no limit for that but the system's two minutes."""

from __future__ import annotations

import os
import socket
from functools import partial
from urllib.parse import urlsplit

from jpe_magics.adapters.attended import attended
from jpe_magics.adapters.git.program import CONNECT, Git
from jpe_magics.adapters.git.remote import Remote
from jpe_magics.errors import NoAnswer

_PORTS = {"http": 80, "https": 443}
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def check_connection(git: Git, remote: Remote) -> None:
    """Raise `NoAnswer` where the remote's host says nothing to a connection for `CONNECT` seconds.

    What else may be wrong with the address is for git to find, for it says so at once.  Nothing is asked where git
    uses a proxy, or no HTTP.
    """
    if not remote.by_http:
        return
    address = git.must("ls-remote", "--get-url", "--", "jpe").text  # the user's settings may lead it elsewhere
    proxied = any(os.environ.get(one) or os.environ.get(one.upper()) for one in _PROXIES)
    if proxied or git.run("config", "--get-urlmatch", "http.proxy", address).text:
        return
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return
    if not (host and port):
        return
    if not attended(partial(_connect, host, port), git.look, _let_be):
        silent = NoAnswer(
            f"the git remote can't be reached: no connection to {host}:{port} within {CONNECT:g} s",
            where=remote.shown,
            hint="check git_remote_url (JPE_GIT_REMOTE_URL), and whether a firewall or a missing VPN is between",
        )
        silent.arrived = False
        raise silent


def _let_be() -> None:
    """Its thread ends by itself."""


def _connect(host: str, port: int) -> bool:
    """Return whether the host says anything, be it that nobody listens there."""
    try:
        socket.create_connection((host, port), CONNECT).close()
    except TimeoutError:
        return False
    except (OSError, UnicodeError):
        return True
    return True
