"""The options of `%export_pipeline py`: none beside the common ones (`--output`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option

OPTIONS: tuple[Option, ...] = ()


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return no options; raise `OptionError` for any that is given."""
    for name in options:
        raise OptionError(
            f"the target py has no option {name!r}", where=name, hint="for example: %export_pipeline py --output etl.py"
        )
    return {}
