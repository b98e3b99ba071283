"""Whether the backends answer, asked side by side within one limit of time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from jpe_magics.errors import SettingsError
from jpe_magics.model.badge import Badge

#: Paths that answer without a login, the next one tried where the one before is not found.  Airflow:
#: /api/v2 is Airflow 3's, /api/v1 Airflow 2's public health page.  Gitea: its version.  Ilum: the
#: cheapest call of its API.
_PATHS: dict[str, tuple[str, ...]] = {
    "airflow": ("/api/v2/monitor/health", "/api/v1/health"),
    "gitea": ("/version",),
    "ilum": ("/cluster/names",),
}


class _Asked(Protocol):
    def is_set(self, name: str) -> bool: ...


def probe(
    targets: Mapping[str, str],
    timeout: float = 1.5,
    *,
    ca_bundle: str = "",
    tell: Callable[[Badge], None] | None = None,
) -> tuple[Badge, ...]:
    """Return the badge of every backend in `targets` (name → API address, "" for switched off), in that order.

    Answers within `timeout` seconds in all, whatever the hosts or their names do: threads that hang are
    left behind.  A backend is up if it gives any answer below 500 that is not "not found", a redirect or
    an HTML page (a proxy's, another server's): an API that asks for a login (401, 403) is there.
    Redirects are not followed and no credentials are sent; `ca_bundle` is the setting.  `tell` hears each
    badge as soon as it is known, on the caller's thread.
    """
    tell = tell or _untold
    end = time.monotonic() + timeout
    answers: queue.SimpleQueue[Badge] = queue.SimpleQueue()
    asked = {name: url for name, url in targets.items() if url}
    for name, url in asked.items():
        asking = (name, url, timeout, ca_bundle, answers)
        threading.Thread(target=_ask, args=asking, name=f"jpe-probe-{name}", daemon=True).start()
    found = {name: Badge(name, "off", "", "switched off") for name in targets if name not in asked}
    for badge in found.values():
        tell(badge)
    while len(found) < len(targets):
        try:
            badge = answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        found[badge.backend] = badge
        tell(badge)
    for name, url in asked.items():
        if name not in found:
            found[name] = Badge(name, "down", url, f"{url}: no answer within {timeout:g} s")
            tell(found[name])
    return tuple(found[name] for name in targets)


def _untold(badge: Badge) -> None:
    """Nobody wants to know before all are."""


def operating_mode(badges: tuple[Badge, ...], settings: _Asked) -> str:
    """Return "Standalone" (nothing answers), "Connected" (something does) or "Ilum bundled".

    The last is said where Ilum, Airflow and Gitea all answer and none of their addresses was changed.
    """
    up = {badge.backend for badge in badges if badge.state == "ok"}
    if not up:
        return "Standalone"
    changed = any(settings.is_set(name) for name in ("ilum_api_url", "airflow_api_url", "git_api_url"))
    return "Ilum bundled" if up >= {"ilum", "airflow", "gitea"} and not changed else "Connected"


def _ask(name: str, url: str, timeout: float, ca_bundle: str, answers: queue.SimpleQueue[Badge]) -> None:
    state, told = _answer(name, url.rstrip("/"), timeout, ca_bundle)
    answers.put(Badge(name, state, url, f"{url}: {told}"))


def _answer(name: str, url: str, timeout: float, ca_bundle: str) -> tuple[str, str]:
    """Return the state of one backend and what was seen, in words."""
    from jpe_magics.adapters.http import get_head

    try:
        for path in _PATHS.get(name, ("",)):
            head = get_head(url + path, timeout=timeout, ca_bundle=ca_bundle)
            if head.status != 404:
                break
    except (TimeoutError, ValueError, SettingsError) as error:
        return "down", str(error)
    except OSError as error:
        return "down", f"no connection ({(error.strerror or str(error)).lower()})"
    status, kind, moved = head.status, head.content_type, head.location
    if status >= 500:
        return "down", f"the server answers with an error ({status})"
    if 300 <= status < 400:
        return "down", f"it has moved ({status}) to {moved}" if moved else f"it has moved ({status})"
    if status == 404:
        return "down", "a server answers, but has no such API (404)"
    if "html" in kind:
        return "down", f"a web page answers and no API ({status})"
    return "ok", f"answers ({status})"
