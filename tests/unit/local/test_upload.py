from __future__ import annotations

import pytest

from jpe_magics.local.protocol import LivyError
from jpe_magics.local.upload import Upload, uploaded

TYPE = 'multipart/form-data; boundary="a b"'
EVERY_BYTE = bytes(range(256)) + b"\r\n--a\r\n\r\n--\r\n"


def form(*parts: tuple[str, bytes]) -> bytes:
    pieces = [f"--a b\r\nContent-Disposition: {one}\r\n\r\n".encode() + content + b"\r\n" for one, content in parts]
    return b"".join(pieces) + b"--a b--\r\n"


def test_the_named_part_is_returned_byte_for_byte() -> None:
    other = ('form-data; name="other"; filename="x"', b"other")
    body = form(other, ('form-data; name="file"; filename="m.py"\r\nContent-Type: text/plain', EVERY_BYTE))
    assert uploaded(TYPE, body, "file") == Upload("m.py", EVERY_BYTE)


def test_a_preamble_and_an_empty_file_are_no_trouble() -> None:
    body = b"preamble\r\n" + form(('form-data; name="file"; filename="m.py"', b""))
    assert uploaded(TYPE, body, "file") == Upload("m.py", b"")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('filename="C:\\\\temp\\\\m.py"', "m.py"),
        ('filename="../../etc/m.py"', "m.py"),
        ('filename="gr\u00f6\u00dfe.py"', "größe.py"),
        ("filename*=utf-8''gr%C3%B6%C3%9Fe.py", "größe.py"),
    ],
)
def test_only_the_files_own_name_counts(header: str, name: str) -> None:
    assert uploaded(TYPE, form((f'form-data; name="file"; {header}', b"1")), "file").name == name


@pytest.mark.parametrize("filename", ["..", "/", "a\x07b", "x" * 300])
def test_a_name_that_is_none_is_refused(filename: str) -> None:
    with pytest.raises(LivyError) as refused:
        uploaded(TYPE, form((f'form-data; name="file"; filename="{filename}"', b"1")), "file")
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (TYPE, form(('form-data; name="other"; filename="m.py"', b"1"))),
        (TYPE, form(('form-data; name="file"', b"no file"))),
        (TYPE, b""),
        (TYPE, b"--other\r\n\r\nx"),
        ("multipart/form-data", form(('form-data; name="file"; filename="m.py"', b"1"))),
        ("application/json", b"{}"),
    ],
)
def test_no_file_is_a_400(content_type: str, body: bytes) -> None:
    with pytest.raises(LivyError) as refused:
        uploaded(content_type, body, "file")
    assert refused.value.status == 400
    if content_type == TYPE:
        assert refused.value.body == "No file sent!"
