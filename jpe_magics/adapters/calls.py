"""Carries out `Call`s: one open connection and one login for each backend while a flow runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from jpe_magics.adapters.attended import attended
from jpe_magics.adapters.authorities import HINT as CERTIFICATE_HINT
from jpe_magics.adapters.backends import BACKENDS, Gives, address, login, url_of
from jpe_magics.adapters.http import Client, Reply, TooLarge, Unanswered, multipart
from jpe_magics.adapters.login import Post
from jpe_magics.adapters.patience import Patience
from jpe_magics.core.flow import Answer, Call
from jpe_magics.core.secrets import Redactor
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.secret import Secret

#: How many times the setting request_timeout an answer may take in all, its body included.
_WHOLE = 3
#: What is sent, and its Content-Type.
_Content = tuple[str, bytes]


class Calls:
    """Requests to the backends, with their addresses, logins, time limits and retries.

    `pause` waits so many seconds, or raises where the user stops it; it is asked for 0 while a request takes long,
    which ends at once where it raises.  `user` is the name that minted tokens are
    for, `patience` the seconds for which a request that may be repeated is, before its last outcome is handed over.
    `tell` hears why a request is tried again, "" when it is no more.
    """

    def __init__(
        self,
        settings: Gives,
        pause: Callable[[float], None],
        user: str,
        patience: float,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings, self._pause, self._user, self._patience = settings, pause, user, patience
        self._tell = tell
        self._servers: dict[str, _Server] = {}
        self._sent: dict[Secret, None] = {}
        self._redactor = Redactor()

    def close(self) -> None:
        """Close the connections."""
        for server in self._servers.values():
            server.client.close()

    def ask(self, call: Call) -> Answer:
        """Return the answer to `call`, whatever its status.

        A 401 is answered with another login, once, where there is one.  Raises `NoAnswer` where none came, and what
        a login raises.
        """
        server = self._servers.get(call.backend)
        if server is None:
            server = self._servers[call.backend] = _Server(
                call.backend, self._settings, self._user, self._patience_with, partial(self._pause, 0), self._note
            )
        return server.ask(call)

    def redact(self, text: str) -> str:
        """Return `text` without any of the credentials that were sent."""
        return self._redactor(text)

    def _note(self, authorization: Secret) -> None:
        """Remember credentials for `redact`: the header's part behind its scheme."""
        credentials = Secret(authorization.reveal().partition(" ")[2])
        if credentials not in self._sent:
            self._sent[credentials] = None
            self._redactor = Redactor(secrets=self._sent)

    def _patience_with(self, title: str) -> Patience:
        return Patience(title, self._patience, self._pause, self._tell)


class _Server:
    """One backend while a flow runs."""

    def __init__(
        self,
        name: str,
        settings: Gives,
        user: str,
        patience_with: Callable[[str], Patience],
        look: Callable[[], None],
        note: Callable[[Secret], None],
    ) -> None:
        self._backend = BACKENDS[name]
        self._base = address(self._backend, settings)
        self._login = login(name, settings, user)
        self._timeout = float(settings.get("request_timeout"))
        self._patience = patience_with(self._backend.title)
        self._look, self._note = look, note
        self.client = Client(str(settings.get("ca_bundle")))

    def ask(self, call: Call) -> Answer:
        """Return the answer to `call` (see `Calls.ask`)."""
        end = time.monotonic() + call.limit if call.limit else None
        url = url_of(self._base, call.path, call.query)
        content = _content(call)

        def post(path: str, fields: Mapping[str, str]) -> Answer:
            """Send a login's own request: more than once, for all that it makes is a token."""
            request = self._request("POST", url_of(self._base, path, {}), _json(fields), end)
            try:
                return self._tried("POST", path, request, patient=end is None, repeat=True)
            except NoAnswer as error:
                error.arrived = False  # `call` itself was not sent
                raise

        def attempt() -> Reply:
            authorization = self._authorization(call.path, post)
            reply = self._request(call.method, url, content, end, call.accept, authorization)()
            if reply.answer.status == 401 and self._login.renew():
                authorization = self._authorization(call.path, post)
                reply = self._request(call.method, url, content, end, call.accept, authorization)()
            return reply

        repeat = call.method == "GET" or call.repeat
        return self._tried(call.method, call.path, attempt, patient=end is None, repeat=repeat)

    def _authorization(self, path: str, post: Post) -> Secret:
        """Return the header for `path`; raise what the login raises, with the server's address."""
        try:
            return self._login.authorization(path, post)
        except PublishError as error:
            if self._base not in error.where:
                error.where = f"{self._base}, {error.where}".removesuffix(", ")
            raise

    def _tried(self, method: str, path: str, attempt: Callable[[], Reply], *, patient: bool, repeat: bool) -> Answer:
        """Return what `attempt` is answered; raise our own errors where that is nothing."""
        arrived = False

        def noted() -> Reply:
            nonlocal arrived
            try:
                reply = attempt()
            except Unanswered as error:
                arrived = arrived or error.arrived
                raise
            arrived = True
            return reply

        asked = f"{method} {path}"
        try:
            return (self._patience.tried(noted, repeat) if patient else noted()).answer
        except Unanswered as error:
            hint = CERTIFICATE_HINT if error.distrusted else self._backend.hint
            lost = NoAnswer(f"{self._backend.title} gives no answer to {asked}: {error}", where=self._base, hint=hint)
            lost.arrived = arrived
            raise lost from None
        except TooLarge as error:
            raise PublishError(
                f"{self._backend.title}, {asked}: {error}",
                code="JPE508",
                where=self._base,
                hint="look there with a browser",
            ) from None

    def _request(
        self,
        method: str,
        url: str,
        content: _Content | None,
        end: float | None,
        accept: str = "application/json",
        authorization: Secret | None = None,
    ) -> Callable[[], Reply]:
        """Return what sends one request and returns its reply; it is over at `end`, else at our own limits."""
        headers = {"Accept": accept}
        body = None
        if content is not None:
            headers["Content-Type"], body = content
        if authorization:
            self._note(authorization)
            headers["Authorization"] = authorization.reveal()

        def send() -> Reply:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise Unanswered("its time was over before", arrived=False)
            timeout, whole = (self._timeout, self._timeout * _WHOLE) if left is None else (left, left)
            sending = partial(
                self.client.send, method, url, headers=headers, content=body, timeout=timeout, whole=whole
            )
            return attended(sending, self._look, self.client.hang_up)

        return send


def _content(call: Call) -> _Content | None:
    """Return what `call` sends: the same bytes at each try."""
    if call.form is not None:
        return multipart(call.form)
    return None if call.body is None else _json(call.body)


def _json(value: Any) -> _Content:
    return "application/json", json.dumps(value).encode()
