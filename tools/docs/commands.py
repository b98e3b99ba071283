"""The page of the shell command: what its `--help` says."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Sequence

from jpe_magics import cli
from tools.docs.markdown import anchor, block, intro, told

#: What each command is for, in the order of the page.
COMMANDS = {
    "export": "Exports a notebook, with the same options and the same code as the magic: so can CI.",
    "targets": "Where a pipeline can go, and what answers there. It takes no options.",
    "history": "What was exported; runs it again, stops it, or asks how it is. The options are those of"
    " [`%jpe_history`](#jpe-history).",
    "settings": "The settings that count here, and where each comes from. It takes no options.",
    "livy": "Serves the Livy protocol on this machine ({doc}`livy`).",
}
_WITH_HELP = ("export", "history", "livy")


def page() -> str:
    """Return the page."""
    parts = [
        intro("commands"),
        block(_said(["--help"])),
        told("exit_codes"),
    ]
    for name, does in COMMANDS.items():
        parts += [anchor(f"command-{name}"), f"## `jpe {name}`\n", does + "\n"]
        if name in _WITH_HELP:
            parts.append(block(_said([name, "--help"])))
    return "\n".join(parts)


def _said(words: Sequence[str]) -> str:
    """Return what the command prints, for a terminal of 100 columns."""
    with _columns("100"), contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        cli.main(words)
    return out.getvalue()


@contextlib.contextmanager
def _columns(width: str) -> Iterator[None]:
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = width
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
