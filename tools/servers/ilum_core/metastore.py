"""A Hive metastore, the one that comes with PySpark: several Spark applications at once need one catalog."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from tools.servers.process import HOST, Process, free_port, wait_until

START_SECONDS = 120.0
# Hive 2.3 is older than Java's modules
_OPENED = ("java.net", "java.lang", "java.util", "java.util.concurrent", "java.nio", "sun.nio.ch")
_SITE = """<configuration>
<property><name>javax.jdo.option.ConnectionURL</name><value>jdbc:derby:;databaseName={database};create=true</value></property>
<property><name>datanucleus.schema.autoCreateAll</name><value>true</value></property>
<property><name>hive.metastore.schema.verification</name><value>false</value></property>
<property><name>hive.metastore.warehouse.dir</name><value>{warehouse}</value></property>
<property><name>hive.async.log.enabled</name><value>false</value></property>
</configuration>
"""  # PySpark does not bring what Hive's asynchronous log needs


class Metastore:
    """Serves Thrift at `url`; its Derby database is in `folder`.

    This Hive can't be told to listen on loopback only.
    """

    def __init__(self, jars: Path, folder: Path, warehouse: Path) -> None:
        port = free_port()
        self.url = f"thrift://{HOST}:{port}"
        self._port, self._folder = port, folder
        site = _SITE.format(database=folder / "db", warehouse=warehouse.as_uri())
        folder.mkdir(parents=True)
        (folder / "hive-site.xml").write_text(site, encoding="utf-8")
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
        command = ["java", "-Xmx192m", "-XX:TieredStopAtLevel=1", *opened, f"-Dderby.system.home={folder}"]
        command += [f"-Djava.io.tmpdir={folder}", "-cp", f"{folder}:{jars}/*"]
        command += ["org.apache.hadoop.hive.metastore.HiveMetaStore", "-p", str(port)]
        self._process = Process(command, folder / "metastore.log", os.environ, folder)

    def start(self) -> None:
        """Start it and return when it listens; raises `ServerError`."""
        self._process.start()
        try:
            wait_until(self._listens, "Hive's metastore", [self._process], START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self._port)) == 0

    def stop(self) -> None:
        """End it."""
        self._process.end(0)
