"""The calls that batches alone have (Livy's `BatchSessionServlet`)."""

from __future__ import annotations

from jpe_magics.local.bodies import batch_request
from jpe_magics.local.calls import Answer, Call, Members, Route, create


def _create(batches: Members, call: Call) -> Answer:
    batch = create(batches, batch_request, call)
    return Answer(201, batch.view(), {"Location": f"/batches/{batch.number}"})


BATCH: tuple[tuple[str, str, Route], ...] = (("POST", "", _create),)
