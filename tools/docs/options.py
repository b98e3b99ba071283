"""An option, as the pages of the magics and of the targets show it."""

from __future__ import annotations

from collections.abc import Sequence

from jpe_magics.adapters.declared import DECLARED
from jpe_magics.model.option import Option
from tools.docs.markdown import code, directive, prose, sentence

_TAKES = {
    "str": "",
    "int": "a whole number",
    "float": "a number",
    "list": "words with commas between them",
    "map": "`KEY=VALUE`, once for each",
    "path": "a path",
}


def described(program: str, options: Sequence[Option]) -> str:
    """Return the descriptions of the options of `program`, to which links find as `program --option`."""
    return f"```{{program}} {program}\n```\n\n" + "\n".join(_described(option) for option in options)


def _described(option: Option) -> str:
    return directive("option", _written(option), f"{_sentence(option)}\n\n{_facts(option)}")


def _sentence(option: Option) -> str:
    return ("Needed. " if option.required else "") + prose(sentence(option.help))


def _written(option: Option) -> str:
    if option.type == "flag":
        return f"{option.flag}, --no-{option.flag[2:]}"
    return f"{option.flag} {_value(option)}"


def _value(option: Option) -> str:
    return option.metavar or "|".join(option.choices) or option.type.upper()


def _facts(option: Option) -> str:
    """Return a line for each thing that is to be known of the option."""
    facts = []
    if option.type == "choice":
        facts.append(("takes", ", ".join(code(one) for one in option.choices)))
    elif _TAKES.get(option.type):
        facts.append(("takes", _TAKES[option.type]))
    facts.append(("default", _default(option)))
    if option.setting:
        setting = DECLARED[option.setting]
        facts.append(("setting", f"{{confval}}`{option.setting}`" + (f" ({code(setting.env)})" if setting.env else "")))
    if option.preset:
        facts.append(("in the notebook", code(f"metadata.jpe.{option.name}")))
    if option.modes:
        facts.append(("in mode", ", ".join(code(one) for one in option.modes)))
    if option.example:
        facts.append(("example", code(f"{option.flag} {option.example}")))
    return "".join(f"- {name}: {told}\n" for name, told in facts if told)


def _default(option: Option) -> str:
    if option.setting or option.required:
        return ""
    if option.type == "flag":
        return {None: "as the target has it", True: "on", False: "off"}[option.default]
    return "" if option.default in (None, "", ()) else code(option.default)
