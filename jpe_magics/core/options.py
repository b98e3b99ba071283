"""A magic's or command's words → a checked request.

The declarations (`Option`) of `COMMON` and of each target are all there is: the parser, the help text,
the completions and the panel's form are made of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option, Request

#: Options that every target takes.
COMMON: tuple[Option, ...] = (
    Option("preview", "flag", "render and report only; touch nothing outside", default=False),
    Option(
        "output",
        "path",
        "also write the artifact to this file, or into this folder where it ends in / or is one",
        metavar="PATH",
    ),
    Option(
        "kinds",
        "list",
        "cell kinds to export: auto, spark, pyspark, sql, scala, or plain (Python that runs in the kernel)",
        setting="enabled_cell_kinds",
        metavar="KIND,…",
        example="spark,pyspark,sql",
    ),
    Option("allow_secrets", "flag", "export although secret-looking literals were found", default=False),
    Option("keep_rejections", "flag", "keep magics and display calls in the artifact", default=False),
    Option("param", "map", "another default for a parameter (repeatable)", metavar="NAME=VALUE", example="region=EU"),
    Option("run_param", "map", "a parameter for this run only (repeatable)", metavar="NAME=VALUE"),
    Option("notebook", "path", "export this notebook instead of the live one", metavar="PATH"),
    Option("trigger", "flag", "start a run when the pipeline is in place"),
    Option("push", "flag", "publish the artifact", default=True),
    Option("wait", "flag", "follow the run to its end", default=False),
    Option("allow_unsaved", "flag", "publish although executed cells are not in the saved notebook", default=False),
    Option("replace", "flag", "overwrite a file that is not ours or comes from another notebook", default=False),
)
_BY_NAME = {option.name: option for option in COMMON}
_NO_COMMENT = "the line of a magic takes no comment: put it on a line of its own, or above"
#: Options of different targets that mean the same: who types the one is told of the other.
_SAME = (
    ("--schedule", "--cron"),
    ("--dag-id", "--name"),
    ("--session-conf", "--spark-conf"),
    ("--retries", "--max-retries"),
)


@dataclass(frozen=True)
class Given:
    """What stands on the line: the target ("" for none) and the values by option name, as text."""

    target: str
    values: Mapping[str, Any] = field(default_factory=dict)


def options_of(own: Sequence[Option]) -> tuple[Option, ...]:
    """Return a target's own options followed by the common ones."""
    return (*own, *COMMON)


def parse(target: str, own: Sequence[Option], words: Sequence[str], help_at: str = "%export_pipeline?") -> Given:
    """Return the values of the words behind the target's name; raise `OptionError` for any other word.

    >>> from jpe_magics.model.option import Option
    >>> parse("airflow", [Option("dag_id", "str", "")], ["--dag-id", "etl", "--no-push"]).values
    {'dag_id': 'etl', 'push': False}
    """
    return Given(target, parse_words(target, options_of(own), words, help_at=help_at)[0])


def parse_words(
    prog: str, options: Sequence[Option], words: Sequence[str], *, most: int = 0, help_at: str = "%export_pipeline?"
) -> tuple[dict[str, Any], list[str]]:
    """Return the options' values by name, and the words (at most `most`) that belong to no option.

    `prog` names the command in an error; `help_at` is where it sends the user for all options.
    """
    parser = _parsers.get((prog, help_at))
    if parser is None or parser.options != tuple(options):
        parser = _parsers[prog, help_at] = _Parser(prog, options, help_at)
    return parser.read(words, most)


def complete(
    own: Sequence[Option],
    given: Mapping[str, Any],
    *,
    presets: Mapping[str, Any],
    setting: Callable[[str], Any],
    from_environment: Callable[[str], bool],
) -> dict[str, Any]:
    """Return a value for each of a target's own options.

    The highest that says something wins: the line, the environment, the notebook's `metadata.jpe`
    (`presets`, only for options that allow it), the setting, the default.  `setting` returns a
    setting's value by its name, `from_environment` tells whether the environment gave it.
    """
    values: dict[str, Any] = {}
    for option in own:
        if option.name in given:
            values[option.name] = given[option.name]
        elif option.setting and from_environment(option.setting):
            values[option.name] = setting(option.setting)
        elif option.preset and presets.get(option.name) is not None:
            values[option.name] = presets[option.name]
        elif option.setting:
            values[option.name] = setting(option.setting)
        else:
            values[option.name] = option.default
        if option.required and values[option.name] in (None, ""):
            raise OptionError(
                f"{option.flag} is needed",
                where=option.flag,
                hint=f"add {option.flag} {option.example or option.metavar or '…'}",
            )
    return values


def request(given: Given, options: Mapping[str, Any], kinds: Sequence[str]) -> Request:
    """Return the request for a target's checked options; `kinds` counts where the line names none."""
    values = {name: given.values.get(name, option.default) for name, option in _BY_NAME.items()}
    return Request(
        target=given.target,
        options=dict(options),
        kinds=tuple(values["kinds"] or kinds),
        allow_secrets=values["allow_secrets"],
        keep_rejections=values["keep_rejections"],
        preview=values["preview"],
        output=values["output"] or "",
        parameters=tuple((values["param"] or {}).items()),
        run_parameters=tuple((values["run_param"] or {}).items()),
        notebook=values["notebook"] or "",
        trigger=values["trigger"],
        push=values["push"],
        wait=values["wait"],
        allow_unsaved=values["allow_unsaved"],
        replace=values["replace"],
    )


def option_lines(options: Sequence[Option]) -> str:
    """Return a line of help for each option, aligned."""
    rows = []
    for option in options:
        word = option.flag if option.type == "flag" else f"{option.flag} {_metavar(option)}"
        if option.type == "flag" and option.default is not False:
            word = f"--[no-]{option.flag[2:]}"
        said = option.help + (" (needed)" if option.required else "")
        default = "" if option.default in (None, False, True, "", ()) else f" [{option.default}]"
        rows.append((word, said + default))
    width = min(34, max(len(word) for word, _ in rows))
    return "\n".join(f"  {word:<{width}}  {said}" for word, said in rows)


def _metavar(option: Option) -> str:
    return option.metavar or "|".join(option.choices) or option.type.upper()


class _Parser(argparse.ArgumentParser):
    """argparse that raises our errors and never prints or exits."""

    def __init__(self, prog: str, options: Sequence[Option], help_at: str) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
        self.options = tuple(options)
        self._help_at = help_at
        self._options = {option.flag: option for option in options}
        for option in options:
            self._add(option)

    def _add(self, option: Option) -> None:
        if option.type == "flag":
            self.add_argument(option.flag, dest=option.name, action=argparse.BooleanOptionalAction)
        elif option.type == "map":
            self.add_argument(option.flag, dest=option.name, action=_Pairs)
        elif option.type == "list":
            self.add_argument(option.flag, dest=option.name, type=_words)
        else:
            self.add_argument(option.flag, dest=option.name, type=partial(_typed, option))

    def read(self, words: Sequence[str], most: int) -> tuple[dict[str, Any], list[str]]:
        known, others = self.parse_known_args(list(words))
        free = [word for word in others if not word.startswith("-")]
        unknown = [word for word in others if word.startswith("-")] + free[most:]
        if unknown:
            word = unknown[0].partition("=")[0]
            if not word.startswith("-"):
                hint = _NO_COMMENT if word.startswith("#") else self._about_blanks()
                raise OptionError(f"the word {word!r} is not expected here", where=self.prog, hint=hint)
            raise OptionError(f"there is no option {word!r}", where=self.prog, hint=self._meant(word))
        return vars(known), free

    def error(self, message: str) -> NoReturn:
        """Raise our error in place of argparse's two about values that are missing or that a flag does not take."""
        flag, _, said = message.removeprefix("argument ").partition(": ")
        flag = flag.partition("/")[0].partition(", ")[0]
        if "expected one argument" in said and flag in self._options:
            option = self._options[flag]
            hint = f"for example {flag} {option.example or _metavar(option)}"
            raise OptionError(f"{flag} needs a value", where=flag, hint=hint)
        if "ignored explicit argument" in said and flag in self._options:
            raise OptionError(f"{flag} takes no value", where=flag, hint=f"say {flag} or --no-{flag[2:]}")
        raise OptionError(message.removeprefix("argument "), where=self.prog, hint=f"{self._help_at} shows examples")

    def _about_blanks(self) -> str:
        """Return how a value with blanks is written, by an option that is there."""
        quoted = [f"{one.flag} {one.example}" for one in self._options.values() if '"' in one.example]
        taking = [f'{flag} "two words"' for flag, one in self._options.items() if one.type == "str"]
        example = next(iter((*quoted, *taking)), "")
        return "a value that holds blanks needs quotes" + (f": {example}" if example else "")

    def _meant(self, word: str) -> str:
        """Return what to say in place of an option that is not there."""
        for pair in _SAME:
            other = next((flag for flag in pair if word in pair and flag in self._options), "")
            if other:
                option = self._options[other]
                usual = self._options["--mode"].default if option.modes and "--mode" in self._options else ""
                mode = f"--mode {option.modes[0]} " if option.modes and usual not in option.modes else ""
                return f"did you mean {mode}{other} {option.example or _metavar(option)}?"
        near = _nearest(word, list(self._options))
        return f"did you mean {near[0]}?" if near else f"{self._help_at} lists the options of {self.prog}"


def _nearest(word: str, flags: Sequence[str]) -> list[str]:
    """Return the flag that was mistyped, none where no flag is near; what all begin with counts for nothing.

    >>> _nearest("--previw", ["--preview", "--push"]), _nearest("--bogus", ["--preview", "--push"])
    (['--preview'], [])
    """
    from difflib import get_close_matches

    bare = [flag.lstrip("-") for flag in flags]
    return ["--" + one for one in get_close_matches(word.lstrip("-"), bare, 1, cutoff=0.65)]


class _Pairs(argparse.Action):
    """NAME=VALUE, repeatable; the last value of a name counts."""

    def __call__(self, _parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        name, sign, value = str(values).partition("=")
        if not sign or not name.strip():
            raise OptionError(f"{option_string} takes NAME=VALUE", where=f"{option_string} {name}")
        pairs = dict(getattr(namespace, self.dest, None) or {})
        pairs[name.strip()] = value
        setattr(namespace, self.dest, pairs)


#: The last parser for each command and target: to make one takes as long as a twentieth of a small notebook's preview.
_parsers: dict[tuple[str, str], _Parser] = {}


def _typed(option: Option, text: str) -> Any:
    """Return what stands behind an option, as its type; raise `OptionError` for what is none."""
    if option.choices and text not in option.choices:
        from difflib import get_close_matches

        near = get_close_matches(text, option.choices, 1, cutoff=0.7)
        raise OptionError(
            f"{option.flag} is one of {', '.join(option.choices)}, not {text!r}",
            where=option.flag,
            hint=f"did you mean {option.flag} {near[0]}?" if near else f"say {option.flag} {option.choices[0]}",
        )
    if option.type not in _NUMBERS:
        return text
    read, what = _NUMBERS[option.type]
    try:
        return read(text)
    except ValueError:
        raise OptionError(
            f"{option.flag} takes {what}, not {text!r}",
            where=option.flag,
            hint=f"for example {option.flag} {option.example or 2}",
        ) from None


_NUMBERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "int": (int, "a whole number"),
    "float": (float, "a number"),
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
