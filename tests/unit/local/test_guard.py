from __future__ import annotations

import base64

import pytest

from jpe_magics.local.guard import check
from jpe_magics.local.protocol import LivyError


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


GOOD = {"host": "127.0.0.1:8998", "authorization": basic("jpe:pä ss:1"), "content-type": "application/json"}


def refusal(method: str, headers: dict[str, str], password: str | None = "pä ss:1") -> int:
    with pytest.raises(LivyError) as refused:
        check(method, headers, port=8998, password=password)
    return refused.value.status


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("host", ["127.0.0.1:8998", "localhost:8998", "LocalHost:8998"])
def test_a_good_request_passes(method: str, host: str) -> None:
    check(method, {**GOOD, "host": host}, port=8998, password="pä ss:1")


def test_a_charset_is_allowed() -> None:
    check("POST", {**GOOD, "content-type": "application/json; charset=utf-8"}, port=8998, password="pä ss:1")


def test_no_password_is_needed_where_none_is_set() -> None:
    check("GET", {"host": "localhost:8998"}, port=8998, password=None)


@pytest.mark.parametrize("host", ["", "127.0.0.1", "127.0.0.1:1", "evil.example:8998", "localhost.evil.example:8998"])
@pytest.mark.parametrize("password", [None, "pä ss:1"])
def test_a_foreign_host_is_refused(host: str, password: str | None) -> None:
    assert refusal("GET", {**GOOD, "host": host}, password) == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8998"])
@pytest.mark.parametrize("password", [None, "pä ss:1"])
def test_web_pages_are_refused(origin: str, password: str | None) -> None:
    assert refusal("POST", {**GOOD, "origin": origin}, password) == 403


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !", basic("jpe:"), basic("jpe:wrong"), basic("other:pä ss:1"), "Bearer pä ss:1", "Basic ü"],
)
def test_a_wrong_password_is_refused(header: str) -> None:
    assert refusal("GET", {**GOOD, "authorization": header}) == 401


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/x"])
@pytest.mark.parametrize("password", [None, "pä ss:1"])
def test_what_a_form_can_send_is_refused(method: str, content_type: str, password: str | None) -> None:
    assert refusal(method, {**GOOD, "content-type": content_type}, password) == 415


@pytest.mark.parametrize("password", [None, "pä ss:1"])
def test_an_upload_needs_what_no_form_can_send(password: str | None) -> None:
    upload = {**GOOD, "content-type": "multipart/form-data; boundary=x"}
    assert refusal("POST", upload, password) == 400
    check("POST", {**upload, "x-requested-by": "me"}, port=8998, password=password)


def test_a_refusal_never_repeats_what_was_sent() -> None:
    with pytest.raises(LivyError) as refused:
        check("GET", {**GOOD, "authorization": basic("jpe:hunter2")}, port=8998, password="correct-horse")
    assert "hunter2" not in str(refused.value)
    assert "correct-horse" not in str(refused.value)
