"""The one module that knows httpx.

`get_json` and `get_head` are single questions; `Client` is for the many requests of a flow.  None of them follows
redirects or uses a proxy or a .netrc of the environment: what a header holds reaches the address that was given.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache, cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jpe_magics.adapters.authorities import authorities, trusting
from jpe_magics.adapters.line import Line
from jpe_magics.adapters.names import look_up
from jpe_magics.core.flow import Answer
from jpe_magics.model.planned import Form
from jpe_magics.version import __version__

if TYPE_CHECKING:
    import httpx

#: Bytes of a body (unpacked) that are read at most, and characters of it that an `Answer`'s text has.
BODY_LIMIT = 32 * 2**20
TEXT_LIMIT = 64 * 1024
#: Characters of a redirect's address that are shown at most.
_LONGEST_PLACE = 200
#: How a body may be packed: ways by which a part of it grows a thousandfold at most.
_PACKED = ("gzip", "deflate")
#: Seconds that each of a host's addresses has at least, however many they are.
_LEAST_TO_CONNECT = 0.5


_log = logging.getLogger(__name__)
#: Whether this thread is in one of our requests.
_asking: ContextVar[bool] = ContextVar("_asking", default=False)


def get_json(url: str, *, headers: Mapping[str, str] | None = None, timeout: float, most: int | None = None) -> Any:
    """Return the JSON that `url` answers with, within `timeout` seconds; `most` are the bytes of it at most.

    Raises `OSError` where there is no answer or a status other than 200, `ValueError` where the answer is no JSON or
    too large (without `most`: `BODY_LIMIT`); neither text holds a header.
    """
    with closing(Client()) as client:
        answer = client.send("GET", url, headers=headers or {}, timeout=timeout, whole=timeout, most=most).answer
    if answer.status != 200:
        raise OSError(f"the answer was {answer.status}")
    if answer.json is None:
        raise ValueError("the answer is no JSON")
    return answer.json


@dataclass(frozen=True)
class Head:
    """The head of an answer; `location` is for people: without query, fragment and login, and not too long."""

    status: int
    content_type: str
    location: str


def get_head(url: str, *, timeout: float, ca_bundle: str = "") -> Head:
    """Return the head of what `url` answers, without its body: that of a stranger may never end.

    No credentials are sent; `ca_bundle` is the setting.  Raises `TimeoutError` after `timeout` seconds without a
    whole head, `ValueError` where `url` is no address, `OSError` where there is no connection.
    """
    import httpx

    line = Line()
    late = f"no answer within {timeout:g} s"
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False, verify=_tls(ca_bundle)) as client,
            line.limited(timeout),
            client.stream(
                "GET", url, headers={"Accept": "application/json"}, extensions={"trace": line.trace}
            ) as answer,
        ):
            head = answer.headers
            return Head(answer.status_code, head.get("content-type", ""), _shown(head.get("location", "")))
    except httpx.TimeoutException as error:
        raise TimeoutError(late) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ValueError("this is no address") from error
    except httpx.HTTPError as error:
        raise (TimeoutError(late) if line.cut else OSError(str(error) or type(error).__name__)) from error


def _shown(location: str) -> str:
    """Return where a redirect leads as it may be shown: a server says anything, be it a login or a text without end.

    >>> _shown("https://ada:word@host/login?token=1")
    'https://host/login'
    """
    place = re.sub(r"//[^/?#]*@", "//", location).partition("?")[0].partition("#")[0]
    return "".join(one for one in place[:_LONGEST_PLACE] if one.isprintable())


def multipart(form: Form) -> tuple[str, bytes]:
    """Return the Content-Type and the body of a form as multipart/form-data (RFC 7578): the fields, then the files.

    It is multipart without a file too.  A file's name is the last part of its path, its type says nothing.
    """
    import httpx

    parts: list[tuple[str, tuple[str | None, bytes] | tuple[str, bytes, str]]] = [
        (name, (None, value.encode())) for name, value in form.fields
    ]
    parts += [
        (name, (file.path.rpartition("/")[2], file.text.encode(), "application/octet-stream"))
        for name, file in form.files
    ]
    made = httpx.Request("POST", "http://nowhere", files=parts)  # it is not sent
    return made.headers["content-type"], made.read()


class Unanswered(OSError):  # noqa: N818 - it names what happened
    """A request got no whole answer; the text says why, without address and headers.

    `arrived` is False where there surely was no connection that the request could have gone over, `distrusted` is
    True where that is for the server's certificate.  `final` tells that another try can't help: the host's name is
    unknown, it speaks no TLS or shows a wrong certificate, or this is no address.
    """

    def __init__(self, why: str, *, arrived: bool, distrusted: bool = False, final: bool = False) -> None:
        super().__init__(why)
        self.arrived, self.distrusted, self.final = arrived, distrusted, final


class TooLarge(ValueError):  # noqa: N818 - it names what happened
    """The body of an answer is above the limit."""


@dataclass(frozen=True)
class Reply:
    """An answer, and the seconds after which the server wants to be asked again (0: it does not say)."""

    answer: Answer
    retry_after: float = 0


class Client:
    """Requests to one server over a connection that is kept open between them; one thread at a time.

    Nothing is imported for a server whose name nobody knows.  `ca_bundle` is the setting: whose certificates count.
    """

    def __init__(self, ca_bundle: str = "") -> None:
        self._ca_bundle = ca_bundle
        self._line = Line()
        self._addresses: dict[str, int] = {}

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return httpx.Client(
            follow_redirects=False,
            trust_env=False,
            verify=_tls(self._ca_bundle),
            cookies=no_cookies,
            headers={"User-Agent": f"jpe_magics/{__version__}", "Accept-Encoding": ", ".join(_PACKED)},
            limits=httpx.Limits(max_connections=1),
        )

    def close(self) -> None:
        """Close the connection."""
        if "_client" in vars(self):
            self._client.close()

    def hang_up(self) -> None:
        """Break the request off that is under way in another thread; there is none behind it."""
        self._line.give_up()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        timeout: float,
        whole: float,
        most: int | None = None,
    ) -> Reply:
        """Send one request and return its answer, whatever the status.

        `timeout` are the seconds without a sign of life after which it is given up, `whole` those that it may take
        in all; `most` are the bytes of a body, `BODY_LIMIT` where it is None.  Raises `Unanswered`, or `TooLarge`.
        """
        connect = self._time_to_connect(url, timeout)
        import httpx

        failed: Unanswered | None = None
        try:
            with (
                _unlogged(),
                self._line.limited(whole),
                self._client.stream(
                    method,
                    url,
                    headers=dict(headers),
                    content=content,
                    timeout=httpx.Timeout(timeout, connect=connect),
                    extensions={"trace": self._line.trace},
                ) as response,
            ):
                body = _body(response, BODY_LIMIT if most is None else most)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failed = _unanswered(error, timeout)
        # Raised outside of the handler: httpx's errors lead to their request, and that to its headers.
        if self._line.cut and (failed is None or failed.arrived):
            raise Unanswered(f"no whole answer within {whole:.3g} s", arrived=True)
        if failed is not None:
            raise failed
        _log.debug("%s %s: %d", method, url.partition("?")[0], response.status_code)
        return _reply(response, body)

    def _time_to_connect(self, url: str, timeout: float) -> float:
        """Return the seconds that each address of the host has for `timeout` to be kept.

        The host's name is looked up here the first time, within that limit; raises `Unanswered`.
        """
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        if not host:
            raise Unanswered("this is no address", arrived=False, final=True)
        begun = time.monotonic()
        if host not in self._addresses:
            try:
                self._addresses[host] = look_up(host, timeout)
            except OSError as error:
                raise Unanswered(f"no connection ({error})", arrived=False, final=True) from None
        left = max(timeout - (time.monotonic() - begun), 0.01)
        return max(left / max(self._addresses[host], 1), min(left, _LEAST_TO_CONNECT))


def _tls(ca_bundle: str) -> ssl.SSLContext:
    """Return what certificates are checked with; raise `SettingsError` where the bundle is none."""
    file = authorities(ca_bundle)
    return trusting(file) if file else _usual_tls()


@cache
def _usual_tls() -> ssl.SSLContext:
    """Return the same for the usual authorities; reading them takes longer than a request."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep what httpx and httpcore log of our requests out of every log: at DEBUG that is an answer's whole head,
    which may give us a token in a cookie, or repeat what we sent."""
    _silence()
    before = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(before)


@cache
def _silence() -> None:
    """Put the filter on their loggers, once; what they log of others' requests passes it."""
    for name in ("httpx", "httpcore.connection", "httpcore.http11"):
        logging.getLogger(name).addFilter(lambda _record: not _asking.get())


def _body(response: httpx.Response, most: int) -> bytes:
    import httpx

    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity", *_PACKED):
        raise httpx.DecodingError(f"packed by {packed[:40]}")
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > most:
            raise TooLarge(f"the answer is larger than {most // 2**20} MiB")
    return bytes(body)


def _unanswered(error: httpx.HTTPError | httpx.InvalidURL, timeout: float) -> Unanswered:
    import httpx

    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Unanswered(f"no connection within {timeout:.3g} s", arrived=False)
        case httpx.ConnectError():
            # the system's words, or those of TLS about a certificate: nothing of the request is in them
            distrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
            final = distrusted or _is_no_tls(error)
            return Unanswered(f"no connection ({error})", arrived=False, distrusted=distrusted, final=final)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return Unanswered("this is no address", arrived=False, final=True)
        case httpx.TimeoutException():
            return Unanswered(f"no answer within {timeout:.3g} s", arrived=True)
        case httpx.DecodingError():
            return Unanswered("the answer can't be unpacked", arrived=True)
        case _:  # its text may hold a header
            return Unanswered(f"the connection was lost ({type(error).__name__})", arrived=True)


def _is_no_tls(error: BaseException) -> bool:
    """Tell whether the two sides found no way to speak TLS; not where the connection was lost meanwhile."""
    led: BaseException | None = error
    while led is not None and not isinstance(led, ssl.SSLError):
        led = led.__cause__ or led.__context__
    lost = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    return led is not None and not isinstance(led, lost)


def _reply(response: httpx.Response, body: bytes) -> Reply:
    headers = response.headers
    answer = Answer(
        response.status_code,
        _json(body),
        body[: 4 * TEXT_LIMIT].decode("utf-8", "replace")[:TEXT_LIMIT],
        headers.get("content-type", ""),
    )
    return Reply(answer, retry_after(headers.get("retry-after", ""), time.time()))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # no JSON, or of a depth that only serves to harm
        return None


def retry_after(header: str, now: float) -> float:
    """Return the seconds that a header Retry-After asks for: a number or a date; 0 where it is neither.

    >>> retry_after("120", 0), retry_after("Thu, 01 Jan 1970 00:00:07 GMT", 2), retry_after("soon", 0)
    (120.0, 5.0, 0.0)
    """
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
