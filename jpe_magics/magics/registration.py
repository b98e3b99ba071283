"""The three magics as IPython knows them, and everything else that loading the extension leaves in a shell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from jpe_magics.adapters.declared import JpeMagics
from jpe_magics.adapters.live import attach
from jpe_magics.adapters.live.request import current_request
from jpe_magics.magics.show import Display

if TYPE_CHECKING:
    from jpe_magics.model.parameter import Parameter
    from jpe_magics.results import Export
    from jpe_magics.session import Session

F = TypeVar("F", bound=Callable[..., Any])


def _explained_by(name: str) -> Callable[[F], F]:
    """Have IPython's `?` show what that function of `magics.help` returns, made when it is asked for."""

    def decorate(function: F) -> F:
        def getdoc() -> str:
            from jpe_magics.magics import help as texts

            return str(getattr(texts, name)())

        vars(function)["getdoc"] = getdoc  # IPython's oinspect asks an object for it
        return function

    return decorate


def _matcher(session: Callable[[], Session]) -> Any:
    """Return what IPython calls at a Tab; an answer of ours keeps other matchers' out."""

    @context_matcher(identifier="jpe_magics")  # type: ignore[untyped-decorator]
    def matcher(context: Any) -> dict[str, Any]:
        from jpe_magics.magics.completion import Completer

        found = Completer(session).complete(context.text_until_cursor)
        if found is None:
            return {"completions": []}
        fragment, words = found
        completions = [SimpleCompletion(word) for word in words]
        return {"completions": completions, "matched_fragment": fragment, "suppress": True}

    return matcher


def _get_ready() -> None:
    from threading import Thread

    from jpe_magics.magics.ready import get_ready

    with suppress(RuntimeError):  # no more threads: then the first panel takes its time
        Thread(target=get_ready, name="jpe-ready", daemon=True).start()


@magics_class
class PipelineMagics(Magics):
    """`%export_pipeline`, `%%pipeline_params` and `%jpe_history`.

    `$name` and `{expression}` stay as they are on all lines: expanded, the values of variables, secrets
    among them, would get into the history.
    """

    def __init__(self, shell: Any) -> None:
        self.settings = JpeMagics.of(parent=shell)  # first: a wrong value must leave nothing behind
        super().__init__(shell)
        # who loads it in a cell is about to use it; a profile that loads it in every kernel pays nothing
        self.live = attach(shell, _get_ready if current_request(shell) is not None else None)
        self.display = Display(shell)
        self.matcher = _matcher(lambda: self.session)

    @cached_property
    def session(self) -> Session:
        """The notebook's link to everything outside; made when it is first used, so that loading stays cheap."""
        from jpe_magics.session import Session

        return Session(config=self.settings, live=self.live)

    @_explained_by("export_help")
    @no_var_expand
    @line_magic
    def export_pipeline(self, line: str) -> Export | None:
        """Export the live notebook."""
        from jpe_magics.magics.export_pipeline import export_pipeline

        return export_pipeline(self.session, self.display, line)

    @_explained_by("params_help")
    @no_var_expand
    @cell_magic
    def pipeline_params(self, line: str, cell: str) -> tuple[Parameter, ...]:
        """Mark a cell as the pipeline's parameters."""
        from jpe_magics.magics.pipeline_params import pipeline_params

        return pipeline_params(self.shell, self.display, line, cell)

    @_explained_by("history_help")
    @no_var_expand
    @line_magic
    def jpe_history(self, line: str) -> Any:
        """Show what was exported."""
        from jpe_magics.magics.jpe_history import jpe_history

        return jpe_history(self.session, self.display, line)

    def register(self) -> None:
        """Add the magics, their completions and their settings to the shell."""
        shell: Any = self.shell
        shell.register_magics(self)
        shell.configurables.append(self.settings)
        shell.Completer.custom_matchers.append(self.matcher)
        self.display.register()

    def unregister(self) -> None:
        """Take everything away again, also what IPython added itself."""
        shell: Any = self.shell
        manager = shell.magics_manager
        for kind, magics in self.magics.items():
            for name in magics:
                manager.magics[kind].pop(name, None)
        manager.registry.pop(type(self).__name__, None)
        for one in (self, self.settings):
            if one in shell.configurables:
                shell.configurables.remove(one)
        if self.matcher in shell.Completer.custom_matchers:
            shell.Completer.custom_matchers.remove(self.matcher)
        self.display.unregister()
        from jpe_magics.core.remembered import forget
        from jpe_magics.panel.current import UNLOADED, close_current

        close_current(UNLOADED)
        forget()
        self.live.detach()
