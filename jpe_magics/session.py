"""The composition root, and the Python API: everything that the magics, the panel and the command do.

>>> from jpe_magics import Session
>>> export = Session().export("airflow", notebook="etl.ipynb", dag_id="etl_daily")  # doctest: +SKIP
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from jpe_magics.errors import HistoryError, JpeError, NotebookError, OptionError, PublishError
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.option import Request
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record, report_fields, utc
from jpe_magics.model.report import Report
from jpe_magics.version import __version__

if TYPE_CHECKING:
    from jpe_magics.adapters.declared import JpeMagics
    from jpe_magics.adapters.history import History
    from jpe_magics.adapters.live import LiveNotebook
    from jpe_magics.adapters.settings import Settings
    from jpe_magics.core.export import Prepared
    from jpe_magics.core.options import Given
    from jpe_magics.core.target import Target
    from jpe_magics.model.badge import Badge
    from jpe_magics.model.notebook import Snapshot
    from jpe_magics.model.option import Option

#: Options that need a server's client.
_NEED_A_CLIENT = ("trigger", "wait", "run_param", "unpause")

#: What the values of an option of that type are in Python.
_WANTED = {"path": "a path", "list": "a list of texts", "map": "a dict", "flag": "True or False"}


@dataclass(frozen=True)
class Export:
    """What an export did.  `error` is None where it did all that was asked.

    `report` and `shown` (the files as they may be shown: secrets masked) are for people and records;
    `artifact` holds the files as they were written.  `published` says where they are now.  `record` is
    the history's entry, None for a preview; `recorded` tells whether the history has it.  `notices` say
    what went wrong beside the export itself.
    """

    report: Report
    artifact: Artifact | None = None
    shown: tuple[File, ...] = ()
    published: tuple[Published, ...] = ()
    record: Record | None = None
    recorded: bool = False
    preview: bool = False
    notices: tuple[str, ...] = ()
    error: JpeError | None = None

    @property
    def ok(self) -> bool:
        """Whether all that was asked was done."""
        return self.error is None

    @property
    def record_id(self) -> str:
        """The id by which the history knows it, "" where it is not in there."""
        return self.record.id if self.record and self.recorded else ""

    @property
    def code(self) -> str:
        """The artifact's text as it may be shown, "" where there is none."""
        return self.shown[0].text if self.shown else ""

    def __repr__(self) -> str:
        what = "preview of " if self.preview else ""
        files = ", ".join(file.path for file in self.shown) or "nothing"
        state = (
            f"{'failed' if isinstance(self.error, PublishError) else 'refused'}, {self.error.code}"
            if self.error
            else f"{self.report.cells} cells, "
            + ("; ".join(f"{one.place} {one.note}".strip() for one in self.published) or "not published")
        )
        return f"<Export {what}{self.report.target} {files}: {state}>"

    def text(self) -> str:
        """Return the summary as plain text."""
        from jpe_magics.core.summary import summary_text

        return summary_text(self.report, **self._told())

    def _repr_html_(self) -> str:
        from jpe_magics.core.summary import summary_html

        return summary_html(self.report, **self._told())

    def _told(self) -> dict[str, Any]:
        return {
            "published": self.published,
            "record_id": self.record_id,
            "files": self.shown,
            "preview": self.preview,
            "notices": self.notices,
            "error": self.error,
        }


class Session:
    """One notebook's (or one command's) link to everything outside: settings, notebook, history, targets.

    Nothing is read or imported before it is needed.  `live` is the live notebook of a kernel; without
    it a notebook must be given by its path.
    """

    def __init__(
        self,
        *,
        config: JpeMagics | None = None,
        environ: Mapping[str, str] | None = None,
        live: LiveNotebook | None = None,
    ) -> None:
        self._config = config
        self._environ = environ if environ is not None else os.environ
        self.live = live

    @cached_property
    def settings(self) -> Settings:
        """The settings that count now."""
        from jpe_magics.adapters.declared import JpeMagics
        from jpe_magics.adapters.settings import Settings

        return Settings(self._config if self._config is not None else JpeMagics(), self._environ)

    @property
    def history(self) -> History:
        """The history in the file that the setting `audit_log` names."""
        from jpe_magics.adapters.history import History

        return History(Path(self.settings.get("audit_log")))

    def export(self, target: str, **options: Any) -> Export:
        """Export the notebook; raise what `Export.error` would hold.

        `options` are the target's and the common ones by their Python names: `dag_id`, `notebook`,
        `preview`, `output`, `param={"n": 3}` …; paths may be `Path`s, lists any sequence.
        """
        from jpe_magics.core.options import Given, options_of
        from jpe_magics.targets import get_target

        known = {option.name: option for option in options_of(get_target(target).options)}
        for name in options:
            if name not in known:
                raise OptionError(f"{target} has no option {name!r}", hint="it has " + ", ".join(sorted(known)))
        done = self.run(Given(target, {name: _given(known[name], value) for name, value in options.items()}))
        if done.error is not None:
            raise done.error
        return done

    def parse(self, words: Sequence[str]) -> Given:
        """Return what the words of a magic or command line ask for; the first is the target."""
        from jpe_magics.core.options import parse
        from jpe_magics.targets import get_target

        return parse(words[0], get_target(words[0]).options, words[1:])

    def run(self, given: Given) -> Export:
        """Export as asked.

        A refusal or a failure while publishing is in the result; wrong options, a notebook that can't
        be found or read, and a broken template are raised.
        """
        from jpe_magics.targets import get_target

        target = get_target(given.target)
        snapshot = self.snapshot(given.values.get("notebook") or "")
        request = self.request(target, given, snapshot)
        prepared = self.prepare(target, request, snapshot)
        done = Export(prepared.report, prepared.artifact, prepared.shown, preview=request.preview, error=prepared.error)
        if done.error is None and not request.preview:
            done = replace(done, error=_doubt(snapshot, request))
        return done if request.preview else self._publish(target, request, snapshot, done)

    def snapshot(self, path: str = "") -> Snapshot:
        """Return the notebook as it is now: the one at `path`, else the live one."""
        configured = self.settings.get("notebook_path")
        if self.live is not None:
            return self.live.snapshot(path, configured=configured, now=datetime.now(timezone.utc))
        if not (path or configured):
            raise NotebookError(
                "no notebook was named",
                code="JPE101",
                hint="name one, or set JPE_NOTEBOOK_PATH (setting notebook_path)",
            )
        from jpe_magics.adapters.live import read_given

        return read_given(path or configured)

    def request(self, target: Target, given: Given, snapshot: Snapshot) -> Request:
        """Return the checked request: options from the line, environment, notebook, settings and defaults."""
        from jpe_magics.core.options import complete, request

        for name in _NEED_A_CLIENT:
            if given.values.get(name) and (target.probes or name != "trigger"):  # a script is never triggered
                raise OptionError(
                    f"--{name.replace('_', '-')} is not there yet for the target {target.name}",
                    code="JPE003",
                    where=f"--{name.replace('_', '-')}",
                    hint="leave it out: the file is written, and run by whoever finds it there",
                )
        presets = snapshot.notebook.metadata.get("jpe")
        options = complete(
            target.options,
            given.values,
            presets=presets if isinstance(presets, Mapping) else {},
            setting=self.settings.get,
            from_environment=lambda name: self.settings.origin(name).startswith("environment"),
        )
        return request(given, target.check(options), self.settings.get("enabled_cell_kinds"))

    def prepare(self, target: Target, request: Request, snapshot: Snapshot) -> Prepared:
        """Return what `request` would make; touches nothing outside."""
        from jpe_magics.adapters.templates import template_loader
        from jpe_magics.core.export import prepare

        load = template_loader(self.settings.get("templates_dir"))
        sessions = self.live.sessions() if self.live else {}
        return prepare(snapshot, request, target, load=load, version=__version__, sessions=sessions)

    def badges(self) -> tuple[Badge, ...]:
        """Return whether Airflow, Ilum and Gitea answer, within the probe's time limit in all."""
        from jpe_magics.adapters.probe import probe

        get = self.settings.get
        airflow = get("airflow_api_url") if get("airflow_enabled") else ""
        backends = {"ilum": get("ilum_api_url"), "airflow": airflow, "gitea": get("git_api_url")}
        return probe(backends, get("probe_timeout"))

    def _publish(self, target: Target, request: Request, snapshot: Snapshot, done: Export) -> Export:
        """Write, push and record; an intent is in the history before anything is made outside."""
        from jpe_magics.adapters.dags_folder import write_output
        from jpe_magics.adapters.drive import drive
        from jpe_magics.core.flow import Surroundings

        record = self._record(request, snapshot, done)
        notices: list[str] = []
        kept = _log(lambda: self.history.begin(record), notices, "this export is not in it")
        done = replace(done, record=record, recorded=kept)
        if done.error is not None or done.artifact is None:
            return replace(done, notices=tuple(notices))
        made: list[Published] = []
        folder = str(Path(snapshot.notebook.path).parent) if snapshot.notebook.path else ""
        around = Surroundings(self.settings.get, folder)
        try:
            if request.output:
                made += [write_output(request.output, file, request.replace) for file in done.artifact.files]
            drive(target.publish(done.artifact, request, around), made)
            error: JpeError | None = None
        except JpeError as failed:
            error = failed
        except KeyboardInterrupt:
            self._finish(done, made, "failed", "interrupted", notices)
            raise
        status, told = ("failed", str(error)) if error else ("exported", "")
        record = self._finish(done, made, status, told, notices)
        return replace(done, published=tuple(made), record=record, notices=tuple(notices), error=error)

    def _record(self, request: Request, snapshot: Snapshot, done: Export) -> Record:
        notebook, options = snapshot.notebook, request.options
        fields = report_fields(done.report)
        if done.error is not None:
            fields |= {"status": "refused", "error": str(done.error)}
        return self.history.new(
            **fields,
            user=_user(),
            notebook={"path": notebook.path, "name": notebook.name, "digest": notebook.digest},
            name=str(options.get("dag_id") or options.get("name") or notebook.name),
            files=[
                {"path": file.path, "sha256": digest, "text": file.text}
                for file, (_, digest) in zip(done.shown, done.report.files, strict=True)
            ],
            secrets_allowed=request.allow_secrets and _holds_secrets(done.report, request),
        )

    def _finish(self, done: Export, made: Sequence[Published], status: str, error: str, notices: list[str]) -> Record:
        """Return the record with what became of the export, and add that to the history where its beginning is."""
        record = done.record
        assert record is not None
        now = utc(self.history.clock())
        line = {"time": now, "status": status, "error": error, "published": [one.to_json() for one in made]}
        if done.recorded:
            _log(
                lambda: self.history.add(record.id, "result", **line),
                notices,
                "what became of this export is not in it",
            )
        return record.after(line)


def _given(option: Option, value: Any) -> Any:
    """Return a value of the Python API as a line would give it; raise `OptionError` for one of another kind.

    Texts and numbers are left to the target, which checks what stands on a line too.
    """
    match option.type, value:
        case "path", str() | PurePath():
            return str(value)
        case "list", str():
            return tuple(word.strip() for word in value.split(",") if word.strip())
        case "list", [*words] if all(isinstance(one, str) for one in words):
            return tuple(words)
        case "map", {} if all(isinstance(one, str) for one in value):
            return dict(value)
        case "flag", bool():
            return value
    if option.type in _WANTED and value is not None:
        raise OptionError(
            f"{option.name} must be {_WANTED[option.type]}, not {type(value).__name__}", where=option.name
        )
    return value


def _holds_secrets(report: Report, request: Request) -> bool:
    """Tell whether a secret was found, in a cell or in the options."""
    from jpe_magics.core.secrets import find_given_secrets

    return any(one.kind == "secret" for one in report.rejected) or bool(find_given_secrets(request))


def _log(write: Callable[[], Any], notices: list[str], otherwise: str) -> bool:
    """Write to the history; where it can't be written the export goes on, and `otherwise` is told. True if it was."""
    try:
        write()
    except HistoryError as error:
        notices.append(f"{error.message} ({error.where}): {otherwise}")
        return False
    return True


def _doubt(snapshot: Snapshot, request: Request) -> NotebookError | None:
    """Refuse to publish what may not be the notebook that the user sees, unless that was allowed."""
    if not snapshot.doubtful or request.allow_unsaved:
        return None
    return NotebookError(
        "what was read may not be the notebook that you see: " + "; ".join(snapshot.doubtful),
        code="JPE105",
        where=snapshot.text,
        hint="save the notebook and run this again, or say --allow-unsaved",
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return str(os.getuid()) if hasattr(os, "getuid") else ""
