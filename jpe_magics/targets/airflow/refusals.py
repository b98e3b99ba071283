"""What Airflow means when it refuses, in words that name the setting to look at (measured on 2.11, 3.0, 3.1, 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jpe_magics.core.flow import Answer, Surroundings
from jpe_magics.core.flow.received import text
from jpe_magics.errors import PublishError

_LONGEST = 400

_WAYS = (
    "set AIRFLOW_TOKEN; or AIRFLOW_JWT_SECRET to the server's [api_auth] jwt_secret; "
    "or AIRFLOW_USERNAME and AIRFLOW_PASSWORD"
)
_PASSWORD = "check AIRFLOW_USERNAME and AIRFLOW_PASSWORD (settings airflow_username, airflow_password)"  # noqa: S105
_TOKEN = "put a new one of this server into AIRFLOW_TOKEN (setting airflow_token)"  # noqa: S105


def refusal(answer: Answer, doing: str, around: Surroundings) -> PublishError:
    """Return the error for an answer that is no 2xx; `doing` completes "Airflow does not allow …"."""
    where = around.setting("airflow_api_url")
    detail = detail_of(answer)
    if answer.status == 401:
        message, hint = _login(login_setting(around), detail)
        return PublishError(message, code="JPE505", where=where, hint=hint)
    if answer.status == 403 and "token" in detail.lower():
        message, hint = _token(login_setting(around), around)
        return PublishError(message, code="JPE505", where=where, hint=hint)
    if answer.status == 403:
        hint = "an administrator of Airflow can give the user that right" + _who(login_setting(around), around)
        return PublishError(f"Airflow does not allow {doing}", code="JPE506", where=where, hint=hint)
    if 300 <= answer.status < 400:
        hint = "set AIRFLOW_API_URL (setting airflow_api_url) to where it leads, for example to https; a login is sent "
        hint += "to the address alone that you set"
        return PublishError(f"Airflow's address redirects ({answer.status})", code="JPE508", where=where, hint=hint)
    said = f": {detail}" if detail else ""
    message = f"Airflow answers {doing} with {answer.status}{said}"
    return PublishError(message, code="JPE508", where=where, hint=_fault(answer, around))


def refusal_of_2(answer: Answer, doing: str, around: Surroundings) -> PublishError:
    """Return the error for such an answer of Airflow 2, which knows users and passwords only."""
    if answer.status != 401:
        return refusal(answer, doing, around)
    known = around.setting("airflow_username") and around.setting("airflow_password")
    message = "Airflow 2 refuses the login" if known else "Airflow 2 wants a user and a password, and none are set"
    hint = f"{_PASSWORD}; the server's [api] auth_backends must hold basic_auth"
    return PublishError(message, code="JPE505", where=around.setting("airflow_api_url"), hint=hint)


def login_setting(around: Surroundings) -> str:
    """Return the name of the setting by which we log in, the first that is there; "" for none."""
    for name in ("airflow_token", "airflow_jwt_secret", "airflow_password"):
        if around.setting(name):
            return name
    return ""


def detail_of(answer: Answer) -> str:
    """Return what an error's body says, in one line; "" where that is for no person to read (HTML).

    `detail` is a text, a list of places and messages (422) or an object with a reason (409, 500); Airflow 2
    has a `title` beside it.
    """
    told = answer.json if isinstance(answer.json, Mapping) else {}
    said = _said(told.get("detail")) or text(told.get("title")) or text(told.get("error"))
    line = " ".join(said.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _said(detail: Any) -> str:
    if isinstance(detail, list):
        return "; ".join(_place(one) for one in detail if isinstance(one, Mapping))
    if isinstance(detail, Mapping):
        return text(detail.get("reason")) or text(detail.get("message"))
    return text(detail)


def _place(one: Mapping[str, Any]) -> str:
    loc = one.get("loc")
    parts = loc[1:] if isinstance(loc, list) else []
    place = ".".join(str(part) if isinstance(part, int) else text(part) for part in parts)
    return f"{place}: {text(one.get('msg'))}" if place else text(one.get("msg"))


def _login(way: str, detail: str) -> tuple[str, str]:
    if not way:
        return "Airflow wants a login, and none is set", _WAYS
    if way == "airflow_password":
        return "Airflow refuses the user name or the password", _PASSWORD
    if "expired" not in detail.lower():
        return f"Airflow, or a gateway before it, refuses the login (401{f': {detail}' if detail else ''})", _check(way)
    if way == "airflow_token":
        return "the token for Airflow has expired", _TOKEN
    return (
        "for Airflow the token that was signed just now has expired already",
        "this machine's clock is behind that of the server: set it right",
    )


def _check(way: str) -> str:
    return f"check {way.upper()} (setting {way}); if it is right, a proxy may take the header Authorization away"


def _token(way: str, around: Surroundings) -> tuple[str, str]:
    if way == "airflow_token":
        return "Airflow does not take the token: it is none of this server, or damaged", _TOKEN
    if way != "airflow_jwt_secret":
        return "Airflow does not take the login", _WAYS
    subject = around.setting("airflow_jwt_subject")
    who = f"AIRFLOW_JWT_SUBJECT is {subject!r}" if subject else "AIRFLOW_JWT_SUBJECT is not set"
    hint = (
        "AIRFLOW_JWT_SECRET must be the server's [api_auth] jwt_secret, AIRFLOW_JWT_AUDIENCE and AIRFLOW_JWT_ISSUER "
        "its jwt_audience and jwt_issuer; with the FAB auth manager the subject must be a user's numeric id, as "
        f"`airflow users list` shows it ({who}); and this machine's clock must not be ahead of the server's"
    )
    return "Airflow does not take the token that was signed with airflow_jwt_secret", hint


def _who(way: str, around: Surroundings) -> str:
    if way == "airflow_jwt_secret":
        return (
            f" (AIRFLOW_JWT_ROLE is {around.setting('airflow_jwt_role')!r}; Airflow's simple auth manager goes by it)"
        )
    return ""


def _fault(answer: Answer, around: Surroundings) -> str:
    if answer.status >= 500 and login_setting(around) == "airflow_jwt_secret":
        return "look at the API server's log; Airflow 3.0 answers so where AIRFLOW_JWT_SUBJECT is no user's id"
    if answer.status == 429:
        return "it is asked too often: try again later"
    return "look at the API server's log"
