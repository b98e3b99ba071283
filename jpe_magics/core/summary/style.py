"""The look of everything that we show as HTML: colours that can be read on light and dark, and plain type.

Colours are VS Code's, then JupyterLab's, then our own: VS Code defines the `--jp-*` names too, as constant
light values even in a dark theme, so that its own must come first.  The accents of the states are VS Code's
or ours: JupyterLab's green and orange don't reach a contrast of 4.5:1 on its own background.
"""

from __future__ import annotations

#: Where the page is dark: JupyterLab and Notebook 7 say so on their body, VS Code on its own.
_DARK = ('body[data-jp-theme-light="false"]', "body.vscode-dark", "body.vscode-high-contrast")


def dark(css: str) -> str:
    """Return rules for the class `jpe` that count on a dark page; `css` holds declarations.

    >>> dark("--x:1").split("{")[0].count(",")
    2
    """
    return ",".join(f"{body} .jpe" for body in _DARK) + "{" + css + "}"


_VARIABLES = """
.jpe{
--jpe-text:var(--vscode-editor-foreground,var(--jp-content-font-color1,inherit));
--jpe-line:var(--vscode-panel-border,var(--jp-border-color2,rgba(128,128,128,.45)));
--jpe-link:var(--vscode-textLink-foreground,#1160c2);
--jpe-mono:var(--vscode-editor-font-family,var(--jp-code-font-family,ui-monospace,monospace));
--jpe-good:var(--vscode-testing-iconPassed,#1a7f37);
--jpe-warn:var(--vscode-editorWarning-foreground,#8a5300);
--jpe-bad:var(--vscode-errorForeground,#b3261e);
--jpe-info:var(--vscode-textLink-foreground,#1160c2)}
""" + dark(
    "--jpe-link:var(--vscode-textLink-foreground,#8ab4f8);"
    "--jpe-good:var(--vscode-testing-iconPassed,#6fdd8b);"
    "--jpe-warn:var(--vscode-editorWarning-foreground,#e3b341);"
    "--jpe-bad:var(--vscode-errorForeground,#ff8a80);"
    "--jpe-info:var(--vscode-textLink-foreground,#8ab4f8);"
    "color-scheme:dark"
)

#: The output of a widget view in JupyterLab and Notebook 7, and in nbclassic, and the place of its view in there.  A
#: reopened notebook whose kernel is gone has an error there that looks like a fault of the notebook ("model not
#: found"), and nothing else: then the output goes where one of our summaries follows it, which says the same.
_DEAD = (
    (".jp-OutputArea-child", ".jp-OutputArea-output.jupyter-widgets"),
    (".output_area", ".jupyter-widgets-view"),
)

# `.jpe.jpe`: JupyterLab styles what it shows by a class and an element, and later than we do; what it styles by two
# classes or by a state (rows of tables, pieces of code) needs three.
STYLE = (
    _VARIABLES
    + """
.jpe{color:var(--jpe-text);font-family:var(--vscode-font-family,var(--jp-ui-font-family,system-ui,sans-serif));
font-size:13px;line-height:1.5;max-width:100%;overflow-wrap:break-word}
.jpe-title{font-weight:600;font-size:15px;margin:4px 0}
.jpe-note{margin:4px 0;padding:2px 8px;border-inline-start:3px solid currentColor;white-space:pre-wrap}
.jpe.jpe dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 12px;margin:6px 0}
.jpe.jpe dl dt{font-weight:normal;float:none;width:auto;margin:0}
.jpe.jpe dl dt::after{content:":"}
.jpe.jpe dl dd{margin:0;padding:0;width:auto;white-space:pre-wrap;overflow-wrap:anywhere;min-width:0}
.jpe-scroll{overflow-x:auto;margin:8px 0}.jpe-scroll:first-child{margin-top:0}
.jpe.jpe.jpe table{border-collapse:collapse;table-layout:auto;margin:0;font-size:inherit;color:inherit;border:0}
.jpe.jpe.jpe tr{background:transparent}
.jpe.jpe caption{caption-side:top;text-align:start;font-weight:600;padding:2px 0;color:inherit}
.jpe.jpe th,.jpe.jpe td{text-align:start;vertical-align:top;padding:2px 10px 2px 0;max-width:48em;
white-space:pre-wrap;font-weight:normal;border-bottom:1px solid var(--jpe-line)}
.jpe.jpe thead th{font-weight:600}.jpe.jpe th[scope=row]{white-space:nowrap}
.jpe.jpe th.jpe-name{white-space:normal;overflow-wrap:anywhere;min-width:8em}.jpe-name code{white-space:inherit}
.jpe.jpe td code{white-space:pre-wrap;overflow-wrap:anywhere}.jpe.jpe td:has(>code){min-width:5em}
.jpe.jpe.jpe pre,.jpe.jpe.jpe code{font-family:var(--jpe-mono);font-size:12px;color:inherit;background:transparent;
padding:0}
.jpe.jpe.jpe pre{overflow:auto;max-height:40em;margin:4px 0;padding:6px 8px;white-space:pre;line-height:1.4;
border:1px solid var(--jpe-line)}
.jpe.jpe details{margin:6px 0}.jpe.jpe summary{cursor:pointer;font-weight:600;display:list-item}
.jpe-fold>*:not(summary){margin-inline-start:12px}
.jpe.jpe .jpe-ours>summary{padding:3px 8px;border:1px dashed var(--jpe-line);border-radius:3px}
.jpe.jpe button.jpe-ours.jpe-ours{display:block;position:sticky;inset-inline-start:0;width:100%;text-align:start;
border-style:dashed}
.jpe.jpe a{color:var(--jpe-link);text-decoration:underline}
.jpe-good{border-color:var(--jpe-good)}.jpe-warn{border-color:var(--jpe-warn)}
.jpe-bad{border-color:var(--jpe-bad)}.jpe-info{border-color:var(--jpe-info)}
.jpe-bar{display:flex;flex-wrap:wrap;align-items:center;gap:2px 10px;margin:4px 0}
.jpe.jpe progress{flex:0 1 16em;min-width:8em;height:12px;
accent-color:var(--vscode-progressBar-background,var(--jp-brand-color1,#1160c2))}
.jpe-mark{border-width:1px;border-style:solid;border-radius:9px;padding:0 7px;white-space:nowrap}
.jpe.jpe :is(ins,del){display:inline-block;min-width:100%}
.jpe.jpe ins{background:rgba(42,138,62,.22);color:inherit;text-decoration:none}
.jpe.jpe del{background:rgba(208,60,60,.22);color:inherit;text-decoration:none}
@media (max-width:480px){.jpe.jpe dl{grid-template-columns:1fr;gap:0}.jpe.jpe dl dd{margin-bottom:4px}}
"""
    + "".join(
        f"{output}:has(>{place}):not(:has(>{place}>*)):has(+{output} section.jpe){{display:none}}\n"
        for output, place in _DEAD
    )
)
