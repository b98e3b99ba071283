"""The options of `%export_pipeline ilum`: their declarations and their rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from jpe_magics.core.cron import check_cron
from jpe_magics.core.spark_properties import SPARK_PROPERTIES
from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option
from jpe_magics.targets.ilum.joined import joinable
from jpe_magics.targets.rules import on_or_off, one_of, shown, unknown, words, wrong

MODES = ("single", "service", "cron")

OPTIONS: tuple[Option, ...] = (
    Option(
        "name",
        "str",
        "the job's or service's name",
        required=True,
        preset=True,
        metavar="NAME",
        example="daily-kpi",
        main=True,
    ),
    Option(
        "mode",
        "choice",
        "single: a job, once; service: a warm one that runs on demand; cron: a job at the times of --cron",
        default="single",
        choices=MODES,
        preset=True,
        main=True,
    ),
    Option(
        "cron",
        "str",
        "when it runs, in mode cron: five fields, by the clock of Ilum's core (mostly UTC)",
        default="",
        metavar="CRON",
        example='"0 5 * * *"',
        label="Times (cron)",
        main=True,
        modes=("cron",),
    ),
    Option(
        "six_field_cron",
        "flag",
        "--cron has six fields, the first one seconds",
        default=False,
        label="Cron with seconds",
        modes=("cron",),
    ),
    Option(
        "schedule_only",
        "flag",
        "in mode cron: make the schedule, but no service",
        default=False,
        label="Without a service",
        modes=("cron",),
    ),
    Option(
        "execute",
        "flag",
        "start runs of a service with the call that waits for their end",
        default=False,
        label="Run in one call",
        modes=("service",),
    ),
    Option(
        "cluster",
        "str",
        "Ilum's cluster",
        default="default",
        setting="default_cluster_id",
        metavar="NAME",
        main=True,
    ),
    Option(
        "image",
        "str",
        "a preset of spark_images, or a container image",
        default="",
        metavar="IMAGE",
        example="registry/spark:4.1.2",
        main=True,
    ),
    Option(
        "spark_conf",
        "map",
        "Spark configuration (repeatable)",
        metavar="KEY=VALUE",
        example="spark.sql.shuffle.partitions=64",
        label="Spark configuration",
    ),
    Option("executors", "int", "how many executors", metavar="N"),
    Option("driver_memory", "str", "the driver's memory", default="", metavar="SIZE", example="2g"),
    Option("driver_cores", "int", "the driver's cores", metavar="N"),
    Option("executor_memory", "str", "an executor's memory", default="", metavar="SIZE", example="4g"),
    Option("executor_cores", "int", "an executor's cores", metavar="N"),
    Option(
        "max_retries",
        "int",
        "how often Ilum tries a failed job again",
        metavar="N",
        label="Retries",
        modes=("single", "cron"),
    ),
    Option(
        "requirements",
        "str",
        "Python packages to install, with blanks between them",
        default="",
        metavar="PACKAGES",
        example='"pandas==2.2.3 numpy>=1.26,<3"',
        label="Python packages",
    ),
    Option(
        "packages",
        "list",
        "Maven coordinates of Spark packages",
        default=(),
        metavar="G:A:V,…",
        example="io.delta:delta-spark_2.13:4.0.0",
        label="Spark packages (Maven)",
    ),
    Option(
        "tags", "list", "tags in Ilum", default=(), preset=True, metavar="KEY=VALUE,…", example="team=data,env=prod"
    ),
)
#: The Spark property that chooses the container image.
IMAGE = "spark.kubernetes.container.image"
#: The Spark properties that say the same as an option.
PROPERTIES: Mapping[str, str] = {
    "executors": SPARK_PROPERTIES["numExecutors"],
    "driver_memory": SPARK_PROPERTIES["driverMemory"],
    "driver_cores": SPARK_PROPERTIES["driverCores"],
    "executor_memory": SPARK_PROPERTIES["executorMemory"],
    "executor_cores": SPARK_PROPERTIES["executorCores"],
}
#: A package, its extras and versions (a name behind a comma would be another package), or an address.
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9][\w.-]*(\[[\w.,-]*\])?(@[^\s;]+|[<>=!~][^\s;,]*(,[<>=!~][^\s;,]*)*)?|[a-z+]+://[^\s;]+", re.ASCII
)
#: What stands in a marker (PEP 508), with its operator.
_MARKER = re.compile(
    r"(python_(full_)?version|os_name|sys_platform|platform_[a-z_]+|implementation_[a-z_]+|extra)[<>=!~]"
)
_BY_NAME = {option.name: option for option in OPTIONS}


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options, typed; raise `OptionError` that names the wrong one.

    Ilum's wire format joins `spark_conf`, `tags` and `requirements` with `;` and has no escape for it, so
    no part may hold one.  `tags` become pairs, `requirements` and `packages` tuples; counts are None where
    nothing is asked for.
    """
    for name in options:
        if name not in _BY_NAME:
            raise unknown("ilum", name)
    checked: dict[str, Any] = {}
    for option in OPTIONS:
        value = options.get(option.name, option.default)
        value = option.default if value is None or (value == "" and option.name != "cluster") else value
        checked[option.name] = _RULES[option.name](option, value)
    _check_mode(checked)
    _check_conf(checked)
    return checked


def slug(name: str) -> str:
    """Return `name` as a part of a module's name.

    >>> slug("daily-kpi-svc")
    'daily_kpi_svc'
    """
    return re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()


def _check_mode(options: Mapping[str, Any]) -> None:
    """Refuse options that mean nothing in the mode that was chosen."""
    mode = options["mode"]
    for option in OPTIONS:
        value = options[option.name]
        given = value is not None and value is not False and value != ""
        if given and option.modes and mode not in option.modes:
            hint = f"say --mode {option.modes[0]} if that is what you want; else leave {option.flag} out"
            raise wrong(option, f"means nothing in mode {mode}", hint)
    if mode == "cron":
        _check_cron(options["cron"], 6 if options["six_field_cron"] else 5)


def _check_cron(cron: str, fields: int) -> None:
    """Refuse an expression of another number of fields, and one that names no time that comes."""
    if not cron:
        raise wrong(_BY_NAME["cron"], "is needed in mode cron")
    found = len(cron.split())
    if found != fields:
        hint = {
            (6, 5): "say --six-field-cron too where the first field is seconds",
            (5, 6): "leave --six-field-cron out, or put a field for the seconds before the others",
        }
        raise wrong(_BY_NAME["cron"], f"must have {fields} fields, not {shown(cron)}", hint.get((found, fields), ""))
    try:
        check_cron(cron, datetime(2026, 1, 1), seconds_first=fields == 6)  # noqa: DTZ001 - any will do
    except ValueError as error:
        raise wrong(_BY_NAME["cron"], f"{error}: {shown(cron)}") from None


def _check_conf(options: Mapping[str, Any]) -> None:
    """Refuse two values for one thing: an option's, and that of the Spark property which says the same."""
    for name, key in {**PROPERTIES, "image": IMAGE}.items():
        said, property_said = options[name], options["spark_conf"].get(key)
        if said not in (None, "") and property_said not in (None, str(said)):
            flag = _BY_NAME[name].flag
            raise OptionError(
                f"{flag} {shown(said)} and --spark-conf {key}={property_said} contradict each other",
                where=flag,
                hint="leave one of the two out",
            )


def _text(option: Option, value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise wrong(option, f"must be text of one line, not {shown(value)}")
    return value.strip()


def _name(option: Option, value: Any) -> str:
    if value is None:
        raise wrong(option, "is needed")
    text = _text(option, value)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}", text):
        why = "may have up to 100 of the letters a to z and A to Z, digits, blanks and . _ -, "
        raise wrong(option, f"{why}and begins with a letter or digit; not {shown(value)}")
    return text


def _count(option: Option, value: Any) -> int | None:
    if value is None:
        return None
    text = str(value).strip()
    least = 0 if option.name == "max_retries" else 1  # Ilum documents no upper bound: ours keeps typing errors out
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,4}", text) or int(text) < least:
        raise wrong(option, f"must be a whole number from {least} to 9999, not {shown(value)}")
    return int(text)


def _size(option: Option, value: Any) -> str:
    text = _text(option, value).lower()
    if text and not re.fullmatch(r"[1-9][0-9]{0,6}[kmgt]b?", text):
        raise wrong(option, f"must be a size like 512m or 4g, not {shown(value)}")
    return text


def _image(option: Option, value: Any) -> str:
    text = _text(option, value)
    if ";" in text:
        raise wrong(option, f"can't hold a semicolon: {shown(value)}")
    return text


def _cluster(option: Option, value: Any) -> str:
    text = _image(option, value)
    if not text:
        raise wrong(option, "names no cluster", "name one; left out, it is that of the setting default_cluster_id")
    return text


def _spark_conf(option: Option, value: Any) -> dict[str, str]:
    if value is not None and not isinstance(value, Mapping):
        raise wrong(option, f"takes KEY=VALUE, not {shown(value)}")
    pairs = dict(value or {})
    for key, one in pairs.items():
        if not isinstance(key, str) or not isinstance(one, str) or not re.fullmatch(r"[^\s=]+\.[^\s=]+", key):
            raise wrong(option, f"takes KEY=VALUE with a Spark property as the key, not {shown(key)}")
        _no_separator(option, key, one)
    return pairs


def _tags(option: Option, value: Any) -> tuple[tuple[str, str], ...]:
    tags = {}
    for word in words(option, value):
        key, sign, one = word.partition("=")
        if not key.strip():
            raise wrong(option, f"must be KEY=VALUE with commas between, not {shown(word)}")
        _no_separator(option, key, one)
        if key.strip() == "jpe_export":
            raise wrong(option, "may not be jpe_export: by that tag an export finds its own jobs again")
        tags[key.strip()] = one.strip() if sign else "true"
    return tuple(tags.items())


def _requirements(option: Option, value: Any) -> tuple[str, ...]:
    packages = tuple(value.replace(";", " ").split()) if isinstance(value, str) else words(option, value)
    for word in packages:
        if not _REQUIREMENT.fullmatch(word) or _MARKER.match(word) or not word.isprintable():
            raise wrong(option, f"must be packages as pip takes them, blanks between, no markers; not {shown(word)}")
    return packages


def _packages(option: Option, value: Any) -> tuple[str, ...]:
    coordinates = words(option, value)
    for word in coordinates:
        if not re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+", word, re.ASCII):
            raise wrong(option, f"must be Maven coordinates, group:artifact:version, not {shown(word)}")
    return coordinates


def _no_separator(option: Option, key: str, value: str) -> None:
    """Refuse what Ilum's `k=v;k=v` can't hold: it has no escape."""
    if "=" in key or not joinable(key + value):
        why = "can't hold a semicolon, a line's end or a control character, for Ilum has no escape for them"
        raise wrong(option, f"{why}: {shown(key)}")


_RULES: Mapping[str, Callable[[Option, Any], Any]] = {
    "name": _name,
    "mode": one_of,
    "cron": lambda option, value: " ".join(_text(option, value).split()),
    "six_field_cron": on_or_off,
    "schedule_only": on_or_off,
    "execute": on_or_off,
    "cluster": _cluster,
    "image": _image,
    "spark_conf": _spark_conf,
    "executors": _count,
    "driver_memory": _size,
    "driver_cores": _count,
    "executor_memory": _size,
    "executor_cores": _count,
    "max_retries": _count,
    "requirements": _requirements,
    "packages": _packages,
    "tags": _tags,
}
