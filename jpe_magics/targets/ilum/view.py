"""A pipeline → the values of the templates of Ilum's modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jpe_magics.core.literal import Code, comment
from jpe_magics.core.script import codes, script_view
from jpe_magics.core.shell_names import SHELL_NAMES, makes_session
from jpe_magics.model.task import Pipeline
from jpe_magics.targets.ilum.options import slug

#: The class of a service's module.
SERVICE_CLASS = "NotebookService"
#: The key among a run's parameters that says which run it is.  No variable can have the name, so no parameter has it.
RUN_TAG = "jpe-export"


def module_name(name: str) -> str:
    """Return the name of the module that a pipeline of that name becomes.

    >>> module_name("daily-kpi-svc")
    'pipeline_exp_daily_kpi_svc'
    """
    return f"pipeline_exp_{slug(name)}"


def sharing_module(name: str, names: Iterable[str]) -> list[str]:
    """Return those of `names`, other than `name` itself, that become the same module.

    >>> sharing_module("daily-kpi", ["daily-kpi", "Daily KPI", "daily"])
    ['Daily KPI']
    """
    return [one for one in names if one != name and module_name(one) == module_name(name)]


def module_view(pipeline: Pipeline, options: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return what the templates `ilum/single.py.j2` and `ilum/service.py.j2` need.

    A job on its own makes a Spark session, but where the notebook makes one before it reads any: some
    settings count only at a session's creation.  What `%%configure` asks for goes with the request, and
    stands in no module: there it would win over the options of the export.
    """
    values = script_view(pipeline, version)
    alone = {
        "file": f"{module_name(options['name'])}.py",
        "session": bool(values["spark"]) or not makes_session(codes(pipeline)),
        "app_name": options["name"],
        "spark_conf": [],
    }
    if options["mode"] == "single":
        return {**values, **alone, "stop": True}
    cells = [
        (f"<{pipeline.notebook}, cell {cell.cell.number}>", cell.code.text) for cell in pipeline.cells if cell.code
    ]
    return {
        **values,
        **alone,
        "mode": options["mode"],
        "doc": _doc(pipeline, options["mode"]),
        "cells": cells,
        "spark": [name for name in SHELL_NAMES if name in pipeline.reads],
        "config_names": ("config", "_jpe_config") if pipeline.config_name == "config" else (pipeline.config_name,),
        "json_module": Code("json"),
        "run_tag": RUN_TAG,
    }


def _doc(pipeline: Pipeline, mode: str) -> str:
    notebook = comment(pipeline.notebook)
    what = "as a service of Ilum" if mode == "service" else "for Ilum's schedules, and as a service"
    lines = [f"The notebook `{notebook}` {what}."]
    if pipeline.parameters:
        lines += ["", f"Parameters, which a run may set: {', '.join(f'`{one.name}`' for one in pipeline.parameters)}."]
    return "\n".join(lines) + "\n"
