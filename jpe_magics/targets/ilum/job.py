"""A single job, watched."""

from __future__ import annotations

from jpe_magics.errors import PublishError
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.follow import Seen
from jpe_magics.targets.ilum.logs import Log, cut, read_on, where_it_failed
from jpe_magics.targets.ilum.resources import JOB, Workload, word

#: Seconds that Ilum may take to show a job that it has just made.
UNSEEN = 15.0


class WatchedJob:
    """The job `id`; `fresh` tells that it was made just now, so that Ilum may not show it yet."""

    def __init__(self, api: Api, id: str, *, fresh: bool = False) -> None:  # noqa: A002 - it is one
        self._api, self._id = api, id
        self._log = Log(id)
        self._grace = UNSEEN if fresh else 0.0
        self._began: float | None = None

    @property
    def what(self) -> str:
        """Return its name in a sentence."""
        return f"the job {self._id}"

    @property
    def where(self) -> str:
        """Return the address of its page, or its name."""
        return self._api.link(JOB, self._id) or self.what

    def look(self, now: float) -> Steps[Seen]:
        """Return how it is; raise JPE515 where Ilum does not know it."""
        self._began = now if self._began is None else self._began
        job = yield from self._api.find(JOB, self._id)
        if job is None:
            if now - self._began < self._grace:
                return Seen("submitted", "Ilum does not show it yet")
            raise PublishError(
                f"Ilum does not know {self.what} any more",
                code="JPE515",
                where=self.where,
                hint="was it deleted in Ilum?",
            )
        self._grace = 0.0
        self._log = yield from read_on(self._api, self._log)
        if not job.ended:
            return Seen(word(job.state), self._log.last(job.values))
        return self._ended(job)

    def _ended(self, job: Workload) -> Seen:
        state = word(job.state)
        if state == "success":
            return Seen(state, self._log.last(job.values), ended=True)
        if state == "cancelled":
            return Seen(state, ended=True, why=f"{self.what} was cancelled", hint="somebody stopped it in Ilum")
        said = cut(job.error, job.values)
        trace = cut(where_it_failed(self._log.lines), job.values)
        trace = "" if trace and trace in said else trace
        why = "\n".join(filter(None, (f"{self.what} failed{f': {said}' if said else ''}", trace)))
        link = self._api.link(JOB, self._id)
        return Seen(state, ended=True, why=why, hint=f"its log: {link}" if link else "look at its log in Ilum")
