"""The options of `%export_pipeline py`: none beside the common ones (`--output`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jpe_magics.model.option import Option
from jpe_magics.targets.rules import unknown

OPTIONS: tuple[Option, ...] = ()


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return no options; raise `OptionError` for any that is given."""
    for name in options:
        raise unknown("py", name, "for example: %export_pipeline py --output etl.py")
    return {}
