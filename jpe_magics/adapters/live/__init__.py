"""The live notebook: what the user sees now, from the front end, or from the file and what was executed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jpe_magics.adapters.live.mirror import Mirror, MirrorState
    from jpe_magics.adapters.live.request import CellRequest
    from jpe_magics.core.overlay import Overlaid
    from jpe_magics.model.finding import Finding
    from jpe_magics.model.notebook import Snapshot

__all__ = ["LiveNotebook", "attach", "read_given", "sparkmagic_sessions"]


def read_given(path: str) -> Snapshot:
    """Return the notebook at `path`, which needs no kernel; see `saved.read_given`."""
    from jpe_magics.adapters.live import saved

    return saved.read_given(path)


def sparkmagic_sessions(shell: Any) -> dict[str, str]:
    """Return the live Sparkmagic sessions and their kinds; see `sparkmagic.sparkmagic_sessions`."""
    from jpe_magics.adapters.live import sparkmagic

    return sparkmagic.sparkmagic_sessions(shell)


def attach(shell: Any, met: Callable[[], None] | None = None) -> LiveNotebook:
    """Return the live notebook of `shell`, recording from now on until `detach`.

    `met` is called once, on any thread, when a front end has shown us its document.
    """
    live = LiveNotebook(shell)
    live.met = met
    live.attach()
    return live


class LiveNotebook:
    """The notebook of one IPython shell.

    `attach` costs a few microseconds and imports nothing heavy; the mirror is made only after the cell
    that attached has finished, and only where a Jupyter front end and anywidget are there.
    """

    def __init__(self, shell: Any, environ: Mapping[str, str] = os.environ) -> None:
        from jpe_magics.adapters.live.recorder import Recorder

        self._shell = shell
        self._environ = environ
        self.recorder = Recorder(shell)
        self.mirror: Mirror | None = None
        #: Set when it is decided whether there is a mirror.
        self._looked = Event()
        self._watcher: Callable[[], None] | None = None
        #: Called once, when a front end has shown us its document.
        self.met: Callable[[], None] | None = None

    def attach(self) -> None:
        """Start recording; make the mirror as soon as no cell runs."""
        self.recorder.register()
        self._shell.events.register("post_run_cell", self._open_mirror)

    def detach(self) -> None:
        """Undo `attach`: no callback and no widget stays behind."""
        self.recorder.unregister()
        self._forget_opening()
        self.watch(None)
        self.met = None
        self._looked.set()
        mirror, self.mirror = self.mirror, None
        if mirror is not None:
            mirror.close()

    def watch(self, watcher: Callable[[], None] | None) -> None:
        """Call `watcher` whenever a cell has run or the front end's document has other cells; with None nobody."""
        before, self._watcher = self._watcher, watcher
        if watcher is not None and before is None:
            self._shell.events.register("post_run_cell", self._changed)
        elif watcher is None and before is not None:
            self._shell.events.unregister("post_run_cell", self._changed)

    def _changed(self, _result: Any = None) -> None:
        watcher = self._watcher
        if watcher is not None:
            watcher()

    def snapshot(self, path: str = "", *, configured: str = "", now: datetime, exporting: bool = True) -> Snapshot:
        """Return the notebook as it is now.

        `path` is what `--notebook` names and `configured` the setting `notebook_path`; either is read as
        it stands, and wins.  Otherwise the front end's document or the saved file, brought up to date
        with what was executed.  `exporting` says that the cell which runs at the moment is the one that
        exports (false for a button: what runs then is the user's).  Never waits for the front end.

        Raises `NotebookError`: JPE101 none found, JPE102 and JPE103 not readable, JPE104 two are named.
        """
        if path:
            return read_given(path)
        if configured:
            return self._given(configured, exporting)
        from jpe_magics.adapters.live.locate import locate, path_of_mirror
        from jpe_magics.adapters.live.saved import read_located
        from jpe_magics.core.overlay import overlay

        state = self._live_state(exporting)
        if state is not None:
            since = self.recorder.kernel_time(state.taken, state.received)
            file = path_of_mirror(self._environ, state.path) or state.path
            notebook = replace(state.notebook, path=file)
            told = self._told(overlay(notebook, since, **self._ran(exporting), live=True), live=True)
            return replace(told, findings=(*told.findings, *self._other_pages(state)))
        saved = read_located(locate(self._shell, self._environ, request=self.recorder.latest))
        overlaid = overlay(saved.notebook, saved.modified, **self._ran(exporting))
        return self._told(overlaid, live=False, saved_at=_clock(saved.modified, now))

    def _given(self, path: str, exporting: bool) -> Snapshot:
        """Return the configured file as it stands, and say which cells ran with another text since it was saved."""
        from jpe_magics.core.overlay import overlay

        given = read_given(path)
        saved = os.stat(os.path.expanduser(path)).st_mtime  # noqa: PTH111, PTH116 - as read_given takes it
        overlaid = overlay(given.notebook, saved, **self._ran(exporting))
        told = tuple(
            replace(one, code="JPE346", text=f"cell {one.number} ran otherwise since; exported is what the file says")
            for one in overlaid.findings
            if one.code == "JPE343"
        )
        return replace(given, findings=(*given.findings, *told))

    @property
    def can_save(self) -> bool:
        """Whether the front end can be asked to save: it has shown us its document."""
        mirror = self.mirror
        return mirror is not None and mirror.latest() is not None

    @property
    def name(self) -> str:
        """The notebook's name as the front end tells it now, "" where only looking for its file would; never waits.

        What was told when the kernel began does not count: a rename makes it wrong.
        """
        state = self._live_state(exporting=False)
        if state is not None:
            return state.notebook.name
        request = self.recorder.latest
        if request is None or not request.from_vscode:
            return ""
        from pathlib import PurePath

        from jpe_magics.adapters.live.vscode import notebook_path

        return PurePath(notebook_path(request.cell_id or "")).stem

    def refresh(self) -> bool:
        """Have the front end tell the notebook of now, where it can; return whether that is another than before.

        For worker threads.  Takes 3 s at most: 1.5 s for the end of the cell that loaded us, before which there is
        no mirror, and 1.5 s for the answer.
        """
        from jpe_magics.adapters.live.mirror import LIMIT

        if self.recorder.latest is not None:
            self._looked.wait(LIMIT)
        mirror = self.mirror  # another thread may detach meanwhile
        if mirror is None:
            return False
        before, after = mirror.latest(), mirror.ask()
        return after is not None and (before is None or _key(before) != _key(after))

    def save(self) -> None:
        """Have the front end save the notebook; for worker threads.  Raises `NotebookError` where it has not."""
        mirror = self.mirror
        if mirror is None or not mirror.save():
            from jpe_magics.errors import NotebookError

            why = f": {mirror.fault}" if mirror is not None and mirror.fault else ""
            raise NotebookError(
                f"the front end did not say that it has saved the notebook{why}",
                code="JPE102",
                hint="save it there (Ctrl+S), then go on",
            )

    def sessions(self) -> dict[str, str]:
        """Return the live Sparkmagic sessions and their kinds, as `core.classify.classify` takes them."""
        return sparkmagic_sessions(self._shell)

    def _live_state(self, exporting: bool) -> MirrorState | None:
        request, mirror = self.recorder.latest, self.mirror
        if mirror is None or (request is not None and request.from_vscode):
            return None
        # a button may be pressed on another page than the one that ran a cell last
        client = request.client if request and exporting else ""
        return mirror.latest(request.cell_id if request else None, client)

    def _ran(self, exporting: bool) -> dict[str, Any]:
        return {
            "executed": self.recorder.executed(),
            "deleted": self.recorder.deleted(),
            "current": self.recorder.current if exporting else None,
            "wrapper": "" in sparkmagic_sessions(self._shell),
        }

    def _told(self, overlaid: Overlaid, *, live: bool, saved_at: str = "") -> Snapshot:
        from jpe_magics.core.provenance import doubts, source_text
        from jpe_magics.model.notebook import Snapshot

        return Snapshot(
            notebook=overlaid.notebook,
            origin="live" if live else "saved+executed" if overlaid.edits else "saved",
            text=source_text(overlaid, live=live, saved_at=saved_at),
            doubtful=doubts(overlaid, live=live),
            findings=(*overlaid.findings, *self._faults(live=live)),
        )

    def _faults(self, *, live: bool) -> Iterator[Finding]:
        from jpe_magics.model.finding import Finding

        if self.recorder.fault:
            text = f"the record of executed cells is incomplete: {self.recorder.fault}"
            yield Finding("JPE344", text)
        mirror = self.mirror
        if mirror is not None and mirror.fault and not live:
            yield Finding("JPE345", f"the live notebook could not be read: {mirror.fault}")

    def _other_pages(self, state: MirrorState) -> Iterator[Finding]:
        from jpe_magics.model.finding import Finding

        mirror = self.mirror
        others = mirror.others(state) if mirror is not None else 0
        if others:
            pages = "another page shows" if others == 1 else f"{others} other pages show"
            yield Finding("JPE347", f"{pages} this notebook with another content: exported is the page in use")

    def _open_mirror(self, _result: Any = None) -> None:
        """Make the mirror once the cell that loaded us has finished."""
        request = self.recorder.latest
        if request is None or self.recorder.current is not None:
            return  # no cell of a front end yet, or something that runs inside of one
        self._forget_opening()
        try:
            if self._has_jupyter_front_end(request):
                self._make_mirror()
        finally:
            self._looked.set()

    def _make_mirror(self) -> None:
        from jpe_magics.adapters.live.mirror import Mirror

        mirror = Mirror()
        mirror.heard = self._heard
        try:
            mirror.open()
        except ImportError:
            return  # no anywidget: the file and the record have to do
        except Exception as error:  # noqa: BLE001 - whatever widgets do to us, the user's cell is not concerned
            mirror.fault = type(error).__name__
        self.mirror = mirror

    def _heard(self) -> None:
        met, self.met = self.met, None
        if met is not None:
            met()
        self._changed()

    def _has_jupyter_front_end(self, request: CellRequest) -> bool:
        """Tell whether someone sits in front who may have a document: no terminal, no VS Code, no headless run."""
        from jpe_magics.adapters.live.locate import is_headless

        vscode = request.from_vscode or (not request.cell_id and "__vsc_ipynb_file__" in self._shell.user_ns)
        return hasattr(self._shell, "kernel") and not vscode and not is_headless(request, self._environ)

    def _forget_opening(self) -> None:
        if self._open_mirror in self._shell.events.callbacks["post_run_cell"]:
            self._shell.events.unregister("post_run_cell", self._open_mirror)


def _key(state: MirrorState) -> tuple[str, str]:
    """Return what tells one state of the document from another."""
    return state.path, state.notebook.digest


def _clock(seconds: float, now: datetime) -> str:
    """Return a time of day as the user's clock shows it, with the date where that is not today's; "" for 0."""
    if not seconds:
        return ""
    then = datetime.fromtimestamp(seconds, tz=timezone.utc).astimezone()
    return then.strftime("%H:%M" if then.date() == now.astimezone().date() else "%Y-%m-%d %H:%M")
