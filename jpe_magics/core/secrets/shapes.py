"""Secrets that give themselves away by their format, in any language and any place.

Formats are those that the services document (AWS, GitHub, GitLab, Slack, Google, Databricks, Azure …).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jpe_magics.core.secrets.values import CREDIBLE, RANDOM, is_blanked, is_id, level, turns


def _real(value: str) -> bool:
    return not is_blanked(value)


def _not_a_hole(value: str) -> bool:
    return level(value) > 0


def _credible(value: str) -> bool:
    return level(value) >= CREDIBLE


def _basic(value: str) -> bool:
    """Tell whether this is `user:password` in base64 (RFC 7617), and not the next word of a sentence."""
    try:
        user, colon, password = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return False
    return bool(colon and password and user.isascii())


def _aws_secret(value: str) -> bool:
    """Forty characters that chance wrote: no path, no digest, no words run together."""
    return turns(value) >= 14 and not is_id(value) and value.count("/") <= 6 and level(value) == RANDOM


@dataclass(frozen=True)
class Shape:
    """A format: `hints` (lower case) are what a text must hold at least one of before `pattern` is tried.

    Where no text is common to all secrets of a format, `likely` is a quick pattern of what they look like.
    The secret is the pattern's group 1 if it has one.  No pattern may take more than linear time: they
    start with fixed text or at the start of a word, and what follows has one way to match.
    """

    what: str
    hints: tuple[str, ...]
    pattern: str
    check: Callable[[str], bool] = _real
    likely: str = ""


_START = r"(?:(?<![\w/+-])|(?<=\\[nrt]))"

SHAPES = (
    Shape(
        "private key",
        ("private key",),
        (
            r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
            r"(?=[^-]{0,400}?[A-Za-z0-9+/]{16})[^-]{16,20000}(?:-----END [A-Z0-9 ]{1,60}-----)?"
        ),
    ),
    Shape(
        "AWS access key",
        ("akia", "asia", "abia", "acca"),
        r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    ),
    Shape("AWS secret key", (), _START + r"[A-Za-z0-9/+]{40}(?![\w/+=-])", _aws_secret, r"[A-Za-z0-9/+]{40}"),
    Shape(
        "JSON web token",
        ("eyj",),
        r"(?:(?<![\w-])|(?<=\\[nrt]))eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]+)*",
    ),
    Shape(
        "GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255}",
    ),
    Shape(
        "GitLab token",
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-", "gloas-", "glimt-"),
        r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-[\w-]{18,300}(?:\.[\w.]{2,40})?",
    ),
    Shape(
        "Slack token",
        ("xox", "xapp-"),
        r"(?:xox[abcdeoprs]|xapp)-(?:[A-Za-z0-9]{1,80}-){0,6}[A-Za-z0-9]{10,400}",
    ),
    Shape(
        "Slack webhook",
        ("hooks.slack.com",),
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,200}",
    ),
    Shape(
        "Google API key",
        ("aiza", "gocspx-", "ya29."),
        r"AIza[\w-]{35}|GOCSPX-[\w-]{28}|ya29\.[\w-]{20,2000}",
    ),
    Shape("Databricks token", ("dapi",), r"dapi[0-9a-f]{32}(?:-\d{1,2})?(?![0-9a-z])"),
    Shape(
        "Azure storage key",
        ("==", "accountkey", "accesskey"),
        (
            r"(?:(?<![\w/+-])|(?<=\\[nrt]))[A-Za-z0-9+/]{86}==(?![\w=])"
            r"|(?<=AccountKey=)[A-Za-z0-9+/]{20,120}={0,2}|(?<=SharedAccessKey=)[A-Za-z0-9+/]{20,120}={0,2}"
        ),
    ),
    Shape("Azure client secret", ("q~",), r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])"),
    Shape("SAS signature", ("sig=",), r"(?<![A-Za-z0-9_])sig=([A-Za-z0-9%/+]{24,200}={0,2})"),
    Shape(
        "API token",
        ("sk-", "hf_", "npm_", "pypi-", "k_live_", "k_test_", "sg.", "hvs.", "dop_v1_", "dckr_pat_", "atatt3", "lsv2_"),
        (
            r"(?<![A-Za-z0-9_-])(?:sk-(?:proj-|ant-|or-|svcacct-)?[\w-]{20,300}|hf_[A-Za-z0-9]{30,60}|npm_[A-Za-z0-9]{36}"
            r"|pypi-[\w-]{50,300}|[sr]k_(?:live|test)_[A-Za-z0-9]{20,200}|SG\.[\w-]{16,32}\.[\w-]{16,64}"
            r"|hvs\.[\w-]{20,300}|dop_v1_[0-9a-f]{64}|dckr_pat_[\w-]{20,60}|ATATT3[\w=-]{50,300}|lsv2_[\w-]{30,80})"
        ),
        lambda value: _real(value) and any(map(str.isdigit, value)) and turns(value) >= 8,
    ),
    Shape(
        "password in a URL",
        ("://",),
        r"://[^\s:/?#@\"'`<>]{0,256}:([^\s\"'`/]{1,256})@(?=[\w\[{$<%])",
        _not_a_hole,
    ),
    Shape(
        "password in a URL",
        ("jdbc:oracle:",),
        r"jdbc:oracle:\w{1,9}:[^\s/@\"']{1,128}/([^\s@\"']{1,256})@",
        _not_a_hole,
    ),
    Shape(
        "token in a URL",
        ("http://", "https://"),
        r"https?://([\w.~%+-]{16,300})(?::[\w-]{0,40})?@(?=[\w\[])",
        lambda value: level(value) == RANDOM,
    ),
    Shape(
        "API key",  # kaggle.json, and what was modelled on it
        ("username",),
        (
            r"[\"']username\\?[\"']\s{0,9}:\s{0,9}\\?[\"'][^\"'\n]{0,200}[\"']\s{0,9},\s{0,9}\\?[\"']key\\?[\"']\s{0,9}:\s{0,9}"
            r"\\?[\"']([\w-]{16,200})"
        ),
        _not_a_hole,
    ),
    Shape(
        "credentials in a header",
        ("bearer", "basic", "authorization"),
        (
            r"\b(?:[Bb]earer|BEARER)(?:\s{1,4}|%20)([\w.~+/=:-]{8,4096})"
            r"|(?i:authorization)\\?[\"']?\s{0,4}[:=,]\s{0,4}\\?[\"']?(?!(?i:basic)\s)(?:[A-Za-z][\w-]{1,20}\s{1,4})?"
            r"([\w.~+/=:-]{8,4096})"
        ),
        _credible,
    ),
    Shape("credentials in a header", ("basic",), r"(?i:\bbasic)\s{1,4}([A-Za-z0-9+/]{6,1000}={0,2})", _basic),
)

#: What may be shown of a value: the part that every secret of its format begins with.
PUBLIC_START = re.compile(
    r"AKIA|ASIA|ABIA|ACCA|ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|gl[a-z]{2,5}-|xox[a-z]-|xapp-|AIza|GOCSPX-|ya29\.|dapi"
    r"|eyJ|-----BEGIN|hf_|npm_|pypi-|[sr]k_(?:live|test)_|sk-|hvs\.|dop_v1_|dckr_pat_"
)
FORMATS = frozenset(shape.what for shape in SHAPES)


def find_shapes(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and name of every secret in `text` that its format gives away."""
    lower = text.lower()
    for shape in SHAPES:
        if shape.hints:
            for hint in shape.hints:  # each cell is asked for each shape, and `any` takes twice as long
                if hint in lower:
                    break
            else:
                continue
        if shape.likely and not re.search(shape.likely, text):
            continue
        for match in re.finditer(shape.pattern, text):  # compiled on first use, and remembered by `re`
            group = match.lastindex or 0
            if shape.check(match[group]):
                yield match.start(group), match.end(group), shape.what
