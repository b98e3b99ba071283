"""Run as a group's driver: one Spark session, and `run` of the classes that are asked for, one after the other.

Its last argument is the number of a socket.  There it gets a first line with its settings, says that it is ready, and
then answers each line with one.  It ends with the socket.  Standard library and PySpark only.
"""

import importlib
import json
import socket
import sys
import traceback


def main(number):
    channel = socket.socket(fileno=number)
    channel.set_inheritable(False)  # the JVM must not keep it open
    lines = channel.makefile("r", encoding="utf-8")

    def say(message):
        channel.sendall(json.dumps(message).encode() + b"\n")

    settings = json.loads(lines.readline())
    sys.path[:1] = settings["path"]  # in place of this file's own folder
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName(settings["name"])
    for key, value in settings["conf"].items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    say({"app": spark.sparkContext.applicationId})
    for line in lines:
        asked = json.loads(line)
        say(answer(spark, asked["jobClass"], asked["jobConfig"]))


def answer(spark, job_class, config):
    """Return {"result": …}, or {"error": {"message", "stackTrace"}} whatever the code has raised."""
    try:
        module, _, name = job_class.rpartition(".")
        result = getattr(importlib.import_module(module or job_class), name)().run(spark, config)
        if result is not None and not isinstance(result, str):
            raise TypeError(f"run must return a string or None, not {type(result).__name__}")
    except BaseException as error:  # noqa: BLE001 - SystemExit too: a driver outlives what it runs
        told = traceback.format_exception_only(type(error), error)[-1].strip()
        return {"error": {"message": told, "stackTrace": traceback.format_exc()}}
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return {"result": result}


main(int(sys.argv[-1]))
