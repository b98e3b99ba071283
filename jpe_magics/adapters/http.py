"""The one module that knows httpx: small requests that ask whether and what a server answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def get_json(url: str, *, headers: Mapping[str, str] | None = None, timeout: float) -> Any:
    """Return the JSON that `url` answers with, within about `timeout` seconds.

    Redirects are not followed, and neither a proxy nor a .netrc of the environment is used, so that a
    token in the headers reaches this address only.  Raises `OSError` where there is no answer or a
    status other than 200, `ValueError` where the answer is no JSON; neither text holds a header.
    """
    import httpx

    try:
        answer = httpx.get(url, headers=dict(headers or {}), timeout=timeout, follow_redirects=False, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"no answer ({type(error).__name__})") from error
    if answer.status_code != 200:
        raise OSError(f"the answer was {answer.status_code} {answer.reason_phrase}")
    return answer.json()


@dataclass(frozen=True)
class Head:
    """The head of an answer; `location` is without its query."""

    status: int
    content_type: str
    location: str


def get_head(url: str, *, timeout: float) -> Head:
    """Return the head of what `url` answers, without its body: that of a stranger may never end.

    No credentials are sent and redirects are not followed.  Raises `TimeoutError` after `timeout` seconds
    without an answer, `ValueError` where `url` is no address, `OSError` where there is no connection.
    """
    import httpx

    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            head = answer.headers
            location = head.get("location", "").partition("?")[0]
            return Head(answer.status_code, head.get("content-type", ""), location)
    except httpx.TimeoutException as error:
        raise TimeoutError(f"no answer within {timeout:g} s") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ValueError("this is no address") from error
    except httpx.HTTPError as error:
        raise OSError(str(error) or type(error).__name__) from error
