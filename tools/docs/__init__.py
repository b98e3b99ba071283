"""The reference pages of the documentation, made from the declarations of the package.

`pages()` returns them as Markdown (MyST); `docs/conf.py` writes them beside the pages that are written by hand, and
`tests/docs` compares them with what there is.  Nothing here needs Sphinx.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.docs import codes, commands, kinds, livy, magics, python_api, rejections, schemas, settings, targets

#: The pages that need nothing but the package, by their names under `docs/reference`.
PAGES: Mapping[str, Callable[[], str]] = {
    "magics.md": magics.page,
    "targets.md": targets.page,
    "kinds.md": kinds.page,
    "settings.md": settings.page,
    "rejections.md": rejections.page,
    "codes.md": codes.page,
    "commands.md": commands.page,
    "python.md": python_api.page,
    "report.md": schemas.report_page,
    "record.md": schemas.record_page,
    "livy.md": livy.page,
}


def pages() -> dict[str, str]:
    """Return the text of each page by its name under `docs/reference`."""
    return {name: page() for name, page in PAGES.items()}
