"""`%%pipeline_params`: a parameter cell, run as always, and what the export will see in it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jpe_magics.errors import InvalidCells, JpeError, OptionError
from jpe_magics.model.finding import Finding
from jpe_magics.model.notebook import Cell, Notebook
from jpe_magics.model.parameter import Parameter

if TYPE_CHECKING:
    from jpe_magics.core.classified import Classified
    from jpe_magics.core.sanitize import Sanitized
    from jpe_magics.magics.show import Display

#: Statements that a Sparkmagic session is sent too: the assignments, and the imports that they may need.
_SENT = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom)


def pipeline_params(shell: Any, display: Display, line: str, body: str) -> tuple[Parameter, ...]:
    """Run the body as a cell of its own, show and return its parameters (secrets masked).

    The assignments also go to every Python session of Sparkmagic.  A body that the export would refuse is
    refused before anything runs; one that fails shows its own traceback, and the cell fails.
    """
    from jpe_magics.adapters.live import sparkmagic_sessions
    from jpe_magics.core.summary import parameters_view
    from jpe_magics.magics.show import Results

    if line.strip():
        raise OptionError("%%pipeline_params takes no words on its line", where=line.strip()[:80])
    sessions = sparkmagic_sessions(shell)
    classified, cleaned = _read(body, sessions)
    _run(shell, body)
    parameters, findings = _find(classified, cleaned)
    document = parameters_view(parameters, findings)
    found = Results.of(parameters, "parameter", document)
    display.show(document, found)  # no widget: there is nothing to do with them here
    # what stands under %%spark ran there already
    if cleaned is not None and classified.kind == "plain":
        _send(shell, cleaned.code.text, sessions)
    return found


def _read(body: str, sessions: Mapping[str, str]) -> tuple[Classified, Sanitized | None]:
    """Return the cell as the export reads it; None for code in another language, which has no parameters."""
    from jpe_magics.core.classify import classify
    from jpe_magics.core.sanitize import Rules, sanitize

    cell = Cell("%%pipeline_params\n" + body, index=0, number=1)
    # without the wrapper kernel's own session: its %% cells run in the kernel
    local = {name: kind for name, kind in sessions.items() if name}
    (classified,) = classify(Notebook((cell,), name="", digest=""), local)
    if classified.language != "python" or classified.gone:
        return classified, None
    (cleaned,) = sanitize([classified], Rules(shared_session=False))
    if cleaned.error is not None:
        at, message = cleaned.error
        raise InvalidCells(f"the parameter cell: {message}", where=f"line {at}", hint="nothing was run; mend it")
    return classified, cleaned


def _run(shell: Any, body: str) -> None:
    # IPython's own way: magics and the display of the last value work as in any cell (`await` can't, since the
    # kernel's loop runs already; it was refused, as the export would refuse it)
    result = shell.run_cell(body, store_history=False)
    if result.success:
        return
    failed = result.error_before_exec or result.error_in_exec
    if not isinstance(failed, Exception):
        raise failed  # the user stopped it
    raise JpeError(
        f"the parameter cell failed: {type(failed).__name__}", code="JPE205", hint="see the traceback above"
    ) from failed


def _find(classified: Classified, cleaned: Sanitized | None) -> tuple[tuple[Parameter, ...], tuple[Finding, ...]]:
    """Return the parameters, and what can't be one: other assignments, what the export takes out, secrets."""
    from jpe_magics.core.parameters import find_parameters
    from jpe_magics.core.report import Mask
    from jpe_magics.core.secrets import Redactor, find_secrets

    cell = classified.cell
    secrets = find_secrets(cell.source, "python")
    mask = Mask(Redactor(secrets))
    findings = [
        Finding.of(cell, "JPE201", f"{one.what}: the export will be refused, read it from the environment", one.line)
        for one in secrets
    ]
    if cleaned is None:
        told = f"parameters are read from Python, and this is {classified.language or 'no code'}"
        return (), (*findings, Finding.of(cell, "JPE360", told))
    rejections = (*classified.rejections, *cleaned.rejections)
    findings += [Finding.of(cell, "JPE360", f"{one.text} — {one.reason}", one.line) for one in rejections]
    found = find_parameters(cleaned.code, cell)
    return mask.parameters(found.parameters), mask.findings((*findings, *found.findings))


def _send(shell: Any, code: str, sessions: Mapping[str, str]) -> None:
    """Send the assignments to Sparkmagic's Python sessions, through its own `%%spark`."""
    statements = [ast.get_source_segment(code, node) for node in ast.parse(code).body if isinstance(node, _SENT)]
    assignments = "\n".join(one for one in statements if one)
    if not assignments or shell.find_cell_magic("spark") is None:
        return
    for name, kind in sessions.items():
        if kind == "pyspark":
            shell.run_cell_magic("spark", f"-s {name}" if name else "", assignments)
            print(f"also sent to the Sparkmagic session {name}".rstrip())
