"""Pages of a list, as Spring Data makes them, and the filters in front of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.servers.ilum_core.forms import pairs
from tools.servers.ilum_core.refusal import Refusal

Query = Mapping[str, Sequence[str]]
#: What `sort` may name, and the field that it means where that has another name.
_SORTS = {"name": "jobName", "id": "jobId"}


def wanted(query: Query, name: str, default: Sequence[str] = ()) -> frozenset[str]:
    """Return the values of an array in the query, repeated or with commas between; empty means all."""
    given = [one for value in query.get(name, ()) for one in value.split(",") if one]
    return frozenset(given or default)


def tags_wanted(query: Query) -> set[tuple[str, str]]:
    """Return the pairs of `tags=k=v;k=v`; raise `Refusal` for what is none."""
    try:
        return {pair for value in query.get("tags", ()) for pair in pairs(value).items()}
    except ValueError:
        raise Refusal(409, "tags must be key1=value1;key2=value2") from None


def number(query: Query, name: str, default: int) -> int:
    """Return a number of the query; raise `Refusal` for what is none."""
    text = query.get(name, [str(default)])[-1]
    if not text.isdecimal():
        raise Refusal(409, f"{name} must be a whole number")
    return int(text)


def found(row: Mapping[str, Any], query: Query, names: Sequence[str]) -> bool:
    """Tell whether one of the fields `names` holds what `search` asks for."""
    word = query.get("search", [""])[-1].lower()
    return any(word in str(row[name]).lower() for name in names)


def page(rows: Sequence[Mapping[str, Any]], query: Query) -> dict[str, Any]:
    """Return a page of the rows: sorted as asked, else as they were made."""
    ordered, rules = list(rows), list(query.get("sort", ()))
    for rule in reversed(rules):
        name, _, way = rule.partition(",")
        ordered = _sorted(ordered, name, way.lower() == "desc")
    number_, size = number(query, "page", 0), number(query, "size", 10)
    if size < 1:
        raise Refusal(409, "size must be 1 or more")
    pages = -(-len(ordered) // size)
    content = ordered[number_ * size : (number_ + 1) * size]
    return {
        "page": {"number": number_, "size": size, "offset": number_ * size, "paged": True},
        "sort": rules,
        "totalElements": len(ordered),
        "totalPages": pages,
        "first": number_ == 0,
        "last": number_ >= pages - 1,
        "empty": not content,
        "content": content,
    }


def _sorted(rows: list[Mapping[str, Any]], name: str, backwards: bool) -> list[Mapping[str, Any]]:
    if not rows:
        return rows
    key = name if name in rows[0] else _SORTS.get(name, name)
    if key not in rows[0]:
        raise Refusal(409, f"there is nothing to sort by {name}")
    return sorted(rows, key=lambda row: (row[key] is not None, row[key]), reverse=backwards)
