"""Schedules: single jobs at the times of a cron expression, by the core's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from croniter import CroniterBadDateError, croniter

from tools.servers.ilum_core.jobs import Jobs
from tools.servers.ilum_core.readings import Readings
from tools.servers.ilum_core.records import Definition, Job, Schedule
from tools.servers.ilum_core.refusal import Refusal, not_found
from tools.servers.ilum_core.state import State


class Schedules:
    """All schedules, also the disabled ones."""

    def __init__(self, state: State, jobs: Jobs) -> None:
        self._state, self._jobs = state, jobs

    def create(self, definition: Definition) -> Schedule:
        """Make a schedule; raise `Refusal` 409 for a name that is taken and a cron that is none."""
        name, clock = definition.get("name"), self._state.clock
        check(definition.get("cron"), self._state.readings)
        with self._state.changed:
            living = [one for one in self._state.schedules.values() if one.state != "DISABLED"]
            taken = any(one.definition.get("name") == name for one in living)
            if taken and self._state.readings.unique_names == "living":
                raise Refusal(409, f"Schedule with name {name} already exists")
            schedule = Schedule(definition, clock.milliseconds(), clock.seconds())
            self._state.schedules[schedule.id] = schedule
        return schedule

    def get(self, key: str) -> Schedule:
        """Return a schedule; raise `Refusal` 404."""
        if key not in self._state.schedules:
            raise not_found("Schedule", key)
        return self._state.schedules[key]

    def named(self, name: str) -> Schedule:
        """Return the newest schedule of that name, a living one before others; raise `Refusal` 404."""
        found = [one for one in self._state.schedules.values() if one.definition.get("name") == name]
        if not found:
            raise not_found("Schedule", name)
        return next((one for one in reversed(found) if one.state != "DISABLED"), found[-1])

    def update(self, schedule: Schedule, values: Mapping[str, Any]) -> None:
        """Change what the form names; raise `Refusal` 409 for a cron that is none."""
        check(values.get("cron", schedule.definition.get("cron")), self._state.readings)
        schedule.definition.fields.update(values)

    def set(self, schedule: Schedule, state: str) -> None:
        """Pause, resume or stop it; one that was stopped stays so."""
        if schedule.state == "DISABLED":
            return
        schedule.state = state
        schedule.seen = max(schedule.seen, self._state.clock.seconds())  # fires of a pause are not made up for
        if state == "DISABLED":
            schedule.disabled = self._state.clock.milliseconds()

    def delete(self, schedule: Schedule) -> None:
        """Forget it; its jobs stay."""
        self._state.schedules.pop(schedule.id, None)

    def fire(self, to: float) -> list[Job]:
        """Put the clock forward to a time in seconds since 1970, and return the jobs of all fires until then."""
        enabled = [one for one in self._state.schedules.values() if one.state == "ENABLED"]
        fires = sorted(
            (at, number) for number, one in enumerate(enabled) for at in times(one, to, self._state.readings)
        )
        made = []
        for at, number in fires:
            self._state.clock.forward(at)
            made.append(self._jobs.submit(enabled[number].definition, enabled[number].id))
        self._state.clock.forward(to)
        for one in enabled:
            one.seen = max(one.seen, to)
        return made


def check(cron: str, readings: Readings) -> None:
    """Raise `Refusal` 409 unless `cron` is an expression of as many fields as there are to be."""
    if len(cron.split()) != readings.cron_fields or not croniter.is_valid(cron, second_at_beginning=True):
        raise Refusal(409, f"Cron expression must consist of {readings.cron_fields} fields (found '{cron}')")


def times(schedule: Schedule, to: float, readings: Readings) -> list[float]:
    """Return when it fires until `to`, in seconds since 1970, since it was last looked at."""
    asked = schedule.definition
    first, last = (asked.get("startTime") or 0) / 1000, asked.get("endTime")
    start = max(schedule.seen, first - 1)
    until = to if last is None else min(to, last / 1000)
    coming = croniter(asked.get("cron"), datetime.fromtimestamp(start, readings.zone), second_at_beginning=True)
    found: list[float] = []
    try:
        while (at := coming.get_next(datetime).timestamp()) <= until:
            found.append(at)
    except CroniterBadDateError:
        pass  # it names a date that never comes
    return found
