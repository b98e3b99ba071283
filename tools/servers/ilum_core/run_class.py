"""Run a single job by its class: `run` of an IlumJob in a Spark session of its own, with an empty config.

python run_class.py FILE CLASS [ARGUMENT…]
"""

import importlib
import os
import sys

from pyspark.sql import SparkSession

path, class_name = sys.argv[1:3]
sys.path[:1] = [os.path.dirname(path)]  # noqa: PTH120 - in place of this file's own folder
module = importlib.import_module(os.path.splitext(os.path.basename(path))[0])  # noqa: PTH119, PTH122
spark = SparkSession.builder.getOrCreate()
print(getattr(module, class_name)().run(spark, {}))
spark.stop()
