from __future__ import annotations

import pytest

from jpe_magics.core.headings import between_headings

RULE = "# " + "-" * 40
HELP = f"{RULE}\n# How it is run: ours.\n# Read on below.\n{RULE}"
YOURS = f"{RULE}\n# Yours\n{RULE}"


def test_a_part_stands_between_two_headings() -> None:
    found = between_headings(f"a = 1\n{HELP}\nb = 2\n\n{YOURS}\n{{{{ c }}}}\n", "How it is run", "Yours", "of ours")
    assert found is not None
    assert (found.begins, found.ends, found.what) == (HELP, YOURS, "of ours")


@pytest.mark.parametrize(
    "template",
    [
        None,
        "",
        f"{HELP}\nb = 2\n",
        f"{YOURS}\nb = 2\n{HELP}\n",
        f"{HELP}\nb = 2\n{RULE}\n# Ours, of the site\n{RULE}\nc = 3\n{YOURS}\n",
        "# How it is run\nb = 2\n# Yours\n",
        f"{HELP}\nb = 2\n{RULE}\n# Yours\nc = 3\n",
    ],
)
def test_a_template_without_them_has_no_such_part(template: str | None) -> None:
    assert between_headings(template, "How it is run", "Yours", "of ours") is None
