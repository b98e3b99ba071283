"""Jobs on real Spark: `spark-submit` for single ones, a warm SparkSession for a driver, one catalog for all."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tools.servers.ilum_core.metastore import Metastore
from tools.servers.ilum_core.program import Program
from tools.servers.ilum_core.readings import Readings
from tools.servers.ilum_core.records import Definition, Job
from tools.servers.ilum_core.runner import PythonRunner

#: Properties of a job that are Ilum's to decide, or mean a cluster that is not here; they are kept and told.
_NOT_HERE = re.compile(
    r"spark\.(kubernetes\..*|master|submit\..*|driver\.(memory|cores|host|port)|executor\..*|jars\.(packages|repositories))"
)
#: A small Spark: two cores are shared with the servers and the tests.
_SMALL = {
    "spark.master": "local[2]",
    "spark.driver.memory": "512m",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.legacy.createHiveTableByDefault": "false",
}


class SparkRunner(PythonRunner):
    """Runs on the Spark of `python`, an interpreter that has `pyspark` and, for services, `ilum-job-api`.

    Tables are kept as Parquet files in `warehouse`, a folder for each.  `catalog` "hive" gives all jobs one Hive
    metastore, as Ilum does: a process of its own (some 270 MB, ready after 5 to 20 s).  With "memory" a job starts
    sooner, but does not know the tables of another one, and can't overwrite them.
    """

    def __init__(self, python: str | Path, *, catalog: str = "hive") -> None:
        super().__init__(python)
        told = [self.python, "-c", "import pyspark; print(pyspark.__path__[0])"]
        self.home = Path(subprocess.run(told, check=True, capture_output=True, text=True).stdout.strip())
        self._catalog = catalog
        self._metastore: Metastore | None = None

    def start(self, work: Path) -> None:
        """Make the warehouse, and start the metastore."""
        self.work, self.warehouse = work, work / "warehouse"
        self.warehouse.mkdir(parents=True, exist_ok=True)
        if self._catalog == "hive":
            self._metastore = Metastore(self.home / "jars", work / "metastore", self.warehouse)
            self._metastore.start()

    def stop(self) -> None:
        """End the metastore."""
        if self._metastore is not None:
            self._metastore.stop()

    def job(self, job: Job, readings: Readings) -> Program:
        """Start a single job with `spark-submit`; raise `NothingToRun`."""
        words = self.script(job, readings)
        command: list[str | Path] = [self.home / "bin" / "spark-submit", "--name", job.definition.get("name")]
        for key, value in self.conf(job.definition).items():
            command += ["--conf", f"{key}={value}"]
        for option, part in (("--py-files", "pyFiles"), ("--files", "files"), ("--jars", "jars")):
            if found := job.definition.files(part):
                command += [option, ",".join(map(str, found))]
        return self.program([*command, *words, *job.definition.get("args", [])], job, readings)

    def environ(self, definition: Definition, readings: Readings) -> dict[str, str]:  # noqa: ARG002
        """Return the environment of a job: ours, on loopback."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYSPARK_", "SPARK_"))}
        return {
            **kept,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_HOME": str(self.home),
            "PYSPARK_PYTHON": self.python,
            "PYSPARK_DRIVER_PYTHON": self.python,
        }

    def conf(self, definition: Definition) -> dict[str, str]:
        """Return the Spark properties of a job: its own, but for those that mean a cluster, and ours."""
        asked = {key: value for key, value in definition.conf.items() if not _NOT_HERE.fullmatch(key)}
        ours = {**_SMALL, "spark.sql.warehouse.dir": str(self.warehouse)}
        ours["spark.hadoop.hive.exec.scratchdir"] = str(self.work / "scratch")
        ours["spark.sql.catalogImplementation"] = "hive" if self._metastore else "in-memory"
        if self._metastore:
            ours["spark.hadoop.hive.metastore.uris"] = self._metastore.url
        return {**ours, **asked, "spark.master": _SMALL["spark.master"]}

    def works(self, job: Job) -> bool:
        """Tell whether the job's log says that its Spark application has been submitted."""
        return b"Submitted application" in job.log.read_bytes()
