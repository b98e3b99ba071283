"""The headings that a template writes into a file: comment lines between two rules."""

from __future__ import annotations

import re
from itertools import pairwise

from jpe_magics.model.artifact import Boilerplate

_RULE = r"# -{20,}\n"
_HEADING = re.compile(rf"^{_RULE}((?:# .*\n)+?){_RULE}", re.MULTILINE)


def between_headings(template: str | None, first: str, then: str, what: str) -> Boilerplate | None:
    """Return what stands between the headings that begin with the words `first` and `then`, as a template has them.

    None where the template's source (None for no template) does not have the one behind the other: a site's own
    template may be built otherwise, and what a cell holds is no heading.
    """
    headings = [(heading[1], heading[0].rstrip("\n")) for heading in _HEADING.finditer(template or "")]
    for (words, begins), (next_words, ends) in pairwise(headings):
        if words.startswith(f"# {first}") and next_words.startswith(f"# {then}"):
            return Boilerplate(begins, ends, what)
    return None
