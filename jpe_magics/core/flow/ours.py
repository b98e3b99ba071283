"""Whether a file that stands there already may be overwritten."""

from __future__ import annotations

from jpe_magics.core.header import made_from
from jpe_magics.errors import PublishError


def overwriting(old: str, new: str, replace: bool, place: str, other: str = "") -> str:
    """Return what overwriting `old` with `new` is: "updated", or "replaced" where it is not ours.

    What was not made by us from the same notebook is kept unless `replace`: that raises `PublishError` JPE502.
    `place` names the file for a person, `other` another notebook that is known to have made it last, by its path:
    notebooks of one file name have one header.  In a repository no copy of it is left: its history has the old file.
    """
    source = made_from(old)
    if source is not None and source == made_from(new) and not other:
        return "updated"
    if not replace:
        raise PublishError(
            f"{place} is kept: "
            + (f"it was made from {other or source}" if source else "it was not made by jpe_magics"),
            code="JPE502",
            where=place,
            hint="give the pipeline another name, or add --replace (the repository's history keeps the old file)",
        )
    return "replaced"


def told(word: str, commit: str, parent: str = "") -> str:
    """Return the note of a `Published`: what happened, in which commit, and which commit has a file that we replaced.

    >>> told("replaced", "9fceb02d0ae598e9", "1b6453892473a467")
    'replaced, commit 9fceb02d; the old file is in commit 1b645389'
    """
    note = f"{word}, commit {commit[:8]}" if commit else word
    if word == "replaced":
        note += f"; the old file is in commit {parent[:8]}" if parent else "; the old file is in the history"
    return note
