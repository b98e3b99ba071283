"""Secrets bound to a name in text that is not parsed: magic and shell lines, comments, the contents of
strings, other languages, JSON and what is not valid Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jpe_magics.core.secrets.names import TERM, asks, is_property, lowered
from jpe_magics.core.secrets.pattern import pattern
from jpe_magics.core.secrets.values import ANYTHING, CREDIBLE, RANDOM, WORD, is_id, is_identifier, level, word_set

#: Calls by which a name and its value are handed over side by side.
SETTERS = word_set(
    "option options set config conf setdefault put header add_header addheader setproperty setconf set_conf setattr"
    " set_option setenv putenv append_header property withproperty param parameter set_secret setsecret hset text"
    " add_property setlocalproperty setifunset add_argument with_option"
)

#: Calls that are given names of columns side by side: only what chance wrote is no name there.
COLUMNS = word_set(
    "select selectexpr drop dropduplicates drop_duplicates groupby orderby sort sortwithinpartitions partitionby sortby"
    " bucketby repartition rollup cube withcolumnrenamed withcolumnsrenamed concat_ws struct array coalesce crosstab"
    " cov corr freqitems rename print"
)

_NAME = pattern(r"[\w.-]+")
_QUOTED = pattern(
    r"\\?[\"'`]?\s{0,9}[\])]?\s{0,9}"
    r"(?:=>|:=|->|<-|===?|!=|=|:(?:\s{0,9}[A-Za-z_][\w.\[\]| ]{0,40}=)?)"
    r"\s{0,9}[rbfuRBFU]{0,2}(\\?[\"'])((?:(?!\1)[^\n]){0,4000})\1"
)
_SPACED = pattern(r"[= \t]{1,9}(?:BY\s{1,9})?([\"'])((?:(?!\1)[^\n]){0,4000})\1")
_COMMA = pattern(r"\\?[\"']\s{0,9},\s{0,9}[rbfuRBFU]{0,2}(\\?[\"'])((?:(?!\1)[^\n]){0,4000})\1")
_BARE = pattern(r"\\?[\"']?\s{0,9}(?P<sep>[=-]>|=|:)\s{0,9}(?P<value>[^\s\"'`;,]{1,512})")
_QUERY = pattern(r"(?P<sep>=)(?P<value>[^\s\"'`;,&#]{1,512})")
_ARGUMENT = pattern(r"(?P<sep>[= \t]){1,4}(?P<value>[^\s\"'`;]{1,512})")
#: A value in markup: <password>…</password>, <name>…password</name><value>…</value>, <input name="token" value="…">
_MARKUP = pattern(
    r"(?:\s{0,9}</(?:name|key)>\s{0,99}<(?:value|string)>|>)([^<>\n]{1,4000})</|[\"'][^<>\n]{0,99}?\svalue=[\"']([^\"'<>\n]{1,4000})"
    # - name: TOKEN, and below it value: …, as containers are told their environment
    r"|[\"']?,?\s{0,40}[\"']?value[\"']?\s{0,4}:\s{0,4}[\"']?([^\s\"'`,;]{1,4000})"
)
#: What somebody tells: "the password is …"
_SAID = pattern(r"\s{1,4}(?:is|was)(?:\s{0,4}[:=]\s{0,4}|\s{1,4})[\"'`]?([^\s\"'`,;]{1,512})")
_BREAK = pattern(r"[\s\"'`;,?&]")
_ENDS = ("", "\n", ",", ";", '"', "'")
_CALLED = pattern(r"(\w+)\(\s{0,9}[rbfuRBFU]{0,2}\\?[\"']$")
_EXPORTED = pattern(r"(?:^|[\s;!&|(])(?:export|set|setx|setenv|ENV|%env|%set_env)\s{1,4}(?:-\w\s)?$")
#: `papermill in.ipynb out.ipynb -p NAME VALUE`
_PARAMETER = pattern(r"\bpapermill\s[^\n]{0,300}\s-[pr]\s{1,4}$")
#: SQL's SET of a property: that of a column, UPDATE's, has an expression behind it.
_SQL_SET = pattern(r"(?i)(?:^|[\s;])SET\s{1,9}$")

#: Passwords on a command line that no name announces: how they are given, and after which commands.
_COMMANDS = (
    (
        pattern(r"\s-[pP][ =]{0,4}([\"']?)([^\s\"'-][^\s\"']{0,400})\1"),
        pattern(
            r"%spark\b|\b(?:sshpass|(?:docker|podman|az)\s+login|sqlcmd|beeline|sqlplus|smbclient|mongo\w{0,9}|twine)\b"
        ),
    ),
    (pattern(r"\s-P[ =]{0,4}([\"']?)([^\s\"'-][^\s\"']{0,400})\1"), pattern(r"\b(?:un)?zip\b")),
    (pattern(r"\s-a[ =]{0,4}([\"']?)([^\s\"'-][^\s\"']{0,400})\1"), pattern(r"\bredis-cli\b")),
    (
        pattern(r"\s-p([\"']?)([^\s\"']{1,400})\1"),
        pattern(r"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b"),
    ),
    (
        pattern(r"\s(?:-u|--user|--proxy-user|-a|--auth)[ =]{0,4}([\"']?)[^\s:,\"'$]{1,200}[:,]([^\s\"']{1,400})\1"),
        pattern(r"\b(?:curl|wget|lftp)\b|(?:^|[\s!])https?(?:\s|$)"),
    ),
    (pattern(r"\becho\s{1,4}([\"']?)([^\s\"'|]{1,400})\1\s{0,4}\|[^\n]{1,200}-stdin"), pattern("")),
    (pattern(r"(?i)\bidentified\s{1,9}by\s{1,9}([\"'])([^\n\"']{1,400})\1"), pattern("")),
)
_NAMED_COMMANDS = (
    *("%spark", "login", "sshpass", "sqlcmd", "beeline", "sqlplus", "smbclient", "mysql", "mariadb", "curl", "wget"),
    *("identified", "mongo", "redis-cli", "twine", "lftp", "zip -", "-stdin", "http "),
)


def names_command(lower: str, start: int = 0, end: int | None = None) -> bool:
    """Tell whether a part of a text in lower case may name a command that takes passwords without announcing them."""
    for word in _NAMED_COMMANDS:  # noqa: SIM110 - each cell is asked, and `any` takes twice as long
        if lower.find(word, start, end) >= 0:
            return True
    return False


def find_in_text(text: str, *, code: bool = False, notes: bool = False) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and kind of the values that stand at password-like names.

    `code` says that a bare word may be a variable (other languages, what does not parse), `notes` that
    the text is for people (comments): then an unquoted value must be more than a word.
    """
    done = 0
    lower = lowered(text)
    for term in TERM.finditer(lower):
        if term.start() < done:
            continue
        name = _NAME.match(text, _name_start(text, term.start(), done))
        if name is None:
            continue
        done = name.end()
        wanted, what = asks(name[0].strip("-."))
        if wanted and not _is_amid(text, name.start()):
            found = _value(text, name, wanted, what, code=code, notes=notes)
            if found is not None:
                yield found[0], found[0] + len(found[1]), what
    if names_command(lower):
        yield from _commands(text)


def _commands(text: str) -> Iterator[tuple[int, int, str]]:
    for given, command in _COMMANDS:
        for match in given.finditer(text):
            before = text[max(0, match.start() - 400) : match.start()].rpartition("\n")[2]
            if command.search(before) and level(match[2]) and not match[2].isdigit():
                yield match.start(2), match.end(2), "password"


def _name_start(text: str, start: int, floor: int) -> int:
    floor = max(floor, start - 150)
    while start > floor and (text[start - 1].isalnum() or text[start - 1] in "_.-"):
        start -= 1
    return start


def _is_amid(text: str, start: int) -> bool:
    """Tell whether the name stands far inside one unbroken run of characters (an encoded image, a hostile line)."""
    return start >= 64 and _BREAK.search(text, start - 64, start) is None


def _value(
    text: str, name: re.Match[str], wanted: int, what: str, *, code: bool, notes: bool
) -> tuple[int, str] | None:
    """Return where the secret at `name` starts, and it; None if what stands there is none."""
    start, end = name.span()
    before = text[max(0, start - 40) : start]
    pair = _COMMA.match(text, end)
    if pair:
        called = _CALLED.search(before)
        function = called[1].lower() if called else ""
        if function not in SETTERS:
            # the first of a call or a pair; further on, and in a list, names of columns stand side by side
            first = function not in COLUMNS and before.rstrip("rbfuRBFU\\\"' ").endswith("(")
            wanted = max(wanted, CREDIBLE if first or name[0].startswith("-") else RANDOM)
        return (pair.start(2), pair[2]) if is_secret(pair[2], wanted, what) else None
    quoted = _QUOTED.match(text, end) or _SPACED.match(text, end)
    if quoted:
        return _without_scheme(quoted.start(2), quoted[2]) if is_secret(quoted[2], wanted, what) else None
    markup = _MARKUP.match(text, end)
    if markup:
        group = markup.lastindex or 1
        return (markup.start(group), markup[group]) if is_secret(markup[group], wanted, what) else None
    said = _SAID.match(text, end)
    if said:
        value = said[1].rstrip(".")
        return (said.start(1), value) if is_secret(value, max(wanted, CREDIBLE), what) else None
    exported = _EXPORTED.search(before) or (is_property(name[0]) and _SQL_SET.search(before))
    told = before.endswith(("-p ", "-r ")) and _PARAMETER.search(text[max(0, start - 320) : start])
    flag = name[0].startswith("-") or bool(exported or told)
    query = before.endswith(("?", "&"))
    bare = (_ARGUMENT if flag else _QUERY if query else _BARE).match(text, end)
    if bare is None:
        return None
    value = _without_closers(bare["value"])
    if flag and re.match(r"\$[A-Za-z_{(]", value):
        return None  # the shell puts something else there
    whole = flag or _is_whole(text, start, bare)
    if is_identifier(value) and not flag and level(value) < RANDOM:
        if (code and not query) or "(" in value or "[" in value:
            return None
        if notes and not (bare["sep"] == ":" and any(one.isdigit() for one in value)):
            return None
        literal = whole and bare["sep"] == "=" and any(one.isdigit() for one in value)
        wanted = wanted if literal and not notes else max(wanted, WORD if notes or whole else CREDIBLE)
    elif not whole or (notes and not flag):
        wanted = max(wanted, CREDIBLE)
    return (bare.start("value"), value) if is_secret(value, wanted, what) else None


def _without_closers(value: str) -> str:
    """Return an unquoted value without the brackets at its end that something before it opened."""
    while value[-1:] in (")", "]", "}", ">", "\\") and not any(one in value for one in "([{<"):
        value = value[:-1]
    return value


def _is_whole(text: str, start: int, bare: re.Match[str]) -> bool:
    """Tell whether a name and its value are a setting, not part of a sentence: `a=b`, or a whole line."""
    if bare["sep"] == "=" and bare.end("sep") == bare.start("value") and text[bare.start("sep") - 1] not in " \t":
        return True
    head = text[max(0, start - 80) : start].rpartition("\n")[2]
    return not head.strip(" \t-#\"'") and text[bare.end() : bare.end() + 1] in _ENDS


def _without_scheme(at: int, value: str) -> tuple[int, str]:
    """Return where the credentials begin in the value of a header (`Bearer …`), and them."""
    scheme = re.match(r"(?i)(?:bearer|basic|token|apikey|digest|ssws)\s+", value)
    return (at + scheme.end(), value[scheme.end() :]) if scheme else (at, value)


def is_secret(value: str, wanted: int, what: str) -> bool:
    """Tell whether a literal at a name that wants `wanted` (see `names.asks`) is a secret."""
    _, value = _without_scheme(0, value)
    value = value.strip()
    if wanted == RANDOM and is_id(value):
        return False
    if "://" in value and level(value) < RANDOM:
        return False
    if what == "password" and wanted == ANYTHING:
        return level(value) >= ANYTHING
    if wanted == CREDIBLE and len(value) < 8:
        return False
    return level(value) >= wanted
