"""Spark properties for spark-submit, in a file that only its owner can read.

As arguments every user of the machine could read them, for as long as the JVM lives: passwords of stores among them.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pathlib
import re
import tempfile
from collections.abc import Iterator, Mapping


@contextlib.contextmanager
def properties_file(conf: Mapping[str, str], folder: str) -> Iterator[str]:
    """Write a properties file of mode 0600 in `folder`, and yield its path; it is gone afterwards.

    Spark's own defaults are in it, too: it does not read them where it is given another file.
    """
    # Java reads such a file as latin-1; the defaults' bytes stay what they are.
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".conf", encoding="latin-1") as file:
        file.write(_defaults(spark_home()) + properties_text(conf))
        file.flush()
        yield file.name


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
    """Return Spark's own defaults; later lines win over them."""
    folder = pathlib.Path(os.environ.get("SPARK_CONF_DIR") or home / "conf")
    path = folder / "spark-defaults.conf"
    return path.read_text(encoding="latin-1") + "\n" if path.is_file() else ""
