"""What a record of the history says of a pipeline on Ilum."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from jpe_magics.core.flow import Surroundings
from jpe_magics.errors import OptionError
from jpe_magics.model.artifact import File
from jpe_magics.model.record import Record
from jpe_magics.targets.ilum.options import check_options
from jpe_magics.targets.ilum.plan import Job

#: How the notes of things begin that a record names, and that are not its own any more.
GONE = ("taken back", "stopped: ")


def last(record: Record, *kinds: str) -> tuple[str, str]:
    """Return kind and id of what the record made last of `kinds`, empty texts for nothing.

    What was taken back, and what it replaced, does not count.
    """
    own: dict[tuple[str, str], None] = {}
    for row in record.published:
        kind, place, note = (str(row.get(name) or "") for name in ("kind", "place", "note"))
        own.pop((kind, place), None)
        if kind in kinds and place and not note.startswith(GONE):
            own[kind, place] = None
    return next(reversed(own), ("", ""))


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


def job_of(record: Record, around: Surroundings) -> Job:
    """Return what the record exported, to be run again from its code.

    Raises `OptionError` JPE516 where the record does not hold that code as it was: a secret was in it.
    """
    options = options_of(record)
    if record.secrets_allowed:
        raise nothing(
            f"{record.id} was exported with secrets in it, which the history does not keep", record, "export again"
        )
    file: Mapping[str, Any] = record.files[0] if record.files else {}
    path, code = file.get("path"), file.get("text")
    if not isinstance(path, str) or not isinstance(code, str) or _digest(code) != file.get("sha256"):
        raise nothing(f"the history does not hold the code of {record.id} as it was", record, "export again")
    kept = record.rerun or {}
    conf = kept.get("session_conf")
    return Job.of(File(path, code), options, conf if isinstance(conf, Mapping) else {}, around)


def nothing(message: str, record: Record, hint: str = "") -> OptionError:
    """Return the error for an action that makes no sense for the record."""
    hint = hint or f"%jpe_history {record.id} shows what became of it"
    return OptionError(message, code="JPE516", where=f"record {record.id}", hint=hint)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()
