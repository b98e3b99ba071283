"""A batch: run PySpark's own spark-submit, report that it runs, and end as it ends.

This process is the leader of all that spark-submit starts, and ends it when the server wants that, or is gone.

- in: `submit` (conf, folder, arguments), once.  The end of the stream means: end.
- out: `started`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterable

from .group import end_group, survive_sigterm
from .properties import properties_file, spark_home


def main(channel: socket.socket) -> None:
    """Submit what the first message says; does not return.  The exit code is spark-submit's, 128 + n for signal n."""
    survive_sigterm()
    lines = channel.makefile("rb")
    order = json.loads(lines.readline())
    home = spark_home()
    with properties_file(order["conf"], order["folder"]) as properties:
        command = [str(home / "bin" / "spark-submit"), "--properties-file", properties, *order["arguments"]]
        process = subprocess.Popen(  # noqa: S603 - PySpark's own script
            command, stdin=subprocess.DEVNULL, env={**os.environ, "SPARK_HOME": str(home)}
        )
        channel.sendall(b'{"event": "started"}\n')
        watcher = threading.Thread(target=_end_with, args=(lines, process), daemon=True)
        watcher.start()
        code = process.wait()
    os._exit(code if code >= 0 else 128 - code)


def _end_with(stream: Iterable[bytes], process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of the stream, and end everything."""
    for _ in stream:
        pass
    end_group(lambda: process.poll() is not None)
