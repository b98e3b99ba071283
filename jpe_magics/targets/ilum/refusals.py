"""What an answer of Ilum's means that is none we wanted."""

from __future__ import annotations

from collections.abc import Mapping

from jpe_magics.core.flow import Answer, Surroundings
from jpe_magics.core.flow.received import text
from jpe_magics.errors import PublishError

#: Characters of an error's text that are shown.
_LONGEST = 400
_LOGIN = "set ILUM_TOKEN (setting ilum_token) to a new token; Ilum's live eight hours unless it was set up otherwise"
_ADDRESS = "does ILUM_API_URL (setting ilum_api_url) name Ilum's core, with /api/v1, or a login page before it?"


def refusal(answer: Answer, doing: str, around: Surroundings) -> PublishError:
    """Return the error that says what an answer other than 2xx means; `doing` reads like "to see the job x"."""
    where, said = around.setting("ilum_api_url"), said_by(answer)
    behind = f": {said}" if said else ""
    if answer.status == 401:
        return PublishError(_login(around, said), code="JPE505", where=where, hint=_LOGIN)
    if answer.status == 402:
        message = f"Ilum's licence does not cover this, or has expired{behind}"
        return PublishError(message, code="JPE506", where=where, hint="an administrator of Ilum can renew it")
    if answer.status == 403:
        return _forbidden(around, said, doing)
    if 300 <= answer.status < 400 or (answer.status == 404 and answer.json is None):
        return not_ilum(doing, around)
    if answer.status in (400, 409, 422):
        hint = "correct what it names and export again"
        return PublishError(f"Ilum refuses {doing}{behind}", code="JPE508", where=where, hint=hint)
    message = f"Ilum answers {doing} with {answer.status}{behind}"
    hint = "look at the log of Ilum's core, or of the proxy before it"
    if answer.status == 429:
        hint = "it is asked too often: try again later"
    return PublishError(message, code="JPE508", where=where, hint=hint)


def not_ilum(doing: str, around: Surroundings) -> PublishError:
    """Return the error for an answer that Ilum does not give."""
    message = f"what answers when we ask {doing} is not Ilum's API"
    return PublishError(message, code="JPE508", where=around.setting("ilum_api_url"), hint=_ADDRESS)


def too_large(file: str, size: int, around: Surroundings) -> PublishError:
    """Return the error for a module that the server, or a proxy before it, does not take (413)."""
    return PublishError(
        f"{file} is too large for Ilum: it has {size:,} bytes, and the server refuses an upload of that size (413)",
        code="JPE508",
        where=around.setting("ilum_api_url"),
        hint="keep data out of the notebook's code; or have the limit raised, in Ilum's core or in the proxy before it",
    )


def said_by(answer: Answer) -> str:
    """Return what an error's body says, in one line; "" where that is for no person to read (HTML)."""
    told = answer.json if isinstance(answer.json, Mapping) else {}
    line = " ".join((text(told.get("message")) or text(told.get("error"))).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _login(around: Surroundings, said: str) -> str:
    if not around.setting("ilum_token"):
        return "Ilum wants a token, and none is set"
    return "the token for Ilum has expired" if "expired" in said.lower() else "Ilum refuses the token"


def _forbidden(around: Surroundings, said: str, doing: str) -> PublishError:
    """Return the error for a 403, which servers of this kind say of a missing or expired token too."""
    where, told = around.setting("ilum_api_url"), said.lower()
    if not around.setting("ilum_token") or "expired" in told or "token" in told:
        return PublishError(_login(around, said), code="JPE505", where=where, hint=_LOGIN)
    behind = f": {said}" if said else ""
    hint = f"the user of the token needs that right in Ilum; if it was allowed before, the token is too old: {_LOGIN}"
    return PublishError(f"Ilum does not allow {doing}{behind}", code="JPE506", where=where, hint=hint)
