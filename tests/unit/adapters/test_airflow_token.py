from __future__ import annotations

import base64
import warnings

import jwt
import pytest

from jpe_magics.adapters.airflow_token import Claims, Exchanged, Minted, mint
from jpe_magics.core.flow import Answer
from jpe_magics.errors import NoAnswer, PublishError, SettingsError
from jpe_magics.model.secret import Secret

NOW = 1_800_000_000.0
SECRET = "0123456789abcdef" * 4  # 64 bytes: PyJWT has nothing to say about it
CLAIMS = Claims("1", "apache-airflow", "user")


def claims_of(authorization: Secret, secret: str = SECRET) -> dict:
    scheme, _, token = authorization.reveal().partition(" ")
    assert scheme == "Bearer"
    return jwt.decode(
        token,
        secret,
        algorithms=["HS512"],
        audience="apache-airflow",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )


def no_post(path, fields):
    raise AssertionError(f"a minted token asks nobody, least of all {path}")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def test_the_claims():
    token = mint(Secret(SECRET), Claims("7", "apache-airflow", "op", "jpe"), NOW + 0.9)
    assert jwt.get_unverified_header(token.reveal()) == {"alg": "HS512", "typ": "JWT"}
    claims = claims_of(Secret("Bearer " + token.reveal()))
    assert claims == {
        "sub": "7",
        "aud": "apache-airflow",
        "role": "op",
        "iss": "jpe",
        "iat": NOW - 30,
        "nbf": NOW - 30,
        "exp": NOW + 240,
    }
    assert claims["exp"] - claims["iat"] == 270
    assert all(isinstance(claims[name], int) for name in ("iat", "nbf", "exp"))


def test_what_is_not_set_is_no_claim():
    claims = claims_of(Secret("Bearer " + mint(Secret(SECRET), Claims("7", "apache-airflow"), NOW).reveal()))
    assert not {"role", "iss"} & set(claims)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_line_end_of_a_file_is_not_part_of_the_secret(end):
    assert mint(Secret(SECRET + end), CLAIMS, NOW) == mint(Secret(SECRET), CLAIMS, NOW)


def test_blanks_that_are_no_line_end_are_part_of_it():
    assert mint(Secret(f" {SECRET}"), CLAIMS, NOW) != mint(Secret(SECRET), CLAIMS, NOW)


@pytest.mark.parametrize("secret", ["", " ", "\n", " \t\r\n"])
def test_nothing_is_signed_with_nothing(secret):
    with pytest.raises(SettingsError) as caught:
        mint(Secret(secret), CLAIMS, NOW)
    assert "AIRFLOW_JWT_SECRET" in str(caught.value)


def test_a_short_secret_signs_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        token = mint(Secret("short"), CLAIMS, NOW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert claims_of(Secret("Bearer " + token.reveal()), "short")["sub"] == "1"


def test_a_key_pairs_key_is_refused_without_showing_it():
    with pytest.raises(SettingsError) as caught:
        mint(Secret("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0C\n-----END PUBLIC KEY-----\n"), CLAIMS, NOW)
    assert "MFkw" not in repr(caught.value) + str(caught.value)
    assert caught.value.__context__ is None


def test_a_minted_token_serves_until_less_than_a_minute_is_left():
    clock = Clock()
    login = Minted(Secret(SECRET), CLAIMS, clock)
    first = login.authorization("/api/v2/x", no_post)
    clock.now = NOW + 180
    assert login.authorization("/api/v2/x", no_post) == first
    clock.now = NOW + 181
    second = login.authorization("/api/v2/x", no_post)
    assert claims_of(second)["exp"] == NOW + 181 + 240


def test_a_refused_token_is_minted_anew():
    clock = Clock()
    login = Minted(Secret(SECRET), CLAIMS, clock)
    first = login.authorization("/api/v2/x", no_post)
    clock.now += 5
    assert login.renew()
    assert login.authorization("/api/v2/x", no_post) != first


class Airflow:
    """Answers `POST /auth/token`."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict]] = []

    def __call__(self, path, fields):
        self.asked.append((path, dict(fields)))
        return self.answers.pop(0)


def given_token(**claims) -> str:
    return jwt.encode(claims, SECRET, algorithm="HS512")


def test_a_token_for_user_and_password():
    clock = Clock()
    first, second = given_token(exp=NOW + 300), given_token(exp=NOW + 900)
    post = Airflow(Answer(201, {"access_token": first}), Answer(201, {"access_token": second}))
    login = Exchanged("ada", Secret("pass word"), clock)
    assert login.authorization("/api/v2/x", post).reveal() == f"Bearer {first}"
    clock.now = NOW + 240
    assert login.authorization("/api/v2/x", post).reveal() == f"Bearer {first}"
    assert post.asked == [("/auth/token", {"username": "ada", "password": "pass word"})]
    clock.now = NOW + 241
    assert login.authorization("/api/v2/x", post).reveal() == f"Bearer {second}"


def test_a_refused_token_is_got_anew():
    post = Airflow(*(Answer(201, {"access_token": given_token(exp=NOW + 9999, jti=one)}) for one in "ab"))
    login = Exchanged("ada", Secret("x"), Clock())
    first = login.authorization("/api/v2/x", post)
    assert login.renew()
    assert login.authorization("/api/v2/x", post) != first


def nested_token() -> str:
    """Return a token whose payload is nested deeper than it can be read."""
    payload = base64.urlsafe_b64encode(b'{"exp":' + b"[" * 200_000).decode().rstrip("=")
    return f"{given_token().partition('.')[0]}.{payload}.x"


@pytest.mark.parametrize(
    "token",
    [
        *("opaque", "a.b.c", given_token(exp="soon"), given_token(exp=True), given_token()),
        *(given_token(exp=10**400), nested_token()),
    ],
    ids=["opaque", "broken", "text", "truth", "none", "endless", "nested"],
)
def test_a_token_that_does_not_tell_its_end_serves_until_it_is_refused(token):
    clock = Clock()
    post = Airflow(Answer(201, {"access_token": token}))
    login = Exchanged("ada", Secret("x"), clock)
    login.authorization("/api/v2/x", post)
    clock.now += 10**6
    assert login.authorization("/api/v2/x", post).reveal() == f"Bearer {token}"
    assert len(post.asked) == 1


@pytest.mark.parametrize("status", [404, 405])
def test_without_such_a_path_there_is_no_token_and_no_error(status):
    post = Airflow(Answer(status, {"detail": "Not Found"}))
    login = Exchanged("ada", Secret("x"), Clock())
    assert not login.authorization("/api/v2/version", post)
    assert not login.authorization("/api/v2/version", post)
    assert len(post.asked) == 1
    assert not login.renew()


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (Answer(401, {"detail": "hunter2"}), "JPE505", "refuses the user name and password (401)"),
        (Answer(400), "JPE505", "(400)"),
        (Answer(503), "JPE508", "503"),
        (Answer(302), "JPE508", "302"),
        (Answer(201, None, "<html>"), "JPE508", "holds no token"),
        (Answer(201, {"access_token": ""}), "JPE508", "holds no token"),
        (Answer(201, {"access_token": "a\r\nX-Evil: 1"}), "JPE508", "holds no token"),
        (Answer(201, {"access_token": 5}), "JPE508", "holds no token"),
    ],
)
def test_no_token(answer, code, told):
    with pytest.raises(PublishError) as caught:
        Exchanged("ada", Secret("hunter2"), Clock()).authorization("/api/v2/x", Airflow(answer))
    assert caught.value.code == code
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert not isinstance(caught.value, NoAnswer)


def test_nothing_of_it_is_in_a_repr():
    login = Minted(Secret(SECRET), CLAIMS, Clock())
    shown = repr(login.authorization("/x", no_post)) + repr(login) + repr(vars(login))
    assert SECRET not in shown
    assert base64.urlsafe_b64encode(b'{"typ"')[:6].decode() not in shown
    assert "eyJ" not in shown
