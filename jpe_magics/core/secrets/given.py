"""Secret-looking values among what the user asks for: they would stand in the artifact as those of cells do."""

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
