"""Sparkmagic's wrapper kernels run another text than the user wrote, and IPython's history holds theirs."""

from __future__ import annotations

# Magics without a body: theirs are the first characters of a cell (UserCodeParser compares prefixes).
_BODYLESS = ("info", "logs", "cleanup", "delete", "help", "spark", "send_to_spark")


def as_run(source: str, *, wrapper: bool) -> str:
    """Return the text that the kernel's history holds for a cell, without white space at its end.

    In a wrapper kernel a plain cell gets `%%spark` in front, `%%local` is taken away and a line magic
    without a body becomes a cell magic (`sparkmagic.kernels.wrapperkernel.usercodeparser`).

    >>> as_run("df.count()", wrapper=True), as_run("%%local\\nx = 1", wrapper=True)
    ('%%spark\\ndf.count()', 'x = 1')
    """
    if wrapper:
        if source.startswith(("%%local", "%local")):
            source = "".join(source.split(None, 1)[1:])
        elif source.startswith(tuple(f"%{name}" for name in _BODYLESS)):
            source = f"%{source}"
        elif source and not source.startswith("%"):
            source = f"%%spark\n{source}"
    return source.rstrip()
