"""The panel's row of the benchmarks measures a small notebook in a real browser; nothing is said about times here."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from benchmarks.panel_page import measure, message
from tests.browser.server import JupyterServer


def test_a_small_notebook_is_measured(context: BrowserContext, server: JupyterServer, dags: Path) -> None:
    assert context.browser is not None
    found = measure(context.browser, server, dags, 4, 1)
    assert found.artifact == (dags / "bench_4_0x.py").stat().st_size
    for (seconds,) in (found.first, found.again, found.preview, found.button, found.button_again):
        assert 0.01 < seconds < 60
    (typed,), (exported,), (opened,) = found.typing, found.exporting, found.opening
    assert typed.types["out comm_msg"] == 1
    assert exported.types["in update_display_data"] >= 1
    assert exported.bytes["in"] > found.artifact
    assert opened.types["in comm_open"] > 50
    assert opened.messages["in"] > typed.messages["in"]


def test_both_forms_of_messages_are_read() -> None:
    parts = [b"shell", b'{"msg_type": "comm_msg"}', b"{}", b"{}", b"{}"]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    numbers = (len(offsets), *offsets)
    packed = b"".join(number.to_bytes(8, "little") for number in numbers) + b"".join(parts)
    assert message(packed) == ("shell", "comm_msg")
    assert message('{"channel": "iopub", "header": {"msg_type": "status"}}') == ("iopub", "status")
    with pytest.raises(KeyError):
        message("{}")
