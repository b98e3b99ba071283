"""What is sent to Ilum: the multipart bodies of `POST /job/submit`, `/group` and `/schedule`.

Field names and joined forms are those of Ilum's OpenAPI 1.5.3.  `jobConfig` means Spark configuration in
these bodies, and the parameters of a run in the JSON of `POST /group/{id}/job/submit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jpe_magics.core.spark_properties import SPARK_PROPERTIES, spark_conf
from jpe_magics.errors import OptionError
from jpe_magics.model.artifact import File
from jpe_magics.model.planned import Form, Planned
from jpe_magics.targets.ilum.joined import joinable
from jpe_magics.targets.ilum.view import SERVICE_CLASS

#: The tag by which a submission finds its own jobs again, when an answer was lost.
EXPORT_TAG = "jpe_export"
#: The Spark property that chooses the container image.
IMAGE = "spark.kubernetes.container.image"
#: Options that are fields of their own, with the Spark property that says the same.
_FIELDS = {
    "executors": ("executors", "numExecutors"),
    "driver_memory": ("driverMemory", "driverMemory"),
    "driver_cores": ("driverCores", "driverCores"),
    "executor_memory": ("executorMemory", "executorMemory"),
    "executor_cores": ("executorCores", "executorCores"),
}


def service_class(module: str) -> str:
    """Return what Ilum is told to call: the class in the module."""
    return f"{module}.{SERVICE_CLASS}"


def submit_form(
    file: File,
    options: Mapping[str, Any],
    conf: Mapping[str, str],
    *,
    export: str,
    values: Sequence[tuple[str, str]] = (),
) -> Planned:
    """Return the submission of a single job; `values` are its parameters, `export` the id that its tag carries.

    `jobClass` is the module's name: Ilum documents what it means for Scala and for services, and nothing for a Python
    script; a schedule needs one.
    """
    fields = [
        *_common(options, conf, export),
        ("jobClass", file.path.removesuffix(".py")),
        *_some("args", ";".join(f"{name}={value}" for name, value in _joined(values))),
        *_some("maxRetries", options["max_retries"]),
    ]
    return Planned("POST", "/job/submit", Form(tuple(fields), (("pyFiles", file),)))


def group_form(file: File, options: Mapping[str, Any], conf: Mapping[str, str], *, export: str) -> Planned:
    """Return the creation of a service; beside a schedule it pauses itself when nobody uses it."""
    fields = [*_common(options, conf, export), ("kind", "JOB"), ("scale", "1")]
    fields.append(("autoPause", "true" if options["mode"] == "cron" else "false"))
    return Planned("POST", "/group", Form(tuple(fields), (("pyFiles", file),)))


def schedule_form(
    file: File,
    options: Mapping[str, Any],
    conf: Mapping[str, str],
    *,
    export: str,
    values: Sequence[tuple[str, str]] = (),
) -> Planned:
    """Return the creation of a schedule, whose jobs are single ones."""
    job = submit_form(file, options, conf, export=export, values=values)
    return Planned("POST", "/schedule", Form((*job.form.fields, ("cron", options["cron"])), job.form.files))


def job_config(
    session_conf: Mapping[str, Any], options: Mapping[str, Any], images: Mapping[str, str]
) -> dict[str, str]:
    """Return the Spark configuration: what `%%configure` asks for, then `--spark-conf`, then `--image`.

    `images` are the presets: name → container image.  What an option of its own says is left out.  Raises
    `OptionError` for what Ilum's `k=v;k=v` can't hold.
    """
    conf = dict(spark_conf(session_conf))
    for option, (_, field) in _FIELDS.items():
        if options[option]:
            conf.pop(SPARK_PROPERTIES[field], None)
    conf.update(options["spark_conf"])
    image = images.get(options["image"], options["image"])
    if image:
        conf[IMAGE] = image
    for key, value in conf.items():
        if "=" in key or not joinable(key + value):
            raise OptionError(
                f"Ilum can't take the Spark property {key!r}: it has no way to write a semicolon, a line's end "
                "or a control character",
                where="%%configure" if key in dict(spark_conf(session_conf)) else "--spark-conf",
                hint="set it in the notebook's code",
            )
    return conf


def _common(options: Mapping[str, Any], conf: Mapping[str, str], export: str) -> Iterator[tuple[str, str]]:
    yield "name", options["name"]
    yield "clusterName", options["cluster"]
    yield "language", "PYTHON"  # Ilum's default is SCALA
    yield "tags", ";".join(f"{key}={value}" for key, value in (*options["tags"], (EXPORT_TAG, export)))
    yield from _some("jobConfig", ";".join(f"{key}={value}" for key, value in conf.items()))
    yield from _some("pyRequirements", ";".join(options["requirements"]))
    yield from _some("packages", ",".join(options["packages"]))
    for option, (field, _) in _FIELDS.items():
        yield from _some(field, options[option])


def _some(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the field, unless there is nothing to say: the defaults that Ilum documents are sample text."""
    if value is not None and value != "":
        yield name, str(value)


def _joined(values: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in values:
        if not joinable(value):
            raise OptionError(
                f"Ilum can't take this value for {name}: there is no way to write a semicolon, a line's end "
                "or a control character in one",
                code="JPE004",
                where=f"--run-param {name}=…",
            )
        yield name, value
