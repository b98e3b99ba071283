"""Carries out the steps of a publish flow, for all targets alike."""

from __future__ import annotations

from pathlib import Path

from jpe_magics.adapters.dags_folder import place
from jpe_magics.core.flow import Flow, Step
from jpe_magics.errors import JpeError
from jpe_magics.model.publication import Published


def drive(flow: Flow, made: list[Published]) -> None:
    """Run `flow` to its end; add what it made to `made` as it happens, so that a failure can tell.

    A step's `JpeError` is thrown into the flow, which may have another way; if it has none, it is raised.
    """
    try:
        step = next(flow)
        while True:
            try:
                done = _carry_out(step)
            except JpeError as error:  # noqa: PERF203 - a step may fail
                step = flow.throw(error)
            else:
                made.append(done)
                step = flow.send(done)
    except StopIteration:
        return


def _carry_out(step: Step) -> Published:
    return place(Path(step.folder), step.file, replace=step.replace)
