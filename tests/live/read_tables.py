"""Run by an interpreter that has PySpark: print every Parquet table below the given folders as JSON.

python read_tables.py FOLDER…      → {folder: {table: [sorted rows]}}
"""

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
told = {
    folder: {
        table.name: sorted(json.dumps(row.asDict(), sort_keys=True) for row in spark.read.parquet(str(table)).collect())
        for table in sorted(Path(folder).iterdir())
        if table.is_dir()
    }
    for folder in sys.argv[1:]
}
print("TABLES " + json.dumps(told))
spark.stop()
