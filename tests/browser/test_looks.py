"""What measures the looks finds what it is for."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from tests.browser.looks import poor_contrast, sticking_out

PAGE = """
<div id="good" style="width:200px;background:#fff"><p style="color:#111">can be read</p>
<pre style="overflow:auto;width:100px">one long line of code that may be moved</pre></div>
<div id="bad" style="width:200px;background:#fff">
<p style="color:#999">faint</p><p style="color:#111;opacity:.3">half gone</p>
<p style="background:rgba(0,0,0,.9);color:#333">dark on dark</p><style>.pale::placeholder{color:#ccc}</style>
<input class="pale" placeholder="pale">
<div style="width:400px;height:9px"></div>
<p style="width:90px;white-space:nowrap;overflow:hidden">this text is cut off at the right</p>
<div style="overflow:auto;width:90px"><p style="width:300px">scrolls</p></div></div>
"""


def test_what_can_not_be_read_and_what_does_not_fit_is_found(context: BrowserContext) -> None:
    page = context.new_page()
    try:
        page.set_content(PAGE)
        good, bad = page.locator("#good"), page.locator("#bad")
        assert poor_contrast(good) == []
        assert sticking_out(good) == []
        faint = [told.rpartition(": ")[2] for told in poor_contrast(bad)]
        assert faint == ["faint", "half gone", "dark on dark", "pale"]
        kinds = {one.partition(":")[0] for one in sticking_out(bad)}
        assert kinds == {"DIV.", "P.", "a scroll bar", "cut off", "it scrolls"}
    finally:
        page.close()
