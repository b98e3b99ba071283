"""The panel's style sheet: one for all its parts, on top of that of the summaries.

Colours and type are VS Code's, then JupyterLab's, then our own (see `jpe_magics.core.summary.style`).  ipywidgets
styles its controls by one class, sometimes two; `.jpe.jpe` comes before both.
"""

from __future__ import annotations

from jpe_magics.core.summary.html import Html, style
from jpe_magics.core.summary.style import STYLE, dark

_VARIABLES = """
.jpe{
--jpe-back:var(--vscode-editor-background,var(--jp-layout-color1,#fff));
--jpe-raised:var(--vscode-editorWidget-background,var(--jp-layout-color1,#fff));
--jpe-field-back:var(--vscode-input-background,var(--jp-layout-color0,#fff));
--jpe-field-text:var(--vscode-input-foreground,var(--jp-content-font-color0,#111));
--jpe-field-line:var(--vscode-input-border,var(--jp-border-color0,#8a8a8a));
--jpe-button-back:var(--vscode-button-secondaryBackground,var(--jp-layout-color2,#eee));
--jpe-button-text:var(--vscode-button-secondaryForeground,var(--jp-content-font-color0,#111));
--jpe-accent:var(--vscode-button-background,#1160c2);
--jpe-accent-text:var(--vscode-button-foreground,#fff);
--jpe-focus:var(--vscode-focusBorder,#1160c2);
--jpe-keyword:#0b6b2e;--jpe-string:#a3262a;--jpe-comment:#5a6a70;--jpe-number:#7a4a00;--jpe-name:#1a53b0}
""" + dark(
    "--jpe-focus:var(--vscode-focusBorder,#8ab4f8);"
    "--jpe-keyword:#7ee0a0;--jpe-string:#f3a496;--jpe-comment:#a3b3b8;--jpe-number:#f0c674;--jpe-name:#9ac1ff"
)

_CONTROLS = """
.jpe.jpe-view{padding:4px 2px;background:var(--vscode-editor-background,transparent);box-sizing:border-box;
width:auto;overflow:visible}
.jpe.jpe .widget-box,.jpe.jpe .jupyter-widget-box{overflow:visible;min-width:0;max-width:100%}
.jpe.jpe .widget-html,.jpe.jpe .jupyter-widget-html{margin:0;min-width:0;max-width:100%;height:auto;font-size:13px}
.jpe.jpe .widget-html>.widget-html-content,.jpe.jpe .jupyter-widget-html-content{line-height:1.5;min-width:0;
max-width:100%;color:var(--jpe-text)}
.jpe.jpe .widget-html:has(>.widget-html-content:empty){display:none}
.jpe.jpe .widget-inline-hbox{width:auto;margin:0;height:auto}
.jpe.jpe .widget-label{color:var(--jpe-text);font-size:13px;width:auto;max-width:none;min-width:0;text-align:start;
line-height:1.5;height:auto;margin:0 8px 2px 0;overflow:visible;white-space:normal}
.jpe.jpe input[type=text],.jpe.jpe textarea,.jpe.jpe select{color:var(--jpe-field-text);
background-color:var(--jpe-field-back);border:1px solid var(--jpe-field-line);border-radius:3px;font-size:13px;
min-height:30px;padding:3px 8px;box-sizing:border-box;width:100%;max-width:100%;min-width:0;unicode-bidi:plaintext}
.jpe.jpe input::placeholder,.jpe.jpe textarea::placeholder{color:var(--jpe-field-text);opacity:.75}
.jpe.jpe .widget-dropdown>select{flex:0 0 auto;height:30px;appearance:auto;background-image:none;
padding-inline-end:4px}
.jpe.jpe textarea{resize:vertical;font-family:var(--jpe-mono);min-height:4.5em}
.jpe.jpe .widget-button,.jpe.jpe .jupyter-button{width:auto;max-width:100%;height:auto;min-height:30px;margin:0;
padding:3px 14px;line-height:1.4;font-size:13px;white-space:normal;overflow-wrap:anywhere;border-radius:3px;
border:1px solid var(--jpe-line);background:var(--jpe-button-back);color:var(--jpe-button-text);box-shadow:none}
.jpe.jpe .jupyter-button:hover:enabled{filter:brightness(.93);box-shadow:none}
.jpe.jpe .jupyter-button:disabled{opacity:.6}
.jpe.jpe .jpe-export.jpe-export,.jpe.jpe .jpe-no.jpe-no,.jpe.jpe .jupyter-button.mod-active{
background:var(--jpe-accent);color:var(--jpe-accent-text);border-color:var(--jpe-accent);font-weight:600}
.jpe.jpe .jpe-links .widget-html-content{display:flex;flex-wrap:wrap;gap:6px 12px}
.jpe.jpe a.jpe-download-link{display:inline-block;padding:4px 14px;border-radius:3px;text-decoration:none;
font-weight:600;background:var(--jpe-accent);color:var(--jpe-accent-text);border:1px solid var(--jpe-accent)}
.jpe.jpe .jpe-yes.jpe-yes{background:transparent;color:var(--jpe-warn);border-color:var(--jpe-warn)}
.jpe.jpe .jpe-yes.mod-danger,.jpe.jpe .jpe-yes.btn-danger{color:var(--jpe-bad);border:2px solid var(--jpe-bad)}
.jpe.jpe .jpe-stop.jpe-stop,.jpe.jpe .jpe-stop-run.jpe-stop-run{border-color:var(--jpe-bad)}
.jpe.jpe :is(button,input,select,textarea,a,summary,pre,code,.jpe-scroll,.lm-TabBar-tab,.p-TabBar-tab):focus-visible{
outline:2px solid var(--jpe-focus)!important;outline-offset:1px;box-shadow:none}
.jpe.jpe .widget-toggle-buttons{flex-wrap:wrap;align-items:center}
.jpe.jpe .widget-toggle-buttons>div,.jpe.jpe .widget-toggle-buttons .btn-group{display:flex;flex-wrap:wrap;gap:4px}
.jpe.jpe .widget-checkbox{align-items:center;width:auto}
.jpe.jpe .widget-checkbox .widget-label-basic{display:flex;align-items:center;gap:6px;max-width:none;width:auto;
height:auto;min-height:30px;color:var(--jpe-text);margin:0;font-weight:normal;white-space:normal}
.jpe.jpe .widget-checkbox input{width:16px;height:16px;margin:0;flex:none;accent-color:var(--jpe-accent)}
.jpe.jpe .widget-tab,.jpe.jpe .jupyter-widget-tab{margin:8px 0 0;min-width:0;max-width:100%}
.jpe.jpe .widget-tab-contents,.jpe.jpe .jupyter-widget-tab>.widget-tab-contents{padding:8px 10px;overflow:visible;
background:var(--jpe-back);color:var(--jpe-text);border:1px solid var(--jpe-line);min-width:0}
.jpe.jpe :is(.lm-TabBar,.p-TabBar){overflow:visible;max-width:100%;min-height:0}
.jpe.jpe :is(.lm-TabBar-content,.p-TabBar-content){flex-wrap:wrap;align-items:flex-end;min-width:0;border:0}
.jpe.jpe.jpe :is(.lm-TabBar-content,.p-TabBar-content)>:is(.lm-TabBar-tab,.p-TabBar-tab){
flex:0 1 auto;min-width:0;max-width:100%;min-height:30px;height:auto;
padding:3px 12px;line-height:1.6;font-size:13px;color:var(--jpe-text);background:var(--jpe-button-back);
border:1px solid var(--jpe-line);margin:0 -1px 0 0;transform:none;overflow:hidden;text-overflow:ellipsis}
.jpe.jpe.jpe :is(.lm-TabBar-content,.p-TabBar-content)>:is(.lm-mod-current,.p-mod-current){
background:var(--jpe-back);font-weight:600;box-shadow:inset 0 3px var(--jpe-accent);min-height:30px;transform:none}
.jpe.jpe :is(.lm-TabBar-tab,.p-TabBar-tab)::before{display:none}
"""

_PARTS = """
.jpe.jpe .jpe-header{display:flex;flex-wrap:wrap;align-items:center;gap:4px 16px}
.jpe.jpe .jpe-header>.jpe-heading{flex:1 1 14em}
.jpe.jpe .jpe-heading>:is(.widget-html-content,.jupyter-widget-html-content){display:flex;flex-wrap:wrap;
align-items:center;gap:4px 16px}
.jpe.jpe .jpe-close.jpe-close{margin-inline-start:auto;white-space:nowrap}
.jpe.jpe .jpe-more.jpe-more,.jpe.jpe .jpe-older.jpe-older,.jpe.jpe .jpe-stop.jpe-stop{align-self:flex-start}
.jpe-cards.jpe-cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15em),1fr));gap:8px;
margin:6px 0}
.jpe-card.jpe-card{padding:8px 10px;border-radius:6px;border:1px solid var(--jpe-line);background:var(--jpe-raised);
box-sizing:border-box;display:flex;flex-direction:column;gap:4px}
.jpe-down.jpe-down{border-style:dashed;border-color:var(--jpe-warn)}
.jpe-unset.jpe-unset{border-color:var(--jpe-field-line)}
.jpe-chosen.jpe-chosen{border-color:var(--jpe-accent);border-style:solid;box-shadow:0 0 0 1px var(--jpe-accent)}
.jpe-chosen.jpe-down{border-style:dashed;box-shadow:none;border-width:2px;padding:7px 9px}
.jpe.jpe .jpe-announced.jpe-announced{margin:0 0 6px}
.jpe.jpe .jpe-announced>:is(.widget-html-content,.jupyter-widget-html-content){display:flex;flex-wrap:wrap;gap:6px 8px}
.jpe-soon.jpe-soon{display:block;background:transparent;border-style:dotted;padding:2px 10px}
.jpe-soon .jpe-name{margin-inline-end:8px}
.jpe.jpe .jpe-choose.jpe-choose{font-weight:600;text-align:start;font-size:14px;margin:-8px -10px 2px;
width:calc(100% + 20px);max-width:none;padding:6px 10px;border-width:0 0 1px;border-radius:5px 5px 0 0}
.jpe.jpe .jpe-chosen.jpe-down .jpe-choose.jpe-choose{margin:-7px -9px 2px;width:calc(100% + 18px);padding:6px 9px}
.jpe.jpe .jpe-chosen .jpe-choose.jpe-choose{background:var(--jpe-accent);color:var(--jpe-accent-text)}
.jpe-badges{display:flex;flex-wrap:wrap;gap:4px;margin-top:4px}
.jpe-badge{border-width:1px;border-style:solid;border-radius:9px;padding:0 7px;white-space:nowrap}
.jpe-badge.jpe-neutral{border-color:var(--jpe-field-line)}
.jpe-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.jpe.jpe .jpe-goes.jpe-goes{flex:1 1 100%;font-size:12px;overflow-wrap:anywhere}
.jpe.jpe .jpe-mode.jpe-mode{margin:0}
.jpe-form.jpe-form,.jpe-more-fields.jpe-more-fields,.jpe-parameters-rows.jpe-parameters-rows,
.jpe-run-params.jpe-run-params{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17em),1fr));
gap:8px 16px;align-items:start;margin:6px 0}
.jpe-field.jpe-field{display:flex;flex-direction:column;min-width:0}
.jpe-field:not(:has([type=checkbox]))+.jpe-field:has([type=checkbox]){grid-column-start:1}
.jpe-field .widget-inline-hbox:not(.widget-checkbox){flex-direction:column;align-items:stretch}
.jpe-field .widget-label,.jpe-mode .widget-label{font-weight:600}
.jpe-help,.jpe-missing{font-size:12px}.jpe-help{margin-top:2px}
.jpe-field:has(input[type=checkbox]) .jpe-help{margin:-4px 0 0;margin-inline-start:22px}
.jpe-message{margin-top:2px;padding:1px 8px;border-inline-start:3px solid var(--jpe-bad);white-space:pre-wrap}
.jpe-message>b{color:var(--jpe-bad)}
.jpe-buttons.jpe-buttons,.jpe-switches.jpe-switches,.jpe-row-of-buttons.jpe-row-of-buttons{display:flex;
flex-wrap:wrap;gap:6px 12px;align-items:center;margin:4px 0}
.jpe-outcome{padding:4px 10px;margin:6px 0;border:1px solid var(--jpe-line);
border-inline-start:4px solid var(--jpe-info);border-radius:6px;background:var(--jpe-raised)}
.jpe-outcome:has(>.jpe-good){border-color:var(--jpe-good)}.jpe-outcome:has(>.jpe-warn){border-color:var(--jpe-warn)}
.jpe-outcome:has(>.jpe-bad){border-color:var(--jpe-bad)}
.jpe-outcome>.jpe-note{padding-inline:0;border:0}.jpe-outcome>.jpe-note:first-child{font-weight:600}
.jpe-work:not(:empty),.jpe-question:not(:empty){margin:6px 0;padding:6px 10px;border:1px solid var(--jpe-line);
border-radius:6px;background:var(--jpe-raised)}
.jpe.jpe.jpe .jpe-line{display:block;padding:4px 8px;margin:4px 0;border:1px solid var(--jpe-line);white-space:pre-wrap;
overflow-wrap:anywhere;user-select:all}
.jpe-hint{padding:2px 8px;border-inline-start:3px solid var(--jpe-info)}
.jpe-graph svg{display:block;max-width:none}
.jpe-graph-box{overflow:auto;max-height:24em;max-width:100%;padding:4px 0}.jpe-graph-box.jpe-narrow{display:none}
.jpe-graph path{fill:none;stroke:var(--jpe-text);stroke-opacity:.7;stroke-width:1.2}
.jpe-graph .jpe-tip{fill:var(--jpe-text);stroke:none}
.jpe-graph .jpe-frame{fill:var(--jpe-raised);stroke:var(--jpe-info);stroke-opacity:1}
.jpe-graph text{fill:var(--jpe-text);font-size:12px;font-family:var(--jpe-mono)}
.jpe-graph .jpe-unnamed{stroke-dasharray:4 3}
.jpe.jpe .jpe-pieces.jpe-pieces{display:block;overflow:auto;max-height:40em;margin:4px 0;padding:6px 8px;
border:1px solid var(--jpe-line)}
.jpe.jpe.jpe .jpe-pieces pre{overflow:visible;max-height:none;margin:0;padding:0;border:0}
.jpe.jpe .jpe-pieces .widget-html,.jpe.jpe .jpe-pieces .jupyter-widget-html{width:max-content;min-width:100%;
max-width:none}
.jpe.jpe .jpe-pieces :is(.widget-html-content,.jupyter-widget-html-content){max-width:none;line-height:1.4}
.jpe-code .k{color:var(--jpe-keyword);font-weight:600}.jpe-code .s{color:var(--jpe-string)}
.jpe-code .c{color:var(--jpe-comment);font-style:italic}.jpe-code .m{color:var(--jpe-number)}
.jpe-code .n{color:var(--jpe-name)}
.jpe-parameters-rows.jpe-parameters-rows{grid-template-columns:minmax(9em,1fr) minmax(0,1fr) minmax(0,1fr)}
.jpe-parameters-rows .widget-label{font-weight:normal}.jpe-parameter .jpe-name{font-weight:600}
.jpe-rows.jpe-rows{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 10px;align-items:center;
margin:6px 0}
.jpe-row-told{display:flex;flex-wrap:wrap;gap:2px 10px;align-items:baseline}
.jpe.jpe .jpe-row.jpe-row{text-align:start;font-family:var(--jpe-mono);font-size:12px}
.jpe-rows>.jpe-slot{grid-column:1/-1}.jpe-slot:empty,.jpe-slot:has(>.jpe-record:empty){display:none}
.jpe.jpe .jpe-record-came.jpe-record-came{flex:1 1 16em;overflow-wrap:anywhere}
.jpe-record:not(:empty){margin:2px 0 8px;padding:8px 10px;border:1px solid var(--jpe-line);border-radius:6px}
@container jpe (max-width:520px){
.jpe-parameters-rows.jpe-parameters-rows,.jpe-rows.jpe-rows{grid-template-columns:minmax(0,1fr)}
.jpe.jpe dl{grid-template-columns:1fr;gap:0}.jpe.jpe dl dd{margin-bottom:4px}}
@container jpe (max-width:750px){.jpe-graph-box.jpe-wide{display:none}.jpe-graph-box.jpe-narrow{display:block}}
@container jpe (min-width:458px) and (max-width:694.9px){
.jpe-form>.jpe-field:last-child:nth-child(2n+1):not(:has([type=checkbox])){grid-column:1/-1}}
@container jpe (min-width:695px){.jpe-form.jpe-form{grid-template-columns:repeat(3,minmax(0,1fr))}
.jpe-form>.jpe-field:last-child:nth-child(3n+1):not(:has([type=checkbox])){grid-column:1/-1}
.jpe-form>.jpe-field:last-child:nth-child(3n+2):not(:has([type=checkbox])){grid-column:span 2}}
.jpe-view{container:jpe/inline-size}
.jpe.jpe .jpe-lost.jpe-lost{display:none}
.jpe.jpe.jupyter-widgets-disconnected>.jpe-lost.jpe-lost{display:block}
.jpe.jpe.jupyter-widgets-disconnected :is(.jpe-banner,.jpe-fault,.jpe-question,.jpe-work,.jpe-buttons,.jpe-switches,
.jpe-header,.jpe-badges,.jpe-operating){display:none!important}
.jpe.jpe.jupyter-widgets-disconnected>*:not(.jpe-lost,.jpe-pages){opacity:.6;pointer-events:none}
.jpe .jupyter-widgets-disconnected::before{display:none}
@media (forced-colors:active){.jpe-chosen.jpe-chosen{outline:2px solid}}
@media (prefers-reduced-motion:reduce){.jpe *{animation:none;transition:none}}
"""

#: The text of the sheet: rules for elements with the class `jpe` or one that begins with `jpe-`, and no other.
SHEET = STYLE + _VARIABLES + _CONTROLS + _PARTS


def sheet() -> Html:
    """Return the style sheet as an element."""
    return style(SHEET)
