"""Secret-looking values among what the user asks for: they would stand in the artifact as those of cells do, and
servers say them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from jpe_magics.core.literal import literal
from jpe_magics.core.secrets.find import find_secrets
from jpe_magics.core.secrets.redact import Hit
from jpe_magics.model.option import Request


def find_given_secrets(request: Request) -> tuple[tuple[str, Hit], ...]:
    """Return the place (`--param NAME`) and the hit of each secret-looking value in a request's options."""
    return tuple(
        (place, hit)
        for place, name, value in _texts(request)
        for hit in find_secrets(f"{{{literal(name)}: {literal(value)}}}")
    )


def find_run_secrets(values: Iterable[tuple[str, str]]) -> tuple[Hit, ...]:
    """Return the hits of secret-looking values among those of one run, which servers may say again."""
    return tuple(hit for name, value in values for hit in find_secrets(f"{{{literal(name)}: {literal(value)}}}"))


def find_said_secrets(text: str, values: Iterable[tuple[str, str]] = ()) -> tuple[Hit, ...]:
    """Return the hits of secrets in what code that has run says: a traceback, a log, an error.

    That holds lines of code and text for people alike, in which a bare word is no variable
    (`401 for url: https://host/api?api_key=…`).  `values` are the names and values of its run's parameters.
    """
    return (*find_run_secrets(values), *find_secrets(text), *find_secrets(text, "text"))


def _texts(request: Request) -> Iterator[tuple[str, str, str]]:
    """Yield place, name and value of every text that the artifact will hold."""
    for name, value in request.parameters:
        yield f"--param {name}", name, value
    for option, given in request.options.items():
        flag = "--" + option.replace("_", "-")
        if isinstance(given, Mapping):
            pairs = list(given.items())
        else:
            pairs = [(option, one) for one in (given if isinstance(given, (list, tuple)) else [given])]
        for name, value in pairs:
            if isinstance(value, str):
                yield f"{flag} {name}" if isinstance(given, Mapping) else flag, name, value
