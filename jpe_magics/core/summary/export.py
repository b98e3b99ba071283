"""The view of one export: what was read, what became of it, where it went, what was taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jpe_magics.core.flow import State
from jpe_magics.core.summary.document import (
    Code,
    Document,
    Facts,
    Leaf,
    Link,
    Mark,
    Mono,
    Note,
    Phrase,
    Table,
    count,
)
from jpe_magics.core.summary.error import error_blocks
from jpe_magics.core.summary.parameters import parameter_table
from jpe_magics.core.summary.run import run_blocks, run_outcome
from jpe_magics.errors import Interrupted, JpeError, RunFailed
from jpe_magics.model.artifact import File
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.publication import Published
from jpe_magics.model.report import Report
from jpe_magics.model.task import Task

#: Tasks that are shown, in the table and in the panel's picture: a front end gets slow with more.
MOST_TASKS = 500
_NOT_RUN = "JPE340"


def export_view(
    report: Report,
    published: Sequence[Published] = (),
    record_id: str = "",
    files: Sequence[File] = (),
    *,
    preview: bool = False,
    notices: Sequence[str] = (),
    error: JpeError | None = None,
    states: Sequence[State] = (),
    requests: Sequence[str] = (),
) -> Document:
    """Return the summary of one export, also of one that was refused or failed.

    `files` hold the code to be shown (masked, where secrets were allowed); text shows it only for a
    `preview`.  `requests` are what will be sent to a server.  The rest is as in `outcome_blocks`.
    """
    told = outcome_blocks(report, published, record_id, preview=preview, notices=notices, error=error, states=states)
    return Document(export_title(report), (*told, *content_blocks(report, files, requests, preview=preview)))


def export_title(report: Report) -> str:
    """Return the target's and the pipeline's name."""
    name = str(report.options.get("dag_id") or report.options.get("name") or "")
    return " · ".join(part for part in (report.target, name) if part)


def content_blocks(
    report: Report, files: Sequence[File], requests: Sequence[str], *, preview: bool = False
) -> list[Leaf]:
    """Return what became of the notebook: tasks, parameters, what was taken out or noticed, the files."""
    blocks: list[Leaf] = []
    if report.tasks:
        blocks.append(task_table(report.tasks))
        if report.options.get("mode") == "per_cell" and any(map(wants_name, report.tasks)):
            blocks.append(Note("info", "Name your tasks with a tag task:<name> on the cell."))
    if report.parameters:
        blocks.append(parameter_table(report.parameters))
    blocks += rejected_tables(report.rejected, left_in=report.status == 200, lost=lost_names(report.warnings))
    if report.warnings:
        blocks.append(noticed_table(report.warnings))
    blocks += [Code(file.path, file.text, preview, file.boilerplate) for file in files]
    blocks += [Code("What will be sent", text, open=preview) for text in requests]
    return blocks


def wants_name(task: Task) -> bool:
    """Tell whether a task should be given a name: one that holds nothing but parameters needs none."""
    return not task.named and {cell.outcome for cell in task.cells} != {"parameters"}


def outcome_blocks(
    report: Report,
    published: Sequence[Published],
    record_id: str,
    *,
    preview: bool = False,
    notices: Sequence[str] = (),
    error: JpeError | None = None,
    states: Sequence[State] = (),
) -> Iterable[Leaf]:
    """Yield what the export came to: the banner, what was made and where, and what became of the run.

    `notices` are what the surroundings have to say ("the history can't be written"), `error` is what
    stopped the publishing or the run, which the report knows nothing of, `states` are the run's.
    """
    told, *whole = banner(report, published, preview, error, states)
    yield told
    for text in notices:
        yield Note("warn", text)
    yield Facts(tuple(export_facts(report, published, record_id)))
    yield from whole
    yield from run_blocks(states, error.message if error else "")


def banner(
    report: Report,
    published: Sequence[Published],
    preview: bool,
    error: JpeError | None,
    states: Sequence[State],
) -> tuple[Leaf, ...]:
    """Return the banner: what was made, or why nothing was; the whole of a long error follows it."""
    if report.status != 200:
        code = report.error_code if report.error_code not in report.error else ""
        return (Note("bad", f"Refused: {': '.join(part for part in (code, report.error) if part)}"),)
    if isinstance(error, Interrupted):
        return (Note("warn", str(error)),)
    if error is not None:
        return error_blocks(error, f"{failed_as(report, error)}: ")
    if report.error:
        return (Note("bad", f"Failed: {report.error}"),)
    if preview:
        return (Note("info", "Preview: nothing was written, nothing was sent."),)
    if not published:
        return (Note("warn", "Rendered, but published nowhere."),)
    kinds = {one.kind for one in published}
    outcome = run_outcome(states, bool(kinds & {"run", "job"}))
    if report.tasks and not outcome and "dag" not in kinds:
        why = states[-1].detail if states else ""
        told = f"No run was started: {why}." if why else "No run was started."
        return (Note("good", f"Exported: the file is in its place.  {told}"),)
    return (_BANNERS[outcome],)


def failed_as(report: Report, error: JpeError) -> str:
    """Return in a word what has happened to the export: "Refused", "Failed"."""
    if report.status != 200:
        return "Refused"
    return "Exported, but the run failed" if isinstance(error, RunFailed) else "Failed"


_BANNERS = {
    "good": Note("good", "Exported; the run succeeded."),
    "bad": Note("bad", "Exported, but the run failed."),
    "started": Note("good", "Exported and started."),
    "": Note("good", "Exported."),
}


def export_facts(report: Report, published: Sequence[Published], record_id: str) -> Iterable[tuple[str, Phrase]]:
    """Return what was read, counted and made, by name."""
    if report.source:
        yield "Read", report.source
    if report.kinds:
        yield "Kinds of cells", ", ".join(report.kinds)
    if report.tasks:
        yield "Tasks", counter(report.tasks, str(report.options.get("mode", "")))
    elif report.cells:
        yield "Cells", count(report.cells, "cell")
    yield from made_facts(published)
    if not published:
        for path, digest in report.files:
            yield "File", (Mono(path), f" (sha256 {digest[:12]}…)")
    # the word of the notebook alone: what became of its publishing stands in the banner
    yield "Notebook", Mark("good", "valid") if report.status == 200 else Mark("bad", _status(report.status))
    yield from history_fact(record_id)


def made_facts(published: Sequence[Published]) -> Iterable[tuple[str, Phrase]]:
    """Return what was made outside, with its links; what is told of one thing in several steps is one fact."""
    return merged_facts((one.kind, one.place, one.link, one.note) for one in published)


def merged_facts(made: Iterable[tuple[str, str, str, str]]) -> Iterable[tuple[str, Phrase]]:
    """Return a fact for every thing of kind, place, link and note: notes are joined, the last link counts."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for kind, place, link, note in made:
        last, notes = found.get((kind, place), ("", ""))
        joined = "; ".join(filter(None, (notes, note if note not in notes.split("; ") else "")))
        found[kind, place] = link or last, joined
    return [published_fact(kind, place, *rest) for (kind, place), rest in found.items()]


def history_fact(record_id: str) -> Iterable[tuple[str, Phrase]]:
    """Yield where the history has it, nothing where it does not."""
    if record_id:
        known = (Mono(record_id), " (shown by ", Mono("%jpe_history"), ", in a shell by ", Mono("jpe history"), ")")
        yield "History", known


def published_fact(kind: str, place: str, link: str, note: str) -> tuple[str, Phrase]:
    """Return what is to be said of one thing that was made outside."""
    name = {"dag": "DAG", "commit": "Committed", "": "Published"}.get(kind, kind.capitalize())
    return name, (Link(place, link) if link else Mono(place), f" ({note})" if note else "")


def counter(tasks: Sequence[Task], mode: str) -> str:
    """Return "4 of 6 tasks are named" while there is a task per cell, else how many tasks there are."""
    if mode != "per_cell":
        return count(len(tasks), "task")
    named = sum(task.named for task in tasks)
    verb = "is" if len(tasks) == 1 else "are"
    return f"{named} of {count(len(tasks), 'task')} {verb} named"


def _status(status: int) -> str:
    return {400: "secrets were found", 422: "empty or invalid"}.get(status, str(status))


def task_table(tasks: Sequence[Task]) -> Table:
    """Return the table of tasks."""
    rows = (
        (
            Mono(task.id),
            ", ".join(str(cell.cell.number or "-") for cell in task.cells),
            "-" if task.retries is None else str(task.retries),
            ", ".join(task.upstream) or "-",
        )
        for task in tasks
    )
    return Table("Tasks, in order", ("Task", "Cell", "Retries", "After"), tuple(rows), most=MOST_TASKS)


def lost_names(warnings: Sequence[Finding]) -> bool:
    """Tell whether a name is read that something taken out had made."""
    return any(one.code == "JPE330" for one in warnings)


def rejected_tables(rejected: Sequence[Rejection], *, left_in: bool, lost: bool = False) -> list[Leaf]:
    """Return the tables of what was taken out of this notebook (see `rejection_tables`)."""
    rows = (
        (_cell(one.number), lines(one.line, one.end_line), one.kind, Mono(one.text), one.reason) for one in rejected
    )
    return rejection_tables(rows, left_in=left_in, lost=lost)


def rejection_tables(rows: Iterable[tuple[Phrase, ...]], *, left_in: bool, lost: bool = False) -> list[Leaf]:
    """Return the tables of what was taken out, of rows of cell, line, kind, text and reason.

    Secrets are never taken out: they refuse the export, or were `left_in` where that was allowed.  Our own lines
    are in no row; `lost` tells that something of what was taken out is missed.
    """
    found = tuple(rows)
    secrets = tuple(row for row in found if row[2] == "secret")
    taken = tuple(row for row in found if row[2] != "secret")
    columns = ("Cell", "Line", "Kind", "Text", "Reason")
    blocks: list[Leaf] = []
    if secrets:
        caption = "Secrets, left in as allowed" if left_in else "Secrets"
        blocks.append(Table(f"{caption} ({len(secrets)})", columns, secrets))
    if taken:
        blocks.append(Table(f"Taken out ({len(taken)})", columns, taken))
    elif lost:
        blocks.append(
            Note("warn", "Only lines of jpe_magics itself were taken out, but a name that they made is read.")
        )
    elif not secrets:
        blocks.append(Note("info", "Nothing was taken out."))
    return blocks


def warned(report: Report) -> str:
    """Return "3 warnings": the rows of their table, in which all cells that have not run are one."""
    return count(len(noticed_table(report.warnings).rows), "warning")


def noticed_table(warnings: Sequence[Finding]) -> Table:
    """Return the table of what else was noticed in this notebook."""
    return warning_table(
        [(one.number, "-" if one.line is None else str(one.line), one.code, one.text) for one in warnings]
    )


def warning_table(found: Sequence[tuple[int | None, str, str, str]]) -> Table:
    """Return the table of what else was noticed: a cell's number (None for no cell), line, code and text of each.

    Cells that have not run are many in a kernel that was just started: they are one row, below what else there is.
    """
    idle = sorted(number for number, _, code, _ in found if code == _NOT_RUN and number)
    rows: list[tuple[Phrase, ...]] = [
        (_cell(number), line, code, text)
        for number, line, code, text in found
        if code != _NOT_RUN or not number or len(idle) == 1
    ]
    if len(idle) > 1:
        rows.append((f"cells {_numbers(idle)}", "-", _NOT_RUN, f"{len(idle)} cells have not run in this kernel"))
    return Table(f"Warnings ({len(rows)})", ("Cell", "Line", "Code", "What was noticed"), tuple(rows))


def _numbers(numbers: Sequence[int]) -> str:
    """Return sorted numbers in short: "2, 4-7"."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return ", ".join(lines(first, last) for first, last in runs)


def lines(first: int, last: int) -> str:
    """Return "3", or "3-5" for several lines."""
    return str(first) if last <= first else f"{first}-{last}"


def _cell(number: int | None) -> str:
    return f"cell {number}" if number else "-"
