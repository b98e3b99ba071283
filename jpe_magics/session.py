"""The composition root, and the Python API: everything that the magics, the panel and the command do.

>>> from jpe_magics import Session
>>> export = Session().export("airflow", notebook="etl.ipynb", dag_id="etl_daily")  # doctest: +SKIP
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from jpe_magics.errors import NotebookError, OptionError
from jpe_magics.model.option import Request
from jpe_magics.model.progress import Progress
from jpe_magics.model.record import Record, report_fields
from jpe_magics.model.report import Report
from jpe_magics.results import Export, Submission
from jpe_magics.version import __version__

if TYPE_CHECKING:
    from threading import Event

    from jpe_magics.adapters.declared import JpeMagics
    from jpe_magics.adapters.errand import Errand
    from jpe_magics.adapters.history import History
    from jpe_magics.adapters.live import LiveNotebook
    from jpe_magics.adapters.settings import Settings
    from jpe_magics.core.export import Prepared
    from jpe_magics.core.flow import Surroundings
    from jpe_magics.core.options import Given
    from jpe_magics.core.target import Target
    from jpe_magics.model.badge import Badge
    from jpe_magics.model.notebook import Snapshot
    from jpe_magics.model.option import Option

#: Who hears how far the work is.
Tell = Callable[[Progress], None]

#: What the values of an option of that type are in Python.
_WANTED = {"path": "a path", "list": "a list of texts", "map": "a dict", "flag": "True or False"}


def _untold(progress: Progress) -> None:
    """Nobody wants to know."""


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

    def run(
        self,
        given: Given,
        tell: Tell | None = None,
        stop: Event | None = None,
        *,
        snapshot: Snapshot | None = None,
    ) -> Export:
        """Export as asked; `tell` hears how far it is, and whoever sets `stop` ends it at its next wait.

        `snapshot` is the notebook where it was read already.

        A refusal, a failure while publishing, a run that failed and an interruption are in the result; wrong
        options, a notebook that can't be found or read, and a broken template are raised.
        """
        from jpe_magics.adapters.collector import collector_waiting
        from jpe_magics.core.parameters import read_values
        from jpe_magics.targets import get_target

        target = get_target(given.target)
        with collector_waiting():
            snapshot = snapshot or self.snapshot(given.values.get("notebook") or "")
            request = self.request(target, given, snapshot)
            prepared = self.prepare(target, request, snapshot)
        if prepared.pipeline is not None:
            types = {one.name: one.type for one in prepared.pipeline.parameters}
            request = replace(request, run_parameters=read_values(types, request.run_parameters))
        done = Export(prepared.report, prepared.artifact, prepared.shown, preview=request.preview, error=prepared.error)
        requests = self._requests(target, request, prepared)
        if request.preview:
            return replace(done, requests=requests)
        if done.error is None:
            done = replace(done, error=_doubt(snapshot, request))
        from jpe_magics.adapters.history.journal import Journal
        from jpe_magics.adapters.history.owners import made_by_others

        record = self._record(request, snapshot, prepared, done)
        if done.error is not None or done.artifact is None:
            journal = Journal.begin(self.history, record, tell or _untold)
        else:
            # first all that may turn out to be wrong, so that no record begins which nothing ends
            errand = self._errand(prepared.redact, stop)
            others = made_by_others(self.history, record)
            flow = target.publish(done.artifact, request, self._around(record.id, record.notebook, others))
            journal = Journal.begin(self.history, record, tell or _untold)
            done = replace(done, error=errand.publish(flow, done.artifact, request, journal, others))
        return replace(done, record=journal.record, recorded=journal.kept, **journal.told())

    def act(
        self,
        action: str,
        record: str,
        values: Mapping[str, str] | None = None,
        *,
        wait: bool = False,
        tell: Tell | None = None,
        stop: Event | None = None,
    ) -> Submission:
        """Run what a record published once more ("run"), stop its run ("stop"), or ask for its state ("status").

        `record` is an id, or the beginning of one; `values` are parameters for the new run, as text.  What
        goes wrong with a server is in the result; what can't be asked for at all is raised.
        """
        from jpe_magics.core.parameters import read_values
        from jpe_magics.core.secrets import Redactor, find_run_secrets
        from jpe_magics.targets import get_target

        found = self.history.get(record)
        target = get_target(found.target)
        around = self._around(self.history.fresh_id(), found.notebook)
        given = tuple((values or {}).items())
        if action == "run":
            types = {str(one.get("name")): str(one.get("type")) for one in found.parameters}
            flow = target.again(found, dict(read_values(types, given)), wait, around)
        else:
            flow = target.stop(found, around) if action == "stop" else target.status(found, around)
        from jpe_magics.adapters.history.journal import Journal

        journal = Journal(self.history, found, tell or _untold)
        error = self._errand(Redactor(find_run_secrets(given)), stop).act(flow, action, journal)
        return Submission(action, journal.record, error=error, **journal.told())

    def snapshot(self, path: str = "", *, exporting: bool = True) -> Snapshot:
        """Return the notebook as it is now: the one at `path`, else the live one.

        `exporting` tells that the cell which runs at the moment is the one that exports, and no other of the user's.
        """
        configured = self.settings.get("notebook_path")
        if self.live is not None:
            now = datetime.now(timezone.utc)
            return self.live.snapshot(path, configured=configured, now=now, exporting=exporting)
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
        from jpe_magics.core.options import request

        for name in ("wait", "run_param"):
            if given.values.get(name) and "run" not in target.actions:
                flag = f"--{name.replace('_', '-')}"
                hint = "leave it out: the file is written, and run by whoever finds it there"
                raise OptionError(f"{flag} means nothing for the target {target.name}", where=flag, hint=hint)
        options = self._complete(target.options, given.values, snapshot)
        asked = request(given, target.check(options), self.settings.get("enabled_cell_kinds"))
        if asked.output:
            from jpe_magics.adapters.dags_folder import check_output

            check_output(asked.output, snapshot.notebook.path or "")
        return asked

    def counting(self, target: Target, snapshot: Snapshot | None) -> dict[str, Any]:
        """Return what counts for each option where the line says nothing, unchecked; None where nothing does."""
        from jpe_magics.core.options import COMMON

        own = [replace(option, required=False) for option in target.options]
        common = {one.name: self.settings.get(one.setting) if one.setting else one.default for one in COMMON}
        return {**common, **self._complete(own, {}, snapshot)}

    def _complete(self, own: Sequence[Option], given: Mapping[str, Any], snapshot: Snapshot | None) -> dict[str, Any]:
        from jpe_magics.core.options import complete

        presets = snapshot.notebook.metadata.get("jpe") if snapshot is not None else None
        return complete(
            own,
            given,
            presets=presets if isinstance(presets, Mapping) else {},
            setting=self.settings.get,
            from_environment=lambda name: self.settings.origin(name).startswith("environment"),
        )

    def prepare(self, target: Target, request: Request, snapshot: Snapshot) -> Prepared:
        """Return what `request` would make; touches nothing outside."""
        from jpe_magics.adapters.collector import collector_waiting
        from jpe_magics.adapters.templates import template_loader
        from jpe_magics.core.export import prepare

        load = template_loader(self.settings.get("templates_dir"))
        sessions = self.live.sessions() if self.live else {}
        setting = self.settings.get
        with collector_waiting():
            return prepare(
                snapshot, request, target, load=load, version=__version__, sessions=sessions, setting=setting
            )

    def backends(self) -> dict[str, str]:
        """Return the addresses of Ilum, Airflow and Gitea, "" for one that is switched off."""
        get = self.settings.get
        airflow = get("airflow_api_url") if get("airflow_enabled") else ""
        return {"ilum": get("ilum_api_url"), "airflow": airflow, "gitea": get("git_api_url")}

    def badges(self, tell: Callable[[Badge], None] | None = None) -> tuple[Badge, ...]:
        """Return whether Airflow, Ilum and Gitea answer and take our login, within the probe's time limit in all.

        `tell` hears each badge as soon as it is known.
        """
        from jpe_magics.adapters.probe import probe

        get = self.settings.get
        limit, bundle = get("probe_timeout"), get("ca_bundle")
        return probe(self.backends(), limit, ca_bundle=bundle, tell=tell, settings=self.settings, user=_user())

    def _requests(self, target: Target, request: Request, prepared: Prepared) -> tuple[str, ...]:
        """Return what publishing will send, masked; what can't be sent raises `OptionError` before anything is."""
        if prepared.artifact is None:
            return ()
        planned = target.plan(prepared.artifact, request, self._around("", {}))
        return tuple(prepared.redact(one.text(self.settings.get(target.probes[0]))) for one in planned)

    def _errand(self, redact: Callable[[str], str], stop: Event | None) -> Errand:
        from threading import Event

        from jpe_magics.adapters.errand import Errand
        from jpe_magics.core.secrets import Redactor

        known = Redactor(secrets=self.settings.confidential())
        return Errand(self.settings, lambda text: known(redact(text)), stop or Event(), _user())

    def _around(
        self, submission: str, notebook: Mapping[str, Any], others: Mapping[str, str] | None = None
    ) -> Surroundings:
        from jpe_magics.core.flow import Surroundings

        path = str(notebook.get("path") or "")
        return Surroundings(
            setting=self.settings.get,
            is_set=self.settings.is_set,
            notebook_folder=str(Path(path).parent) if path else "",
            notebook=str(notebook.get("name") or ""),
            user=_user(),
            id=submission,
            others=others or {},
        )

    def _record(self, request: Request, snapshot: Snapshot, prepared: Prepared, done: Export) -> Record:
        notebook, options = snapshot.notebook, request.options
        fields = report_fields(done.report)
        if done.error is not None:
            fields |= {"status": "refused", "error": str(done.error)}
        return self.history.new(
            **fields,
            user=_user(),
            notebook={"path": notebook.path, "name": notebook.name, "digest": notebook.digest, "folder": _folder()},
            name=str(options.get("dag_id") or options.get("name") or notebook.name),
            files=[
                {"path": file.path, "sha256": digest, "text": file.text}
                for file, (_, digest) in zip(done.shown, done.report.files, strict=True)
            ],
            rerun=_rerun(prepared),
            secrets_allowed=request.allow_secrets and _holds_secrets(done.report, request),
        )


def _rerun(prepared: Prepared) -> dict[str, Any] | None:
    """Return what it takes beside the files and options to run the artifact again, masked; None where nothing does."""
    from jpe_magics.core.report import Mask

    conf = prepared.artifact.session_conf if prepared.artifact else {}
    return {"session_conf": Mask(prepared.redact).value(dict(conf))} if conf else None


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


def _folder() -> str:
    """Return the folder from which paths count, "" where it is gone."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _user() -> str:
    if hub := os.environ.get("JUPYTERHUB_USER"):  # the system's user is the same for everybody on many hubs
        return hub
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return str(os.getuid()) if hasattr(os, "getuid") else ""
