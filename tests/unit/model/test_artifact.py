"""The part of a file that comes from its template alone."""

from __future__ import annotations

import pytest

from jpe_magics.model.artifact import Boilerplate

RULE = "# ----"
OURS = Boilerplate(f"{RULE}\n# ours\n{RULE}", f"{RULE}\n# yours\n{RULE}", "of ours")
ABOVE, PART, BELOW = f"a = 1\n{OURS.begins}\n", "\nb = 2\n\n", f"{OURS.ends}\nc = 3\n"


def test_a_text_is_split_and_loses_no_character() -> None:
    assert OURS.split(ABOVE + PART + BELOW) == (ABOVE, PART, BELOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = 1\n",
        ABOVE + PART,
        PART + BELOW,
        BELOW + PART + ABOVE,
        ABOVE + PART + BELOW + f'text = """\n{OURS.ends}\n"""\n',
        f'text = """\n{OURS.begins}\n"""\n' + ABOVE + PART + BELOW,
        ABOVE + PART + BELOW + ABOVE + PART + BELOW,
    ],
)
def test_nothing_is_split_off_where_it_can_not_be_told(text: str) -> None:
    assert OURS.split(text) == (text, "", "")
