"""The view that `%%pipeline_params` shows: the parameters found, and what can't be one."""

from __future__ import annotations

from collections.abc import Sequence

from jpe_magics.core.summary.document import Block, Document, Mono, Note, Table, count
from jpe_magics.model.finding import Finding
from jpe_magics.model.parameter import Parameter


def parameters_view(parameters: Sequence[Parameter], findings: Sequence[Finding] = ()) -> Document:
    """Return the table of a parameter cell's parameters and what can't be one (`findings`), with its line."""
    blocks: list[Block] = []
    if parameters:
        blocks.append(parameter_table(parameters))
    else:
        blocks.append(Note("warn", "No parameter was found: write plain assignments, such as threshold = 0.95"))
    if findings:
        rows = (("-" if one.line is None else str(one.line), one.text) for one in findings)
        blocks.append(Table("Not parameters, left as they are", ("Line", "Why"), tuple(rows)))
    return Document(f"Pipeline parameters: {count(len(parameters), 'parameter')}", tuple(blocks))


def parameter_table(parameters: Sequence[Parameter]) -> Table:
    """Return the table of parameters."""
    rows = ((Mono(one.name), one.type, Mono(shown_default(one)), one.description or "-") for one in parameters)
    return Table("Parameters", ("Name", "Type", "Default", "Description"), tuple(rows))


def shown_default(parameter: Parameter) -> str:
    """Return the default as Python writes it, or the notebook's expression for it."""
    return repr(parameter.default) if parameter.literal else parameter.expression
