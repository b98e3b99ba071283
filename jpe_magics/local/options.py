"""What a server is started with, and what a session's Spark is started with."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CATALOG = "spark.sql.catalogImplementation"
WAREHOUSE = "spark.sql.warehouse.dir"
_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
#: Masters for which Spark makes up the secret of `spark.authenticate` itself (`SecurityManager.initializeAuth`).
_LOCAL_MASTER = re.compile(r"local(\[[^\]]*\])?")


@dataclass(frozen=True)
class LivyOptions:
    """How `jpe livy` serves; times in seconds."""

    python: str
    """The interpreter that has PySpark."""
    work_dir: Path
    """Holds the tables (`warehouse`), their catalog (`metastore`) and, while it lives, a folder for each process."""
    files: Sequence[Path] = ()
    """Folders whose files a request may name (Livy's `livy.file.local-dir-whitelist`)."""
    conf: Mapping[str, str] = field(default_factory=dict)
    """Spark properties of every session and batch; what the request asks for itself wins."""
    idle_timeout: float = 3600.0
    """Livy's `livy.server.session.timeout`."""
    max_sessions: int = 8
    """Livy's `livy.server.session.max-creation`, which is 100 there: sessions and batches together."""
    kept_after_end: float = 600.0
    """Livy's `livy.server.session.state-retain.sec`."""
    kept_statements: int = 100
    """Livy's `livy.rsc.retained-statements`."""
    cancel_timeout: float = 30.0
    """Livy's `livy.rsc.job-cancel.timeout`: then a statement that does not react is called cancelled all the same."""
    spark: bool = True
    """False for tests of the protocol alone: the worker then starts no Spark."""

    def folder(self, name: str) -> Path:
        """Return where the session or batch of that name (`0`, `batch-0`) keeps its temporary files."""
        return self.work_dir / "sessions" / name


def spark_conf(
    options: LivyOptions, requested: Mapping[str, str], folder: Path, *, app_name: str | None, keeps_catalog: bool
) -> dict[str, str]:
    """Return the Spark properties of a session or batch; later ones win: ours, the server's, the request's.

    Tables shall outlive their session, so that the next run of a DAG, or a notebook, finds them: the
    catalog is a Hive one on the server's own Derby database.  Only one process can open that: one that is
    made while another one holds it (`keeps_catalog` false) gets a catalog and a warehouse of its own in
    its `folder`, which end with it.
    """
    warehouse = options.work_dir / "warehouse" if keeps_catalog else folder / "warehouse"
    conf = {
        "spark.master": "local[*]",
        **({} if app_name is None else {"spark.app.name": app_name}),
        # The Spark UI can kill jobs and asks for no password: only for who wants it.
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Hive's default is one folder in /tmp for all users of the machine.
        "spark.hadoop.hive.exec.scratchdir": str(folder / "hive"),
        WAREHOUSE: str(warehouse),
        CATALOG: "hive" if keeps_catalog else "in-memory",
        # Spark 3 would make a table without USING one of Hive's own; Spark 4 does not.
        "spark.sql.legacy.createHiveTableByDefault": "false",
        **options.conf,
        **requested,
    }
    if _LOCAL_MASTER.fullmatch(conf["spark.master"]):
        # Spark's own ports on loopback run code for whoever speaks its protocol; locally it makes up a secret for them.
        conf.setdefault("spark.authenticate", "true")
    java = f'-Dderby.system.home="{options.work_dir / "metastore"}" -Djava.io.tmpdir="{folder}"'
    conf[_JAVA_OPTIONS] = f"{java} {conf.get(_JAVA_OPTIONS, '')}".strip()
    return conf


def wants_kept_catalog(options: LivyOptions, requested: Mapping[str, str]) -> bool:
    """True where neither the server's nor the request's properties choose a catalog other than Hive's."""
    return {**options.conf, **requested}.get(CATALOG, "hive") == "hive"


def worker_environment(options: LivyOptions) -> dict[str, str]:
    """Return the environment of a worker: ours, without our password, and with everything on loopback."""
    kept = {name: value for name, value in os.environ.items() if name != "JPE_LIVY_PASSWORD"}
    return {
        **kept,
        # Spark's own servers (driver, block manager, UI) listen there and nowhere else.
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": options.python,
        "PYSPARK_DRIVER_PYTHON": options.python,
    }
