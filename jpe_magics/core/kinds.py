"""Which kinds of cells are exported."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from jpe_magics.errors import OptionError

if TYPE_CHECKING:
    from jpe_magics.core.classify import Classified

#: The kinds that can be asked for, in the order in which they are shown.
KINDS = ("spark", "pyspark", "sql", "scala", "plain")

#: The one kind whose name does not say what it is.
PLAIN = "plain is Python that runs in the kernel"

#: What JPE exports by default: the kinds of a Sparkmagic cell.
REMOTE = frozenset({"spark", "pyspark"})


def not_exported(kind: str, kinds: Collection[str]) -> str:
    """Return why a cell of `kind` is left out where only `kinds` are exported.

    >>> not_exported("scala", ["sql", "pyspark"])
    'scala cells are not among the exported kinds (pyspark, sql)'
    """
    why = f"{kind} cells are not among the exported kinds ({', '.join(sorted(kinds))})"
    return f"{why}; {PLAIN}" if "plain" in (kind, *kinds) else why


def resolve_kinds(asked: Sequence[str], classified: Iterable[Classified]) -> frozenset[str]:
    """Return the kinds to export; none asked for is `auto`.

    `auto` stands for spark and pyspark in a notebook that has a cell of these kinds, for plain in any
    other.  Raises `OptionError` for a kind that does not exist.
    """
    names = [name.strip().lower() for name in asked if name.strip()] or ["auto"]
    unknown = [name for name in names if name not in (*KINDS, "auto")]
    if unknown:
        raise OptionError(
            f"there is no cell kind {unknown[0]!r}",
            where="--kinds",
            hint=f"the kinds are {', '.join(KINDS)} and auto; {PLAIN}",
        )
    kinds = frozenset(name for name in names if name != "auto")
    if "auto" in names:
        kinds |= REMOTE if any(one.kind in REMOTE for one in classified) else {"plain"}
    return kinds
