"""A batch: run PySpark's own spark-submit, report that it runs, and end as it ends.

This process is the leader of all that spark-submit starts, and ends it when the server wants that, or is gone.

- in: `submit` (conf, folder, arguments), once.  The end of the stream means: end.
- out: `started`.
"""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping

from .group import end_group, survive_sigterm


def main(channel: socket.socket) -> None:
    """Submit what the first message says; does not return.  The exit code is spark-submit's, 128 + n for signal n."""
    survive_sigterm()
    lines = channel.makefile("rb")
    order = json.loads(lines.readline())
    home = spark_home()
    with tempfile.NamedTemporaryFile("w", dir=order["folder"], suffix=".conf", encoding="latin-1") as properties:
        # In a file of mode 0600 and not among the arguments, which every user of the machine can read.
        properties.write(_defaults(home) + properties_text(order["conf"]))
        properties.flush()
        command = [str(home / "bin" / "spark-submit"), "--properties-file", properties.name, *order["arguments"]]
        process = subprocess.Popen(  # noqa: S603 - PySpark's own script
            command, stdin=subprocess.DEVNULL, env={**os.environ, "SPARK_HOME": str(home)}
        )
        channel.sendall(b'{"event": "started"}\n')
        watcher = threading.Thread(target=_end_with, args=(lines, process), daemon=True)
        watcher.start()
        code = process.wait()
    os._exit(code if code >= 0 else 128 - code)


def spark_home() -> pathlib.Path:
    """Return the folder of Spark: what SPARK_HOME says, else PySpark's own."""
    if os.environ.get("SPARK_HOME"):
        return pathlib.Path(os.environ["SPARK_HOME"])
    return pathlib.Path(importlib.import_module("pyspark.find_spark_home")._find_spark_home())


def properties_text(conf: Mapping[str, str]) -> str:
    """Return the text of a Java properties file, in ASCII."""
    return "".join(f"{_escaped(key)}={_escaped(value)}\n" for key, value in conf.items())


def _escaped(text: str) -> str:
    text = re.sub(r"[\\ :=#!]", r"\\\g<0>", text)
    return re.sub(r"[^ -~]", _unicode_escapes, text)


def _unicode_escapes(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _defaults(home: pathlib.Path) -> str:
    """Return Spark's own defaults, which it does not read where it is given another file: later lines win."""
    folder = pathlib.Path(os.environ.get("SPARK_CONF_DIR") or home / "conf")
    path = folder / "spark-defaults.conf"
    return path.read_text(encoding="latin-1") + "\n" if path.is_file() else ""


def _end_with(stream: Iterable[bytes], process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of the stream, and end everything."""
    for _ in stream:
        pass
    end_group(lambda: process.poll() is not None)
