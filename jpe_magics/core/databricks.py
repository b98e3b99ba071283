"""Databricks' one-percent magics: in its exports `%sql` on the first line makes the whole cell SQL."""

from __future__ import annotations

import re

from jpe_magics.core.heads import Head, one_percent_head
from jpe_magics.core.look import is_python
from jpe_magics.model.notebook import Notebook
from jpe_magics.model.text import Text

#: `%sql` is also a line magic of ipython-sql; IPython knows none of the others.
_LANGUAGES = frozenset({"sql", "sh", "md", "scala", "r", "fs"})


def is_databricks(notebook: Notebook) -> bool:
    """Tell whether the notebook was exported from Databricks."""
    return any(isinstance(key, str) and key.startswith("application/vnd.databricks") for key in notebook.metadata)


def databricks_head(text: Text, certain: bool) -> Head | None:
    """Return the first line where it heads a whole cell of another language.

    `certain` tells that the notebook comes from Databricks.  Elsewhere `%sql` counts only above text
    that is no Python: with Python below it is a line magic.
    """
    head = one_percent_head(text)
    if head is None or head.name not in _LANGUAGES:
        return None
    if head.name != "sql" or certain:
        return head
    below = re.sub(r"^[ \t]*[%!].*$", "", head.rest.text, flags=re.MULTILINE)
    return head if below.strip() and not (head.arguments and is_python(below)) else None
