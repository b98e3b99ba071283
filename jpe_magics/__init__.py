"""A notebook that works becomes a pipeline that runs, in one line, from any front end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jpe_magics.version import __version__

if TYPE_CHECKING:
    from jpe_magics.results import Export, Submission
    from jpe_magics.session import Session

__all__ = ["Export", "Session", "Submission", "__version__", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """Add the three magics to IPython (`%load_ext jpe_magics`)."""
    from jpe_magics.magics import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take everything away again (`%unload_ext jpe_magics`)."""
    from jpe_magics.magics import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    # importing jpe_magics must cost nothing: the API is imported when it is asked for
    if name == "Session":
        from jpe_magics.session import Session

        return Session
    if name in ("Export", "Submission"):
        from jpe_magics import results

        return getattr(results, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
