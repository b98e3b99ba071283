"""What a record of the history says of a pipeline on Ilum."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from jpe_magics.core.flow import Surroundings
from jpe_magics.errors import OptionError
from jpe_magics.model.artifact import File
from jpe_magics.model.record import Record
from jpe_magics.targets.ilum.options import check_options
from jpe_magics.targets.ilum.plan import Job
from jpe_magics.targets.ilum.view import RUN_TAG

#: How the notes of things begin that a record names, and that are not its own any more.
GONE = ("taken back", "stopped: ", "found as ")


def lost_run(tag: str) -> str:
    """Return how a record names a run of which the tag alone is known: nobody said whether it was started."""
    return f"{RUN_TAG}={tag}"


def tag_of(run: str) -> str:
    """Return the tag of a run that a record names by it, "" for one whose id is known.

    >>> tag_of(lost_run("x")), tag_of("x")
    ('x', '')
    """
    return run.removeprefix(f"{RUN_TAG}=") if run.startswith(f"{RUN_TAG}=") else ""


def knows_tags(record: Record) -> bool:
    """Tell whether the module of the record's service takes a run's tag for what it is, and not for a parameter."""
    return any(RUN_TAG in str(file.get("text")) for file in record.files)


def last(record: Record, *kinds: str) -> tuple[str, str]:
    """Return kind and id of what the record made last of `kinds`, empty texts for nothing.

    What was taken back, and what it replaced, does not count.
    """
    return next(reversed(_own(record, kinds)), ("", ""))


def all_made(record: Record, kind: str) -> tuple[str, ...]:
    """Return the ids of all that the record made of a kind, the oldest first."""
    return tuple(place for _, place in _own(record, (kind,)))


def _own(record: Record, kinds: Collection[str]) -> list[tuple[str, str]]:
    own: dict[tuple[str, str], None] = {}
    for row in record.published:
        kind, place, note = (str(row.get(name) or "") for name in ("kind", "place", "note"))
        own.pop((kind, place), None)
        if kind in kinds and place and not note.startswith(GONE):
            own[kind, place] = None
    return list(own)


def made(record: Record, kind: str) -> str:
    """Return the id of the job, service, schedule or run that the record made last, "" for none."""
    return last(record, kind)[1]


def options_of(record: Record) -> dict[str, Any]:
    """Return the options of the record's export; raise `OptionError` where it has none that Ilum could take."""
    if record.status == "refused":
        raise nothing(f"{record.id} was refused, so nothing of it is on Ilum", record)
    tags = record.options.get("tags") or ()
    words = [f"{one[0]}={one[1]}" for one in tags if isinstance(one, (list, tuple)) and len(one) == 2]
    try:
        return check_options({**record.options, "tags": words})
    except OptionError as error:
        raise nothing(f"the options of {record.id} can't be used any more: {error.message}", record) from None


def script_of(record: Record) -> File | None:
    """Return the file that the record exported as it stands in the history, None where it holds none."""
    file: Mapping[str, Any] = record.files[0] if record.files else {}
    path, code = file.get("path"), file.get("text")
    return File(path, code) if isinstance(path, str) and isinstance(code, str) else None


def job_of(record: Record, around: Surroundings) -> Job:
    """Return what the record exported, to be run again from its code.

    Raises `OptionError` JPE516 where the record does not hold that code as it was: a secret was in it.
    """
    options = options_of(record)
    if record.secrets_allowed:
        raise nothing(
            f"{record.id} was exported with secrets in it, which the history does not keep", record, "export again"
        )
    file = script_of(record)
    if file is None or _digest(file.text) != record.files[0].get("sha256"):
        raise nothing(f"the history does not hold the code of {record.id} as it was", record, "export again")
    kept = record.rerun or {}
    conf = kept.get("session_conf")
    return Job.of(file, options, conf if isinstance(conf, Mapping) else {}, around)


def nothing(message: str, record: Record, hint: str = "") -> OptionError:
    """Return the error for an action that makes no sense for the record."""
    hint = hint or f"%jpe_history {record.id} shows what became of it"
    return OptionError(message, code="JPE516", where=f"record {record.id}", hint=hint)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()
