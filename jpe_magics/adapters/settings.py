"""Which of its sources gives the value of a setting that counts, and where it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from jpe_magics.adapters.declared import DECLARED, JpeMagics
from jpe_magics.errors import SettingsError
from jpe_magics.model.secret import Secret

#: Settings with an address that can be derived from others where it is not given.
_DERIVED: dict[str, str] = {
    "ilum_ui_url": "ilum_api_url",
    "airflow_ui_url": "airflow_api_url",
    "git_ui_url": "git_api_url",
}
#: Where Ilum's own web pages show the others (its console's paths).
_IN_ILUM = {"airflow_ui_url": "/external/airflow", "git_ui_url": "/external/gitea"}

DEFAULT = "default"
CONFIGURED = "ipython_config.py or %config"


class Row(NamedTuple):
    """One line of the table of settings; `value` is shown as it is, secrets as `***`."""

    name: str
    value: str
    origin: str
    env: str
    help: str


class Settings:
    """The settings that count now: environment over `%config` and `ipython_config.py`, these over
    `jpe_config.json` and `.py` on Jupyter's config path, these over the defaults.

    Nothing is read before it is asked for.  `config_path` (for tests) takes the place of Jupyter's.
    """

    def __init__(
        self,
        config: JpeMagics,
        environ: Mapping[str, str],
        config_path: Callable[[], list[str]] | None = None,
    ) -> None:
        self._config = config
        self._environ = environ
        self._config_path = config_path or _jupyter_config_path

    def get(self, name: str) -> Any:
        """Return the value that counts; secrets are `Secret`s, addresses have no slash at their end.

        Raises `SettingsError` naming the setting, its origin and what is allowed where the value is wrong.
        """
        value, _ = self._look_up(name)
        return self._derive(name) if name in _DERIVED and not value else value

    def origin(self, name: str) -> str:
        """Return where the value comes from, as people read it ("environment AIRFLOW_API_URL", "default")."""
        value, origin = self._look_up(name)
        return f"derived from {_DERIVED[name]}" if name in _DERIVED and not value else origin

    def is_set(self, name: str) -> bool:
        """Tell whether anything but the default gives the value."""
        return self._look_up(name)[1] != DEFAULT

    def secrets(self) -> tuple[Secret, ...]:
        """Return every secret that is set, for redaction."""
        return tuple(value for name in DECLARED if DECLARED[name].secret and (value := self.get(name)))

    def confidential(self) -> tuple[Secret, ...]:
        """Return the secrets that no text may show: not a user's name that other settings say in the open."""
        told = {str(self.get(name)) for name, one in DECLARED.items() if not one.secret}
        told |= {word for name in ("git_author",) for word in self.get(name).split()}
        return tuple(one for one in self.secrets() if one.reveal() not in told)

    def folders(self) -> tuple[str, ...]:
        """Return the folders that are searched for `jpe_config.json` and `.py`, the highest first."""
        return tuple(self._config_path())

    def table(self) -> tuple[Row, ...]:
        """Return all settings for display."""
        return tuple(
            Row(name, _shown(self.get(name)), self.origin(name), one.env, one.help or "")
            for name, one in DECLARED.items()
        )

    def _look_up(self, name: str) -> tuple[Any, str]:
        """Return the value that counts, and its origin."""
        try:
            return self._found(name)
        except SettingsError as error:
            wrong = error
        # what led here holds the value in its frames, and programs show frames
        wrong.__traceback__ = wrong.__context__ = None
        raise wrong

    def _found(self, name: str) -> tuple[Any, str]:
        setting = DECLARED[name]
        given = self._environ.get(setting.env, "") if setting.env else ""
        if given.strip():
            return _checked(name, given, f"environment {setting.env}"), f"environment {setting.env}"
        if name in self._config.__dict__.get("given", ()):
            return getattr(self._config, name), CONFIGURED
        if name in self._files:
            return self._files[name]
        return setting.default_value, DEFAULT

    @cached_property
    def _files(self) -> dict[str, tuple[Any, str]]:
        """What the files on Jupyter's config path say: the first folder wins, in a folder .json over .py."""
        found: dict[str, tuple[Any, str]] = {}
        for folder in self._config_path():
            for file, read in (
                (Path(folder, "jpe_config.json"), _from_json),
                (Path(folder, "jpe_config.py"), _from_py),
            ):
                if file.is_file():
                    origin = f"{file.name}: {file}"
                    for name, value in read(file, origin).items():
                        found.setdefault(name, (_checked(name, value, origin), origin))
        return found

    def _derive(self, name: str) -> str:
        if name in _IN_ILUM and not self.is_set(_DERIVED[name]) and self.is_set("ilum_ui_url"):
            return f"{self.get('ilum_ui_url')}{_IN_ILUM[name]}"
        return re.sub(r"/api(?:/v\d+)?$", "", self.get(_DERIVED[name]))


def _checked(name: str, value: Any, origin: str) -> Any:
    try:
        return DECLARED[name].check(value)
    except ValueError as error:
        # an address may carry a password or a token
        shown = "" if DECLARED[name].secret or set("@?#") & set(str(value)) else f", not {str(value)[:60]!r}"
        raise SettingsError(f"{name} must be {error}{shown}", where=origin, hint="correct it, or remove it") from None


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return "***" if value else ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return (
        ", ".join(f"{key} = {one or '(none)'}" for key, one in value.items()) if isinstance(value, dict) else str(value)
    )


def _jupyter_config_path() -> list[str]:
    from jupyter_core.paths import jupyter_config_path

    return jupyter_config_path()


def _from_json(file: Path, origin: str) -> dict[str, Any]:
    """Return the settings of a JSON object, flat or under "JpeMagics", in snake case or camel case."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file.name} can't be read: {error.strerror}", where=origin) from None
    except ValueError as error:
        at = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "a byte that is no UTF-8"
        raise SettingsError(f"{file.name} is not JSON ({at})", where=origin, hint="correct or remove it") from None
    nested = content.get("JpeMagics", {}) if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(nested, dict):
        raise SettingsError(f"{file.name} must hold an object", where=origin)
    flat = {key: value for key, value in content.items() if key != "JpeMagics"}
    return _named({**flat, **nested}, origin)


def _from_py(file: Path, origin: str) -> dict[str, Any]:
    """Return what `c.JpeMagics.… = …` lines say; the file is run, as Jupyter runs its own."""
    from traitlets.config.loader import PyFileConfigLoader

    try:
        loaded = PyFileConfigLoader(file.name, path=str(file.parent)).load_config()
    except Exception as error:  # noqa: BLE001  it is the user's program: whatever it raises is named
        raise SettingsError(
            f"{file.name} could not be run: {type(error).__name__}", where=origin, hint="run it with Python to see why"
        ) from None
    return _named(dict(loaded.get("JpeMagics", {})), origin)


def _named(values: Mapping[str, Any], origin: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
        if name not in DECLARED:
            import difflib

            near = difflib.get_close_matches(name, DECLARED, 1)
            raise SettingsError(
                f"there is no setting {key!r}",
                where=origin,
                hint=f"did you mean {near[0]}?" if near else "`jpe settings` in a shell shows all settings",
            )
        found[name] = value
    return found
