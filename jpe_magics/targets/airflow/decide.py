"""Whether a run is to be started."""

from __future__ import annotations

from dataclasses import dataclass

from jpe_magics.core.flow import Surroundings
from jpe_magics.core.flow.dags import GITEA_LOGIN
from jpe_magics.errors import OptionError
from jpe_magics.model.option import Request

#: Settings that, where the user set one, mean that there is an Airflow.
_AIRFLOW = ("airflow_api_url", "airflow_token", "airflow_jwt_secret", "airflow_username", "airflow_password")
_ANYBODYS = "local_dags_folder is not set, so nobody knows that Airflow reads ./{}; set it, or say --trigger"


@dataclass(frozen=True)
class Decision:
    """Whether Airflow is to be asked for a run; `why` says why not, "" where the line itself says so."""

    run: bool
    why: str = ""


def wants_run(request: Request, around: Surroundings) -> Decision:
    """Return whether Airflow is to be asked for a run, and if not, why.

    What the line says wins: --trigger, --no-trigger, and options that make sense for a run only.  Else there is
    one where an Airflow was set, and the file goes to where that Airflow reads.  Raises `OptionError` where the
    line contradicts itself, or asks for a run of an Airflow that is switched off.
    """
    asked = _asks_for_run(request)
    if request.trigger is False and asked:
        raise OptionError(
            f"{asked} is for a run, and --no-trigger starts none", where=asked, hint="leave one of the two out"
        )
    asked = "--trigger" if request.trigger else asked
    if asked and not around.setting("airflow_enabled"):
        raise OptionError(
            f"{asked} is for a run, and Airflow is switched off (airflow_enabled)",
            where=asked,
            hint="leave it out to write the file only, or set JPE_AIRFLOW_ENABLED to true",
        )
    if request.trigger is not None or asked:
        return Decision(bool(asked))
    if not request.push:
        return Decision(False)
    why = _why_not(around)
    return Decision(not why, why)


def _why_not(around: Surroundings) -> str:
    if not around.setting("airflow_enabled"):
        return "Airflow is switched off (airflow_enabled)"
    if not any(around.is_set(name) for name in _AIRFLOW):
        return "no Airflow is set (airflow_api_url)"
    return "" if _is_read_by_airflow(around) else _ANYBODYS.format(around.setting("local_dags_folder"))


def _asks_for_run(request: Request) -> str:
    """Return the first option on the line that makes sense for a run only, "" for none."""
    given = {
        "--wait": request.wait,
        "--run-param": bool(request.run_parameters),
        "--unpause": bool(request.options.get("unpause")),
    }
    return next((name for name, said in given.items() if said), "")


def _is_read_by_airflow(around: Surroundings) -> bool:
    """Tell whether the file goes by git, or to a folder that the user chose: the default one is anybody's."""
    provider = around.setting("git_provider")
    if provider == "auto":
        provider = "gitea" if any(around.setting(name) for name in GITEA_LOGIN) else "local"
    return provider != "local" or around.is_set("local_dags_folder")
