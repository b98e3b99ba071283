"""The steps of a publish flow.

A flow is a generator: it yields steps and is sent what came of each (in the way of httpx's `auth_flow`),
so that a target says what is to happen and does no input or output itself.  One driver
(`jpe_magics.adapters.drive`) carries the steps out for all targets.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from jpe_magics.model.artifact import File
from jpe_magics.model.publication import Published


@dataclass(frozen=True)
class Place:
    """Put a file into a folder of this machine; sends back a `Published`.

    `replace` allows to overwrite what is not ours (a `.bak` of it stays).
    """

    folder: str
    file: File
    replace: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What a flow may know of the place it runs in.

    `setting` returns a setting's value by its name; `notebook_folder` is the folder of the notebook, ""
    where it has none.
    """

    setting: Callable[[str], Any]
    notebook_folder: str = ""


Step = Place
Flow = Generator[Step, Published, None]
