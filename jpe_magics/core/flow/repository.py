"""Names in a git repository: paths, branches, authors, messages."""

from __future__ import annotations

import re

from jpe_magics.core.header import made_from
from jpe_magics.errors import PublishError, SettingsError
from jpe_magics.model.artifact import File

#: A subject line's longest; git itself knows no limit, but its tools cut.
SUBJECT = 200
#: Gitea takes no longer branch name (`modules/structs/repo_file.go`: MaxSize(100)).
_BRANCH = 100
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def path_in_repository(folder: str, path: str) -> str:
    """Return `path` below `folder`, both with slashes; "" and "." are the repository's top.

    Raises `SettingsError` or `PublishError` for what is no path inside: absolute, with `..`, a backslash …

    >>> path_in_repository("airflow/dags/", "etl.py")
    'airflow/dags/etl.py'
    """
    top = "" if folder in ("", ".", "./") else folder.removesuffix("/")
    if top and not _inside(top):
        raise SettingsError(
            f"git_dags_path must be a folder inside the repository, not {folder[:60]!r}",
            where="git_dags_path (JPE_GIT_DAGS_PATH)",
            hint="name it from the repository's top, like dags or team/dags; an empty one is the top itself",
        )
    if not _inside(path):
        raise PublishError(f"{path[:60]!r} is no path inside a repository", hint="give the pipeline a plain file name")
    return f"{top}/{path}" if top else path


def checked_branch(name: str) -> str:
    """Return the branch's name; raise `SettingsError` where git allows no such name (git-check-ref-format)."""
    parts = name.split("/")
    bad = (
        not 0 < len(name) <= _BRANCH
        or not name.isprintable()
        or name == "@"
        or re.search(r"[\0-\x20\x7f~^:?*\[\\]|\.\.|@\{", name)
        or name.startswith("-")
        or any(not one or one.startswith(".") or one.endswith((".", ".lock")) for one in parts)
    )
    if bad:
        raise SettingsError(
            f"git_branch must be the name of a branch, not {name[:60]!r}",
            where="git_branch (JPE_GIT_BRANCH)",
            hint="name the branch that Airflow reads, like main",
        )
    return name


def file_bytes(file: File) -> bytes:
    """Return the file's text as it is committed, in UTF-8; raise `PublishError` JPE501 where that can't be."""
    try:
        return file.text.encode()
    except UnicodeEncodeError:
        raise PublishError(
            f"{file.path} could not be committed: the text holds a character that is no Unicode text",
            hint="look for a broken character (a lone surrogate) in the notebook",
        ) from None


def quoted(path: str) -> str:
    """Return `path` percent-encoded segment by segment; its slashes stay.

    >>> quoted("dags/my file#1.py")
    'dags/my%20file%231.py'
    """
    return "".join(
        chr(one) if one in _UNRESERVED or one == 0x2F else f"%{one:02X}" for one in path.encode("utf-8", "replace")
    )


def commit_message(template: str, file: File, notebook: str, user: str) -> str:
    """Return the subject line that `template` makes: its {name}, {notebook} and {user} filled in, all else as it is.

    One line of at most 200 characters: what is no printable character becomes a blank.

    >>> commit_message("Export {name} by {user}", File("etl.py", ""), "etl.ipynb", "ada")
    'Export etl by ada'
    """
    name = file.path.rsplit("/", 1)[-1].removesuffix(".py")
    values = {"name": name, "notebook": notebook or made_from(file.text) or name, "user": user or "an unknown user"}
    # in one go: a value that spells a placeholder stays as it is
    filled = re.sub(r"\{(name|notebook|user)\}", lambda found: values[found[1]], template)
    line = " ".join("".join(one if one.isprintable() else " " for one in filled).split())
    return (line if len(line) <= SUBJECT else line[: SUBJECT - 1] + "…") or f"Export {name}"


def identity(author: str) -> tuple[str, str]:
    """Return name and address of an author as git writes it; two empty ones for none.

    >>> identity("Ada Lovelace <ada@example.org>")
    ('Ada Lovelace', 'ada@example.org')
    """
    name, _, address = author.rpartition(" <")
    return name.strip(), address.removesuffix(">") if name else ""


def _inside(path: str) -> bool:
    parts = path.split("/")
    plain = path.isprintable() and not any(one in path for one in "\\:")
    return plain and all(one.strip() and one not in (".", "..") and one.lower() != ".git" for one in parts)
