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

#: Code, wide tables and the picture of the tasks may be moved to and fro in their boxes; nothing else may.
_STICKS_OUT = """root => {
  const limit = root.getBoundingClientRect(), found = [];
  const scrolls = (element) => element.closest("pre,.jpe-pieces,.jpe-scroll,.jpe-graph-box");
  for (const one of root.querySelectorAll("*")) {
    if (["auto", "scroll"].includes(getComputedStyle(one).overflowX) && !scrolls(one)
        && one.scrollWidth > one.clientWidth + 1)
      found.push(`a scroll bar: ${one.tagName}.${one.className}: ${one.scrollWidth} in ${one.clientWidth}`);
    const box = one.getBoundingClientRect();
    const out = box.right > limit.right + 2 || box.left < limit.left - 2;
    if (box.width > 2 && box.height > 2 && out && !scrolls(one))
      found.push(`${one.tagName}.${one.className}: ${box.left} to ${box.right} of ${limit.left} to ${limit.right}`);
  }
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (texts.nextNode()) {
    const text = texts.currentNode, holder = text.parentElement;
    if (!text.data.trim() || scrolls(holder) || holder.closest(".jpe-hidden,style,option")) continue;
    range.selectNodeContents(text);
    let box = limit, one = holder;
    for (; one !== root; one = one.parentElement)
      if (getComputedStyle(one).overflowX !== "visible") { box = one.getBoundingClientRect(); break; }
    if (getComputedStyle(one).textOverflow === "ellipsis") continue;
    const right = Math.max(...Array.from(range.getClientRects(), (rect) => rect.right));
    // the space that such a line ends with hangs out, where nobody sees it (CSS Text 3, "hang")
    const hangs = getComputedStyle(holder).whiteSpace === "pre-wrap" ? 5 : 0;
    if (right > box.right + 1 + hangs) found.push(`cut off: ${text.data.slice(0, 80)}: to ${right} of ${box.right}`);
  }
  if (root.scrollWidth > root.clientWidth + 1) found.push(`it scrolls: ${root.scrollWidth} in ${root.clientWidth}`);
  return found;
}"""

#: WCAG's contrast of each visible text with what lies behind it.  axe-core does not tell: in JupyterLab's windowed
#: notebook it looks at fields only, and it can't judge the classic Notebook.  Disabled controls are exempt, as in WCAG.
_CONTRAST = """(root, least) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }), known = new Map();
  const rgba = (color) => {
    if (!known.has(color)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = (element) => {
    if (!element) return [255, 255, 255, 1];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const opacity = (one) => (one ? parseFloat(getComputedStyle(one).opacity) * opacity(one.parentElement) : 1);
  const light = (color) => [0.2126, 0.7152, 0.0722].reduce((sum, part, i) => {
    const value = color[i] / 255;
    return sum + part * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  }, 0);
  const found = new Set();
  let looked = 0;
  const look = (element, style, text, faint) => {
    const box = element.getBoundingClientRect();
    if (!text.trim() || box.width < 3 || box.height < 3 || element.closest(":disabled,.jpe-hidden,style")) return;
    looked += 1;
    const back = behind(element), ink = rgba(style.fill && element instanceof SVGElement ? style.fill : style.color);
    const seen = over([...ink.slice(0, 3), ink[3] * opacity(element) * faint], back);
    const [dark, bright] = [light(seen), light(back)].sort((one, other) => one - other);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < least) found.add(`${ratio.toFixed(2)}: ${element.tagName}.${element.className}: ${text.slice(0, 60)}`);
  };
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    look(holder, getComputedStyle(holder), texts.currentNode.data, 1);
  }
  for (const field of root.querySelectorAll("input,textarea,select")) {
    const empty = !field.value && field.placeholder, style = getComputedStyle(field, empty ? "::placeholder" : null);
    look(field, style, field.value || field.placeholder || "", empty ? parseFloat(style.opacity) : 1);
  }
  return [looked, [...found]];
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


def violations(page: Page, *where: str) -> list[str]:
    """Return what axe-core finds wrong in the parts of the page that these selectors name, contrast apart."""
    # contrast: see `poor_contrast`; the order of headings hangs on those of the page around
    rules = {name: {"enabled": False} for name in ("color-contrast", "heading-order")}
    options: dict[str, Any] = {"resultTypes": ["violations"], "rules": rules}
    told = Axe().run(page, {"include": [[one] for one in where]}, options).response
    assert any(rule["id"] == "aria-valid-attr" for rule in told["passes"]), "axe-core looked at nothing"
    found = told["violations"]
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['html'][:160]}: {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


def poor_contrast(root: Locator, least: float = 4.5) -> list[str]:
    """Return the texts whose contrast with their background is less than `least` to 1."""
    looked, found = root.evaluate(_CONTRAST, least)
    assert looked, "no text was looked at"
    return list(found)


def sticking_out(root: Locator) -> list[str]:
    """Return what reaches beyond the sides of `root`, and texts that are cut off, where they do not scroll."""
    return list(root.evaluate(_STICKS_OUT))


def focused(page: Page) -> dict[str, Any]:
    """Return what has the focus: whether it is `inside` the panel, its `name`, and whether the focus is `shown`."""
    return dict(page.evaluate(_FOCUSED))


def look_like_vscode(page: Page) -> None:
    """Give the page the colours that a notebook's outputs have in VS Code's dark theme."""
    page.add_style_tag(content=f":root{{{VSCODE_DARK}}} body,.jp-OutputArea,.output_wrapper{{background:#1f1f1f}}")
    page.evaluate("document.body.classList.add('vscode-dark'); document.body.dataset.vscodeThemeKind = 'vscode-dark'")
