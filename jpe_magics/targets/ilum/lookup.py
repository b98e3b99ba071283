"""Where what a record made is on Ilum, though the answer that said so may have been lost."""

from __future__ import annotations

from jpe_magics.core.flow import Made
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.recorded import made, nothing, options_of
from jpe_magics.targets.ilum.resources import Kind

NOTHING = "{} has made nothing on Ilum"


def wanted(record: Record) -> tuple[str, ...]:
    """Return the kinds of things that the record's export makes."""
    options = options_of(record)
    if options["mode"] == "service":
        return ("service",)
    return ("schedule",) if options["schedule_only"] else ("service", "schedule")


def id_of(api: Api, kind: Kind, record: Record) -> Steps[str]:
    """Return the id of the record's service or schedule, "" where it has none; without an answer it may be made."""
    one = made(record, kind.name)
    if one or kind.name not in wanted(record):
        return one
    return (yield from found_by_tag(api, kind, record, needed=False))


def found_by_tag(api: Api, kind: Kind, record: Record, *, needed: bool = True) -> Steps[str]:
    """Return the id of what the record's export made without an answer that said so, found by its tag."""
    found = yield from api.exported(kind, record.id, str(record.options.get("name")))
    if found:
        one = found[0].id
        yield Made(Published(kind.name, one, api.link(kind, one), "found by its tag"))
        return one
    if needed:
        raise nothing(NOTHING.format(record.id), record)
    return ""
