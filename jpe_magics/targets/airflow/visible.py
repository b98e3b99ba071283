"""Waits until Airflow shows a DAG as it was published: this very content, and nothing older."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from jpe_magics.core.flow import Tell, Wait
from jpe_magics.core.flow.dags import Kept
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.artifact import File
from jpe_magics.model.progress import Progress
from jpe_magics.targets.airflow.api import Api, Steps
from jpe_magics.targets.airflow.resources import Dag, ImportFailure

#: Seconds between two looks; grows from the one to the other.
FIRST_LOOK, LAST_LOOK = 0.3, 2.0
#: Seconds until Airflow is made to look again: a side-car or a hook may bring the file late.
AGAIN = 10.0
_MOST_BUNDLES = 5
#: No answer, and a server's error: Airflow, or what stands before it, may be started anew just now.
_PASSING = ("JPE504", "JPE508")
_TRACE_LINES = 30


@dataclass(frozen=True)
class Seen:
    """What Airflow shows of a DAG at one moment: the DAG (None: it knows none), its file's text, the tasks of a
    run (None where they were not looked at or can't be), and why the file can't be imported."""

    dag: Dag | None
    text: str | None = None
    tasks: frozenset[str] | None = None
    failures: tuple[ImportFailure, ...] = ()


@dataclass(frozen=True)
class Before:
    """What Airflow showed before anything was published; `tokens` make it look at the DAG's bundle again."""

    seen: Seen
    tokens: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether Airflow knew the DAG, be it as one whose file is gone: then somebody may have paused it."""
        return self.seen.dag is not None


def look(api: Api, dag_id: str, file: File) -> Steps[Seen]:
    """Return what Airflow shows of the DAG now; of its tasks only where its text is that of `file`."""
    dag = yield from api.dag(dag_id)
    shown = None if dag is None else (yield from api.source(dag))
    same = dag is not None and _is_same(shown, file.text) and task_ids(file.text) is not None
    tasks = (yield from api.task_ids(dag_id)) if same else None
    return Seen(dag, shown, tasks, (yield from api.import_failures(file.path)))


def remember(api: Api, dag_id: str, file: File) -> Steps[Before]:
    """Return what Airflow shows before the push.  This is the first request that needs a login."""
    seen = yield from look(api, dag_id, file)
    if seen.dag is not None and seen.dag.token:
        return Before(seen, (seen.dag.token,))
    bundles: dict[str, str] = {}
    if api.one_shows_all:
        for dag in (yield from api.dags()):
            if dag.token:
                bundles.setdefault(dag.bundle, dag.token)
    return Before(seen, tuple(bundles.values())[:_MOST_BUNDLES])


def what_is_missing(seen: Seen, file: File, commit: str = "") -> str:
    """Say why what was seen is not yet the DAG of `file`; "" where it is.

    The text decides, or where Airflow does not show it, the commit that its bundle stands at.  Airflow
    writes a DAG's tasks at most every half minute (`min_serialized_dag_update_interval`), its text at each
    look: a run started between would have the old tasks.
    """
    dag = seen.dag
    if dag is None:
        return "Airflow does not know the DAG yet (404)"
    if dag.broken:
        return "Airflow shows an import error of the DAG's file, as it did before"
    if dag.stale:
        return "Airflow knows the DAG as one whose file is gone"
    looked = f" (it looked last at {dag.parsed})" if dag.parsed else ""
    if seen.text is None:
        return "" if commit and dag.version == commit else f"Airflow does not show the DAG's code{looked}"
    if not _is_same(seen.text, file.text):
        if commit and dag.version == commit:
            return ""
        return f"Airflow shows an older version of the DAG{looked}"
    if seen.tasks is not None and seen.tasks != task_ids(file.text):
        return "Airflow shows the new text, but still the tasks of the version before"
    return ""


def new_failure(seen: Seen, before: Before, times: set[str], kept: Kept) -> ImportFailure | None:
    """Return an import error that is about what was published; `times` collects when an older one was seen.

    An error with the text of one that stood there before may be of the old file, read once more; in a folder it
    is believed when Airflow has looked twice since, for the second look began after the file was there.
    """
    known = {one.trace: one.time for one in before.seen.failures}
    for failure in seen.failures:
        if failure.trace not in known:
            return failure
        if failure.time != known[failure.trace]:
            times.add(failure.time)
        if kept.provider == "local" and len(times) > 1:
            return failure
    return None


def wait_until_visible(api: Api, dag_id: str, file: File, kept: Kept, before: Before) -> Steps[Dag]:
    """Return the DAG when Airflow shows it as it was published.

    Raises `PublishError` JPE512 with the stack trace where the file can't be imported, and JPE513 at the limit,
    the setting `visibility_timeout`.
    """
    limit = float(api.around.setting("visibility_timeout"))
    started = forced = yield Wait(0)
    tokens, pause, times = before.tokens, FIRST_LOOK, set[str]()
    yield from _force(api, tokens)
    while True:
        try:
            seen = yield from look(api, dag_id, file)
            missing = what_is_missing(seen, file, kept.commit)
        except PublishError as error:
            if error.code not in _PASSING:
                raise
            seen, missing = Seen(None), error.message
        if not missing and seen.dag is not None:
            return seen.dag
        failure = new_failure(seen, before, times, kept)
        if failure is not None:
            raise import_error(failure, file)
        now = yield Wait(0)
        if now - started >= limit:
            raise (yield from _late(api, dag_id, seen, missing, file, limit))
        done = min(1.0, (now - started) / limit)
        yield Tell(Progress("waiting for Airflow to show the DAG", missing, done, limit=limit))
        if seen.dag is not None and seen.dag.token:
            tokens = (seen.dag.token,)
        if now - forced >= AGAIN:
            forced = now
            yield from _force(api, tokens)
        yield Wait(min(pause, max(0.0, started + limit - now)))
        pause = min(pause * 1.3, LAST_LOOK)


def import_error(failure: ImportFailure, file: File) -> PublishError:
    """Return the error that shows a file's import error with the end of its stack trace."""
    message = "\n".join([f"Airflow can't import {file.path}: {failure.sentence}", *failure.lines[-_TRACE_LINES:]])
    hint = "mend what the last lines name and export again; nothing was started"
    return PublishError(message, code="JPE512", where=failure.file or file.path, hint=hint)


def task_ids(code: str) -> frozenset[str] | None:
    """Return the ids of the tasks that a DAG's code makes; None where they can't be read off it.

    A user's own template may make them in any way.

    >>> sorted(task_ids('a = PythonOperator(task_id="a")') or ())
    ['a']
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name) and node.id in ("TaskGroup", "task", "task_group"):
            return None
        if not isinstance(node, ast.keyword) or node.arg != "task_id":
            continue
        if not isinstance(node.value, ast.Constant) or not isinstance(node.value.value, str):
            return None
        found.add(node.value.value)
    return frozenset(found) or None


def _is_same(shown: str | None, pushed: str) -> bool:
    return shown is not None and shown.rstrip("\n") == pushed.rstrip("\n")


def _force(api: Api, tokens: tuple[str, ...]) -> Steps[None]:
    for token in tokens:
        try:
            yield from api.look_again(token)
        except NoAnswer:  # noqa: PERF203 - then Airflow looks when it is its time
            continue


def _late(api: Api, dag_id: str, seen: Seen, missing: str, file: File, limit: float) -> Steps[PublishError]:
    """Return the error for a DAG that did not become visible in time."""
    if seen.failures:
        return import_error(seen.failures[0], file)
    try:
        _, processor = yield from api.health()
        beat = f"; its DAG processor's last heartbeat: {processor.heartbeat}" if processor.heartbeat else ""
    except PublishError:
        beat = ""
    slow = (
        "" if api.one_shows_all else " (a new file can take up to [scheduler] dag_dir_list_interval, 300 s by default)"
    )
    return PublishError(
        f"Airflow does not show {dag_id} as it was published within {limit:g} s: {missing}{beat}",
        code="JPE513",
        where=f"{api.around.setting('airflow_api_url')}, DAG {dag_id}",
        hint=f"does Airflow read where the file went{slow}? When it shows the DAG, "
        f"%jpe_history {api.around.id} --run starts it; JPE_VISIBILITY_TIMEOUT is how long we wait",
    )
