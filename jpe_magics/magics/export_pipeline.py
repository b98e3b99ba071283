"""`%export_pipeline`: the live notebook becomes a pipeline."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jpe_magics.errors import ExportRefused, OptionError
from jpe_magics.magics.line import silenced, split
from jpe_magics.magics.show import ERROR

if TYPE_CHECKING:
    from jpe_magics.magics.show import Display
    from jpe_magics.results import Export
    from jpe_magics.session import Session

EXAMPLE = "%export_pipeline airflow --dag-id etl_daily"


def export_pipeline(session: Session, display: Display, line: str) -> Export | None:
    """Export as the line says, show the result and return it; without any word open the panel.

    A refusal and a failure are raised, so that the cell fails: the error says why, and what is shown above it
    (what was read, taken out, noticed) does not say it again.  A `;` at the end of the line keeps the result from
    being shown.
    """
    line, quiet = silenced(line)
    words = split(line)
    if not words:
        _open(session, display)
        return None
    if "--help" in words or "-h" in words:
        show_help(words[0])
        return None
    if words[0].startswith("-"):
        raise OptionError("the target comes first", where=words[0], hint=f"for example {EXAMPLE}")
    given = session.parse(words)
    with display.progress(quiet=quiet) as progress:
        done = session.run(given, progress.tell)
        progress.done(done.ok)
    if quiet and done.ok:
        display.hide(done)
        return done

    from jpe_magics.core.summary import brief_view, folded, whole_view

    if done.error is not None:
        told = whole_view(done, where=ERROR)
        # of a refusal, what was found in the notebook is all that there is
        refused = isinstance(done.error, ExportRefused)
        display.show(told if refused else folded(told, "What was read, made and taken out"), done)
        raise done.error

    def view() -> object:
        from jpe_magics.answers import last_before
        from jpe_magics.widgets.result import result_view

        return result_view(done, last_before(session, done))

    display.show(whole_view(done), done, view, partial(brief_view, done))
    return done


def _open(session: Session, display: Display) -> None:
    """Open the panel; where no widgets can be shown, tell where the pipeline can go, what answers, and how to go on."""
    if display.has_front_end():
        from jpe_magics.magics.live import open_panel

        open_panel(session, display)
        return
    from jpe_magics.answers import find_targets

    display.show(find_targets(session).document)


def show_help(target: str) -> None:
    """Print the help text, of one target where it is one."""
    from jpe_magics.magics.help import export_help

    print(export_help(target))
