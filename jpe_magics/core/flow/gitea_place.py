"""Where a file is in Gitea: for its API, for a browser and for a person."""

from __future__ import annotations

from dataclasses import dataclass

from jpe_magics.core.flow import Answer, Surroundings
from jpe_magics.core.flow.repository import quoted
from jpe_magics.errors import SettingsError


@dataclass(frozen=True)
class GiteaPlace:
    """A path in a branch of a repository, and the addresses of the server: `api_url` with, `ui_url` without /api/v1."""

    owner: str
    repository: str
    branch: str
    path: str
    api_url: str
    ui_url: str

    @classmethod
    def of(cls, around: Surroundings, branch: str, path: str) -> GiteaPlace:
        """Return the place that the settings name; raise `SettingsError` for an owner or name that none can have."""
        names = {}
        for setting in ("git_owner", "git_repository"):
            name = names[setting] = around.setting(setting)
            if "/" in name or name in (".", ".."):
                raise SettingsError(
                    f"{setting} must be one name, not {name[:60]!r}",
                    where=f"{setting} (JPE_{setting.upper()})",
                    hint="owner and repository are two settings: git_owner and git_repository",
                )
        ui_url = around.setting("git_ui_url")
        return cls(names["git_owner"], names["git_repository"], branch, path, around.setting("git_api_url"), ui_url)

    @property
    def text(self) -> str:
        """The place as a person reads it."""
        return f"{self.owner}/{self.repository}@{self.branch}:{self.path}"

    @property
    def link(self) -> str:
        """The file's page; "" where no address of pages is known."""
        if not self.ui_url:
            return ""
        return f"{self.ui_url}{self._names}/src/branch/{quoted(self.branch)}/{quoted(self.path)}"

    @property
    def of_repository(self) -> str:
        """The repository's path in the API."""
        return f"/repos{self._names}"

    @property
    def of_branch(self) -> str:
        """The branch's path in the API."""
        return f"{self.of_repository}/branches/{quoted(self.branch)}"

    @property
    def contents(self) -> str:
        """The file's path in the Contents API."""
        return f"{self.of_repository}/contents/{quoted(self.path)}"

    @property
    def raw(self) -> str:
        """The path of the file itself, without JSON around it."""
        return f"{self.of_repository}/raw/{quoted(self.path)}"

    @property
    def _names(self) -> str:
        return f"/{quoted(self.owner)}/{quoted(self.repository)}"

    @staticmethod
    def is_page(answer: Answer) -> bool:
        """Tell whether a web page answers and not the API."""
        return "html" in answer.content_type.lower()
