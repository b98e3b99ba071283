"""The page of the magics."""

from __future__ import annotations

from jpe_magics.answers import HISTORY_OPTIONS
from jpe_magics.core.options import COMMON
from jpe_magics.magics.help import export_help, history_help, params_help
from tools.docs.markdown import anchor, block, intro, told
from tools.docs.options import described


def page() -> str:
    """Return the page."""
    return "\n".join(
        (
            intro("magics"),
            anchor("export-pipeline"),
            "## `%export_pipeline`\n",
            block(export_help().partition("Quotes work")[0]),
            told("export_pipeline"),
            described("export_pipeline", COMMON),
            anchor("pipeline-params"),
            "## `%%pipeline_params`\n",
            block(params_help()),
            anchor("jpe-history"),
            "## `%jpe_history`\n",
            block(history_help().partition("Options")[0]),
            described("jpe_history", HISTORY_OPTIONS),
        )
    )
