"""`jpe livy`: start the server, say where it is, end it."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from jpe_magics.errors import OptionError, SettingsError
from jpe_magics.local.guard import USER
from jpe_magics.local.options import LivyOptions
from jpe_magics.local.server import HOST, serving

PASSWORD_VARIABLE = "JPE_LIVY_PASSWORD"  # noqa: S105 - a variable's name
DEFAULT_PORT = 8998
_FOR_TRYING_OUT = "For trying out and tests only: whoever has the password can run code as you."
_NO_PASSWORD = "For trying out and tests only: every program and user of this machine can run code as you."  # noqa: S105


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP; return the exit code.

    The first line on standard output is `Livy is listening on URL  user jpe  password …`, with `no password`
    or `password as set` where there is none to show.  All else goes to standard error.
    """
    arguments = _parser().parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        _serve(arguments)
    except (OptionError, SettingsError) as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jpe livy",
        allow_abbrev=False,  # "--password SECRET" must be an error, not --password-file
        description="Serve the Livy protocol on 127.0.0.1 over real PySpark processes. " + _FOR_TRYING_OUT,
        epilog=f"The password is random, or comes from --password-file or {PASSWORD_VARIABLE}. Tables are kept "
        "in the work folder for later sessions; of sessions that live side by side only the first has that catalog. "
        "A batch's file, and jars, pyFiles, files and archives, may be any that lie under the folder in which jpe livy "
        "was started or under a --files folder, given as an absolute path or as a file: or local: URL; other files "
        "of this machine are refused, as by a Livy without them on its whitelist. A batch is a Python file.",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one (default %(default)s)")
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has pyspark (default: this one)")
    parser.add_argument("--work-dir", type=Path, help="where tables are kept (default: a folder removed at the end)")
    parser.add_argument("--conf", action="append", default=[], metavar="K=V", help="a Spark property of all sessions")
    parser.add_argument(
        "--files", action="append", default=[], type=Path, metavar="DIR", help="files under DIR may be named, too"
    )
    _add_limits(parser)
    password = parser.add_mutually_exclusive_group()
    password.add_argument("--password-file", type=Path, help="a file whose first line is the password")
    password.add_argument("--no-auth", action="store_true", help="no password: anybody on this machine can run code")
    return parser


def _add_limits(parser: argparse.ArgumentParser) -> None:
    for names, metavar, default, help_text in (
        (("--session-timeout", "--idle-timeout"), "SECONDS", 3600, "a session without activity ends"),
        (("--keep",), "SECONDS", 600, "what has ended can be asked for so long"),
        (("--max-sessions",), "N", 8, "sessions and batches at the same time"),
    ):
        text = f"{help_text} (default %(default)s)"
        parser.add_argument(*names, type=_positive, default=default, metavar=metavar, help=text)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _serve(arguments: argparse.Namespace) -> None:
    if os.name != "posix":
        raise SettingsError("jpe livy needs Linux or macOS", code="JPE705", hint="use the Windows Subsystem for Linux")
    conf = dict(_property(text) for text in arguments.conf)
    password, shown = _password(arguments)
    _check_spark(arguments.python)
    with _work_dir(arguments.work_dir) as work_dir:
        options = LivyOptions(
            python=arguments.python,
            work_dir=work_dir,
            conf=conf,
            files=_folders(arguments.files),
            idle_timeout=arguments.session_timeout,
            kept_after_end=arguments.keep,
            max_sessions=arguments.max_sessions,
        )
        # Before anything is started: a signal may come at any time from here on.
        asked_to_end = _signals()
        with contextlib.ExitStack() as stack:
            try:
                port = stack.enter_context(serving(options, port=arguments.port, password=password))
            except (OSError, OverflowError) as error:
                raise OptionError(
                    f"port {arguments.port} on {HOST} can't be used: {error}",
                    code="JPE703",
                    hint="choose another one with --port, or --port 0 for a free one",
                ) from error
            print(f"Livy is listening on http://{HOST}:{port}  {shown}", flush=True)
            print(_NO_PASSWORD if password is None else _FOR_TRYING_OUT, file=sys.stderr, flush=True)
            asked_to_end.wait()
            print("jpe livy: ending all sessions", file=sys.stderr, flush=True)


def _signals() -> threading.Event:
    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: asked_to_end.set())
    return asked_to_end


def _property(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise OptionError(f"{text!r} is no property", where="--conf", hint="write --conf spark.some.name=value")
    return key.strip(), value


def _folders(given: Sequence[Path]) -> list[Path]:
    """Return the folders whose files requests may name."""
    for folder in given:
        if not folder.expanduser().is_dir():
            raise OptionError(f"{folder} is no folder", where="--files", hint="name a folder that is there")
    return [Path.cwd(), *(folder.expanduser() for folder in given)]


def _password(arguments: argparse.Namespace) -> tuple[str | None, str]:
    """Return the password (None: none) and what the first line says of it; one that was set is not shown."""
    if arguments.no_auth:
        return None, "no password"
    if arguments.password_file is not None:
        try:
            text = arguments.password_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise OptionError(f"the password file can't be read: {error}", code="JPE704") from error
        password = text.partition("\n")[0].strip()
        if not password:
            raise OptionError("the password file's first line is empty", code="JPE704")
        return password, f"user {USER}  password as set"
    if os.environ.get(PASSWORD_VARIABLE):
        return os.environ[PASSWORD_VARIABLE], f"user {USER}  password as set"
    password = secrets.token_urlsafe(24)
    return password, f"user {USER}  password {password}"


def _check_spark(python: str) -> None:
    """Say clearly, before a session is asked for, what is missing."""
    probe = [python, "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('pyspark') is None)"]
    try:
        found = subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError as error:
        raise OptionError(f"{python} can't be run: {error.strerror}", code="JPE701", where="--python") from error
    if not found:
        raise SettingsError(
            "PySpark is not installed in the interpreter that sessions would run with",
            code="JPE701",
            where=python,
            hint="pip install 'pyspark>=3.5' into it, or name an interpreter that has it with --python",
        )
    java_home = os.environ.get("JAVA_HOME")
    if shutil.which(str(Path(java_home, "bin", "java")) if java_home else "java") is None:
        raise SettingsError(
            "no Java was found, and Spark needs it",
            code="JPE702",
            where="JAVA_HOME" if java_home else "PATH",
            hint="install a Java 17 runtime, or let JAVA_HOME name one",
        )


@contextlib.contextmanager
def _work_dir(given: Path | None) -> Iterator[Path]:
    if given is None:
        with tempfile.TemporaryDirectory(prefix="jpe-livy-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
        return
    try:
        kept = given.expanduser().resolve()
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Sessions of an earlier server that was killed.
        shutil.rmtree(kept / "sessions", ignore_errors=True)
        # Spark and Derby let every user of the machine read what they make: here it lies behind closed doors.
        for name in ("sessions", "metastore", "warehouse"):
            (kept / name).mkdir(exist_ok=True)
            (kept / name).chmod(0o700)
    except (OSError, RuntimeError) as error:  # a RuntimeError: there is no such user (~name)
        raise OptionError(f"the work folder can't be made: {error}", code="JPE706", where="--work-dir") from error
    yield kept
