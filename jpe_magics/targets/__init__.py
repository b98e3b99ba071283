"""Where a pipeline can go.  A target is a plugin: an object that fits `Target`, named in the entry
point group `jpe_magics.targets`; the ones in this package are listed by the same road."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from jpe_magics.core.target import Target as Target
from jpe_magics.errors import OptionError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "jpe_magics.targets"
#: Our own that are ready.  They are imported by name: to read what every installed package declares takes
#: longer than an export.
_READY = ("airflow", "ilum", "py")


@lru_cache(maxsize=1)
def targets() -> dict[str, Target]:
    """Return every installed target by name, ours first, then others by name."""
    from importlib.metadata import entry_points

    found: dict[str, Target] = {}
    order = {name: place for place, name in enumerate(_READY)}
    points = sorted(entry_points(group=GROUP), key=lambda point: (order.get(point.name, 99), point.name))
    for point in points:
        if point.name not in found:
            found[point.name] = _loaded(point)
    return found


def _loaded(point: EntryPoint) -> Target:
    try:
        target: Target = point.load()
    except Exception as error:  # noqa: BLE001 - a package of somebody else, which must not take ours away
        from jpe_magics.targets.coming import unloadable

        return cast("Target", unloadable(point.name, point.dist.name if point.dist else point.value, error))
    return target


def get_target(name: str) -> Target:
    """Return the target of that name; raise `OptionError` that lists the known ones."""
    if name in _READY:
        ready: Target = import_module(f"{__name__}.{name}").target
        return ready
    known = targets()
    if name not in known:
        raise OptionError(
            f"there is no target {name!r}",
            code="JPE002",
            hint=_meant(name, [*_usable(known)]),
        )
    target = known[name]
    if not target.available:
        raise OptionError(
            f"{target.title} {getattr(target, 'absent', 'is not available')}",
            code="JPE003",
            hint="the targets that are there: " + ", ".join(_usable(known)),
        )
    return target


def _meant(name: str, usable: Sequence[str]) -> str:
    """Return what to say in place of a target that is not there.

    >>> _meant("airfow", ["airflow", "py"]), _meant("kfp", ["airflow", "py"])
    ('did you mean airflow?  The targets are airflow, py', 'the targets are airflow, py')
    """
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), usable, 1, cutoff=0.65)
    listed = "targets are " + ", ".join(usable)
    return f"did you mean {near[0]}?  The {listed}" if near else f"the {listed}"


def _usable(known: Mapping[str, Target]) -> Iterator[str]:
    return (name for name, target in known.items() if target.available)
