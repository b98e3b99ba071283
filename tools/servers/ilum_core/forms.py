"""The forms that create and change jobs, groups and schedules: their fields, all of them text, and their rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from tools.servers.ilum_core.multipart import Part
from tools.servers.ilum_core.refusal import Refusal

FILES = ("jars", "files", "pyFiles")
_NEW = {"name": "text", "clusterName": "text", "language": "SCALA PYTHON"}
_SPARK = {"tags": "pairs", "jobConfig": "pairs", "pyRequirements": "text", "packages": "text"}
SIZES = {
    "executors": "number",
    "driverCores": "number",
    "executorCores": "number",
    "driverMemory": "size",
    "executorMemory": "size",
    "dynamicAllocation": "flag",
    "initialExecutors": "number",
    "minExecutors": "number",
    "maxExecutors": "number",
}
_RUN = {"jobClass": "text", "args": "text", "maxRetries": "number"}
_TIMES = {"description": "text", "cron": "text", "startTime": "number", "endTime": "number"}
_WARM = {"description": "text", "scale": "number", "autoPause": "flag"}
_FORMS: dict[str, dict[str, str]] = {
    "job": {**_NEW, **_SPARK, **SIZES, **_RUN},
    "group": {**_NEW, **_SPARK, **SIZES, **_WARM, "kind": "JOB CODE"},
    "group update": {**_SPARK, **SIZES, **_WARM},
    "schedule": {**_NEW, **_SPARK, **SIZES, **_RUN, **_TIMES},
    "schedule update": {**_SPARK, **SIZES, **_RUN, **_TIMES},
}
_NEEDED = {
    "job": ("name", "clusterName"),
    "group": ("name", "clusterName"),
    "schedule": ("name", "clusterName", "cron", "jobClass"),
}


@dataclass(frozen=True)
class Form:
    """A form that keeps the rules: the fields that say something, and the files by their field."""

    texts: Mapping[str, str]
    files: Mapping[str, tuple[tuple[str, bytes], ...]] = field(default_factory=dict)

    def typed(self) -> dict[str, Any]:
        """Return the fields as what they mean: pairs as a dict, numbers and flags as such, `args` as a list."""
        return {name: _typed(name, text) for name, text in self.texts.items()}


def read_form(kind: str, parts: Iterable[Part]) -> Form:
    """Return the form; raise `Refusal` 409 that names the field which is wrong."""
    fields, texts = _FORMS[kind], dict[str, str]()
    files: dict[str, list[tuple[str, bytes]]] = {}
    for part in parts:
        if part.name in FILES and "update" not in kind:
            files.setdefault(part.name, []).append((_file_name(part), part.data))
            continue
        if part.name not in fields:
            raise Refusal(409, f"a {kind} has no field {part.name}")
        if part.filename is not None or part.name in texts:
            raise Refusal(409, f"{part.name} must be given once, and as text")
        texts[part.name] = _text(part, fields[part.name])
    texts = {name: text for name, text in texts.items() if text}
    for name in _NEEDED.get(kind, ()):
        if not texts.get(name, "").strip():
            raise Refusal(409, f"{name} must not be blank")
    return Form(texts, {name: tuple(found) for name, found in files.items()})


def pairs(text: str) -> dict[str, str]:
    """Return `k=v;k=v` as a dict; there is no escape.  Raises ValueError for a piece without `=`.

    >>> pairs("a=1;b=x=y")
    {'a': '1', 'b': 'x=y'}
    """
    found = {}
    for piece in filter(None, text.split(";")):
        key, sign, value = piece.partition("=")
        if not sign or not key.strip():
            raise ValueError(piece)
        found[key.strip()] = value
    return found


def _file_name(part: Part) -> str:
    name = part.filename
    if not name or PurePosixPath(name).name != name or "\\" in name or name == "..":
        raise Refusal(409, f"{part.name} must be files with plain names")
    return name


def _text(part: Part, kind: str) -> str:
    try:
        text = part.data.decode()
    except UnicodeDecodeError:
        raise Refusal(409, f"{part.name} must be UTF-8") from None
    if text and not _fits(kind, text):
        raise Refusal(409, f"{part.name} is not valid")
    return text


def _fits(kind: str, text: str) -> bool:
    if kind == "pairs":
        try:
            return bool(pairs(text))
        except ValueError:
            return False
    patterns = {"text": r"(?s).+", "number": r"[0-9]{1,18}", "flag": "true|false", "size": "[0-9]+[kmgtKMGT]b?"}
    return bool(re.fullmatch(patterns.get(kind, kind.replace(" ", "|")), text))


def _typed(name: str, text: str) -> Any:
    kind = next(fields[name] for fields in _FORMS.values() if name in fields)
    if name == "args":
        return text.split(";")
    if kind == "pairs":
        return pairs(text)
    if kind == "number":
        return int(text)
    return text == "true" if kind == "flag" else text
