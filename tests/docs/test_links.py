"""No link of a page, and no anchor, leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, REFERENCE, everything, named, without_code

#: A page that the build alone makes (it needs grimp).
OF_THE_BUILD = {REFERENCE / "imports.md"}
LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\\.|\[[^\]]*\])*\]\((?P<to>[^()\s]*)\)")
ROLES = re.compile(r"\{(?P<role>doc|confval|term)\}`(?P<to>[^`]+)`")


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and MyST make it."""
    text = re.sub(r"[`*]|\\(?=\W)", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@cache
def anchors(path: Path) -> set[str]:
    text = re.sub(r"^(`{3,}|:{3,}|~{3,}).*?^\1[ ]*$", "", everything()[path], flags=re.DOTALL | re.MULTILINE)
    return {slug(heading) for heading in re.findall(r"^#{1,3} (.+)$", text, re.MULTILINE)} | marks(path)


@cache
def marks(path: Path) -> set[str]:
    return set(re.findall(r"^\(([\w-]+)\)=$", everything()[path], re.MULTILINE))


def anywhere(path: Path) -> set[str]:
    """The anchors that a link without a page finds on the site: its own page's, and the marks of all."""
    return anchors(path).union(*(marks(one) for one in everything()))


def wrong_links(path: Path) -> Iterator[str]:
    in_site = path.is_relative_to(DOCS)
    for found in LINK.finditer(without_code(everything()[path])):
        target, _, mark = found["to"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        to = (path.parent / target).resolve() if target else path
        if not to.exists() and to not in everything() and to not in OF_THE_BUILD:
            yield f"{found['to']}: no such page"
        elif mark and to in everything() and mark not in (anchors(to) if target or not in_site else anywhere(to)):
            yield f"{found['to']}: no such anchor"


@pytest.mark.parametrize("path", sorted(everything()), ids=named)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert list(wrong_links(path)) == []


def wrong_roles(path: Path) -> Iterator[str]:
    every = "".join(everything().values())
    for found in ROLES.finditer(everything()[path]):
        to = found["to"].partition("<")[2].rstrip(">") or found["to"]
        if found["role"] == "doc":
            place = (DOCS / to[1:] if to.startswith("/") else path.parent / to).resolve().with_suffix(".md")
            if place not in everything() and place not in OF_THE_BUILD:
                yield found[0]
        elif found["role"] == "confval":
            if f"{{confval}} {to}\n" not in every:
                yield found[0]
        elif not re.search(
            rf"^{re.escape(to)}$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE | re.IGNORECASE
        ):
            yield found[0]


@pytest.mark.parametrize("path", sorted(path for path in everything() if path.is_relative_to(DOCS)), ids=named)
def test_every_role_leads_somewhere(path: Path) -> None:
    assert list(wrong_roles(path)) == []


def test_a_page_outside_of_the_site_uses_no_roles() -> None:
    assert [
        named(path) for path, text in everything().items() if not path.is_relative_to(DOCS) and ROLES.search(text)
    ] == []


def test_links_are_found() -> None:
    """The checks above would pass if nothing were found."""
    every = [found["to"] for text in everything().values() for found in LINK.finditer(without_code(text))]
    assert len(every) > 100
    assert any(to.startswith("#jpe") for to in every)


def test_a_wrong_link_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    page = DOCS / "howto" / "wrong.md"
    links = "[a](nowhere.md) [b](airflow.md#no-such) [c](#jpe999) [d](airflow.md) [e](#jpe101)"
    text = links + " {doc}`nothing` {confval}`none` {doc}`ilum`"
    known = {**everything(), page: text}
    monkeypatch.setitem(globals(), "everything", lambda: known)
    try:
        assert [one.partition(":")[0] for one in wrong_links(page)] == ["nowhere.md", "airflow.md#no-such", "#jpe999"]
        assert list(wrong_roles(page)) == ["{doc}`nothing`", "{confval}`none`"]
    finally:
        anchors.cache_clear()
        marks.cache_clear()


def test_slugs_are_those_of_github() -> None:
    assert slug("What it takes out, and why") == "what-it-takes-out-and-why"
    assert slug("`--mode single` once") == "--mode-single-once"
