"""The panel as it stands below a cell, by the classes of its parts."""

from __future__ import annotations

from playwright.sync_api import Locator

from tests.browser.harness import poll
from tests.browser.pages import NotebookPage

TAB = ":is(.lm-TabBar-tab, .p-TabBar-tab)"


class PanelOnPage:
    """The newest panel of a page."""

    def __init__(self, page: NotebookPage, root: str = ".jpe-panel") -> None:
        self.notebook, self.page = page, page.page
        self.root = self.page.locator(root).last
        self.root.wait_for()

    def is_read(self) -> PanelOnPage:
        """Wait until the notebook was read: what the form is filled in with is there, and so are the tabs."""
        self.part("pages").wait_for()
        return self

    def part(self, name: str) -> Locator:
        """Return the part with that class, without its dot and `jpe-`."""
        return self.root.locator(f".jpe-{name}")

    def choose(self, target: str) -> None:
        """Choose a card, and wait until it is."""
        self.part(f"card-{target} .jpe-choose").click()
        self.root.locator(f".jpe-card-{target}.jpe-chosen").wait_for()

    def mode(self, name: str) -> None:
        """Choose a mode."""
        self.part("mode button").filter(has_text=name).click()

    def field(self, name: str) -> Locator:
        """Return what is typed or chosen in."""
        return self.part(f"field-{name}").locator("input, select, textarea").first

    def fill(self, name: str, text: str) -> None:
        """Type over what stands in a field."""
        self.field(name).click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def tick(self, name: str, on: bool) -> None:
        """Set a checkbox."""
        self.field(name).set_checked(on)

    def tab(self, name: str) -> None:
        """Open a tab whose name begins so."""
        self.part("pages").locator(TAB).filter(has_text=name).first.click()

    def wait(self, part: str, text: str, timeout: float = 20) -> str:
        """Wait until that part shows the text; return all of its text."""
        place = self.part(part)
        return str(poll(f"{text!r} in .jpe-{part}", lambda: _if(text, "\n".join(place.all_inner_texts())), timeout))

    def previewed(self, text: str) -> str:
        """Wait until the preview's code holds the text; return the code."""
        return self.wait("preview .jpe-code", text)

    def press(self, part: str = "export") -> None:
        """Press a button."""
        self.part(part).click()

    def done(self, text: str, timeout: float = 30) -> str:
        """Wait until no work goes on and the banner shows the text; return what it says."""
        self.part("work .jpe-stop").wait_for(state="detached", timeout=timeout * 1000)
        return self.wait("banner", text, timeout)


def _if(text: str, found: str) -> str:
    if text not in found:
        raise LookupError(found[-1500:])
    return found
