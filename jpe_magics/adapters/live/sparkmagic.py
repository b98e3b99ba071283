"""The live Sparkmagic sessions, read from its magics without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Livy's session kind for the `language` of a wrapper kernel.
_KINDS = {"python": "pyspark", "scala": "spark", "r": "sparkr"}


def sparkmagic_sessions(shell: Any) -> dict[str, str]:
    """Return the kind (`pyspark`, `spark`, `sparkr`) of every live session by its name.

    The key "" stands for the one session of a wrapper kernel, and is there only in such a kernel, also
    before its session has started.  Empty where Sparkmagic is not loaded, or is not built as we know it
    (0.15 to 0.23: `sparkmagic.magics` and `sparkmagic.kernels.kernelmagics`).
    """
    registry = getattr(getattr(shell, "magics_manager", None), "registry", None)
    if not isinstance(registry, Mapping):
        return {}
    found: dict[str, str] = {}
    wrapper = registry.get("KernelMagics")
    language = getattr(wrapper, "language", None)
    if isinstance(language, str) and language in _KINDS:
        found[""] = _KINDS[language]
    controller = getattr(registry.get("RemoteSparkMagics"), "spark_controller", None)
    sessions = getattr(getattr(controller, "session_manager", None), "sessions", None)
    # a copy in one go: this is read on worker threads too, while a cell may open another session
    for name, session in tuple(sessions.items()) if isinstance(sessions, Mapping) else ():
        kind = getattr(session, "kind", None)
        if isinstance(name, str) and name and isinstance(kind, str):
            found[name] = kind
    return found
