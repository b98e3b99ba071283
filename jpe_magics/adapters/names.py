"""Looks up where a host is, within a limit of time."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading


def look_up(host: str, timeout: float) -> int:
    """Return how many addresses `host` has; raise `TimeoutError` after `timeout` seconds, `OSError` where it has none.

    The system's own look-up knows no limit and can't be interrupted: a name server that is silent holds it for
    many seconds.  So it has a thread of its own, which is left behind where it hangs.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return 1
    found: queue.SimpleQueue[int | OSError] = queue.SimpleQueue()
    threading.Thread(target=_ask, args=(host, found), name=f"jpe-look-up-{host}", daemon=True).start()
    try:
        answer = found.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError(f"the name {host} was not found within {timeout:.3g} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _ask(host: str, found: queue.SimpleQueue[int | OSError]) -> None:
    try:
        found.put(len(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))
    except OSError as error:
        found.put(error)
    except UnicodeError as error:  # a label that is empty or too long
        found.put(OSError(f"{host!r} is no name of a host: {error}"))
