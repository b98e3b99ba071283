"""The story: notebook → cells classified → sanitized → parameters → tasks → artifact.

A tiny notebook of three code cells, walked through `prepare` for a Livy DAG::

    1  %load_ext jpe_magics                → control: our own line, no task, no rejection
    2  # @pipeline-params                  → parameters: n = config.get("n", 3)
       n = 3
    3  %%spark                             → task cell_3: df = spark.range(n)
       df = spark.range(n)                   rejected: line 3, display
       print(df)

`prepare` is pure: the same snapshot, request, target and version give the same bytes.  Preview, export,
panel, shell and tests all call it; a dry run is the same path without publishing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jpe_magics.core.check import check
from jpe_magics.core.classify import classify
from jpe_magics.core.kinds import KINDS, resolve_kinds
from jpe_magics.core.names import bound_names, first_reads, free_names
from jpe_magics.core.parameters import assigned_again, declare, find_parameters, look_up
from jpe_magics.core.plan import Plan, plan_tasks, plan_whole
from jpe_magics.core.refuse import empty, invalid, secrets
from jpe_magics.core.remembered import Memory, remembering
from jpe_magics.core.render import LoadTemplate
from jpe_magics.core.report import Mask
from jpe_magics.core.rows import LEFT_OUT, Row, choose, clean
from jpe_magics.core.sanitize import Rules, sanitize
from jpe_magics.core.secrets import Hit, Redactor, find_given_secrets, find_run_secrets, find_secrets
from jpe_magics.core.tags import read_tags, steps_of
from jpe_magics.core.target import Target
from jpe_magics.errors import ExportRefused
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Snapshot
from jpe_magics.model.option import Request
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.report import Report
from jpe_magics.model.task import Pipeline


@dataclass(frozen=True)
class Prepared:
    """What an export would be: the report, and what was made, or why nothing was.

    `artifact` and `pipeline` are None where `error` is set.  They hold the code as it will run, secrets
    that were allowed included; the report and `shown`, the artifact's files, are masked.  `redact` masks
    the same secrets in any other text.
    """

    report: Report
    pipeline: Pipeline | None = None
    artifact: Artifact | None = None
    shown: tuple[File, ...] = ()
    error: ExportRefused | None = None
    redact: Redactor = field(default_factory=Redactor, repr=False)


@remembering()
def prepare(
    snapshot: Snapshot,
    request: Request,
    target: Target,
    *,
    load: LoadTemplate,
    version: str,
    sessions: Mapping[str, str] | None = None,
    setting: Callable[[str], Any] | None = None,
) -> Prepared:
    """Return the artifact of `request`, and the report in any case.

    `request.options` are the target's checked options; `sessions` the live Sparkmagic sessions and
    their kinds; `setting` returns a setting's value by its name, None where no settings are known.  A
    refusal is a value (`Prepared.error`), since its report is wanted all the same; wrong `--kinds` or
    `--param` raise `OptionError`, a broken template raises `RenderError`.
    """
    notebook, options = snapshot.notebook, request.options
    shape = target.shape(options)

    reserved, steps = target.reserved_names(options), steps_of(notebook)
    rows = [Row(one, read_tags(one.cell, reserved, steps)) for one in classify(notebook, sessions)]
    kinds = resolve_kinds(request.kinds, [row.classified for row in rows])
    choose(rows, kinds, target.languages(options))
    clean(rows, Rules(shared_session=target.shares_session(options), keep=request.keep_rejections))
    given = find_given_secrets(request)
    _say_what_is_missed(rows, request.kinds)
    redact = _find_secrets(rows, [*(hit for _, hit in given), *find_run_secrets(request.run_parameters)])

    parameters, config = _parameters(rows, request)
    exported = [row.prepared() for row in rows if row.exported]
    error = _refusal(rows, exported, kinds, request, [place for place, _ in given])
    plan = Plan(())
    if error is None and shape != "none":
        by_cell = {row.cell.index: row.tags for row in rows}
        try:
            plan = plan_whole(exported, by_cell) if shape == "one" else plan_tasks(exported, by_cell)
        except ExportRefused as refused:
            error = refused

    pipeline = artifact = None
    lost: tuple[Finding, ...] = ()
    if error is None:
        pipeline = Pipeline(
            notebook=notebook.name,
            path=notebook.path,
            digest=notebook.digest,
            cells=tuple(exported),
            tasks=plan.tasks,
            parameters=parameters,
            config_name=config,
            session_conf=_session_conf(rows),
            reads=first_reads([one.code.text for one in exported if one.code and one.language == "python"]),
        )
        lost = target.findings(pipeline, options, setting)
        artifact = target.render(pipeline, options, load, version)
        check(artifact)

    mask = Mask(redact)
    planned = {cell.cell.index: cell for task in plan.tasks for cell in task.cells}
    cells = [planned.get(row.cell.index) or row.prepared() for row in rows]
    report = Report(
        target=target.name,
        source=snapshot.text,
        kinds=tuple(kind for kind in KINDS if kind in kinds),
        options=mask.value(dict(options)),
        cells=len(plan.tasks) if shape == "tasks" else len(exported),
        rejected=mask.rejections([*(one for row in rows for one in row.rejections), *plan.rejections]),
        notebook=mask.cells(cells),
        parameters=mask.parameters(parameters),
        tasks=mask.tasks(plan.tasks),
        warnings=mask.findings(
            [*snapshot.findings, *(one for row in rows for one in row.findings), *plan.findings, *lost]
        ),
        files=tuple((file.path, file.sha256) for file in artifact.files) if artifact else (),
        status=error.status if error else 200,
        error=redact(str(error)) if error else "",
        error_code=error.code if error else "",
    )
    shown = tuple(replace(file, text=redact(file.text)) for file in artifact.files) if artifact else ()
    return Prepared(report, pipeline, artifact, shown, error, redact)


def _say_what_is_missed(rows: Sequence[Row], asked: Sequence[str]) -> None:
    """Add findings for queries that the default kinds leave out, and for names that only skipped cells make."""
    queries = [row for row in rows if row.outcome == "filtered" and row.classified.kind in ("sql", "scala")]
    if queries and not set(asked) - {"auto"}:
        kinds = list(dict.fromkeys(str(row.classified.kind) for row in queries))
        text = f"left out by default, with what it makes: --kinds spark,pyspark,{','.join(kinds)} exports it too"
        queries[0].findings += [Finding.of(row.cell, "JPE365", text) for row in queries]
    skipped = [row for row in rows if row.tags.skip and row.classified.language == "python" and not row.classified.gone]
    if not skipped:
        return
    exported = [row for row in rows if row.exported and row.code and row.classified.language == "python"]
    kept = frozenset(name for row in exported if row.code for name in bound_names(row.code.text))
    reads = [(row, free_names(row.code.text)) for row in exported if row.code]
    for row in skipped:
        (alone,) = sanitize([row.classified], Rules(shared_session=False))
        lost = frozenset() if alone.error else frozenset(bound_names(alone.code.text)) - kept
        for reader, read in reads:
            if names := sorted(lost & read):
                text = f"reads {', '.join(names)}, which only the skipped cell {row.cell.number} makes"
                reader.findings.append(Finding.of(reader.cell, "JPE366", text))


#: Cells (source and language) that hold no secret.  What does is searched in each export: no hit outlives one.
_harmless: Memory[tuple[str, str], bool] = Memory()


def _secrets_in(row: Row) -> Sequence[Hit]:
    cell = row.cell.source, row.classified.language
    if _harmless.get(cell):
        return ()
    hits = find_secrets(*cell)
    if not hits:
        _harmless.keep(cell, True)
    return hits


def _find_secrets(rows: Sequence[Row], given: Sequence[Hit]) -> Redactor:
    """Add a rejection for each secret that is not left out anyway; return what masks them all, `given` too."""
    values = [*given]
    for row in rows:
        hits = _secrets_in(row)
        if not hits:
            continue
        values += hits
        if row.outcome not in LEFT_OUT or row.tags.injected:  # whose values become the defaults
            lines = row.cell.source.split("\n")
            row.rejections += [
                Rejection.of(
                    row.cell,
                    "secret",
                    "\n".join(lines[hit.line - 1 : hit.end_line]).strip(),
                    f"{hit.what}: read it from the environment or a secret store",
                    hit.line,
                    hit.end_line,
                )
                for hit in hits
            ]
    return Redactor(values)


def _parameters(rows: Sequence[Row], request: Request) -> tuple[tuple[Parameter, ...], str]:
    """Turn the parameter cells' assignments into look-ups; return the parameters and the dict's name."""
    found: list[Parameter] = []
    for row in rows:
        if row.outcome == "parameters" and row.code:
            cell = find_parameters(row.code, row.cell)
            found += cell.parameters
            row.findings += cell.findings
    injected = [one for row in rows if row.tags.injected and row.outcome == "skipped" for one in _injected(row)]
    parameters = declare(found, injected, request.parameters)
    _warn_of_several(found, parameters, rows)
    bound = [(row, bound_names(row.code.text)) for row in rows if row.exported and row.code and _is_python(row)]
    if injected:
        _warn_of_undeclared(injected, {one.name for one in parameters}.union(*(names for _, names in bound)), rows)
    binds = [row for row, names in bound if "config" in names]
    config = "_jpe_config" if binds else "config"
    if binds and parameters:
        binds[0].findings.append(
            Finding.of(
                binds[0].cell, "JPE363", "the notebook binds `config` itself: parameters come from `_jpe_config`"
            )
        )
    for row in rows:
        if row.outcome == "parameters" and row.code:
            row.code = look_up(row.code, {one.name: one for one in parameters}, config)
    return parameters, config


def _is_python(row: Row) -> bool:
    return row.classified.language == "python"


def _warn_of_several(found: Sequence[Parameter], parameters: Sequence[Parameter], rows: Sequence[Row]) -> None:
    """Say which parameters have no one default: what reads them between the assignments reads each in its turn."""
    by_cell = {row.cell.index: row for row in rows}
    for first, again in assigned_again(found, parameters):
        row = by_cell[again.cell]
        place = f"cell {by_cell[first.cell].cell.number}, line {first.line}"
        text = f"{again.name} is assigned already ({place}), so the parameter has no one default and takes any type"
        row.findings.append(Finding.of(row.cell, "JPE367", text, again.line))


def _warn_of_undeclared(injected: Sequence[Parameter], known: Collection[str], rows: Sequence[Row]) -> None:
    """Say which injected values are lost: papermill injects whatever it is given, declared or not."""
    for one in injected:
        if one.name not in known:
            row = next(row for row in rows if row.cell.index == one.cell)
            text = f"{one.name} is injected by papermill, but no parameter cell assigns it: what reads it will fail"
            row.findings.append(Finding.of(row.cell, "JPE315", text, one.line))


def _injected(row: Row) -> tuple[Parameter, ...]:
    (cleaned,) = sanitize([row.classified], Rules(shared_session=False))
    if cleaned.error is not None:
        row.findings.append(Finding.of(row.cell, "JPE364", "the injected parameters can't be read", cleaned.error[0]))
        return ()
    return find_parameters(cleaned.code, row.cell).parameters


def _refusal(
    rows: Sequence[Row],
    exported: Sequence[object],
    kinds: frozenset[str],
    request: Request,
    given: Sequence[str],
) -> ExportRefused | None:
    rejections = [one for row in rows for one in row.rejections]
    found = [one for one in rejections if one.kind == "secret"]
    if (found or given) and not request.allow_secrets:
        return secrets(found, given)
    broken = [one for one in rejections if one.kind == "syntax-error"]
    if broken:
        return invalid(broken)
    if not any(row.outcome == "task" for row in rows):
        return empty(rows, kinds, parameters_only=bool(exported))
    return None


def _session_conf(rows: Sequence[Row]) -> Mapping[str, object]:
    """Return what all `%%configure` cells ask for together: later ones win, `conf` is merged key by key."""
    conf: dict[str, object] = {}
    for row in (one for one in rows if one.outcome != "skipped"):
        for key, value in row.classified.conf.items():
            old = conf.get(key)
            conf[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return conf
