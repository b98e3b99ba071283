"""A stand-in for Ilum's core: it keeps the documented REST API and really runs what it is given.

::

    with IlumCore(tmp_path) as core:                        # plain Python; SparkRunner(python) for real Spark
        core.api_url                                        # http://127.0.0.1:<port>/api/v1
        core.tick(to=datetime(2026, 5, 21, 5, tzinfo=UTC))  # the schedules' clock
        core.faults.append(Fault("POST", r".*/job/submit", "gone-done"))
        core.restart()                                      # it was gone, and has kept its state

The API is that of Ilum's OpenAPI 1.5.3 (https://github.com/ilum-cloud/doc, `api/ilum-1.5.3.yaml`).  What that leaves
open stands in `Readings`, each with the reading that is likely and those that a client should survive.  Stricter than
Ilum: a form field that the OpenAPI does not know is refused, for it is a client's slip.

Not here: clusters are only named, a job's sizes, image, requirements and packages are kept and told but change
nothing, groups of kind CODE and the SQL part are missing.
"""

from tools.servers.ilum_core.core import IlumCore
from tools.servers.ilum_core.faults import Fault
from tools.servers.ilum_core.readings import Readings
from tools.servers.ilum_core.runner import PythonRunner
from tools.servers.ilum_core.spark import SparkRunner

__all__ = ["Fault", "IlumCore", "PythonRunner", "Readings", "SparkRunner"]
