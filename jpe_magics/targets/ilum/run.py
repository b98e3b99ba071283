"""A run of a service, watched."""

from __future__ import annotations

from jpe_magics.errors import PublishError
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.follow import Seen
from jpe_magics.targets.ilum.logs import Log, brief, cut, read_on
from jpe_magics.targets.ilum.resources import SERVICE, Run, Workload, word

#: Seconds after which a service without a living driver is taken for dead: Ilum may be starting another.
DEAD = 15.0
_LONGEST_RESULT = 300


def trouble(service: Workload | None) -> tuple[str, str]:
    """Return why a service can't run anything and what to do, "" where nothing says so.

    A service that paused itself has no driver, or one that was cancelled: Ilum starts another when a run comes.
    The hint has a place for the record's id.
    """
    again = "export again to make a new one"
    if service is None:
        return "Ilum does not know the service any more", f"was it deleted in Ilum? {again}"
    if service.state == "ARCHIVED":
        return f"the service {service.name} ({service.id}) was stopped", again
    newest = max(reversed(service.drivers), key=lambda one: one.began, default=None)
    if newest is not None and newest.state == "FAILED" and all(one.ended for one in service.drivers):
        said = brief(newest.error)
        return (
            f"the driver of the service {service.name} ({service.id}) died{f': {said}' if said else ''}",
            f"restart the service in Ilum, then %jpe_history {{record}} --run; or {again} with --replace",
        )
    return "", ""


class WatchedRun:
    """The run `id` of a service: Ilum tells nothing of it before its end but how the service's driver is.

    `record` is the history's id, for hints; `patience` the seconds for which no living driver is no death.
    """

    def __init__(
        self,
        api: Api,
        service: str,
        id: str,  # noqa: A002 - it is one
        record: str,
        patience: float = DEAD,
    ) -> None:
        self._api, self._service, self._id, self._record, self._patience = api, service, id, record, patience
        self._log = Log("")
        self._dead: float | None = None

    @property
    def what(self) -> str:
        """Return its name in a sentence."""
        return f"the run {self._id}"

    @property
    def where(self) -> str:
        """Return the address of its service's page, or its name."""
        return self._api.link(SERVICE, self._service) or f"{self.what} of the service {self._service}"

    def look(self, now: float) -> Steps[Seen]:
        """Return how it is."""
        service = yield from self._api.surely(SERVICE, self._service)
        # the run is read after the service: one that has ended between is found
        run = yield from self._api.run(self._service, self._id)
        if run is not None and run.ended:
            return (yield from self.ended(run))
        why, hint = trouble(service)
        if self._is_lost(service, why, now):
            return Seen("failed", ended=True, why=f"{self.what} was lost: {why}", hint=hint.format(record=self._record))
        driver = _driver(run, service)
        if driver is None:
            return Seen("submitted", why)
        yield from self._read(driver)
        return Seen(_state(run, driver), why or self._log.last(run.values if run is not None else ()))

    def ended(self, run: Run) -> Steps[Seen]:
        """Return how a run is that has ended; of one that failed, whether the service can run the next."""
        if not run.error:
            return Seen("success", ended=True, result=cut(run.result, run.values)[:_LONGEST_RESULT])
        trace = "" if run.trace and run.trace in run.error else cut(run.trace, run.values)
        dead, hint = yield from self._trouble()
        said = (f"{self.what} failed: {cut(run.error, run.values)}", trace, dead)
        hint = hint or (
            "correct the notebook and export it again with --replace; "
            "or run it with other parameters: %jpe_history {record} --run --run-param NAME=VALUE"
        )
        hint = hint.format(record=self._record)
        return Seen("failed", ended=True, why="\n".join(filter(None, said)), hint=hint)

    def _trouble(self) -> Steps[tuple[str, str]]:
        """Return the service's trouble, none where Ilum does not answer: how the run ended is known all the same."""
        try:
            return trouble((yield from self._api.find(SERVICE, self._service)))
        except PublishError:
            return "", ""

    def _is_lost(self, service: Workload | None, why: str, now: float) -> bool:
        """Tell whether the service's trouble is final: Ilum may start another driver."""
        if not why:
            self._dead = None
            return False
        self._dead = now if self._dead is None else self._dead
        return service is None or service.state != "ACTIVE" or now - self._dead >= self._patience

    def _read(self, driver: Workload) -> Steps[None]:
        log = self._log if self._log.job == driver.id else Log(driver.id)
        self._log = yield from read_on(self._api, log)


def _driver(run: Run | None, service: Workload | None) -> Workload | None:
    """Return the job that does the run, or one that may."""
    drivers = service.drivers if service is not None else ()
    if run is not None and run.job:
        return next((one for one in drivers if one.id == run.job), Workload(run.job, state="BUSY"))
    living = [one for one in drivers if not one.ended]
    return next((one for one in living if one.state == "BUSY"), next(iter(living), None))


def _state(run: Run | None, driver: Workload) -> str:
    """Return the state of a run that has not ended, by that of its driver."""
    if (run is not None and run.job) or driver.state == "BUSY":
        return "running"
    return word(driver.state) if driver.state in ("SUBMITTED", "STARTING") else "submitted"
