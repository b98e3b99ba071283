"""The shell command `jpe`: the same options and the same session as the magics.

Exit codes: 0 done, 2 wrong options or settings, 3 refused, 4 publishing failed, 5 the followed run
failed, 130 interrupted.  Summaries go to standard output, errors to standard error.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from jpe_magics.errors import JpeError, OptionError, PublishError

if TYPE_CHECKING:
    from jpe_magics.core.options import Given
    from jpe_magics.core.summary import Document
    from jpe_magics.model.option import Option
    from jpe_magics.progress_text import ProgressListener
    from jpe_magics.results import Export

_USAGE = """usage: jpe COMMAND …

  jpe export NOTEBOOK TARGET [options]   export a notebook; all options: jpe export --help
  jpe targets                            where a pipeline can go, and what answers there
  jpe history [ID] [options]             what was exported; all options: jpe history --help
  jpe settings                           the settings that count here, and where they come from
  jpe livy [options]                     a Livy on this machine, to try exported pipelines out
  jpe --version"""

_EXPORT_USAGE = """usage: jpe export NOTEBOOK TARGET [options]

  jpe export etl.ipynb airflow --dag-id etl_daily --schedule @daily
  jpe export etl.ipynb airflow --dag-id etl_daily --preview --report -

Exit code: 0 exported, 2 wrong options, 3 refused, 4 publishing failed, 5 the followed run failed."""


_OTHER_REPORT = "name another place for the report (--report -: standard output)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: this process's); return the exit code."""
    if argv is None:
        _collect_rarely()
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError):  # a stand-in may have no encoding to be changed
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return _run(words)
    except JpeError as error:
        _print(str(error), sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        _print("interrupted", sys.stderr)
        return 130


def _collect_rarely() -> None:
    """Spare a process that ends soon the search for garbage: on the way, and in all that there is when it ends.

    An export of 1,000 cells makes some 300,000 objects, trees most of them, which are no garbage.
    """
    gc.set_threshold(500_000)
    atexit.register(gc.freeze)


def _run(words: Sequence[str]) -> int:
    command, rest = (words[0], words[1:]) if words else ("--help", ())
    if command in ("--help", "-h", "help"):
        _print(_USAGE)
    elif command in ("--version", "-V"):
        from jpe_magics.version import __version__

        _print(f"jpe {__version__}")
    elif command in _COMMANDS:
        return _COMMANDS[command](rest)
    else:
        raise OptionError(f"there is no command {command!r}", hint="the commands are " + ", ".join(_COMMANDS))
    return 0


def _export(words: Sequence[str]) -> int:
    if not words or "--help" in words or "-h" in words:
        _print(_export_help())
        return 0 if words else 2
    from jpe_magics.session import Session

    given, report = _read_export(words)
    try:
        with _progress() as progress:
            done = Session().run(given, progress.tell)
    except JpeError as error:
        if report and error.exit_code != OptionError.exit_code:
            _report(report, _failed(given, error), error)
        raise
    stream = sys.stderr if report == "-" else sys.stdout
    _print(done.text(), stream)
    if report:
        _report(report, _told(done), done.error)
    return _ended(done.error, stream)


def _read_export(words: Sequence[str]) -> tuple[Given, str]:
    """Return what is to be exported, and where its report goes ("" for nowhere)."""
    from jpe_magics.core.options import Given, parse
    from jpe_magics.targets import get_target

    if len(words) < 2 or words[0].startswith("-") or words[1].startswith("-"):
        raise OptionError(
            "a notebook and a target are needed, in this order, before any option",
            hint="for example jpe export etl.ipynb airflow --dag-id etl_daily",
        )
    notebook, target = words[0], words[1]
    own = (*get_target(target).options, _report_option())
    values = dict(parse(target, own, words[2:], help_at="jpe export --help").values)
    if "notebook" in values:
        raise OptionError("the notebook is named twice", where=f"--notebook {values['notebook']}", hint="leave it out")
    report = str(values.pop("report", "") or "")
    if report not in ("", "-"):
        _check_report(report, (notebook, str(values.get("output") or "")))
    return Given(target, {**values, "notebook": notebook}), report


def _check_report(place: str, others: Sequence[str]) -> None:
    """Refuse to write the report over the notebook, the artifact, any file that is no report, or nowhere."""
    import json
    from pathlib import Path

    from jpe_magics.adapters.files import check_place

    same, old, path = False, None, Path(place)
    try:
        path = path.expanduser()
        same = any(other and path.resolve() == Path(other).expanduser().resolve() for other in others)
        old = json.loads(path.read_bytes()) if path.is_file() and not same and path.stat().st_size else None
    except (OSError, RuntimeError, ValueError):
        old = "no JSON, or not to be read"
    if same or (old is not None and not (isinstance(old, dict) and {"target", "rejected", "status"} <= old.keys())):
        raise OptionError(
            "the report would overwrite a file that is no report",
            where=f"--report {place}",
            hint="name another file, or --report - for standard output",
        )
    try:
        check_place(path)  # before anything is done that could not be told afterwards
    except PublishError as error:
        raise OptionError(error.message, where=f"--report {place}", hint=_OTHER_REPORT) from error


def _export_help() -> str:
    from jpe_magics.answers import list_options
    from jpe_magics.core.options import COMMON

    common = [one for one in COMMON if one.name != "notebook"]
    return f"{_EXPORT_USAGE}\n\n{list_options([*common, _report_option()])}"


def _report_option() -> Option:
    from jpe_magics.model.option import Option

    told = "write the report as JSON, also of a refused export (- for standard output)"
    return Option("report", "path", told, metavar="FILE")


def _ended(error: JpeError | None, told: IO[str]) -> int:
    """Return the exit code; say the error on standard error, where what has `told` it already is not the same place."""
    if error is None:
        return 0
    if not _same_place(told, sys.stderr):
        _print(str(error), sys.stderr)
    return error.exit_code


def _same_place(one: IO[str], other: IO[str]) -> bool:
    """Tell whether two streams end in the same terminal or file."""
    if one is other:
        return True
    try:
        return os.path.sameopenfile(one.fileno(), other.fileno())
    except (AttributeError, OSError, ValueError):  # a stand-in may have no file
        return False


def _told(done: Export) -> dict[str, Any]:
    """Return the report with what became of the artifact: what was made, the record's id and state."""
    told = done.report.to_json()
    told["published"] = [one.to_json() for one in done.published]
    told["record"] = done.record_id or None
    told["state"] = done.record.status if done.record else None
    if done.error is not None and not done.report.error:
        told |= {"error": str(done.error), "error_code": done.error.code}
    return told


def _failed(given: Given, error: JpeError) -> dict[str, Any]:
    """Return the report of an export that ended before there was one."""
    from jpe_magics.model.report import Report

    source = str(given.values["notebook"])
    report = Report(given.target, source, status=422, error=str(error), error_code=error.code).to_json()
    return {**report, "published": [], "record": None, "state": None}


def _report(place: str, report: Mapping[str, Any], stopped: JpeError | None) -> None:
    """Write the report; that it can't be written is told, and is the error where no other `stopped` the export."""
    import json

    text = json.dumps(report, indent=2, ensure_ascii=False, default=str)
    if place == "-":
        _print(text)
        return
    from jpe_magics.adapters.files import write_atomic

    try:
        write_atomic(place, text + "\n")
    except PublishError as error:
        error.hint = _OTHER_REPORT
        if stopped is None:
            error.hint = f"the export itself was done; {_OTHER_REPORT}"
            raise
        _print(str(error), sys.stderr)


def _history(words: Sequence[str]) -> int:
    from jpe_magics.answers import HISTORY_OPTIONS, ask_history
    from jpe_magics.core.options import option_lines
    from jpe_magics.session import Session

    if "--help" in words or "-h" in words:
        _print("usage: jpe history [ID] [options]\n\n" + option_lines(HISTORY_OPTIONS))
        return 0
    with _progress() as progress:
        answer = ask_history(Session(), words, command="jpe history", tell=progress.tell)
    _print(answer.text or _wide(answer.document))
    return _ended(answer.error, sys.stderr if answer.text else sys.stdout)


def _targets(words: Sequence[str]) -> int:
    from jpe_magics.answers import find_targets
    from jpe_magics.session import Session

    _no_more(words)
    _print(_wide(find_targets(Session(), "jpe").document))
    return 0


def _settings(words: Sequence[str]) -> int:
    from jpe_magics.answers import list_settings
    from jpe_magics.session import Session

    _no_more(words)
    _print(_wide(list_settings(Session())))
    return 0


def _livy(words: Sequence[str]) -> int:
    from jpe_magics.local.command import main as livy

    return livy(words)


def _progress() -> ProgressListener:
    """Return who writes to standard error how far long work is."""
    from jpe_magics.progress_text import TextProgress

    return TextProgress(lambda line: print(line, file=sys.stderr, flush=True))


def _wide(document: Document) -> str:
    """Return a document as text for the width of the terminal, of 160 columns where there is none."""
    from shutil import get_terminal_size

    from jpe_magics.core.summary import to_text

    return to_text(document, max(100, get_terminal_size((160, 24)).columns))


def _no_more(words: Sequence[str]) -> None:
    if words:
        raise OptionError(f"the word {words[0]!r} is not expected here", hint="jpe --help lists the commands")


_COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "export": _export,
    "targets": _targets,
    "history": _history,
    "settings": _settings,
    "livy": _livy,
}


def _print(text: str, stream: IO[str] | None = None) -> None:
    """Print a line; a reader that has gone away (`jpe history | head`) is no error of ours.

    Raises `PublishError` JPE501 where the stream can't be written, as on a full disk.
    """
    stream = sys.stdout if stream is None else stream
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        # or Python would stumble over what is left in the buffer when it ends
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except OSError as error:
        if stream is sys.stderr:
            return  # there is nobody left to tell
        raise _untellable(error) from error


def _untellable(error: OSError) -> PublishError:
    """Return the error for a standard output that takes nothing, and have it drop what it still holds."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return PublishError(
        f"what came of it could not be written: {(error.strerror or type(error).__name__).lower()}",
        code="JPE501",
        where="standard output",
        hint="what was asked for is done; jpe history tells what was exported",
    )
