"""Who may ask: the checks before any request is looked at.

The server runs code for whoever gets through.  It listens on loopback only, but every program of this machine, and
every page in a browser on it, can reach that: hence a password, and three checks that stop browsers even where
there is none.  A page that has made its own name point to 127.0.0.1 (DNS rebinding) is stopped by `Host`; a
cross-origin request by `Origin`; and JSON is a content type that a form can't send.  The form of an upload is one:
it needs Livy's own `X-Requested-By`, which no form can send either.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from jpe_magics.local.protocol import LivyError

USER = "jpe"


def check(method: str, headers: Mapping[str, str], *, port: int, password: str | None) -> None:
    """Raise the refusal of a request that may not pass; `headers` have lower-case names, `password` None means none."""
    if headers.get("host", "").lower() not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        raise LivyError(403, {"msg": "The Host header must name this server as 127.0.0.1 or localhost, with its port."})
    if "origin" in headers:
        raise LivyError(403, {"msg": "Requests from web pages are refused."})
    if password is not None and not _authorized(headers.get("authorization", ""), password):
        raise LivyError(401, {"msg": "Basic authentication is required: the user and password are shown at the start."})
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method in ("GET", "HEAD") or content_type == "application/json":
        return
    if content_type != "multipart/form-data":
        raise LivyError(415, {"msg": "The Content-Type must be application/json, or multipart/form-data to upload."})
    if not headers.get("x-requested-by"):
        raise LivyError(
            400, "Missing Required Header for CSRF protection: an upload needs X-Requested-By, of any value."
        )


def _authorized(header: str, password: str) -> bool:
    expected = base64.b64encode(f"{USER}:{password}".encode()).decode("ascii")
    scheme, _, given = header.partition(" ")
    # Compared as bytes in constant time: a header may hold what is not ASCII.
    return scheme.lower() == "basic" and hmac.compare_digest(given.strip().encode(), expected.encode())
