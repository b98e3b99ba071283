"""Whether a backend answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    """The state of one backend (`airflow`, `gitea`, `ilum`).

    `state` is "ok", "down" (no answer), "refused" (it answers, but does not take the login that is set, or wants one
    where none is), "off" (switched off) or "unknown".  `tried` says what was tried and how it ended, for a tooltip; it
    never holds a secret.
    """

    backend: str
    state: str
    url: str = ""
    tried: str = ""
