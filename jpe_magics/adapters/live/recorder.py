"""Records what was executed, cell by cell, while the extension is loaded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from jpe_magics.adapters.live.request import CellRequest, current_request
from jpe_magics.model.executed import METADATA, Executed

#: Cells that are remembered, and other sources of each.
CELLS, SOURCES = 5000, 8


class Recorder:
    """Keeps the last execution of each cell.  `register` starts and `unregister` ends it.

    Nothing here may ever reach the user's cell: a fault of ours ends up in `fault`, a text for the
    report ("" while all is well).  `latest` is the last request that a front end sent.
    """

    def __init__(self, shell: Any, clock: Callable[[], float] = time.time) -> None:
        self._shell = shell
        self._clock = clock
        # an execution with its time on both clocks, the kernel's and the front end's
        self._entries: dict[tuple[bool, str], tuple[Executed, float, float | None]] = {}
        self._deleted: dict[str, float] = {}
        self._count = 0
        self._skew: float | None = None
        self._running = ""
        self.fault = ""
        self.current: int | None = None
        self.latest: CellRequest | None = None

    def register(self) -> None:
        """Take over what ran before, and listen from now on."""
        self._guarded(self._recall)
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_run_cell", self._after)

    def unregister(self) -> None:
        """Stop listening."""
        for event, callback in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            if callback in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, callback)

    def executed(self) -> tuple[Executed, ...]:
        """Return the last execution of every cell, in the order of execution."""
        return tuple(
            replace(executed, time=self._asked(seen, sent))
            for executed, seen, sent in sorted(self._entries.values(), key=lambda one: one[0].order)
        )

    def deleted(self) -> Mapping[str, float]:
        """Return the ids that the front end said were deleted, with the time (seconds since the epoch)."""
        return dict(self._deleted)

    def kernel_time(self, sent: float, seen: float) -> float:
        """Return a time of the front end's clock on the kernel's, never later than `seen`."""
        return self._asked(seen, sent)

    def _asked(self, seen: float, sent: float | None) -> float:
        """Return when the front end asked.

        A request can wait behind a long cell, while the user edits on and saves; what was then typed is
        newer than what runs.  The smallest distance ever seen between the two clocks is their skew.
        """
        return seen if sent is None or self._skew is None else min(seen, sent + self._skew)

    def _recall(self) -> None:
        """Take over the cells of the history, by their source only, and the running cell in full."""
        history = getattr(getattr(self._shell, "history_manager", None), "input_hist_raw", None) or [""]
        request = current_request(self._shell)
        running = request is not None and request.code is not None and request.code.rstrip("\n") == history[-1]
        for source in history[1 : -1 if running else None]:
            if source.strip():
                self._keep(Executed(source, self._next()), 0.0, None)
        if running and request is not None and request.code:
            self._running = history[-1]
            self._record(request.code, request)

    def _before(self, info: Any) -> None:
        if info.store_history and not info.silent:
            self._guarded(lambda: self._note(info))

    def _after(self, result: Any) -> None:
        # IPython hands over None where the cell died before it ran; other text ends while the cell that ran it runs on
        info = getattr(result, "info", None)
        if info is None or info.raw_cell.rstrip("\n") == self._running.rstrip("\n"):
            self.current = None

    def _note(self, info: Any) -> None:
        request = current_request(self._shell)
        if request is None or (request.id and self.latest is not None and request.id == self.latest.id):
            return  # a widget's callback or the cell itself runs some text as if it were a cell
        self._running = info.raw_cell
        # as the front end sent it: wrapper kernels hand a rewritten text to IPython
        self._record(info.raw_cell if request.code is None else request.code, request)

    def _record(self, source: str, request: CellRequest) -> None:
        now, sent, metadata, cell_id = self._clock(), request.sent, request.metadata, request.cell_id
        self.latest = request
        self.current = self._next()
        if sent is not None:
            self._skew = now - sent if self._skew is None else min(self._skew, now - sent)
        gone = metadata.get("deletedCells")
        for one in gone[:CELLS] if isinstance(gone, (list, tuple)) else ():
            self._deleted[str(one)] = now
        if cell_id is not None:
            self._deleted.pop(cell_id, None)
        executed = Executed(
            source=source.replace("\r\n", "\n"),
            order=self.current,
            cell_id=cell_id,
            tags=_tags(metadata) if "cellId" in metadata or "tags" in metadata else None,
            metadata={key: metadata[key] for key in METADATA if isinstance(metadata.get(key), Mapping)},
        )
        self._keep(executed, now, sent)

    def _keep(self, executed: Executed, seen: float, sent: float | None) -> None:
        key = (False, executed.source) if executed.cell_id is None else (True, executed.cell_id)
        before = self._entries.pop(key, None)
        if before is not None and executed.cell_id is not None:
            known = [one for one in (*before[0].earlier, before[0].source) if one != executed.source]
            known = list(dict.fromkeys(known))
            # the first is the one that the saved file is likeliest to hold
            known = known[:1] + known[1:][-(SOURCES - 1) :]
            executed = replace(executed, earlier=tuple(known))
        self._entries[key] = (executed, seen, sent)
        if len(self._entries) > CELLS:
            del self._entries[next(iter(self._entries))]
            self.fault = f"more than {CELLS} cells ran: the oldest are forgotten"

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the user's cell must run; the report tells it
            # not the error's text: it can hold what the user wrote
            self.fault = f"{type(error).__name__} while an execution was recorded"


def _tags(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    told = metadata.get("tags")
    return tuple(one for one in told if isinstance(one, str)) if isinstance(told, (list, tuple)) else ()
