"""The boilerplate of a file: folded away, and not sent before somebody asks for it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from jpe_magics.core.summary import Document, to_html
from jpe_magics.core.summary.document import Code
from jpe_magics.core.summary.page import LONGEST_CODE
from jpe_magics.errors import SecretsFound
from jpe_magics.model.artifact import Artifact, Boilerplate, File
from jpe_magics.panel.actions import Actions
from jpe_magics.results import Export
from jpe_magics.widgets.code import code_html
from jpe_magics.widgets.code_text import CodeText
from jpe_magics.widgets.one_code import OneCode
from jpe_magics.widgets.parts import Parts
from jpe_magics.widgets.preview import Preview
from tests.unit.widgets.conftest import Wire
from tests.unit.widgets.fake_panel import PREVIEW, Fake
from tests.unit.widgets.walk import find, press, shows, text, walk

RULE = "# " + "-" * 40
OURS = Boilerplate(f"{RULE}\n# Ours\n{RULE}", f"{RULE}\n# Yours\n{RULE}", "of ours that run it")
HELP = "\n" + "".join(f"helper_{number} = {number}\n" for number in range(498)) + "\n"
TEXT = f"first = 1\n{OURS.begins}\n{HELP}{OURS.ends}\nlast = 1\n"
FILE = File("etl.py", TEXT, boilerplate=OURS)


@pytest.fixture
def parts(fake: Fake) -> Iterator[Parts]:
    actions: Actions = fake
    made = Parts(actions)
    yield made
    made.pool.close()


@pytest.fixture
def place(parts: Parts) -> CodeText:
    return CodeText(parts)


def code(root: Any) -> str:
    """Return the text that is shown, without the button."""
    values = (one.value for one in walk(root) if type(one).__name__ == "HTML")
    return unescape(re.sub(r"<[^>]+>", "", "".join(values)))


def test_it_is_sent_when_it_is_asked_for(place: CodeText, wire: Wire) -> None:
    place.show(FILE)
    copied = "# … here 500 lines of ours that run it are folded away …"
    assert code(place.root) == f"first = 1\n{OURS.begins}\n{copied}{OURS.ends}\nlast = 1\n"
    assert f'<span class="jpe-hidden">{copied}</span>' in place.root.children[2].value, "for who copies the code"
    assert "helper_" not in str(wire.messages)
    button = find(place.root, "jpe-ours")
    assert button.description == "Show the 500 lines of ours that run it"
    above, *_ = place.root.children
    assert place.root.children.index(button) == 1, "where the lines would stand"
    wire.clear()
    press(button)
    assert code(place.root) == TEXT
    assert button.description == button.tooltip == "Hide the 500 lines of ours that run it"
    assert place.root.children[:2] == (above, button), "so that it keeps the focus"
    assert "last = 1" not in str(wire.messages)
    press(button)
    assert "helper_" not in code(place.root)
    assert button.description == "Show the 500 lines of ours that run it"


def test_what_is_folded_away_is_closed(place: CodeText, parts: Parts) -> None:
    place.show(FILE)
    made = len(parts.pool._made)
    for _ in range(4):
        press(find(place.root, "jpe-ours"))
    assert len(parts.pool._made) == made
    place.clear()
    assert code(place.root) == ""
    assert len(parts.pool._made) < made


@pytest.mark.parametrize("unfolded", [False, True])
def test_a_keystroke_sends_what_has_changed_alone(place: CodeText, wire: Wire, unfolded: bool) -> None:
    place.show(FILE)
    if unfolded:
        press(find(place.root, "jpe-ours"))
    wire.clear()
    place.show(replace(FILE, text=TEXT.replace("last = 1", "last = 2")))
    assert (wire.count("comm_msg"), wire.count("comm_open")) == (1, 0)
    assert "last" in str(wire.messages)
    assert "helper_" not in str(wire.messages)
    assert ("helper_1" in code(place.root)) == unfolded, "what was unfolded stays so"


def test_a_file_without_it_has_no_button(place: CodeText) -> None:
    place.show(FILE)
    place.show(File("etl.py", TEXT))
    assert code(place.root) == TEXT
    assert not shows(place.root, "jpe-ours")
    place.show(replace(FILE, text=TEXT + TEXT))
    assert code(place.root) == TEXT + TEXT, "it can't be told from what is not ours"


def test_what_only_looks_like_it_is_not_folded_away_though_the_rest_is_cut(place: CodeText) -> None:
    lookalike = f"{OURS.begins}\nimport evil\n{OURS.ends}\n" + "x = 1\n" * (LONGEST_CODE // 6)
    file = replace(FILE, text=lookalike + TEXT)
    place.show(file)
    assert "import evil" in code(place.root)
    assert "<details" not in code_html(file)
    assert 'class="jpe-ours"' not in to_html(Document("T", (Code("etl.py", file.text, boilerplate=OURS),)))


def test_a_long_file_is_folded_and_cut(place: CodeText) -> None:
    file = replace(FILE, text=TEXT + "x = 1\n" * LONGEST_CODE)
    place.show(file)
    assert shows(place.root, "jpe-ours")
    assert "Cut here: the whole text has" in code(place.root)
    html = to_html(Document("T", (Code("etl.py", file.text, boilerplate=OURS),)))
    for shown in (code_html(file), html.partition("</style>")[2]):
        assert "<summary>500 lines of ours that run it</summary>" in shown
        assert shown.count("x = 1") == pytest.approx((LONGEST_CODE - len(TEXT)) / 6, abs=1)


def test_static_code_folds_it_too_and_holds_it() -> None:
    html = code_html(FILE)
    assert html.count("<details") == 1
    assert "<summary>500 lines of ours that run it</summary>" in html
    assert unescape(re.sub(r"<[^>]+>", "", html)) == TEXT.replace(HELP, "500 lines of ours that run it" + HELP)
    inside = html.partition("<details")[2].partition("</details>")[0]
    assert "helper_497" in inside
    assert "last" not in inside


def test_the_preview_folds_and_the_download_does_not(parts: Parts, fake: Fake, wire: Wire) -> None:
    preview = Preview(parts, OneCode())
    fake.tell(preview=replace(PREVIEW, artifact=Artifact((FILE,)), shown=(FILE,)))
    preview.update(fake.state, None)
    assert "helper_" not in str(wire.messages)
    press(find(preview.root, "jpe-ours"))
    assert "helper_1" in code(preview.root)
    press(find(preview.root, "jpe-download"))
    saved = re.search(r"base64,([^\"]+)", preview._links.value)
    assert saved is not None
    assert base64.b64decode(saved[1]).decode() == TEXT


def test_a_refusal_that_stands_above_is_one_line_in_the_preview(parts: Parts, fake: Fake) -> None:
    preview = Preview(parts, OneCode())
    refused = Export(PREVIEW.report, error=SecretsFound("1 secret-looking literal", hint="read it elsewhere"))
    fake.tell(preview=refused)
    preview.update(fake.state, None)
    assert "1 secret-looking literal" in text(preview.root)
    before = fake.state
    fake.tell(done=replace(refused, error=SecretsFound("1 secret-looking literal", hint="read it elsewhere")))
    preview.update(fake.state, before)
    assert "Not to be exported (JPE201): what stands above says why" in text(preview.root)
    assert "1 secret-looking literal" not in text(preview.root)
    assert "read it elsewhere" not in text(preview.root)
    before = fake.state
    fake.tell(done=replace(refused, error=SecretsFound("another")))
    preview.update(fake.state, before)
    assert "1 secret-looking literal" in text(preview.root)
