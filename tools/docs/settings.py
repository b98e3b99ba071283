"""The page of the settings."""

from __future__ import annotations

from typing import Any

from jpe_magics.adapters import setting_types
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.adapters.setting_types import Setting
from tools.docs.markdown import NOTHING, code, directive, intro, prose, sentence, table

#: What a value may be, by the function that checks it.
_VALUES = {
    setting_types.text: "one line of text",
    setting_types.secret: "text; shown nowhere",
    setting_types.path: "a path; `~` is the home folder",
    setting_types.url: "an `http` or `https` address, without user, password, `?` and `#`",
    setting_types.remote: "the address of a git remote, without a password",
    setting_types.author: "`Name <address>`",
    setting_types.seconds: "a number of seconds above 0, at most a day",
    setting_types.flag: "`true` or `false`",
    setting_types.kinds: "`auto`, or some of `spark`, `pyspark`, `sql`, `scala`, `plain` with commas between them",
    setting_types.images: "names and container images; an empty image leaves the choice to the cluster",
}


def page() -> str:
    """Return the page."""
    return "\n".join(
        (
            intro("settings"),
            table(
                ("setting", "environment", "default"),
                ((f"{{confval}}`{name}`", code(one.env) or NOTHING, _short(one)) for name, one in DECLARED.items()),
            ),
            *(_described(name, one) for name, one in DECLARED.items()),
        )
    )


def _described(name: str, one: Setting) -> str:
    said = (one.help or "").partition("  Environment:")[0]
    facts = [("environment", code(one.env) or "none"), ("takes", _takes(one)), ("default", _default(one))]
    return directive(
        "confval", name, prose(sentence(said)) + "\n\n" + "".join(f"- {key}: {told}\n" for key, told in facts)
    )


def _takes(one: Setting) -> str:
    if one.check in _VALUES:
        return _VALUES[one.check]
    return _refused(one)


def _refused(one: Setting) -> str:
    """Return what a setting's check says that it allows: for the checks that are made of their choices."""
    try:
        one.check("\0")
    except ValueError as error:
        return prose(str(error))
    raise ValueError(f"{one.name} takes anything: say what it is in tools/docs/settings.py")


def _default(one: Setting) -> str:
    value: Any = one.default_value
    if isinstance(value, dict):
        return ", ".join(f"{name} ({code(image) or 'none'})" for name, image in value.items())
    return _short(one)


def _short(one: Setting) -> str:
    value: Any = one.default_value
    if one.secret or value in ("", None):
        return NOTHING
    if isinstance(value, dict):
        return f"{len(value)} presets"
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, float):
        return f"{value:g} s"
    return code(_at_home(one.name, ", ".join(value) if isinstance(value, tuple) else str(value)))


def _at_home(name: str, value: str) -> str:
    """Return a default that is a path under the home folder as it was declared."""
    home = setting_types.path("~")
    return "~" + value.removeprefix(home) if name == "audit_log" and value.startswith(home) else value
