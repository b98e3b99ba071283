"""A server's text as it may be shown."""

from __future__ import annotations

from jpe_magics.core.flow.received import text


def test_what_a_server_says_loses_what_a_terminal_would_do_something_with() -> None:
    assert text("\x1b[1mred\x1b[0m\r\n\tx\x07") == "red\n\tx"
    assert ascii(text("a\u202eb\u2028c\ud800d")) == "'abcd'", "marks that turn letters round, and halves of characters"


def test_what_is_no_text_is_none() -> None:
    assert [text(one) for one in (3, None, ["x"], {"x": 1}, b"x")] == [""] * 5
