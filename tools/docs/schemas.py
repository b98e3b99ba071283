"""The pages of the two JSON documents, the report and the record, made from their JSON Schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.docs.markdown import anchor, code, intro, table

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
REPORT, RECORD = FOLDER / "report.schema.json", FOLDER / "record.schema.json"


def report_page() -> str:
    """Return the page of `jpe export --report`."""
    return _page(REPORT, intro("report"))


def record_page() -> str:
    """Return the page of the history's record."""
    return _page(RECORD, intro("record"))


def schema(path: Path) -> dict[str, Any]:
    """Return a schema."""
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _page(path: Path, begins: str) -> str:
    whole, page = schema(path), path.name.partition(".")[0]
    parts = [begins, f"As JSON Schema: {{download}}`{path.name}`.\n", _fields(whole, page)]
    for name, one in whole.get("$defs", {}).items():
        described = one.get("description", "")
        parts += [anchor(f"{page}-{name}"), f"## {one['title']}\n", f"{described}\n", _fields(one, page)]
    return "\n".join(parts)


def _fields(one: Mapping[str, Any], page: str) -> str:
    rows = ((code(name), _type(what, page), what["description"]) for name, what in one["properties"].items())
    return table(("field", "type", "meaning"), rows)


def _type(one: Mapping[str, Any], page: str) -> str:
    """Return a schema's type in words; rows of a shape of their own link to it."""
    if "$ref" in one:
        name = str(one["$ref"]).rpartition("/")[2]
        return f"[{name}](#{page}-{name})"
    if "enum" in one:
        return ", ".join(code(json.dumps(value)) for value in one["enum"])
    found = one.get("type", "any")
    if found == "array":
        return f"list of {_type(one['items'], page)}" if "items" in one else "list"
    return " or ".join(found) if isinstance(found, list) else str(found)
