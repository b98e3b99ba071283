"""The settings as IPython's configuration knows them: `c.JpeMagics.git_branch = …`, `%config JpeMagics`.

Apart from their declaration, since a process without IPython needs neither traitlets nor what that imports.
"""

from __future__ import annotations

from typing import Any

from traitlets import TraitError, TraitType
from traitlets.config import Config, Configurable

from jpe_magics.adapters import declared
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.adapters.setting_types import Setting


class Configured(TraitType[Any, Any]):
    """A setting as a trait.  What was set explicitly is remembered in `given` of the object."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        super().__init__(default_value=setting.default_value, help=setting.help)
        self.tag(config=True, env=setting.env, secret=setting.secret)

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the checked value; the error never repeats it."""
        checked = self.from_string(value)
        obj.__dict__.setdefault("given", set()).add(self.name)
        return checked

    def from_string(self, s: Any) -> Any:
        """Return the checked value, which a command line may spell; TraitError without it where it is wrong."""
        try:
            return self.setting.check(s)
        except ValueError as error:
            raise TraitError(f"JpeMagics.{self.name} must be {error}") from None

    def default_value_repr(self) -> str:
        """Return the default as the help shows it."""
        return "''" if self.setting.secret else repr(self.default_value)


class JpeMagics(declared.JpeMagics, Configurable):
    """Settings of jpe_magics.  The environment wins over what is set here."""

    # a class's own names: traits are told of their names when it is made
    locals().update({name: Configured(one) for name, one in DECLARED.items()})


def configured(parent: Configurable | None, config: Config | None) -> JpeMagics:
    """Return the settings as `parent`, the shell, or `config` gives them; see `declared.JpeMagics.of`."""
    try:
        return JpeMagics(parent=parent) if parent is not None else JpeMagics(config=config or Config())
    except TraitError as error:
        from jpe_magics.errors import SettingsError

        raise SettingsError(
            str(error), where="ipython_config.py or %config", hint="%config JpeMagics shows all settings"
        ) from None
