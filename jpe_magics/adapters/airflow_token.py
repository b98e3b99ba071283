"""Tokens for Airflow's API: signed here with its own secret, or got for a user and a password."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jpe_magics.adapters.login import Login, Post
from jpe_magics.core.flow import Answer
from jpe_magics.errors import PublishError, SettingsError
from jpe_magics.model.secret import Secret

#: Seconds: a token is dated back for clocks that differ (Airflow's own leeway is 10), lives 270 in all, and
#: a new one is made before the last of them.
BACKDATED, LEFT, SPARE = 30, 240, 60

TOKEN_PATH = "/auth/token"  # noqa: S105


@dataclass(frozen=True)
class Claims:
    """Who a token is for; each must be what the server's configuration says (section `api_auth`)."""

    subject: str
    audience: str
    role: str = ""
    issuer: str = ""


def mint(secret: Secret, claims: Claims, now: float) -> Secret:
    """Return a token signed with HS512, the only algorithm that Airflow 3 takes by default.

    `secret` is taken as it is (not decoded), but for the line end that a file may have left on it.  Raises
    `SettingsError` where it can't be a secret: a token signed with nothing anybody could forge.
    """
    import jwt
    from jwt.algorithms import HMACAlgorithm
    from jwt.api_jws import PyJWS

    class AnyLength(HMACAlgorithm):
        """PyJWT warns of secrets below 64 bytes; which one it is is for the server to say, and it takes them."""

        def check_key_length(self, key: bytes) -> None:  # noqa: ARG002
            return None

    key = secret.reveal().rstrip("\r\n")
    if not key.strip():
        raise SettingsError("airflow_jwt_secret is empty", hint="set AIRFLOW_JWT_SECRET to Airflow's jwt_secret")
    seconds = int(now)
    payload: dict[str, Any] = {
        "sub": claims.subject,
        "aud": claims.audience,
        "iat": seconds - BACKDATED,
        "nbf": seconds - BACKDATED,
        "exp": seconds + LEFT,
    }
    payload |= {name: value for name, value in (("role", claims.role), ("iss", claims.issuer)) if value}
    jws = PyJWS(algorithms=[])
    jws.register_algorithm("HS512", AnyLength(HMACAlgorithm.SHA512))
    try:
        return Secret(jws.encode(json.dumps(payload).encode(), key.encode(), algorithm="HS512"))
    except (jwt.InvalidKeyError, UnicodeEncodeError):
        pass
    raise SettingsError(
        "airflow_jwt_secret can't sign a token: it is a key pair's key, or no text",
        hint="set AIRFLOW_JWT_SECRET to the value of Airflow's [api_auth] jwt_secret",
    )


class Minted:
    """A login by tokens that are signed here; `now` is the clock, in seconds since 1970."""

    def __init__(self, secret: Secret, claims: Claims, now: Callable[[], float] = time.time) -> None:
        self._secret, self._claims, self._now = secret, claims, now
        self._token = Secret("")
        self._end = 0.0

    def authorization(self, path: str, post: Post) -> Secret:  # noqa: ARG002
        """Return a token that lives for another minute at least."""
        now = self._now()
        if not self._token or self._end - now < SPARE:
            self._token, self._end = mint(self._secret, self._claims, now), now + LEFT
        return _bearer(self._token)

    def renew(self) -> bool:
        """Forget the token: the next one is new."""
        self._token = Secret("")
        return True


class Exchanged:
    """A login by tokens that Airflow 3 gives for a user and a password (`POST /auth/token`).

    Where it has no such path, as Airflow 2, there is no token: what the API says is for the caller to read.
    """

    def __init__(self, username: str, password: Secret, now: Callable[[], float] = time.time) -> None:
        self._username, self._password, self._now = username, password, now
        self._token: Secret | None = None
        self._end = math.inf

    def authorization(self, path: str, post: Post) -> Secret:  # noqa: ARG002
        """Return a token that, as far as it tells, lives for another minute at least; raise `PublishError`."""
        if self._token is None or self._end - self._now() < SPARE:
            answer = post(TOKEN_PATH, {"username": self._username, "password": self._password.reveal()})
            self._token = _token_of(answer)
            self._end = _end_of(self._token)
        return _bearer(self._token) if self._token else self._token

    def renew(self) -> bool:
        """Forget the token, if there is one: the next one is new."""
        had, self._token = bool(self._token), None
        return had


class ByVersion:
    """Two logins: `old` for the API of Airflow 2 (below /api/v1), `new` for that of Airflow 3."""

    def __init__(self, old: Login, new: Login) -> None:
        self._old, self._new = old, new
        self._last = new

    def authorization(self, path: str, post: Post) -> Secret:
        """Return the login for `path`."""
        self._last = self._old if path.startswith("/api/v1/") else self._new
        return self._last.authorization(path, post)

    def renew(self) -> bool:
        """Renew the login that was used last."""
        return self._last.renew()


def _bearer(token: Secret) -> Secret:
    return Secret(f"Bearer {token.reveal()}")


def _token_of(answer: Answer) -> Secret:
    """Return the token of an answer to `POST /auth/token`, an empty one where there is no such path."""
    if answer.status in (404, 405):
        return Secret("")
    hint = "check AIRFLOW_USERNAME and AIRFLOW_PASSWORD (settings airflow_username, airflow_password)"
    where = f"POST {TOKEN_PATH}"
    if not answer.ok:
        refused = answer.status in (400, 401, 403, 422)
        raise PublishError(
            f"Airflow refuses the user name and password ({answer.status})"
            if refused
            else f"Airflow gives no token: it answers with {answer.status}",
            code="JPE505" if refused else "JPE508",
            where=where,
            hint=hint if refused else "try again later, or look at Airflow's log",
        )
    token = answer.json.get("access_token") if isinstance(answer.json, dict) else None
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        raise PublishError("Airflow's answer holds no token", code="JPE508", where=where, hint=hint)
    return Secret(token)


def _end_of(token: Secret) -> float:
    """Return when `token` ends, in seconds since 1970; infinity where it does not say (then a 401 will)."""
    import jwt

    try:
        end = jwt.decode(token.reveal(), options={"verify_signature": False}).get("exp")
        return float(end) if isinstance(end, (int, float)) and not isinstance(end, bool) else math.inf
    except (jwt.InvalidTokenError, OverflowError, RecursionError):
        return math.inf
