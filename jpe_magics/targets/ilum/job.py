"""A single job, watched."""

from __future__ import annotations

from jpe_magics.errors import PublishError
from jpe_magics.model.artifact import File
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.cells import name_cells
from jpe_magics.targets.ilum.follow import Seen
from jpe_magics.targets.ilum.logs import TRACEBACK, Log, cut, read_on, where_it_failed
from jpe_magics.targets.ilum.resources import JOB, Workload, word

#: Seconds that Ilum may take to show a job that it has just made.
UNSEEN = 15.0


class WatchedJob:
    """The job `id`; `fresh` tells that it was made just now, so that Ilum may not show it yet.

    `record` is the history's id, for hints; `script` is what the job runs, None where that is not known.
    """

    def __init__(
        self,
        api: Api,
        id: str,  # noqa: A002 - it is one
        record: str,
        *,
        script: File | None = None,
        fresh: bool = False,
    ) -> None:
        self._api, self._id, self._record, self._script = api, id, record, script
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
        # one that was made just now is not known for a while
        job = yield from (self._api.find if self._grace else self._api.surely)(JOB, self._id)
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
            hint = f"%jpe_history {self._record} --run submits it once more"
            return Seen(state, ended=True, why=f"{self.what} was cancelled: it was stopped", hint=hint)
        said, cell = name_cells(job.error, self._script)
        trace, logged = name_cells(where_it_failed(self._log.lines), self._script)
        failed = f"{self.what} failed" + (f" in cell {logged or cell}" if logged or cell else "")
        said, trace = cut(said, job.values), cut(trace, job.values)
        trace = "" if trace and trace in said else trace
        why = "\n".join(filter(None, (f"{failed}{f': {said}' if said else ''}", trace)))
        hint = "correct the notebook and export it again"
        if TRACEBACK not in why:
            hint = f"its whole log is in Ilum; %jpe_history {self._record} --run submits it once more"
        return Seen(state, ended=True, why=why, hint=hint)
