"""Requests as people read them."""

from __future__ import annotations

from jpe_magics.model.artifact import File
from jpe_magics.model.planned import Form, Planned


def test_a_body_is_shown_as_json_and_a_note_behind_it() -> None:
    planned = Planned("POST", "/group/x/job/submit", body={"jobConfig": {"city": "Łódź"}}, note="a run")
    assert planned.text("http://h").splitlines() == [
        "POST http://h/group/x/job/submit",
        "Content-Type: application/json",
        "",
        "{",
        '  "jobConfig": {',
        '    "city": "Łódź"',
        "  }",
        "}",
        "",
        "# a run",
    ]


def test_a_form_is_shown_part_by_part() -> None:
    planned = Planned("POST", "/job", Form((("name", "kpi"),), (("pyFiles", File("a.py", "x = 1")),)))
    assert planned.text("http://h").splitlines()[1:] == [
        "Content-Type: multipart/form-data",
        "",
        "name = kpi",
        "pyFiles = the file a.py (5 bytes)",
    ]
