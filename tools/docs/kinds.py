"""The page of the cell kinds: what the classifier makes of each first line, in each kernel, when the page is made."""

from __future__ import annotations

from jpe_magics.core.classify import classify
from jpe_magics.core.kernels import _KERNELS
from jpe_magics.model.notebook import Cell, Notebook
from tools.docs.markdown import code, intro, table, told

#: Kernels whose cells are classified alike, by what people call them: the first name stands for the others.
FAMILIES = {
    "IPython": ("python3", "python2", "python"),
    "Sparkmagic PySpark": ("pysparkkernel", "pyspark3kernel"),
    "Sparkmagic Spark": ("sparkkernel",),
    "Sparkmagic SparkR": ("sparkrkernel",),
    "Synapse, Fabric PySpark": ("synapse_pyspark",),
    "Synapse, Fabric Spark": ("synapse_spark",),
    "Synapse, Fabric SparkR": ("synapse_sparkr",),
    "Synapse, Fabric Spark SQL": ("synapse_sparksql",),
    "Glue PySpark": ("glue_pyspark",),
    "Glue Spark": ("glue_spark",),
}

#: Those that the table shows: the others of a family differ from these in the language of a cell without a magic.
SHOWN = ("IPython", "Sparkmagic PySpark", "Sparkmagic Spark", "Synapse, Fabric PySpark", "Glue PySpark")

#: The first lines of the cells that are classified; "" for a cell without a magic.
HEADS = (
    "",
    "%%spark",
    "%%spark -c sql",
    "%%pyspark",
    "%%sql",
    "%%scala",
    "%%sparkr",
    "%%local",
    "%%time",
    "%%configure",
    "%%bash",
    "%%html",
)


def kind(kernel: str, head: str) -> str:
    """Return, as Markdown, what becomes of a cell with this first line in a notebook of this kernel."""
    body = '{"executorCores": 2}' if head == "%%configure" else "x = 1"
    cell = Cell(f"{head}\n{body}" if head else body, 0, 1)
    (one,) = classify(Notebook((cell,), "etl", "", metadata={"kernelspec": {"name": kernel}}))
    if one.kind is None:
        return "sets up"
    return "taken out" if one.gone else code(one.kind)


def page() -> str:
    """Return the page."""
    if missing := _KERNELS.keys() ^ {name for names in FAMILIES.values() for name in names}:
        raise LookupError(f"these kernels are on the page or in the package, and not in both: {sorted(missing)}")
    names = ((title, ", ".join(map(code, kernels))) for title, kernels in FAMILIES.items())
    rows = ((code(head) or "none", *(kind(FAMILIES[title][0], head) for title in SHOWN)) for head in HEADS)
    return "\n".join(
        (
            intro("kinds"),
            table(("kernel", "kernelspec"), names),
            told("kinds_table"),
            f":::{{container}} wide\n{table(('first line', *SHOWN), rows)}:::\n",
            told("kinds_rest"),
        )
    )
