"""Who may do what, and where: tokens, licence, clusters."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from tools.servers.ilum_core.clock import Clock
from tools.servers.ilum_core.http import Asked
from tools.servers.ilum_core.refusal import Refusal

LIFE_SECONDS = 8 * 3600.0  # of Ilum's own tokens, by default


@dataclass
class Access:
    """What a test can switch; a licence that has expired refuses all that changes something, as documented."""

    clock: Clock
    needs_token: bool = False
    licence_expired: bool = False
    clusters: tuple[str, ...] = ("default",)
    _tokens: dict[str, tuple[float, bool]] = field(default_factory=dict, repr=False)

    def token(self, seconds: float = LIFE_SECONDS, *, may_change: bool = True) -> str:
        """Return a new token that is good for so long by the core's clock."""
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (self.clock.seconds() + seconds, may_change)
        return token

    def check(self, asked: Asked) -> None:
        """Raise `Refusal`: 401 without a good token, 403 with one that may only look, 402 without a licence."""
        changes = asked.method != "GET"
        if self.needs_token:
            kind, _, token = asked.headers.get("Authorization", "").partition(" ")
            until, may_change = self._tokens.get(token, (0.0, False))
            if kind != "Bearer" or until < self.clock.seconds():
                raise Refusal(401, "Full authentication is required to access this resource")
            if changes and not may_change:
                raise Refusal(403, "Access is denied")
        if changes and self.licence_expired:
            raise Refusal(402, "License expired")
