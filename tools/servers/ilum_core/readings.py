"""What Ilum's documentation leaves open, as switches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone, tzinfo
from typing import Literal


@dataclass
class Readings:
    """The defaults are the likely readings; a test sets others before or while the core runs."""

    job_class: Literal["stem", "class"] = "stem"
    """`jobClass` of a single or scheduled Python job: the uploaded file's name without `.py`, which is then run as a
    script; or `<module>.<Class>`, an IlumJob whose `run` gets an empty config."""
    modules_in: tuple[str, ...] = ("pyFiles",)
    """The parts whose Python files can be run and imported; some clients send them as `files`."""
    cron_fields: Literal[5, 6] = 5
    """How many fields a cron expression has; with 6 the first one is seconds, as in Spring."""
    zone: tzinfo = timezone.utc
    """Where schedules are at home: the API has no field for it."""
    unique_names: Literal["living", "never"] = "living"
    """Whether a second group or schedule of a name that another has, one that is not stopped, is refused with 409.
    The API calls both names unique, and says no more."""
    dead_driver: Literal["refuse", "error", "wait"] = "refuse"
    """What a group without a driver does with executions: 409; an instance with an error; or it keeps them waiting
    for a driver to come."""
    tags_as: Literal["object", "text"] = "object"
    """How `tags`, and a job's `jobConfig`, are told: the OpenAPI gives both types at once."""
    params_as_text: bool = False
    """Whether numbers and booleans of an execution's `jobConfig` arrive in `run` as strings."""
    unfinished_results: bool = True
    """Whether `job/result` lists instances that have no result yet."""
