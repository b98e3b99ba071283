"""The help texts of the magics, made from the declarations of the options."""

from __future__ import annotations

from jpe_magics.core.options import COMMON, option_lines

_EXPORT = """
Export the live notebook as a pipeline.

    %export_pipeline                      show where it can go, and what answers there
    %export_pipeline TARGET [options]     export, and show what was made and what was left out

Examples

    %export_pipeline airflow --dag-id etl_daily --schedule @daily
    %export_pipeline airflow --dag-id etl_daily --preview
    %export_pipeline airflow --dag-id etl_daily --wait --run-param region=EU
    %export_pipeline airflow --dag-id etl_daily --schedule "0 6 * * 1-5" --param region=EU
    %export_pipeline ilum --mode service --name daily-kpi-svc
    %export_pipeline py --output exported/
    result = %export_pipeline airflow --dag-id etl_daily

Quotes work as in a shell. `$name` and `{expression}` are not expanded. A `;` at the end keeps the result
from being shown. The result is returned: `result.report`, `result.artifact`, `result.published`.
"""

_PARAMS = """
Mark a cell as the pipeline's parameters.

    %%pipeline_params
    threshold = 0.95            # least share of rows that must be valid
    run_date: str = "2026-05-21"

The cell runs as always; then the parameters found are shown. Each assignment of a value to a plain name at
the top level of the cell is one, and the comment beside it is its description. In the exported pipeline its
value can be set for each run. Python sessions of Sparkmagic are sent the same assignments.
"""

_HISTORY = """
Show what was exported, run it again, stop it, or ask how it is.

    %jpe_history                    the newest records
    %jpe_history ID [options]       one record; the first characters of its id are enough, and "last" is the newest

Examples

    %jpe_history --search "etl failed"
    %jpe_history last --code
    %jpe_history last --run --run-param region=EU --wait
    %jpe_history last --status
    %jpe_history 261105-101502-aaaaaaaa --diff 261104-101502-aaaaaaaa
    rows = %jpe_history --limit 5

Options
"""


def export_help(target: str = "") -> str:
    """Return the help of `%export_pipeline`: of one target where `target` names one, else of all."""
    from jpe_magics.answers import list_options

    return f"{_EXPORT.strip()}\n\n{list_options(COMMON, target)}"


def params_help() -> str:
    """Return the help of `%%pipeline_params`."""
    return _PARAMS.strip()


def history_help() -> str:
    """Return the help of `%jpe_history`."""
    from jpe_magics.answers import HISTORY_OPTIONS

    return f"{_HISTORY.strip()}\n{option_lines(HISTORY_OPTIONS)}"
