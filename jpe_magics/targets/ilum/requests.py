"""What is sent to Ilum: the multipart bodies of `POST /job/submit`, `/group` and `/schedule`, and the JSON of runs.

Field names and joined forms are those of Ilum's OpenAPI 1.5.3.  `jobConfig` means Spark configuration in
the forms, and the parameters of a run in the JSON of `POST /group/{id}/job/submit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jpe_magics.core.spark_properties import spark_conf
from jpe_magics.errors import OptionError
from jpe_magics.model.artifact import File
from jpe_magics.model.planned import Form, Planned
from jpe_magics.targets.ilum.joined import joinable
from jpe_magics.targets.ilum.options import IMAGE, PROPERTIES
from jpe_magics.targets.ilum.times import when
from jpe_magics.targets.ilum.view import RUN_TAG, SERVICE_CLASS

#: The tag by which a submission finds its own jobs again, when an answer was lost.
EXPORT_TAG = "jpe_export"
#: What an image must hold to run a service: the package of `ilum.api` (PyPI; `ilum` itself is Ilum's command line).
SERVICE_PACKAGE = "ilum-job-api"
#: Options that are fields of their own, by the names of those.
_FIELDS = {
    "executors": "executors",
    "driver_memory": "driverMemory",
    "driver_cores": "driverCores",
    "executor_memory": "executorMemory",
    "executor_cores": "executorCores",
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
    form = Form((*job.form.fields, ("cron", options["cron"])), job.form.files)
    return Planned("POST", "/schedule", form, note=when(options))


def run_request(
    service: str, main_class: str, values: Sequence[tuple[str, str]], *, execute: bool = False, tag: str = ""
) -> Planned:
    """Return the request for a run of a service: `values` are its parameters, which Ilum documents as texts.

    `service` is its id as it stands in a path.
    `execute` chooses the call that answers when the run has ended.  `tag` is what the run is found again by: it goes
    among the parameters, for a run has no tags.
    """
    config = {**dict(values), **({RUN_TAG: tag} if tag else {})}
    body = {"type": "interactive_job_execute", "jobClass": main_class, "jobConfig": config}
    return Planned("POST", f"/group/{service}/job/{'execute' if execute else 'submit'}", body=body)


def own_image(options: Mapping[str, Any], presets: Mapping[str, str]) -> str:
    """Return the image that a service would run on where that is none of `presets`, "" where there is no doubt."""
    serves = options["mode"] == "service" or (options["mode"] == "cron" and not options["schedule_only"])
    image = str(options["image"])
    return image if serves and image not in presets else ""


def job_config(
    session_conf: Mapping[str, Any], options: Mapping[str, Any], images: Mapping[str, str]
) -> dict[str, str]:
    """Return the Spark configuration: what `%%configure` asks for, then `--spark-conf`, then `--image`.

    `images` are the presets: name → container image.  What an option of its own says is left out.  Raises
    `OptionError` for what Ilum's `k=v;k=v` can't hold.
    """
    conf = dict(spark_conf(session_conf))
    for option, key in PROPERTIES.items():
        if options[option]:
            conf.pop(key, None)
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
    for option, field in _FIELDS.items():
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
                hint="put the value into the notebook; or make a service (--mode service), whose runs take any text",
            )
        yield name, value
