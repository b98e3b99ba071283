"""A file in a form's body (RFC 7578), as Livy's clients upload it."""

from __future__ import annotations

import email.message
import email.parser
from dataclasses import dataclass
from pathlib import PurePosixPath

from jpe_magics.local.protocol import LivyError, bad_request


@dataclass(frozen=True)
class Upload:
    """A part of a form: `name` is the file's own, without folders."""

    name: str
    content: bytes


def uploaded(content_type: str, body: bytes, part: str) -> Upload:
    """Return the file in that part; 400 where there is none, in Livy's words (a string, no object)."""
    for headers, content in _parts(_boundary(content_type), body):
        filename = headers.get_filename()
        if headers.get_param("name", header="content-disposition") == part and filename is not None:
            return Upload(_base_name(filename), content)
    raise LivyError(400, f"No {part} sent!")


def _boundary(content_type: str) -> bytes:
    header = email.message.Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary.isascii():
        raise bad_request("an upload is a multipart/form-data body with a boundary")
    return boundary.encode("ascii")


def _parts(boundary: bytes, body: bytes) -> list[tuple[email.message.Message, bytes]]:
    # Not with the email package's own parser of parts: this way every byte of a file stays what it was.
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    parse = email.parser.HeaderParser().parsestr
    parts = []
    for piece in pieces[1:]:
        headers, blank_line, content = piece.partition(b"\r\n\r\n")
        if blank_line and not piece.startswith(b"--"):
            parts.append((parse(headers.decode("utf-8", "replace").lstrip()), content))
    return parts


def _base_name(filename: str) -> str:
    name = PurePosixPath(filename.replace("\\", "/")).name
    if name in ("", "..") or not name.isprintable() or len(name.encode()) > 255:
        raise bad_request(f"requirement failed: {filename!r} is no name for a file")
    return name
