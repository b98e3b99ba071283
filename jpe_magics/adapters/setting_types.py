"""What a setting's value may be, wherever it comes from: a variable's text, JSON or Python."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from jpe_magics.model.secret import Secret

_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
KINDS = ("auto", "spark", "pyspark", "sql", "scala", "plain")


def text(value: Any) -> str:
    """Return text without blanks around it, of one line."""
    if not isinstance(value, str) or any(not one.isprintable() for one in value.strip()):
        raise ValueError("one line of text")
    return value.strip()


def secret(value: Any) -> Secret:
    """Return the text as a `Secret`, without the line end that a file may have left on it."""
    if isinstance(value, Secret):
        return value
    if value is not None and not isinstance(value, str):
        raise ValueError("text")
    return Secret((value or "").strip())


def path(value: Any) -> str:
    """Return a path with `~` expanded; it stays relative where it is."""
    found = text(str(value) if isinstance(value, PurePath) else value)
    expanded = os.path.expanduser(found)  # noqa: PTH111 - pathlib raises where there is no home folder
    if expanded.startswith("~") and expanded.partition("/")[0] != "~":
        raise ValueError("a path: there is no such user")
    return expanded


def url(value: Any) -> str:
    """Return an http or https address without a slash at its end; "" is none."""
    found = text(value)
    if not found:
        return ""
    try:
        parts = urlsplit(found)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or " " in found or "\\" in found:
        raise ValueError("an address like http://host:8080/api")
    if "@" in parts.netloc:
        raise ValueError("an address without user name and password (there are settings of their own for them)")
    if parts.query or parts.fragment:
        raise ValueError("an address without ? and #")
    return found.rstrip("/")


def remote(value: Any) -> str:
    """Return the address of a git remote: https, ssh, a path … but no password in it, and no option.

    Over http(s) a user name alone is refused too, and a query: either may be a token (`https://TOKEN@host/…`).
    """
    found = text(value)
    scheme, _, rest = found.partition("://")
    userinfo = rest.partition("/")[0].rpartition("@")[0]
    if ":" in userinfo or (userinfo and scheme.lower() in ("http", "https")):
        raise ValueError("a remote without a password in it (set git_token, or git_username and git_password)")
    if scheme.lower() in ("http", "https") and set("?#") & set(rest):
        raise ValueError("the address of a git remote without ? and #")
    if found.startswith("-") or "::" in found:
        raise ValueError("the address of a git remote")
    return found


def author(value: Any) -> str:
    """Return the author of commits as git writes it, `Name <address>`; "" for none."""
    found = text(value)
    if found and not (found.isprintable() and re.fullmatch(r"[^<>]*[^<>\s] <[^<>\s]+@[^<>\s]+>", found)):
        raise ValueError("a name and an address: Ada Lovelace <ada@example.org>")
    return found


def seconds(value: Any) -> float:
    """Return a number of seconds above 0, at most a day."""
    try:
        found = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except ValueError:
        found = math.nan
    if not 0 < found <= 86400:
        raise ValueError("a number of seconds above 0")
    return found


def flag(value: Any) -> bool:
    """Return a truth value, also from true, false, 1, 0, yes, no, on, off."""
    word = str(value).strip().lower() if isinstance(value, (bool, int, str)) else ""
    if word not in _TRUE + _FALSE:
        raise ValueError("true or false")
    return word in _TRUE


def choice(*choices: str) -> Callable[[Any], str]:
    """Return the check for one of `choices`."""

    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return str(value)

    return check


def kinds(value: Any) -> tuple[str, ...]:
    """Return cell kinds, in a list or in text with commas between them."""
    names = value.split(",") if isinstance(value, str) else value
    found = tuple(one.strip() for one in names if isinstance(one, str)) if isinstance(names, (list, tuple)) else ()
    if not found or len(found) != len(names) or not set(found) <= set(KINDS) or ("auto" in found and len(found) > 1):
        raise ValueError("auto, or some of " + ", ".join(KINDS[1:]))
    return found


def images(value: Any) -> dict[str, str]:
    """Return presets: the name that is shown → the container image, "" for the cluster's default."""
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for pair in value.items() for one in pair):
        raise ValueError("a mapping of names to container images")
    return dict(value)


class Setting(NamedTuple):
    """One setting: its default, where the environment may give it, and what it may be.

    `check` returns the value as it counts, or raises ValueError with what is allowed.
    """

    name: str
    default_value: Any
    check: Callable[[Any], Any]
    env: str
    help: str

    @property
    def secret(self) -> bool:
        """Whether its value is one that nothing may show."""
        return self.check is secret
