"""What was read, in words: the line that every report shows."""

from __future__ import annotations

from jpe_magics.core.overlay import Overlaid
from jpe_magics.model.notebook import Notebook


def counted(notebook: Notebook) -> str:
    """Return "12 cells": code cells, by whose numbers people are told about cells."""
    return _many(len(notebook.code_cells), "cell", "cells")


def source_text(overlaid: Overlaid, *, live: bool, saved_at: str = "") -> str:
    """Return what was read, and where it may not be what the user sees, what to do about it.

    "live notebook, 12 cells"; "saved file of 14:02 + 3 executed edits"; "saved file only: 2 executed
    cells are not in it, save and try again".
    """
    what = "live notebook" if live else f"saved file of {saved_at}" if saved_at else "saved file"
    edits = " + " + _many(overlaid.edits, "executed edit", "executed edits") if overlaid.edits else ""
    doubts = " and ".join(_doubts(overlaid, "it"))
    if doubts and live:
        return f"{what}, {counted(overlaid.notebook)}{edits}: {doubts}, try again"
    if doubts:
        return f"{what if edits else 'saved file only'}{edits}: {doubts}, save and try again"
    return f"{what}{edits}" if edits and not live else f"{what}, {counted(overlaid.notebook)}{edits}"


def doubts(overlaid: Overlaid, *, live: bool) -> tuple[str, ...]:
    """Return the reasons why this may not be what the user sees; none: it can be published without asking."""
    return tuple(_doubts(overlaid, "the live notebook" if live else "the saved file"))


def _doubts(overlaid: Overlaid, place: str) -> list[str]:
    found = []
    if overlaid.missing:
        found.append(_many(overlaid.missing, "executed cell is", "executed cells are") + f" not in {place}")
    if overlaid.deleted:
        found.append(_many(overlaid.deleted, "deleted cell is", "deleted cells are") + f" still in {place}")
    return found


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
