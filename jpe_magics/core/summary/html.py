"""HTML that can't be broken out of: whatever is not `Html` is escaped."""

from __future__ import annotations

import html

from jpe_magics.core.summary.document import visible


class Html(str):
    """Markup; made by `element`, `escape`, `join` and `style` only.

    Joining it to text with `+` or in an f-string gives plain text, which is escaped again: a mistake
    shows as visible tags, and never as live ones.
    """

    __slots__ = ()


def style(css: str) -> Html:
    """Return a style element; `css` must be a constant of ours."""
    return Html(f"<style>{css}</style>")


def escape(text: str) -> Html:
    """Return text as markup that shows exactly it (see `visible` for what can't be shown as itself)."""
    return text if isinstance(text, Html) else Html(html.escape(visible(text), quote=True))


def join(*parts: str) -> Html:
    """Return the parts one after the other."""
    return Html("".join(map(escape, parts)))


def element(tag: str, *children: str, **attributes: str) -> Html:
    """Return an element; of attribute names, `class_` is `class` and `aria_label` is `aria-label`.

    >>> element("a", "1 < 2", href='x"y', class_="jpe-link")
    '<a href="x&quot;y" class="jpe-link">1 &lt; 2</a>'
    """
    names = {name: name.rstrip("_").replace("_", "-") for name in attributes}
    # an attribute's value is escaped even if it is markup: only text stands there
    told = "".join(f' {names[name]}="{escape(str(value))}"' for name, value in attributes.items())
    return Html(f"<{tag}{told}>{join(*children)}</{tag}>")
