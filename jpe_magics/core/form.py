"""The panel's form, made of the options' declarations.

What stands in a field becomes words of the magic's line and is read by the magic's own parser, so that form and
line can't disagree.  Below, `counting` holds by name what counts where a field says nothing: what the environment,
the notebook's metadata, a setting or the default gives.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jpe_magics.core.form_words import in_form
from jpe_magics.core.options import COMMON, parse_words
from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option

#: What stands in a field: a text, or what a flag says (None: it is left to its default).
Value = str | bool | None


@dataclass(frozen=True)
class Field:
    """One field of the form.

    `control` is "text", "number", "choice", "flag", "three" (a flag that may be left to its default), "list"
    or "map"; `section` "main", "more" (shown on demand) or "switch" (the switches beside the export button).
    `placeholder` shows what counts where nothing is typed.  `required` tells that it can't be left empty in this
    mode, `presets` are texts to choose from beside any other, `help` says what it is for in the form's own words.
    """

    option: Option
    label: str
    control: str
    section: str
    placeholder: str = ""
    required: bool = False
    presets: tuple[str, ...] = ()
    help: str = ""


#: The options of every target that a form shows, in its order, with their sections and names there.  The others
#: are no fields: parameters have a table of their own, a preview is a button, and the notebook is the live one.
_COMMON: Mapping[str, tuple[str, str]] = {
    "kinds": ("more", "Cell kinds"),
    "output": ("more", "Also write the file to"),
    "replace": ("more", "Overwrite what is not ours"),
    "allow_unsaved": ("more", "Publish an unsaved notebook"),
    "allow_secrets": ("more", "Export in spite of secrets"),
    "keep_rejections": ("more", "Keep magics and display calls"),
    "wait": ("more", "Follow the run to its end"),
    "push": ("switch", "Auto-push"),
    "trigger": ("switch", "Auto-trigger"),
}
_CONTROLS = {"int": "number", "float": "number", "choice": "choice", "list": "list", "map": "map"}


def fields(
    own: Sequence[Option],
    mode: str,
    counting: Mapping[str, Any],
    unused: Collection[str] = (),
    *,
    required: Collection[str] = (),
    presets: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Field, ...]:
    """Return the form of a target with the options `own`, in that mode of it: its own fields, then the common ones.

    Those that are ticked come last: they have no field that would stand in line with the others.

    `unused` are the common options that mean nothing for it, `required` those of its own that must be given
    (`needed`), `presets` texts to choose from by option name.
    """
    fitting = [one for one in own if not one.modes or mode in one.modes]
    made = [_field(one, counting, "main" if one.main or one.required else "more") for one in fitting]
    by_name = {one.name: one for one in COMMON}
    labels = {"trigger": "Auto-trigger DAG"} if any(one.name == "dag_id" for one in own) else {}
    for name, (section, label) in _COMMON.items():
        if name not in unused:
            made.append(_field(by_name[name], counting, section, labels.get(name, label)))
    made.sort(key=lambda one: one.control == "flag" and one.section != "switch")
    choices = presets or {}
    return tuple(
        replace(
            one,
            required=one.option.required or one.option.name in required,
            presets=choices.get(one.option.name, ()),
            help="" if repeats(one.option.help, one.label) else in_form(one.option.help, made),
        )
        for one in made
    )


#: Words that say nothing by themselves; "repeatable" is of a line: a form's field takes several lines.
_EMPTY = frozenset(("a", "an", "the", "of", "s", "in", "to", "its", "how", "many", "repeatable"))


def repeats(text: str, label: str) -> bool:
    """Tell whether a help text only says once more what its label says.

    >>> repeats("an executor's memory", "Executor memory"), repeats("tags in Ilum", "Tags")
    (True, False)
    """
    said, known = (set(re.findall(r"[a-z]+", one.lower())) for one in (text, label))
    return said - _EMPTY <= known


def needed(check: Callable[[Mapping[str, Any]], object], own: Sequence[Option], mode: str) -> frozenset[str]:
    """Return the options that must be given in that mode: what the target's `check` misses in an empty form."""
    return frozenset(problems(check, own, (), {}, {"mode": mode}))


def _field(option: Option, counting: Mapping[str, Any], section: str, label: str = "") -> Field:
    default = counting.get(option.name, option.default)
    control = _CONTROLS.get(option.type, "text")
    if option.type == "flag":
        control = "three" if default is None else "flag"
    shown = "auto" if control == "three" else text_of(option, default)
    placeholder = shown if isinstance(shown, str) else ""
    if not placeholder and option.example and control != "choice":
        placeholder = f"e.g. {example(option)}"
    words = option.name.replace("_", " ")
    return Field(option, label or option.label or words[:1].upper() + words[1:], control, section, placeholder)


def example(option: Option) -> str:
    """Return the option's example as it stands in a form: without the quotes that a line needs."""
    return " ".join(shlex.split(option.example))


def text_of(option: Option, value: Any) -> Value:
    """Return a value of the option as it stands in a form.

    >>> text_of(Option("tags", "list", ""), ("etl", "sales"))
    'etl, sales'
    """
    if option.type == "flag":
        return value if isinstance(value, bool) else None
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "\n".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return (", " if option.type == "list" else " ").join(str(one) for one in value)
    return str(value)


def words_of(option: Option, value: Value) -> list[str]:
    """Return the words of a line that say what stands in the option's field; none where nothing does.

    >>> words_of(Option("session_conf", "map", ""), "a=1\\nb=2")
    ['--session-conf', 'a=1', '--session-conf', 'b=2']
    """
    if isinstance(value, bool):
        return [option.flag if value else f"--no-{option.flag[2:]}"]
    if value is None or not value.strip():
        return []
    if option.type == "map":
        return [word for line in value.split("\n") if line.strip() for word in pair(option.flag, line.strip())]
    return pair(option.flag, value.strip())


def pair(flag: str, value: str) -> list[str]:
    """Return the words that give `value` to `flag`: one word where two would be read as two options."""
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]


def read(option: Option, value: Value) -> Any:
    """Return what the magic's parser makes of a field, None where nothing stands in it; raise its `OptionError`."""
    words = words_of(option, value)
    if not words or isinstance(value, bool):
        return value if words else None
    found, _ = parse_words("the form", (option,), words)
    return found.get(option.name)


def changes(shown: Iterable[Field], values: Mapping[str, Value], counting: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form says other than what counts anyway, by name; what can't be read is not in it."""
    found: dict[str, Any] = {}
    for one in shown:
        option = one.option
        try:
            value = read(option, values.get(option.name))
        except OptionError:
            continue
        counts = counting.get(option.name, option.default)
        if value is not None and text_of(option, value) != text_of(option, counts):
            found[option.name] = value
    return found


def line(target: str, words: Sequence[str]) -> str:
    """Return the magic's line of these words, quoted as in a shell."""
    return " ".join(["%export_pipeline", target, *map(shlex.quote, words)])


def problems(
    check: Callable[[Mapping[str, Any]], object],
    own: Sequence[Option],
    shown: Iterable[Field],
    values: Mapping[str, Value],
    counting: Mapping[str, Any],
) -> dict[str, str]:
    """Return a message for every field that is wrong; one that belongs to no field has the name "".

    `check` is the target's and names one wrong option at a time: that one is noted, takes a value that is right,
    and all are checked again.
    """
    shown = tuple(shown)
    found = dict(_unreadable(shown, values))
    given = {one.name: counting.get(one.name, one.default) for one in own}
    given |= {name: value for name, value in changes(shown, values, counting).items() if name in given}
    options = {one.name: one for one in own}
    spare = {one.name: [one.default, *([example(one)] if one.example else [])] for one in own}
    while (error := _refusal(check, given)) is not None:
        name = named(error, options)
        found.setdefault(name, message(error))
        if not spare.get(name):
            break
        given[name] = spare[name].pop(0)
    return found


def _refusal(check: Callable[[Mapping[str, Any]], object], given: Mapping[str, Any]) -> OptionError | None:
    try:
        check(given)
    except OptionError as error:
        return error
    return None


def _unreadable(shown: Iterable[Field], values: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    numbers = {"int": "a whole number", "float": "a number"}
    for one in shown:
        option, value = one.option, values.get(one.option.name)
        try:
            read(option, value)
        except OptionError as error:
            wanted = numbers.get(option.type)
            text = f"must be {wanted}, not {str(value)[:40]!r}" if wanted else message(error)
            yield option.name, text


def named(error: OptionError, known: Collection[str]) -> str:
    """Return the name of the option that the error is about, "" where it names none of `known`.

    >>> named(OptionError("--no-trigger starts none", where="--no-trigger"), ["trigger"])
    'trigger'
    """
    word = error.where.partition(" ")[0].partition("=")[0].lstrip("-").replace("-", "_")
    return next((name for name in (word, word.removeprefix("no_")) if name in known), "")


def message(error: OptionError) -> str:
    """Return the error as it is read beside its field, whose name need not be said again."""
    return re.sub(r"^--[\w-]+:? ", "", error.message)


def proposal(name: str, check: Callable[[str], bool]) -> str:
    """Return what to propose for a target's name of the pipeline, made of the notebook's name; "" where nothing fits.

    `check` tells whether the target takes a name.

    >>> proposal("ETL daily (v2)", str.isidentifier)
    'ETL_daily_v2'
    """
    plain = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    slug = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")
    tried = (name.strip(), slug[:100], f"notebook_{slug}"[:100].rstrip("_"))
    return next((one for one in tried if check(one)), "")
