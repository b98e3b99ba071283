"""The view of what changed between two exports."""

from __future__ import annotations

from jpe_magics.core.summary.document import Diff, Document, Note, count

#: Comparing takes time that grows with the square of the lines in the worst case; longer texts are not compared.
MOST_LINES = 20_000


def diff_view(old: str, new: str, old_name: str = "before", new_name: str = "now") -> Document:
    """Return the changes from `old` to `new` as a unified diff."""
    title = f"Changes from {old_name} to {new_name}"
    if old == new:
        return Document(title, (Note("info", "Nothing has changed."),))
    before, after = old.split("\n"), new.split("\n")
    if max(len(before), len(after)) > MOST_LINES:
        told = f"The texts differ, and are too long to be compared ({count(max(len(before), len(after)), 'line')})."
        return Document(title, (Note("warn", told),))
    from difflib import unified_diff

    # the first two lines name the files: the title does
    lines = tuple(unified_diff(before, after, lineterm=""))[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    return Document(title, (Diff(f"{count(added, 'line')} added (+), {removed:,} removed (-)", lines),))
