"""Whether a backend answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    """The state of one backend (`airflow`, `gitea`, `ilum`).

    `state` is "ok", "down" (no answer), "unset" (no answer, at an address that nobody set), "refused" (it answers, but
    does not take the login that is set, or wants one where none is), "off" (switched off) or "unknown".  `tried` says
    what was tried and how it ended, for a tooltip; it never holds a secret.  `hint` says what sets the address of one
    that is "unset"; it stands in `tried` as well.
    """

    backend: str
    state: str
    url: str = ""
    tried: str = ""
    hint: str = ""
