"""Where template sources come from: a user's own folder first, then ours."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from jpe_magics.core.render import LoadTemplate
from jpe_magics.errors import RenderError, SettingsError


def template_loader(templates_dir: str = "") -> LoadTemplate:
    """Return the function that finds a template's source by its name ("airflow/dag.py.j2").

    A template in `templates_dir` (`<target>/<file>`, "" for none) wins over ours of the same name; what
    is not there is taken from ours.  Raises `SettingsError` where `templates_dir` is no folder.
    """
    folders = [package_templates()]
    if templates_dir:
        own = Path(templates_dir).expanduser()
        if not own.is_dir():
            raise SettingsError(
                f"templates_dir: {templates_dir} is no folder",
                where="templates_dir",
                hint="name a folder that holds <target>/<template>, or unset it",
            )
        folders.insert(0, own)

    def load(name: str) -> str | None:
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or name.startswith("/") or "\\" in name or "\0" in name:
            return None
        for folder in folders:
            path = folder.joinpath(*parts)
            try:
                return path.read_text("utf-8")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
                raise RenderError(
                    f"the template {name} could not be read: {reason}", where=str(path), hint="mend or remove it"
                ) from error
        return None

    return load


def package_templates() -> Path:
    """Return the folder of our own templates: in an installed package inside it, in a checkout beside it."""
    package = Path(__file__).parents[1]
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"
