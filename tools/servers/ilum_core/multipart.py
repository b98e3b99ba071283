"""multipart/form-data, RFC 7578: a body → its parts."""

from __future__ import annotations

from email.message import Message
from typing import NamedTuple

from tools.servers.ilum_core.refusal import Refusal


class Part(NamedTuple):
    """A part of a form; `filename` is None where it is no file."""

    name: str
    filename: str | None
    data: bytes


def parts(content_type: str, body: bytes) -> list[Part]:
    """Return the parts in order; raise `Refusal` 415 for another type of body and 400 for a broken one."""
    head = Message()
    head["Content-Type"] = content_type
    if head.get_content_type() != "multipart/form-data":
        raise Refusal(415, f"Content type '{content_type}' not supported")
    boundary = head.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise Refusal(400, "multipart/form-data without a boundary")
    line = b"--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n" + line)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise Refusal(400, "the multipart body does not end with its boundary")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, blank, data = piece.partition(b"\r\n\r\n")
    if not blank or not head.startswith(b"\r\n"):
        raise Refusal(400, "a part of the multipart body has no headers")
    headers = Message()
    for row in head[2:].split(b"\r\n"):
        header, _, value = row.decode("utf-8", "replace").partition(":")
        headers[header.strip()] = value.strip()
    name = headers.get_param("name", header="content-disposition")
    if headers.get_content_disposition() != "form-data" or not isinstance(name, str):
        raise Refusal(400, "a part of the multipart body has no name")
    return Part(name, headers.get_filename(), data)
