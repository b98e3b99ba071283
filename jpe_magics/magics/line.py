"""A magic's line as words."""

from __future__ import annotations

import os
import shlex

from jpe_magics.errors import OptionError


def split(line: str) -> list[str]:
    """Return the words of a line, quoted as in a shell; `OptionError` where a quote is not closed.

    A backslash is an ordinary character on Windows, where paths are full of them.

    >>> split('airflow --schedule "0 6 * * 1-5"')
    ['airflow', '--schedule', '0 6 * * 1-5']
    """
    words = shlex.shlex(line, posix=True, punctuation_chars=False)
    words.whitespace_split = True
    words.commenters = ""
    if os.name == "nt":
        words.escape = ""
    try:
        return list(words)
    except ValueError as error:
        quote = last_word(line)[1]
        raise OptionError(
            f"the quote {quote} is not closed" if quote else f"the line is cut: {error}",
            where=line.strip()[:80],
            hint='close it, or put the word in the other kind of quotes: "it\'s"',
        ) from None


def last_word(line: str) -> tuple[int, str]:
    """Return where the last word of a line begins, and the quote that is open at its end ("" for none).

    >>> last_word("airflow --description 'daily sa")
    (22, "'")
    """
    start, quote, escaped = 0, "", False
    for place, one in enumerate(line):
        if escaped:
            escaped = False
        elif one == "\\" and quote != "'" and os.name != "nt":
            escaped = True
        elif quote:
            quote = "" if one == quote else quote
        elif one in "'\"":
            quote = one
        elif one.isspace():
            start = place + 1
    return start, quote


def silenced(line: str) -> tuple[str, bool]:
    """Return the line without a `;` at its end, and whether there was one: then nothing is displayed.

    IPython's `output_can_be_silenced` would read the line as Python, which it is not, and would take the
    result away from `r = %export_pipeline …;` too.

    >>> silenced("airflow --dag-id etl ;")
    ('airflow --dag-id etl ', True)
    """
    bare = line.rstrip()
    return (bare[:-1], True) if bare.endswith(";") else (line, False)
