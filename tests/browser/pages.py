"""A notebook in JupyterLab 4, Notebook 7 or classic Notebook (nbclassic), used as a person would."""

from __future__ import annotations

import re
import urllib.parse
from pathlib import PurePosixPath
from typing import Any, ClassVar

from playwright.sync_api import BrowserContext, Locator, Page

from tests.browser.harness import poll
from tests.browser.server import JupyterServer

NUMBERED = re.compile(r"\[\s*\d+\s*\]")

#: What Notebook 7 throws by itself on every page.
ITS_OWN = re.compile(r"Command 'filebrowser:[a-z-]+' not registered|reading 'schema'")


class NotebookPage:
    """A notebook opened in one front end."""

    url: ClassVar[str]
    #: One cell by its place; within it: where it is typed into, its prompt, its outputs.
    one_cell: ClassVar[str]
    every_cell: ClassVar[str]
    editor: ClassVar[str]
    prompt: ClassVar[str]
    outputs: ClassVar[str]

    def __init__(self, context: BrowserContext, server: JupyterServer, path: str) -> None:
        self.server, self.path = server, path
        self.errors: list[str] = []
        #: Addresses that were asked for and are not the server's.
        self.foreign: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))
        self.open()

    def open(self) -> None:
        """Load the page, also anew."""
        url = self.url.format(path=urllib.parse.quote(self.path), token=self.server.token)
        self.page.goto(self.server.base + url)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until the notebook stands there and its kernel is idle."""
        self.cell(0).wait_for(timeout=60_000)
        poll("idle kernel", lambda: (self.kernel() or {}).get("execution_state") == "idle", 60, 0.1)

    def kernel(self) -> dict[str, Any] | None:
        """Return the session's kernel as the server sees it: the same for every front end."""
        return next((one["kernel"] for one in self.server.api("/api/sessions") if one["path"] == self.path), None)

    # --- looking

    def cell(self, index: int) -> Locator:
        """Return one cell, by its place on the page."""
        return self.page.locator(self.one_cell.format(i=index))

    def cell_count(self) -> int:
        """Return how many cells the page shows."""
        return self.page.locator(self.every_cell).count()

    def output(self, index: int) -> str:
        """Return the text that stands below a cell."""
        return self.cell(index).locator(self.outputs).first.inner_text()

    def source(self, index: int) -> str:
        """Return what stands in a cell's editor."""
        raise NotImplementedError

    def faults(self) -> list[str]:
        """Return what scripts threw on the page, without what the front end throws by itself."""
        return [error for error in self.errors if not ITS_OWN.search(error)]

    def _note(self, url: str) -> None:
        if not url.startswith((self.server.base, "data:", "blob:")):
            self.foreign.append(url)

    # --- typing and running

    def type_source(self, index: int, source: str) -> None:
        """Replace a cell's source in the editor only: nothing is saved or run."""
        self.cell(index).locator(self.editor).first.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def begin(self, index: int) -> None:
        """Have a cell begin to run; nothing waits for its end."""
        self.cell(index).locator(self.editor).first.click()
        self.page.keyboard.press("Control+Enter")

    def number(self, index: int) -> str:
        """Return the number that a cell shows, "[*]" while it runs."""
        return self.cell(index).locator(self.prompt).first.inner_text()

    def run(self, index: int, timeout: float = 60) -> None:
        """Run a cell and wait until it shows a new number."""
        prompt = self.cell(index).locator(self.prompt).first
        before = prompt.inner_text()
        self.begin(index)
        poll(f"cell {index}", lambda: prompt.inner_text() != before and NUMBERED.search(prompt.inner_text()), timeout)

    def export(self, index: int) -> dict[str, Any]:
        """Run the cell that exports; return the report it comes to, with its `code`."""
        kernel = (self.kernel() or {})["id"]
        before = len(self.server.exports(kernel))
        self.run(index)
        try:
            return poll("the report", lambda: self.server.exports(kernel)[before:], 10)[-1]
        except TimeoutError:
            raise AssertionError(f"nothing was exported:\n{self.output(index)}") from None

    # --- editing, through the front end's own keys and menus

    def command_mode(self, index: int) -> None:
        """Select a cell, so that keys are commands."""
        self.cell(index).locator(self.prompt).first.click()

    def insert_below(self, index: int, source: str) -> None:
        """Add a cell below another one and type its source."""
        count = self.cell_count()
        self.command_mode(index)
        self.page.keyboard.press("b")
        poll("the new cell", lambda: self.cell_count() == count + 1, 10)
        self.type_source(index + 1, source)

    def delete(self, index: int) -> None:
        """Delete a cell."""
        count = self.cell_count()
        self.command_mode(index)
        self.page.keyboard.press("d")
        self.page.keyboard.press("d")
        poll("one cell less", lambda: self.cell_count() == count - 1, 10)

    def move_down(self, index: int) -> None:
        """Move a cell below the next one."""
        raise NotImplementedError

    def show_tags(self) -> None:
        """Open the front end's editor of tags."""
        raise NotImplementedError

    def add_tag(self, index: int, tag: str) -> None:
        """Give a cell a tag, in the editor that `show_tags` opened."""
        raise NotImplementedError

    def rename(self, name: str) -> None:
        """Give the notebook another name, through the front end's dialog."""
        raise NotImplementedError

    def _renamed(self, name: str) -> None:
        self.path = str(PurePosixPath(self.path).with_name(name))
        poll("the session's new path", self.kernel, 10, 0.1)

    def save(self) -> None:
        """Save, by the key for it, and wait until the file has changed."""
        file = self.server.root / self.path
        before = file.stat().st_mtime_ns
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        poll("a changed file", lambda: file.stat().st_mtime_ns != before, 10)

    def close(self, *, kernel: bool = True) -> None:
        """Close the page, and end its kernel."""
        running = self.kernel()
        self.page.close(run_before_unload=False)
        if kernel and running:
            self.server.api(f"/api/kernels/{running['id']}", "DELETE")


class JupyterLab(NotebookPage):
    """JupyterLab 4."""

    # ?reset: a clean workspace, so that no notebook of an earlier test comes back
    url = "/lab/tree/{path}?reset&token={token}"
    one_cell = '.jp-Notebook .jp-Cell[data-windowed-list-index="{i}"]'
    every_cell = ".jp-Notebook .jp-Cell"
    editor = ".cm-content"
    prompt = ".jp-InputPrompt"
    outputs = ".jp-Cell-outputArea"

    def source(self, index: int) -> str:
        return "\n".join(self.cell(index).locator(".cm-content .cm-line").all_text_contents())

    def move_down(self, index: int) -> None:
        self.command_mode(index)
        self.page.keyboard.press("Control+Shift+ArrowDown")

    def show_tags(self) -> None:
        self.page.locator('.jp-SideBar.jp-mod-right [data-id="jp-property-inspector"]').click()
        self._open_common_tools()

    def _open_common_tools(self) -> None:
        self.page.get_by_text("Common Tools").click()
        self.page.locator(".jp-CellTags-Add").wait_for()

    def add_tag(self, index: int, tag: str) -> None:
        self.command_mode(index)
        self.page.locator(".jp-CellTags-Add").click()
        self.page.keyboard.insert_text(tag)
        self.page.keyboard.press("Enter")
        self.page.locator(".jp-CellTags-Applied", has_text=tag).wait_for()

    def rename(self, name: str) -> None:
        self.page.get_by_role("menuitem", name="File").click()
        self.page.get_by_role("menuitem", name=re.compile("^Rename")).click()
        self.page.locator(".jp-Dialog input").fill(name)
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self._renamed(name)


class Notebook7(JupyterLab):
    """Notebook 7."""

    url = "/notebooks/{path}?token={token}"

    def show_tags(self) -> None:
        self.page.get_by_role("menuitem", name="View").click()
        self.page.get_by_text("Right Sidebar").click()
        self.page.get_by_text("Show Notebook Tools").click()
        self._open_common_tools()


class ClassicNotebook(NotebookPage):
    """The classic Notebook, as nbclassic serves it."""

    url = "/nbclassic/notebooks/{path}?token={token}"
    one_cell = "#notebook-container > .cell >> nth={i}"
    every_cell = "#notebook-container > .cell"
    editor = ".CodeMirror"
    prompt = ".input_prompt"
    outputs = ".output_wrapper"

    def wait_until_ready(self) -> None:
        self.cell(0).wait_for(timeout=60_000)
        # Its widget extension loads on its own and first asks the kernel for live widgets; what is shown
        # meanwhile may stay empty.  Replies come in order: asking the same again tells when it is through.
        self.page.wait_for_function(
            "() => window.Jupyter?.notebook?._fully_loaded && Jupyter.notebook.kernel?.is_connected()"
            " && Jupyter.notebook.kernel.widget_manager",
            timeout=60_000,
        )
        self.page.evaluate(
            "() => new Promise(done => Jupyter.notebook.kernel.comm_info("
            "'jupyter.widget', () => setTimeout(done, 300)))"
        )
        super().wait_until_ready()

    def source(self, index: int) -> str:
        return str(self.cell(index).locator(self.editor).evaluate("one => one.CodeMirror.getValue()"))

    def move_down(self, index: int) -> None:
        self.command_mode(index)
        self.page.locator("#move_up_down button").last.click()

    def show_tags(self) -> None:
        self.page.locator("a.dropdown-toggle:text-is('View')").click()
        self.page.locator("#menu-cell-toolbar > a").hover()
        self.page.locator("#menu-cell-toolbar-submenu [data-name=Tags] a").click()

    def add_tag(self, index: int, tag: str) -> None:
        self.cell(index).locator(".tags-input input").fill(tag)
        self.cell(index).get_by_text("Add tag").click()
        self.cell(index).locator(".cell-tag", has_text=tag).wait_for()

    def rename(self, name: str) -> None:
        self.page.locator("#notebook_name").click()
        self.page.locator(".modal-dialog input").fill(name.removesuffix(".ipynb"))
        self.page.locator(".modal-dialog .btn-primary").click()
        self.page.locator(".modal-backdrop").wait_for(state="detached")
        self._renamed(name)


FRONT_ENDS = {"lab": JupyterLab, "notebook": Notebook7, "classic": ClassicNotebook}
