"""Questions to a server of this machine, past any proxy."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Mapping
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    *,
    method: str | None = None,
    seconds: float = 30,
) -> Any:
    """Return the JSON answer to a GET, or to a POST of `body`, or to another method; raises `OSError` (`HTTPError`
    is one) or `ValueError`.
    """
    raw = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, raw, {"Content-Type": "application/json", **(headers or {})}, method=method)
    with _OPENER.open(asked, timeout=seconds) as answer:
        return json.load(answer)


def answer_of(url: str) -> Any:
    """Return the JSON answer to a GET, or None where there is none: the server starts or has stopped."""
    try:
        return ask(url, seconds=5)
    except (OSError, ValueError):
        return None


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
