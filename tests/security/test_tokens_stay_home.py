"""Tokens go to the address that was set, in a header, over a connection whose other end was checked; nowhere else."""

from __future__ import annotations

import re
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme

import jpe_magics
from jpe_magics import Session
from jpe_magics.adapters.airflow_token import Claims, mint
from jpe_magics.adapters.calls import Calls
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.adapters.git import push
from jpe_magics.adapters.probe import probe
from jpe_magics.core.flow import Answer, Call, Push
from jpe_magics.errors import JpeError, NoAnswer, PublishError, SettingsError
from jpe_magics.model.artifact import File
from jpe_magics.model.secret import Secret
from tests.git_http_server import GitHttpServer
from tests.scripted_server import Asked, Say, ScriptedServer

TOKEN = "n0t-f0r-0thers-77"
#: Backend → the variable with its address, a path, and variables with a login.
BACKENDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "airflow": ("AIRFLOW_API_URL", "/api/v2/dags", {"AIRFLOW_TOKEN": TOKEN}),
    "airflow, minted": ("AIRFLOW_API_URL", "/api/v2/dags", {"AIRFLOW_JWT_SECRET": TOKEN}),
    "airflow, exchanged": ("AIRFLOW_API_URL", "/api/v2/dags", {"AIRFLOW_USERNAME": "a", "AIRFLOW_PASSWORD": TOKEN}),
    "gitea": ("GITEA_API_URL", "/repos/a/b", {"GITEA_TOKEN": TOKEN}),
    "gitea, password": ("GITEA_API_URL", "/repos/a/b", {"GITEA_USERNAME": "a", "GITEA_PASSWORD": TOKEN}),
    "ilum": ("ILUM_API_URL", "/job", {"ILUM_TOKEN": TOKEN}),
}


@pytest.fixture(autouse=True)
def no_bundle_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@contextmanager
def calls_of(**environ: str) -> Iterator[Calls]:
    settings = Session(environ={"JPE_REQUEST_TIMEOUT": "5", **environ}).settings
    calls = Calls(settings, lambda seconds: None, "ada", 0)
    try:
        yield calls
    finally:
        calls.close()


def ask(backend: str, url: str, method: str = "GET", **environ: str) -> Answer:
    variable, path, login = BACKENDS[backend]
    with calls_of(**{variable: url, **login, **environ}) as calls:
        return calls.ask(Call(backend.partition(",")[0], method, path, query={"limit": "1"}))


# --- where they go


def grants(asked: Asked) -> Say:
    """Be an Airflow that gives a token."""
    return Say(201, {"access_token": TOKEN}) if asked.path == "/auth/token" else Say(200, {})


@pytest.mark.parametrize("backend", BACKENDS)
def test_in_a_header_and_never_in_an_address(backend: str) -> None:
    with ScriptedServer(grants) as server:
        assert ask(backend, server.url).status == 200
    last = server.asked[-1]
    assert last.headers["authorization"].partition(" ")[2]
    assert all(TOKEN not in one.path + repr(one.query) for one in server.asked)
    assert all(
        last.headers["authorization"].partition(" ")[2] not in one.path + repr(one.query) for one in server.asked
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["another port", "another name", "another scheme", "the same host"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_never_after_a_redirect(backend: str, to: str, status: int) -> None:
    with ScriptedServer(Say(200, {})) as other, ExitStack() as stack:
        places = {
            "another port": other.url,
            "another name": other.url.replace("127.0.0.1", "localhost"),
            "another scheme": other.url.replace("http:", "https:"),
        }

        def answer(asked: Asked) -> Say:
            if asked.path == "/auth/token":
                return Say(201, {"access_token": TOKEN})
            return Say(status, {}, {"Location": places.get(to, server.url) + "/elsewhere"})

        server = stack.enter_context(ScriptedServer(answer))
        for method in ("GET", "POST"):
            assert ask(backend, server.url, method).status == status
        seen = [*server.asked]
    assert other.asked == []
    assert all(one.path != "/elsewhere" for one in seen)


@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_login_is_not_sent_after_a_redirect(status: int) -> None:
    with ScriptedServer(grants) as other:
        moved = Say(status, {}, {"Location": other.url + "/auth/token"})
        with ScriptedServer(moved) as server, pytest.raises(PublishError):
            ask("airflow, exchanged", server.url)
    assert other.asked == []


@pytest.mark.parametrize(
    "path",
    ["//evil.example/x", "/../x", "/a/%2e%2e/x", "/@evil.example", "@evil.example/", "http://evil.example/", "/x y"],
)
@pytest.mark.parametrize("backend", ["airflow", "gitea", "ilum"])
def test_no_path_leads_to_another_place(backend: str, path: str) -> None:
    variable, _, login = BACKENDS[backend]
    with (
        ScriptedServer(Say()) as server,
        calls_of(**{variable: server.url + "/base", **login}) as calls,
        pytest.raises(PublishError),
    ):
        calls.ask(Call(backend, "GET", path))
    assert server.asked == []


def test_each_backend_gets_its_own() -> None:
    logins = {"AIRFLOW_TOKEN": "for-airflow", "GITEA_TOKEN": "for-gitea", "ILUM_TOKEN": "for-ilum"}
    with ExitStack() as stack:
        servers = {one: stack.enter_context(ScriptedServer(Say())) for one in ("airflow", "gitea", "ilum")}
        urls = {BACKENDS[one][0]: server.url for one, server in servers.items()}
        with calls_of(**urls, **logins) as calls:
            for one in servers:
                calls.ask(Call(one, "GET", BACKENDS[one][1]))
    for one, server in servers.items():
        assert [asked.headers["authorization"].partition(" ")[2] for asked in server.asked] == [f"for-{one}"]


def test_a_probe_carries_none() -> None:
    with ScriptedServer(Say()) as server:
        probe({"airflow": server.url, "gitea": server.url, "ilum": server.url}, 5)
    assert server.asked
    assert all("authorization" not in one.headers for one in server.asked)


# --- how long they live


@pytest.mark.parametrize("now", [0, 1_700_000_000, 1_799_999_999.9])
def test_a_minted_token_lives_five_minutes_at_most(now: float) -> None:
    token = mint(Secret("k" * 64), Claims("1", "apache-airflow"), now)
    unchecked = {f"verify_{one}": False for one in ("aud", "exp", "iat", "nbf")}
    claims = jwt.decode(token.reveal(), "k" * 64, algorithms=["HS512"], options=unchecked)
    assert claims["exp"] - min(claims["iat"], claims["nbf"]) <= 300
    assert claims["exp"] - now <= 300


# --- whose certificates count


class Tls:
    """Certificates for 127.0.0.1 by an authority of our own, whose file is `bundle`; `wrong` is another one's."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.bundle, self.wrong = folder / "ca.pem", folder / "wrong.pem"
        self.authority.cert_pem.write_to_path(str(self.bundle))
        trustme.CA().cert_pem.write_to_path(str(self.wrong))

    def wrap(self, server: Any, *names: str, **values: Any) -> None:
        """Have a `socketserver` that listens speak TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*(names or ("127.0.0.1", "localhost")), **values).configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return Tls(tmp_path)


@contextmanager
def secure(tls: Tls, *names: str, **values: Any) -> Iterator[ScriptedServer]:
    with ScriptedServer(grants) as server:
        tls.wrap(server._server, *names, **values)
        server.url = server.url.replace("http:", "https:")
        yield server


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_private_authority_counts_where_it_is_named(backend: str, tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    with secure(tls) as server:
        for environ in ({}, {"JPE_CA_BUNDLE": str(tls.wrong)}):
            with pytest.raises(NoAnswer) as caught:
                ask(backend, server.url, **environ)
            assert "certificate" in caught.value.message.lower()
            assert "JPE_CA_BUNDLE" in caught.value.hint
        assert server.asked == []  # not a byte of a request, let alone its headers
        assert ask(backend, server.url, JPE_CA_BUNDLE=str(tls.bundle)).status == 200
        came = len(server.asked)
        monkeypatch.setenv("SSL_CERT_FILE", str(tls.bundle))
        assert ask(backend, server.url).status == 200
        assert len(server.asked) == 2 * came
        # the setting wins over what is there for all programs
        with pytest.raises(NoAnswer):
            ask(backend, server.url, JPE_CA_BUNDLE=str(tls.wrong))


def test_what_openssl_would_not_find_counts_for_nothing(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with secure(tls) as server, pytest.raises(NoAnswer):
        ask("ilum", server.url)


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (("other.example",), {}),
        ((), {"not_after": datetime.now(timezone.utc) - timedelta(days=1)}),
    ],
    ids=["for another name", "expired"],
)
def test_a_wrong_certificate_is_refused_whoever_signed_it(tls: Tls, names: tuple[str, ...], values: Any) -> None:
    with secure(tls, *names, **values) as server:
        with pytest.raises(NoAnswer, match="certificate"):
            ask("ilum", server.url, JPE_CA_BUNDLE=str(tls.bundle))
        assert server.asked == []


def test_a_probe_follows_the_setting(tls: Tls) -> None:
    with secure(tls) as server:
        assert [one.state for one in probe({"ilum": server.url}, 5)] == ["down"]
        assert [one.state for one in probe({"ilum": server.url}, 5, ca_bundle=str(tls.bundle))] == ["ok"]
        (badge,) = probe({"ilum": server.url}, 5, ca_bundle="/no/such/file")
        assert (badge.state, "names no file" in badge.tried) == ("down", True)


@pytest.mark.parametrize(
    "content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_bundle_that_is_none_is_an_error_and_no_reason_to_trust(
    tls: Tls, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "bundle.pem"
    if content is not None:
        file.write_text(content)
    with secure(tls) as server:
        with pytest.raises(SettingsError) as caught:
            ask("ilum", server.url, JPE_CA_BUNDLE=str(file))
        assert server.asked == []
    assert "JPE_CA_BUNDLE" in caught.value.message
    assert str(file) in caught.value.message


def test_a_bundle_that_was_mended_counts_at_once(tls: Tls, tmp_path: Path) -> None:
    file = tmp_path / "bundle.pem"
    file.write_bytes(tls.wrong.read_bytes())
    with secure(tls) as server:
        with pytest.raises(NoAnswer):
            ask("ilum", server.url, JPE_CA_BUNDLE=str(file))
        file.write_bytes(tls.bundle.read_bytes())
        assert ask("ilum", server.url, JPE_CA_BUNDLE=str(file)).status == 200


def test_nothing_turns_the_check_off() -> None:
    assert not [name for name in DECLARED if re.search("verif|insecure|unsafe", name)]
    sources = {path: path.read_text("utf-8") for path in Path(jpe_magics.__file__).parent.rglob("*.py")}
    turned_off = re.compile(
        r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|_create_unverified|sslVerify=false"
    )
    assert [str(path) for path, text in sources.items() if turned_off.search(text)] == []


# --- git


Pushes = Callable[..., Any]


@pytest.fixture
def git_server(tls: Tls, tmp_path: Path) -> Iterator[GitHttpServer]:
    (tmp_path / "repositories").mkdir()
    server = GitHttpServer(tmp_path / "repositories")
    tls.wrap(server._server)
    with server:
        server.repository("dags")
        yield server


def push_to(server: GitHttpServer, **values: Any) -> Any:
    step = Push(server.url("dags").replace("http:", "https:"), "main", File("dags/x.py", "x = 1\n"), "message")
    return push(
        step, username=server.user, password=Secret(server.password), limit=30, stop=threading.Event(), **values
    )


def test_git_knows_the_private_authority_too(git_server: GitHttpServer, tls: Tls, monkeypatch: Any) -> None:
    for bundle in ("", str(tls.wrong)):
        with pytest.raises(JpeError) as caught:
            push_to(git_server, ca_bundle=bundle)
        assert "certificate is not accepted" in caught.value.message
        assert "JPE_CA_BUNDLE" in caught.value.hint
    assert git_server.authorizations == []
    assert push_to(git_server, ca_bundle=str(tls.bundle)).published.note.startswith("created")
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.bundle))
    assert push_to(git_server).published.note.startswith("unchanged")
    # git's own variable and settings are closer to it than OpenSSL's, and ours are the closest
    monkeypatch.setenv("GIT_SSL_CAINFO", str(tls.wrong))
    with pytest.raises(JpeError):
        push_to(git_server)
    assert push_to(git_server, ca_bundle=str(tls.bundle)).published.note.startswith("unchanged")
    monkeypatch.delenv("GIT_SSL_CAINFO")
    subprocess.run(["git", "config", "--global", "http.sslCAInfo", str(tls.wrong)], check=True)
    with pytest.raises(JpeError):
        push_to(git_server)
    with pytest.raises(SettingsError):
        push_to(git_server, ca_bundle="/no/such/file")


@pytest.mark.parametrize("how", ["variable", "general", "host", "address"])
def test_git_checks_certificates_whatever_else_is_set(git_server: GitHttpServer, monkeypatch: Any, how: str) -> None:
    address = git_server.url("dags").replace("http:", "https:")
    keys = {"general": "http.sslVerify", "address": f"http.{address}.sslVerify"}
    keys["host"] = f"http.{address.rpartition('/')[0]}/.sslVerify"
    if how == "variable":
        monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    else:
        subprocess.run(["git", "config", "--global", keys[how], "false"], check=True)
    with pytest.raises(JpeError, match="certificate is not accepted"):
        push_to(git_server)
    assert git_server.authorizations == []


@pytest.mark.parametrize("to", ["another port", "another scheme", "the same host"])
def test_git_never_follows_a_redirect_with_the_password(tmp_path: Path, to: str) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    with GitHttpServer(tmp_path / "here") as server, GitHttpServer(tmp_path / "there") as other:
        server.repository("dags")
        other.repository("dags")
        base = (server if to == "the same host" else other).url("x").rpartition("/")[0]
        moved = base.replace("http:", "https:") if to == "another scheme" else base
        server.fault = lambda number, method, path: None if path.startswith("/moved") else moved + "/moved"
        step = Push(server.url("dags"), "main", File("x.py", "x = 1\n"), "message")
        with pytest.raises(PublishError):
            push(step, username="ada", password=Secret(TOKEN), limit=30, stop=threading.Event())
        assert other.authorizations == []
        assert [path for _, path, _ in server.requests if path.startswith("/moved")] == []
