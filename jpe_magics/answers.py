"""What the magics and the shell command answer alike: the history, the targets, the settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from jpe_magics.core.options import option_lines, parse_words
from jpe_magics.core.summary.document import Code, Document, Mono, Note, Table
from jpe_magics.core.summary.export import lines, rejection_tables
from jpe_magics.core.summary.targets import TargetRow
from jpe_magics.errors import HistoryError, JpeError, OptionError
from jpe_magics.model.badge import Badge
from jpe_magics.model.option import Option
from jpe_magics.model.record import Record, Row
from jpe_magics.results import Export, Submission
from jpe_magics.session import Session, Tell

#: Options that tell a server to do something, or ask it.
_ACTIONS = ("run", "stop", "status")
_OF_A_RECORD = ("code", "rejections", "diff", *_ACTIONS)
_OF_THE_LIST = ("search", "target", "limit")

HISTORY_OPTIONS: tuple[Option, ...] = (
    Option("code", "flag", "only the generated code", default=False),
    Option("rejections", "flag", "only what was taken out, and why", default=False),
    Option("diff", "str", "what changed in the code from ID to ID2", metavar="ID2"),
    Option("json", "flag", "all that is known, as JSON", default=False),
    Option("search", "str", "records in whose row every one of these words stands", metavar="WORDS"),
    Option("target", "str", "records of this target", metavar="NAME", example="airflow"),
    Option("limit", "int", "how many records, newest first", default=50, metavar="N"),
    Option("run", "flag", "run it again", default=False),
    Option("run_param", "map", "a parameter for that run only (repeatable)", metavar="NAME=VALUE"),
    Option("wait", "flag", "follow the run to its end", default=False),
    Option("stop", "flag", "stop its run or service", default=False),
    Option("status", "flag", "ask the servers for the state of now", default=False),
)

#: Settings that hold the address of a backend, and the name on its badge.
_BACKENDS = {"airflow_api_url": "airflow", "git_api_url": "gitea", "ilum_api_url": "ilum"}


@dataclass(frozen=True)
class Answer:
    """What was found in the history, or done with a record of it.

    `value` is for scripts: one record, the rows of the list, or what was done.  `document` is for people.
    `text` is what a pipe wants instead (JSON, or the code alone), "" where that is the document's text.
    `verbatim` tells that people want nothing else either.
    """

    value: Record | tuple[Row, ...] | Submission
    document: Document
    text: str = ""
    verbatim: bool = False

    @property
    def error(self) -> JpeError | None:
        """What stopped an action, None where nothing did."""
        return self.value.error if isinstance(self.value, Submission) else None


def ask_history(
    session: Session, words: Sequence[str], command: str = "%jpe_history", tell: Tell | None = None
) -> Answer:
    """Return what the words of `%jpe_history` or `jpe history` ask for; do it first, where that is an action.

    `tell` hears how far an action is.  Raises `OptionError` for words that make no sense, and `HistoryError`
    where a record is not there or the history can't be read; an action's own failure is in its value.
    """
    help_at = f"{command}?" if command.startswith("%") else f"{command} --help"
    given, free = parse_words(command, HISTORY_OPTIONS, words, most=1, help_at=help_at)
    asked = {name: value for name, value in given.items() if value is not None and value is not False}
    _reject_strays(asked, command, of_a_record=bool(free))
    if not free:
        return _list(session, asked, command)
    if action := next((name for name in _ACTIONS if name in asked), ""):
        return _act(session, action, free[0], asked, tell)
    record = session.history.get(free[0])
    if "diff" in asked:
        return _diff(record, session.history.get(asked["diff"]))
    return _one(record, asked)


def _reject_strays(asked: dict[str, Any], command: str, *, of_a_record: bool) -> None:
    """Raise `OptionError` for an option that belongs to the other form of the command, or to no other option."""
    for name in _OF_THE_LIST if of_a_record else _OF_A_RECORD:
        if name in asked and of_a_record:
            raise OptionError(f"{_flag(name)} is for the list of records", where=_flag(name), hint="leave out the id")
        if name in asked:
            hint = f"{command} ID {_flag(name)}"
            raise OptionError(f"{_flag(name)} needs a record's id", where=_flag(name), hint=hint)
    for name in ("run_param", "wait"):
        if name in asked and "run" not in asked:
            raise OptionError(f"{_flag(name)} belongs to --run", where=_flag(name), hint=f"{command} ID --run")
    alone = [name for name in (*_OF_A_RECORD, "json") if name in asked]
    if len(alone) > 1 and not (alone[0] in _ACTIONS and alone[1:] == ["json"]):
        raise OptionError(f"{_flag(alone[0])} and {_flag(alone[1])} can't be asked for at once", hint="choose one")


def _act(session: Session, action: str, record: str, asked: dict[str, Any], tell: Tell | None) -> Answer:
    from jpe_magics.core.summary import submission_view

    values, wait = asked.get("run_param"), bool(asked.get("wait"))
    done = session.act(action, record, values, wait=wait, tell=tell)
    text = _json(done.record.to_json()) if "json" in asked else ""
    return Answer(done, submission_view(done), text, verbatim=bool(text))


def _list(session: Session, asked: dict[str, Any], command: str) -> Answer:
    from jpe_magics.core.summary import history_view

    limit = asked.get("limit", 50)
    if limit < 1:
        raise OptionError(f"--limit must be 1 or more, not {limit}", where="--limit", hint="for example --limit 5")
    history = session.history
    rows = tuple(history.newest(limit, asked.get("search", ""), asked.get("target", "")))
    text = _json([asdict(row) for row in rows]) if "json" in asked else ""
    return Answer(rows, history_view(rows, history.skipped(), command), text, verbatim=bool(text))


def _one(record: Record, asked: dict[str, Any]) -> Answer:
    from jpe_magics.core.summary import record_view

    if "json" in asked:
        return Answer(record, record_view(record), _json(record.to_json()), verbatim=True)
    if "code" in asked:
        return Answer(record, _code(record), code_of(record))
    if "rejections" in asked:
        return Answer(record, _rejections(record))
    return Answer(record, record_view(record))


def _code(record: Record) -> Document:
    files = tuple(Code(str(one.get("path", "")), str(one.get("text", "")), open=True) for one in record.files)
    return Document(f"Code of {record.id}", files or (Note("info", "No code was made."),))


def code_of(record: Record) -> str:
    """Return the text of all files of a record, one after the other."""
    return "\n".join(str(one.get("text", "")) for one in record.files)


def _rejections(record: Record) -> Document:
    rows = tuple(
        (
            f"cell {one.get('number') or '-'}",
            lines(_number(one.get("line")), _number(one.get("end_line"))),
            str(one.get("kind", "")),
            Mono(str(one.get("text", ""))),
            str(one.get("reason", "")),
        )
        for one in record.rejections
    )
    title = f"What {record.id} left out"
    lost = any(one.get("code") == "JPE330" for one in record.warnings)
    return Document(title, tuple(rejection_tables(rows, left_in=record.secrets_allowed, lost=lost)))


def _number(value: object) -> int:
    """Return a line's number; a record may come from a foreign hand."""
    return value if isinstance(value, int) else 0


def _diff(old: Record, new: Record) -> Answer:
    from jpe_magics.core.summary import diff_view

    return Answer(new, diff_view(code_of(old), code_of(new), old.id, new.id))


def last_before(session: Session, done: Export) -> Record | None:
    """Return the newest other record of this pipeline that published something.

    None where there is none, or where the history can't be read: a comparison is no reason to fail.
    """
    name = str(done.report.options.get("dag_id") or done.report.options.get("name") or "")
    if done.record is not None:
        name = done.record.name
    elif not name and done.shown:
        name = done.shown[0].path.removesuffix(".py")
    try:
        return session.history.last_for(done.report.target, name, done.record.id if done.record else "")
    except HistoryError:
        return None


@dataclass(frozen=True)
class Targets:
    """The targets with their badges, and the operating mode ("Standalone", "Connected", "Ilum bundled")."""

    rows: tuple[TargetRow, ...]
    mode: str

    #: What asked in a shell ("jpe"), "" for the magic.
    command: str = ""

    @property
    def document(self) -> Document:
        """What people are shown."""
        from jpe_magics.core.summary import targets_view

        return targets_view(self.rows, (f"Operating mode: {self.mode}",), self.command)


def find_targets(session: Session, command: str = "") -> Targets:
    """Return where a pipeline can go and what answers; takes up to the probe's limit of time."""
    badges = tuple(set_up(session, badge) for badge in session.badges())
    return Targets(target_rows(badges), mode_of(session, badges), command)


def mode_of(session: Session, badges: Sequence[Badge]) -> str:
    """Return the operating mode that these badges show."""
    from jpe_magics.adapters.probe import operating_mode

    return operating_mode(tuple(badges), session.settings)


def unasked(session: Session) -> tuple[Badge, ...]:
    """Return the badges as they are before any backend was asked; raises `SettingsError` for a wrong address."""
    return tuple(
        Badge(name, "unknown", url, f"{url}: being asked") if url else Badge(name, "off", "", "switched off")
        for name, url in session.backends().items()
    )


def set_up(session: Session, badge: Badge) -> Badge:
    """Return a backend's badge; one of an address that nobody set, where nobody answers, says what sets it ("unset").

    The defaults are the addresses of one Kubernetes installation: elsewhere it is no fault that nobody answers there.
    """
    name = next((setting for setting, backend in _BACKENDS.items() if backend == badge.backend), "")
    if badge.state != "down" or not name or session.settings.is_set(name):
        return badge
    from jpe_magics.adapters.declared import DECLARED

    hint = f"its address is not set up: set {DECLARED[name].env}, or the setting {name}"
    provider = session.settings.get("git_provider")
    if badge.backend == "gitea" and provider in ("local", "git"):
        hint = f"none is needed: git_provider is {provider}"
    return replace(badge, state="unset", tried="; ".join(filter(None, (badge.tried, hint))), hint=hint)


def target_rows(badges: Sequence[Badge]) -> tuple[TargetRow, ...]:
    """Return where a pipeline can go, each target with those of the badges that are its own."""
    from jpe_magics.targets import targets

    by_backend = {badge.backend: badge for badge in badges}
    return tuple(
        TargetRow(
            one.name,
            one.title,
            one.description,
            one.available,
            tuple(by_backend[name] for probe in one.probes if (name := _BACKENDS.get(probe, probe)) in by_backend),
            getattr(one, "fault", ""),
            tuple(f"{option.flag} {option.metavar or 'NAME'}" for option in one.options if option.required),
        )
        for one in targets().values()
    )


def list_options(common: Sequence[Option], target: str = "") -> str:
    """Return the help text for the options of every usable target (of one, where `target` is one)."""
    from jpe_magics.targets import targets

    usable = {name: one for name, one in targets().items() if one.available}
    parts = []
    for name, one in usable.items():
        if name == target or target not in usable:
            own = option_lines(one.options) if one.options else "  no options of its own"
            parts.append(f"{name}: {one.description}\n{own}")
    return "\n\n".join([*parts, f"Options of every target\n{option_lines(common)}"])


def list_settings(session: Session) -> Document:
    """Return the settings with the origin of each value; secrets are masked."""
    rows = tuple((Mono(one.name), one.value, one.origin, one.env or "-") for one in session.settings.table())
    names = ("Setting", "Value", "From", "Environment")
    told = "Highest first: option, environment, settings, default"
    searched = ", ".join(session.settings.folders())
    note = f"ipython_config.py counts in kernels only, and not here.  jpe_config.json and jpe_config.py: {searched}"
    return Document("Settings", (Table(told, names, rows, whole=("Setting", "From")), Note("info", note)))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
