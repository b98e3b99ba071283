"""What can be measured of the panel's looks: accessibility by axe-core, and what sticks out of a narrow page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

#: VS Code's variables in its dark theme, and the light values that it gives JupyterLab's in every theme.
VSCODE_DARK = """
--vscode-foreground:#cccccc;--vscode-editor-background:#1f1f1f;--vscode-editor-foreground:#cccccc;
--vscode-descriptionForeground:#9d9d9d;--vscode-editorWidget-background:#202020;--vscode-panel-border:#2b2b2b;
--vscode-input-background:#313131;--vscode-input-foreground:#cccccc;--vscode-input-border:#3c3c3c;
--vscode-button-background:#0078d4;--vscode-button-foreground:#ffffff;
--vscode-button-secondaryBackground:#313131;--vscode-button-secondaryForeground:#cccccc;
--vscode-focusBorder:#0078d4;--vscode-textLink-foreground:#4daafc;--vscode-errorForeground:#f85149;
--vscode-textCodeBlock-background:#2b2b2b;--vscode-widget-border:#313131;
--jp-layout-color0:white;--jp-layout-color1:white;--jp-layout-color2:#eee;--jp-content-font-color0:black;
--jp-content-font-color1:rgba(0,0,0,.87);--jp-border-color0:#bdbdbd;--jp-border-color1:#bdbdbd
"""

_STICKS_OUT = """root => {
  const limit = root.getBoundingClientRect(), found = [];
  const scrolls = (element) => {
    for (let one = element; one && one !== root; one = one.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(one).overflowX)) return true;
    return false;
  };
  for (const one of root.querySelectorAll("*")) {
    const box = one.getBoundingClientRect();
    const out = box.right > limit.right + 2 || box.left < limit.left - 2;
    if (box.width > 2 && box.height > 2 && out && !scrolls(one))
      found.push(`${one.tagName}.${one.className}: ${box.left} to ${box.right} of ${limit.left} to ${limit.right}`);
  }
  if (root.scrollWidth > root.clientWidth + 1) found.push(`it scrolls: ${root.scrollWidth} in ${root.clientWidth}`);
  return found;
}"""

_FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const named = one.closest("[class*='jpe-field-'],.jpe-mode,.jpe-pages,.jpe-card");
  return {
    inside: !!one.closest(".jpe-panel"),
    name: [...one.classList].find((name) => name.startsWith("jpe-"))
      || (named && [...named.classList].filter((name) => /^jpe-(field-|mode|pages|card-)/.test(name)).pop())
      || one.tagName,
    shown,
  };
}"""


def violations(page: Page, *where: str, without: tuple[str, ...] = ()) -> list[str]:
    """Return what axe-core finds wrong in the parts of the page that these selectors name."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    context = {"include": [[one] for one in where], "exclude": [[one] for one in without]}
    told = Axe().run(page, context, options).response
    assert any(rule["id"] == "color-contrast" for rule in told["passes"]), "axe-core looked at nothing"
    found = told["violations"]
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['html'][:160]}: {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


def sticking_out(root: Locator) -> list[str]:
    """Return what reaches beyond the sides of `root` and does not scroll by itself."""
    return list(root.evaluate(_STICKS_OUT))


def focused(page: Page) -> dict[str, Any]:
    """Return what has the focus: whether it is `inside` the panel, its `name`, and whether the focus is `shown`."""
    return dict(page.evaluate(_FOCUSED))


def look_like_vscode(page: Page) -> None:
    """Give the page the colours that a notebook's outputs have in VS Code's dark theme."""
    page.add_style_tag(content=f":root{{{VSCODE_DARK}}} body,.jp-OutputArea,.output_wrapper{{background:#1f1f1f}}")
    page.evaluate("document.body.classList.add('vscode-dark'); document.body.dataset.vscodeThemeKind = 'vscode-dark'")
