"""Whether the backends answer, and take the login that is set; asked side by side within one limit of time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from jpe_magics.adapters.backends import Gives, has_login
from jpe_magics.core.flow import Answer, Call
from jpe_magics.errors import JpeError, SettingsError
from jpe_magics.model.badge import Badge

#: Paths that answer without a login, the next one tried where the one before is not found.  Airflow:
#: /api/v2 is Airflow 3's, /api/v1 Airflow 2's public health page.  Gitea: its version.  Ilum: the
#: cheapest call of its API.
_PATHS: dict[str, tuple[str, ...]] = {
    "airflow": ("/api/v2/monitor/health", "/api/v1/health"),
    "gitea": ("/version",),
    "ilum": ("/cluster/names",),
}
#: Paths that want a login, tried in the same way, and the answers that refuse it.  A 403 of Gitea is about the
#: token's scopes: one for repositories alone may not see its user.
_WANT_LOGIN: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "airflow": (("/api/v2/dags", "/api/v1/dags"), (401, 403)),
    "gitea": (("/user",), (401,)),
    "ilum": (("/cluster/names",), (401, 403)),
}
#: Seconds between the end of what a thread asks and that of the whole.
_SPARE = 0.05


class _Asked(Protocol):
    def is_set(self, name: str) -> bool: ...


def probe(
    targets: Mapping[str, str],
    timeout: float = 1.5,
    *,
    ca_bundle: str = "",
    tell: Callable[[Badge], None] | None = None,
    settings: Gives | None = None,
    user: str = "",
) -> tuple[Badge, ...]:
    """Return the badge of every backend in `targets` (name → API address, "" for switched off), in that order.

    Answers within `timeout` seconds in all, whatever the hosts or their names do: threads that hang are
    left behind.  A backend is up if it gives any answer below 500 that is not "not found", a redirect or
    an HTML page (a proxy's, another server's): an API that asks for a login (401, 403) is there.
    Redirects are not followed; `ca_bundle` is the setting.  `tell` hears each badge as soon as it is known, on the
    caller's thread.

    That is asked without credentials.  Who answers so is then asked with the login that `settings` hold for it, if
    any, as an export would (`user`: see `backends.login`): where it is refused, or none is set and one is wanted,
    the state is "refused".
    """
    tell = tell or _untold
    end = time.monotonic() + timeout
    answers: queue.SimpleQueue[Badge] = queue.SimpleQueue()
    asked = {name: url for name, url in targets.items() if url}
    for name, url in asked.items():
        asked_of = _Backend(name, url, timeout, end, ca_bundle, settings, user)
        threading.Thread(target=_ask, args=(asked_of, answers), name=f"jpe-probe-{name}", daemon=True).start()
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
    up = {badge.backend for badge in badges if badge.state in ("ok", "refused")}
    if not up:
        return "Standalone"
    changed = any(settings.is_set(name) for name in ("ilum_api_url", "airflow_api_url", "git_api_url"))
    return "Ilum bundled" if up >= {"ilum", "airflow", "gitea"} and not changed else "Connected"


@dataclass(frozen=True)
class _Backend:
    """What is asked at `url`, for `timeout` seconds, until `end` on the clock that only goes forward."""

    name: str
    url: str
    timeout: float
    end: float
    ca_bundle: str
    settings: Gives | None
    user: str

    @property
    def left(self) -> float:
        """Seconds that are left, a little less than there are: who waits must hear of it in time."""
        return max(self.end - time.monotonic() - _SPARE, 0.01)


def _ask(backend: _Backend, answers: queue.SimpleQueue[Badge]) -> None:
    state, told = _answer(backend)
    answers.put(Badge(backend.name, state, backend.url, f"{backend.url}: {told}"))


def _answer(backend: _Backend) -> tuple[str, str]:
    """Return the state of one backend and what was seen, in words."""
    from jpe_magics.adapters.http import get_head

    try:
        for path in _PATHS.get(backend.name, ("",)):
            head = get_head(backend.url.rstrip("/") + path, timeout=backend.timeout, ca_bundle=backend.ca_bundle)
            if head.status != 404:
                break
    except SettingsError as error:
        return "down", error.message
    except (TimeoutError, ValueError) as error:
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
    if backend.settings is None:
        return "ok", f"answers ({status})"
    return _login(backend, backend.settings, status)


def _login(backend: _Backend, settings: Gives, status: int) -> tuple[str, str]:
    """Return whether a backend that answered with `status` takes the login that is set, and what was seen."""
    try:
        answer = _answer_to_login(backend, settings)
    except JpeError as error:
        if error.code in ("JPE505", "JPE010"):  # it gives no token for user and password; or they can't be sent
            return "refused", f"answers, but {error.message}"
        return "ok", f"answers ({status}); the login could not be checked in time"
    if answer is None:
        wanted = status in (401, 403)
        return ("refused", f"answers, but wants a login ({status})") if wanted else ("ok", f"answers ({status})")
    if answer.status in _WANT_LOGIN[backend.name][1]:
        return "refused", f"answers, but refuses the login ({answer.status})"
    return "ok", f"answers ({answer.status if answer.ok else status})"


def _answer_to_login(backend: _Backend, settings: Gives) -> Answer | None:
    """Return what is answered to who brings the login that is set, None where none is; raise what the login raises."""
    if not has_login(backend.name, settings):
        return None
    from jpe_magics.adapters.calls import Calls

    with closing(Calls(settings, _go_on, backend.user, 0.0)) as calls:
        for path in _WANT_LOGIN[backend.name][0]:
            answer = calls.ask(Call(backend.name, "GET", path, {"limit": "1"}, limit=backend.left))
            if answer.status != 404:
                break
    return answer


def _go_on(seconds: float) -> None:
    """Nobody stops a probe: it ends by itself."""
