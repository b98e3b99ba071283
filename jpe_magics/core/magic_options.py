"""The options on a Sparkmagic line, parsed as Sparkmagic parses them."""

from __future__ import annotations

import argparse
import keyword
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NoReturn

#: Options that take a value, in `%spark` and `%%spark` of the IPython extension (`RemoteSparkMagics`).
_SPARK = (
    *("-c/--context", "-s/--session", "-o/--output", "-m/--samplemethod", "-n/--maxrows", "-r/--samplefraction"),
    *("-u/--url", "-a/--user", "-p/--password", "-t/--auth", "-l/--language", "-i/--id", "-e/--coerce"),
)
#: The same in `%%spark` and `%%sql` of the wrapper kernels (`KernelMagics`), where `-c` is another one.
_KERNEL = ("-c/--coerce", "-o/--output", "-m/--samplemethod", "-n/--maxrows", "-r/--samplefraction")
_SEND = ("-i/--input", "-t/--vartype", "-n/--varname", "-m/--maxrows")

_OPTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # magic: options with a value, options whose value may be missing
    "spark": (_SPARK, ("-q/--quiet", "-k/--skip")),
    "kernel-spark": (_KERNEL, ()),
    "sql": (_KERNEL, ("-q/--quiet",)),
    "send_to_spark": (_SEND, ()),
}


@dataclass(frozen=True)
class MagicLine:
    """What stands on a magic line: values by long option name, other words in order.

    `refused` tells that the magic itself does not take the line.  The line may hold a password: none is
    kept in `values`, and `repr` shows nothing of it.
    """

    values: Mapping[str, str] = field(repr=False)
    words: tuple[str, ...] = field(default=(), repr=False)
    refused: bool = False

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def output(self) -> str:
        """The value of `-o` where it can name a variable, otherwise ""."""
        name = self["output"]
        return name if name.isidentifier() and not keyword.iskeyword(name) else ""


def parse_options(magic: str, arguments: str) -> MagicLine:
    """Return the options of one of the magics "spark", "kernel-spark", "sql" and "send_to_spark"."""
    try:
        words = shlex.split(arguments)
    except ValueError:  # an unclosed quote
        return MagicLine({}, tuple(arguments.split()), refused=True)
    try:
        found, unknown = _parser(magic).parse_known_args(words)
    except _RefusedError:
        return MagicLine({}, tuple(words), refused=True)
    values = {name: value for name, value in vars(found).items() if isinstance(value, str) and name != "password"}
    allowed = magic == "spark"  # its subcommands; the others take no words
    return MagicLine(values, (*found.words, *unknown), refused=bool(unknown or (found.words and not allowed)))


class _RefusedError(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _RefusedError(message)


@cache
def _parser(magic: str) -> _Parser:
    with_value, maybe_value = _OPTIONS[magic]
    parser = _Parser(add_help=False)
    parser.add_argument("words", nargs="*")
    _add(parser, with_value, None)
    _add(parser, maybe_value, "?")
    return parser


def _add(parser: argparse.ArgumentParser, options: Iterable[str], nargs: str | None) -> None:
    for option in options:
        parser.add_argument(*option.split("/"), nargs=nargs, const="True" if nargs else None)
