"""Notebooks to measure with: the cells of a data engineer's day, drawn with a fixed seed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SEED = 20260521

#: The first cells of every notebook.
_BEGIN = """
%load_ext autoreload
%autoreload 2
%matplotlib inline
import datetime as dt

from pyspark.sql import functions as F
---
# @pipeline-params
run_date = "2026-05-21"
threshold = 0.95  # share of rows that must be good
regions = ["EU", "US"]
---
raw = spark.read.parquet("s3a://sales/raw").where(F.col("day") == run_date)
raw.printSchema()
print(raw.count())
"""
#: The others: `<n>` is the cell's number, `<m>` that of an earlier one, `<a>` and `<b>` are words.
_MORE = """
<a>_<n> = (
    raw.where(F.col("<b>").isNotNull())
    .groupBy("region", "<b>")
    .agg(F.sum("amount").alias("<a>"))
)
<a>_<n>.show(5)
---
query_<n> = '''
    SELECT region, sum(amount) AS <a>  -- by region
    FROM sales_<m>
    WHERE day = '{day}' AND <b> > 0
    GROUP BY region
'''
<a>_<n> = spark.sql(query_<n>.format(day=run_date))
display(<a>_<n>)
---
def clean_<n>(row):
    # without what is empty
    if not row:
        return None
    return {key: value for key, value in row.items() if key != "<b>"}


print(clean_<n>({"<a>": 1, "<b>": None}))
---
!ls -l /tmp | head
for region in regions:
    part = raw.where(F.col("region") == region)
    print(f"{region}: {part.count()} rows")
    part.write.mode("overwrite").parquet(f"s3a://sales/<a>_<n>/{region}")
---
# how good is it?
good_<n> = raw.where(F.col("<a>") > 0).count()
share_<n> = good_<n> / max(1, raw.count())
assert share_<n> >= threshold, f"only {share_<n>:.1%} of the rows have <a>"
share_<n>
---
%%time
<a>_<n> = raw.join(raw.select("region", "<b>").distinct(), "region", "left")
<a>_<n>.createOrReplaceTempView("sales_<n>")
spark.table("sales_<n>").limit(10).toPandas()
---
options_<n> = {
    "path": "s3a://sales/<a>/<n>",
    "header": True,
    "sep": ";",
    "note": 'it is "%s"',
}
spark.read.options(header="true", sep=";").csv(options_<n>["path"]).write.saveAsTable("gold.<a>_<n>")
---
since_<n> = dt.date.fromisoformat(run_date) - dt.timedelta(days=<m>)
try:
    old_<n> = spark.table("gold.<a>")
except Exception as error:
    print("no table yet:", error)
    old_<n> = None
"""
#: No name of a secret is among them.
_WORDS = ("amount", "orders", "customers", "returns", "margin", "items", "visits", "stores", "discount", "weight")
_MAGIC = ("%", "!")


def sources(count: int, *, seed: int = SEED, magics: bool = True) -> list[str]:
    """Return the sources of `count` code cells, the same ones for the same arguments; some 200 characters a cell.

    Without `magics` the lines that only IPython reads are left out.
    """
    draw = random.Random(seed)
    made, more = _cells(_BEGIN)[:count], _cells(_MORE)
    for number in range(len(made) + 1, count + 1):
        a, b = draw.sample(_WORDS, 2)
        source = draw.choice(more)
        for hole, value in (("<n>", number), ("<m>", draw.randrange(1, number)), ("<a>", a), ("<b>", b)):
            source = source.replace(hole, str(value))
        made.append(source)
    return made if magics else [_without_magics(one) for one in made]


def _cells(text: str) -> list[str]:
    return [one.strip("\n") for one in text.split("\n---\n")]


def _without_magics(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if not line.startswith(_MAGIC))


def notebook(cells: Sequence[str], tags: Sequence[str] = ()) -> dict[str, Any]:
    """Return a notebook of these code cells, with a heading for every ten; `tags` are one for each cell."""
    rows: list[dict[str, Any]] = []
    for number, source in enumerate(cells):
        if number % 10 == 0:
            text = f"## Part {number // 10 + 1}\nWhat comes in, and what goes out."
            rows.append({"cell_type": "markdown", "id": f"m{number}", "metadata": {}, "source": text})
        metadata = {"tags": [tags[number]]} if tags else {}
        row = {"cell_type": "code", "id": f"c{number}", "metadata": metadata, "source": source}
        rows.append({**row, "outputs": [], "execution_count": number + 1})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    kernel["language_info"] = {"name": "python", "file_extension": ".py"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": rows}


def write(path: Path, cells: Sequence[str], tags: Sequence[str] = ()) -> Path:
    """Write the notebook as Jupyter does, and return its path."""
    path.write_text(json.dumps(notebook(cells, tags), indent=1, ensure_ascii=False) + "\n")
    return path
