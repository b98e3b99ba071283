"""Addresses of Ilum's web pages: of a job, of a service."""

from __future__ import annotations

from urllib.parse import quote

from jpe_magics.targets.ilum.resources import JOB, SERVICE, Kind

#: Ilum documents the page of a job; that of a service is taken to be like it.  None of a schedule is known.
_PAGES = {JOB: "job", SERVICE: "group"}


def page(base: str, kind: Kind, id: str) -> str:  # noqa: A002 - it is one
    """Return the page of a job or service; "" where `base`, the web pages' address, or the page is not known.

    >>> page("http://host:9777", SERVICE, "a/b")
    'http://host:9777/workloads/details/group/a%2Fb'
    """
    if not base or kind not in _PAGES:
        return ""
    return f"{base.rstrip('/')}/workloads/details/{_PAGES[kind]}/{quote(id, safe='')}"
