"""Which kernel a notebook belongs to, and what that makes of a cell without a magic.

The names are those of Sparkmagic's kernels (the suffix 3 is HDInsight's), Azure Synapse's and
Microsoft Fabric's (which also keeps one in `kernel_info`), and AWS Glue's; Amazon SageMaker puts its
environments and images around them (`conda-env-sm_glue_is-glue_pyspark__SAGEMAKER_INTERNAL__arn:…`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jpe_magics.errors import NotebookError
from jpe_magics.model.notebook import Cell, Notebook


class Kernel(NamedTuple):
    """The kernel behind a notebook.

    `family` is "ipython" (cells run in the kernel), "sparkmagic" (a wrapper kernel: cells without a
    leading `%` run in a Livy session), "synapse" or "glue" (all cells run in Spark).  `language` is that
    of a cell without a magic: "python", "scala", "r" or "sql".
    """

    family: str
    language: str

    def kind(self, language: str) -> str:
        """Return the kind of a cell without a magic, by its language."""
        return "plain" if self.family == "ipython" and language == "python" else REMOTE_KINDS[language]


IPYTHON = Kernel("ipython", "python")

#: The kind of a cell that runs in Spark, by its language.
REMOTE_KINDS = {"python": "pyspark", "scala": "scala", "r": "r", "sql": "sql"}

#: The language of a Livy session, by its kind (Livy's REST API; `pyspark3` is Livy 0.4's).
SESSION_LANGUAGES = {"pyspark": "python", "pyspark3": "python", "spark": "scala", "sparkr": "r", "sql": "sql"}

_KERNELS = {
    "python": IPYTHON,
    "python2": IPYTHON,
    "python3": IPYTHON,
    "pysparkkernel": Kernel("sparkmagic", "python"),
    "pyspark3kernel": Kernel("sparkmagic", "python"),
    "sparkkernel": Kernel("sparkmagic", "scala"),
    "sparkrkernel": Kernel("sparkmagic", "r"),
    "synapse_pyspark": Kernel("synapse", "python"),
    "synapse_spark": Kernel("synapse", "scala"),
    "synapse_sparkr": Kernel("synapse", "r"),
    "synapse_sparksql": Kernel("synapse", "sql"),
    "glue_pyspark": Kernel("glue", "python"),
    "glue_spark": Kernel("glue", "scala"),
}

#: For kernels of other names: what `language_info.name` says.  Sparkmagic's PySpark and SparkR kernels
#: write names of their own there; "scala" may also be Toree's or Almond's.
_LANGUAGES = {
    "": IPYTHON,
    "python": IPYTHON,
    "python3": IPYTHON,
    "ipython": IPYTHON,
    "pyspark": Kernel("sparkmagic", "python"),
    "scala": Kernel("sparkmagic", "scala"),
    "sparkr": Kernel("sparkmagic", "r"),
}

#: Cell languages as Synapse and Fabric write them into a cell's metadata.
_CELL_LANGUAGES = {
    "python": "python",
    "pyspark": "python",
    "scala": "scala",
    "spark": "scala",
    "sparksql": "sql",
    "sql": "sql",
    "r": "r",
    "sparkr": "r",
}


def kernel_of(notebook: Notebook, sessions: Mapping[str, str] | None = None) -> Kernel:
    """Return the kernel of a notebook; a live wrapper kernel (key "" of `sessions`) wins over the metadata.

    Raises `NotebookError` JPE106 where the notebook's language is none that Spark or IPython runs.
    """
    if language := SESSION_LANGUAGES.get((sessions or {}).get("", "")):
        return Kernel("sparkmagic", language)
    bare = kernel_name(notebook).split("__", 1)[0]
    for name in (bare, bare.rsplit("-", 1)[-1]):
        if name in _KERNELS:
            return _KERNELS[name]
    if notebook.language in _LANGUAGES:
        return _LANGUAGES[notebook.language]
    raise NotebookError(
        f"the notebook is not a Python notebook: its language is {notebook.language}",
        code="JPE106",
        where=notebook.path or notebook.name,
        hint="export a notebook of an IPython, Sparkmagic, Synapse, Fabric or Glue kernel",
    )


def kernel_name(notebook: Notebook) -> str:
    """Return the name of the notebook's kernelspec or, where it has none, of Fabric's `kernel_info`."""
    told = notebook.metadata.get("kernel_info")
    name = told.get("name") if isinstance(told, Mapping) else None
    return notebook.kernel or (name.lower() if isinstance(name, str) else "")


def cell_language(cell: Cell) -> str:
    """Return the language that Synapse or Fabric wrote into a cell's metadata, "" for none.

    The ones that we know are "python", "scala", "sql" and "r"; any other is returned as it stands.
    """
    told = cell.metadata.get("microsoft")
    language = told.get("language") if isinstance(told, Mapping) else None
    if not isinstance(language, str):
        return ""
    return _CELL_LANGUAGES.get(language.lower(), language.lower())
