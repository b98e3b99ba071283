from __future__ import annotations

import base64

import jwt
import pytest

from jpe_magics.adapters.airflow_token import ByVersion
from jpe_magics.adapters.backends import BACKENDS, address, git_login, login, url_of
from jpe_magics.core.flow import Answer
from jpe_magics.errors import PublishError, SettingsError
from jpe_magics.model.secret import Secret

NOW = 1_800_000_000.0
SECRET = "0123456789abcdef" * 4


def post(path, fields):
    return Answer(201, {"access_token": f"for-{fields['username']}"})


def header(name, settings, path="/api/v2/x", user=""):
    return login(name, settings, user, lambda: NOW).authorization(path, post).reveal()


def decoded(authorization):
    options = {"verify_signature": False}
    return jwt.decode(authorization.removeprefix("Bearer "), options=options)


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


AIRFLOW = {"airflow_username": "ada", "airflow_password": "pw"}


def test_the_order_for_airflow(given):
    every = {"airflow_token": "T", "airflow_jwt_secret": SECRET, **AIRFLOW}
    assert header("airflow", given(**every)) == "Bearer T"
    assert header("airflow", given(**every), "/api/v1/x") == "Bearer T"
    del every["airflow_token"]
    assert decoded(header("airflow", given(**every)))["aud"] == "apache-airflow"
    assert header("airflow", given(**AIRFLOW)) == "Bearer for-ada"
    assert header("airflow", given()) == ""


@pytest.mark.parametrize("path", ["/api/v1/dags", "/api/v1/health"])
def test_airflow_2_gets_user_and_password(given, path):
    assert header("airflow", given(**AIRFLOW), path) == basic("ada:pw")
    assert header("airflow", given(airflow_jwt_secret=SECRET, **AIRFLOW), path) == basic("ada:pw")


def test_half_a_login_is_none(given):
    assert header("airflow", given(airflow_username="ada")) == ""
    assert header("airflow", given(airflow_password="pw")) == ""
    assert header("gitea", given(git_username="ada")) == ""


def test_an_empty_secret_signs_nothing(given):
    assert header("airflow", given(airflow_jwt_secret=Secret(" \n"))) == ""
    assert header("airflow", given(airflow_jwt_secret=Secret(" \n"), **AIRFLOW)) == "Bearer for-ada"


@pytest.mark.parametrize(
    ("settings", "user", "expected"),
    [
        ({}, "", {"sub": "jpe_magics", "role": "user"}),
        ({}, "ada", {"sub": "ada"}),
        ({"airflow_jwt_subject": "7"}, "ada", {"sub": "7"}),
        ({"airflow_jwt_role": "op", "airflow_jwt_audience": "x", "airflow_jwt_issuer": "y"}, "", {"role": "op"}),
        ({"airflow_jwt_audience": "x", "airflow_jwt_issuer": "y"}, "", {"aud": "x", "iss": "y"}),
    ],
)
def test_claims_come_from_the_settings(given, settings, user, expected):
    found = decoded(header("airflow", given(airflow_jwt_secret=SECRET, **settings), user=user))
    assert expected.items() <= found.items()
    assert ("iss" in found) == ("airflow_jwt_issuer" in settings)
    assert found["exp"] == NOW + 240


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"git_token": "T", "git_username": "ada", "git_password": "pw"}, "token T"),
        ({"git_username": "ada", "git_password": "pä ss"}, basic("ada:pä ss")),
        ({}, ""),
    ],
)
def test_gitea(given, settings, expected):
    assert header("gitea", given(**settings)) == expected


def test_ilum(given):
    assert header("ilum", given(ilum_token="T")) == "Bearer T"
    assert header("ilum", given()) == ""


@pytest.mark.parametrize(
    ("name", "setting"), [("airflow", "airflow_token"), ("gitea", "git_token"), ("ilum", "ilum_token")]
)
@pytest.mark.parametrize("token", ["abc\r\nX-Evil: 1", "two words", "tökén"])
def test_what_can_not_stand_in_a_header_is_no_token(given, name, setting, token):
    with pytest.raises(SettingsError) as caught:
        login(name, given(**{setting: token}))
    assert setting in str(caught.value)
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"git_token": "T"}, ("oauth2", "T")),
        ({"git_token": "T", "git_username": "ada", "git_password": "pw"}, ("ada", "T")),
        ({"git_username": "ada", "git_password": "pw"}, ("ada", "pw")),
        ({}, ("", "")),
    ],
)
def test_git_login(given, settings, expected):
    username, password = git_login(given(**settings))
    assert (username, password.reveal()) == expected


def test_each_renews_its_own():
    class Counts:
        renewed = 0

        def authorization(self, path, post):
            return Secret("x")

        def renew(self):
            self.renewed += 1
            return True

    old, new = Counts(), Counts()
    both = ByVersion(old, new)
    for path in ("/api/v1/a", "/api/v2/a", "/api/v2/b"):
        both.authorization(path, post)
        assert both.renew()
    assert (old.renewed, new.renewed) == (1, 2)


def test_addresses(given):
    settings = given(airflow_api_url="https://air.example.org/external/airflow/", git_api_url="http://[::1]:3000/api")
    assert address(BACKENDS["airflow"], settings) == "https://air.example.org/external/airflow"
    assert address(BACKENDS["gitea"], settings) == "http://[::1]:3000/api"
    assert address(BACKENDS["ilum"], settings) == "http://ilum-core:9888/api/v1"


class Raw:
    """Settings that nobody has checked."""

    def __init__(self, value):
        self.value = value

    def get(self, name):
        return self.value


@pytest.mark.parametrize(
    "value",
    [
        "ftp://host/x",
        "file:///etc/passwd",
        "host:8080",
        "//host/x",
        "http://",
        "http://host:99999",
        "http://ada:pw@host",
        "http://host\\@evil",
        "http://host/a b",
        "http://host/\r\nX: y",
        "http://host/?token=x",
        "http://host/#x",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address(value):
    with pytest.raises(SettingsError) as caught:
        address(BACKENDS["gitea"], Raw(value))
    assert "GITEA_API_URL" in caught.value.hint
    assert "pw" not in str(caught.value)


def test_no_address_at_all():
    with pytest.raises(PublishError) as caught:
        address(BACKENDS["ilum"], Raw(""))
    assert caught.value.code == "JPE503"
    assert "ILUM_API_URL" in caught.value.hint


def test_queries_are_encoded():
    url = url_of("http://h/api", "/x/a%2Fb", {"ref": "a&b=c#d", "päth": "x y/z"})
    assert url == "http://h/api/x/a%2Fb?ref=a%26b%3Dc%23d&p%C3%A4th=x%20y%2Fz"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x",
        "@evil.example/x",
        "/x@evil.example",
        ".evil.example/x",
        ":80@evil.example",
        "",
        "x",
        "/a\\b",
        "\\\\evil",
        "/a\r\nHost: evil",
        "/a\tb",
        "/a b",
        "/a\0",
        "/ä",
        "/a?b=c",
        "/a#b",
        "/a/../b",
        "/..",
        "/%2e%2E/b",
        "/a/./b",
        "/a%zz",
        "http://evil.example/",
        "/a\n",
    ],
)
def test_paths_that_lead_elsewhere(path):
    with pytest.raises(PublishError) as caught:
        url_of("http://host/api", path, {})
    assert caught.value.where == "http://host/api"
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("path", ["/", "/a//b", "/a/..b/c...", "/dags/x~1/dagRuns/jpe__2026-01-01T00:00:00%2B00:00"])
def test_paths_that_are_what_they_seem(path):
    assert url_of("http://host/api", path, {}) == "http://host/api" + path
