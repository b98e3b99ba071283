"""What Ilum's joined texts can hold: `k=v;k=v` and `a;b`, which have no escape."""

from __future__ import annotations

import re

#: The separator, ends of lines and other controls, and what UTF-8 can't say.
_NOT = re.compile(r"[;\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def joinable(text: str) -> bool:
    """Tell whether a part of a joined text may be `text`.

    >>> joinable("größe a=b,c"), joinable("a;b"), joinable("a\\nb")
    (True, False, False)
    """
    return not _NOT.search(text)
