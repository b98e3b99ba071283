"""Whether anything is sent, and whether a run is started."""

from __future__ import annotations

from jpe_magics.errors import OptionError
from jpe_magics.model.option import Request


def wants_run(request: Request) -> bool:
    """Tell whether a run is to be started now; raise `OptionError` where the line contradicts itself.

    A single job runs by being submitted.  A service and a schedule are made and wait for their time, unless
    --trigger says otherwise or an option makes sense for a run only: the run is then one of the service, or with
    --schedule-only a single job.
    """
    asked = _asks_for_run(request)
    if asked and not request.push:
        raise OptionError(
            f"{asked} is for a run, and --no-push sends nothing", where=asked, hint="leave one of the two out"
        )
    if asked and request.trigger is False:
        raise OptionError(
            f"{asked} is for a run, and --no-trigger starts none", where=asked, hint="leave one of the two out"
        )
    if request.options["mode"] == "single":
        if request.push and request.trigger is False:
            raise OptionError(
                "a single job runs by being submitted, and --no-trigger starts none",
                where="--no-trigger",
                hint="leave it out; with --no-push or --preview nothing is sent, a service (--mode service) waits",
            )
        return request.push
    return request.push and (bool(asked) if request.trigger is None else request.trigger)


def _asks_for_run(request: Request) -> str:
    """Return the first option on the line that makes sense for a run only, "" for none."""
    given = {
        "--wait": request.wait,
        "--run-param": bool(request.run_parameters),
        "--trigger": request.trigger is True,
    }
    return next((name for name, said in given.items() if said), "")
