"""What of a pipeline's name stands on the server already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jpe_magics.errors import OptionError, PublishError
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.logs import brief
from jpe_magics.targets.ilum.options import slug
from jpe_magics.targets.ilum.resources import Kind, Workload

#: How many clusters an error names.
_LISTED = 30


@dataclass(frozen=True)
class Standing:
    """What is there: `same` has the name, `alike` are names of other exports that become the same module's."""

    kind: Kind
    same: tuple[Workload, ...] = ()
    alike: tuple[str, ...] = ()


def check_cluster(api: Api, options: Mapping[str, Any]) -> Steps[None]:
    """Raise `OptionError` that lists the clusters where Ilum has none of that name.

    It is the first question, so a wrong address, a wrong token and an expired licence are said here too.
    """
    known = yield from api.clusters()
    if options["cluster"] not in known:
        more = f" and {len(known) - _LISTED:,} more" if len(known) > _LISTED else ""
        raise OptionError(
            f"Ilum has no cluster {options['cluster']!r}",
            where="--cluster",
            hint=f"its clusters are {', '.join(map(brief, known[:_LISTED]))}{more}"
            if known
            else "it has none: set one up in Ilum first",
        )


def what_stands(api: Api, kind: Kind, name: str) -> Steps[Standing]:
    """Return the services or schedules of that name that can still run something.

    Names need not be unique on the server, and the one that it finds by its name may be an archived one: so all
    are listed too.
    """
    named = yield from api.named(kind, name)
    listed = yield from api.listed(kind, kind.standing)
    found = {one.id: one for one in (*([named] if named else []), *listed) if one.state in kind.standing}
    same = tuple(one for one in found.values() if one.name == name)
    alike = {
        one.name for one in found.values() if one.name != name and one.is_exported and slug(one.name) == slug(name)
    }
    return Standing(kind, same, tuple(sorted(alike)))


def check_free(api: Api, found: Sequence[Standing], name: str) -> None:
    """Raise JPE502 where something of that name stands already."""
    taken = [(one.kind, workload) for one in found for workload in one.same]
    if not taken:
        return
    told = " and ".join(f"a {kind.name} {name} (id {workload.id})" for kind, workload in taken)
    link = next((link for kind, workload in taken if (link := api.link(kind, workload.id))), "")
    ids = ", ".join(f"{kind.name} {workload.id}" for kind, workload in taken)
    raise PublishError(
        f"Ilum has {told} already",
        code="JPE502",
        where=link or ids,
        hint="--replace makes the new one and then stops this one; or choose another --name",
    )
