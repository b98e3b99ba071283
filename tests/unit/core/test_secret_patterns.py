"""The regular expressions of the secret search: compiled late, so a wrong one must be found here."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import chain
from types import ModuleType

import pytest

from jpe_magics.core.secrets import names, text, values
from jpe_magics.core.secrets.pattern import _Pattern, pattern


@pytest.mark.parametrize("module", [names, text, values], ids=lambda one: str(one.__name__))
def test_each_compiles(module: ModuleType) -> None:
    own = [one for one in vars(module).values() if isinstance(one, _Pattern)]
    if module is text:
        own += [one for one in chain.from_iterable(text._COMMANDS) if isinstance(one, _Pattern)]
    assert len(own) >= 4
    for one in own:
        assert isinstance(one.match("", 0), (re.Match, type(None)))


def test_it_does_what_re_does() -> None:
    found = pattern(r"(?i)a(b+)")
    assert [one.group(1) for one in found.finditer("xABB ab")] == ["BB", "b"]
    assert found.sub("-", "abc") == "-c"
    assert found.pattern == r"(?i)a(b+)"


def test_a_wrong_one_is_told_by_its_first_use() -> None:
    with pytest.raises(re.error):
        pattern("(").search("")


def test_importing_the_search_compiles_none() -> None:
    code = """
import re
compiled, compile = [], re.compile
re.compile = lambda source, flags=0: compiled.append(source) or compile(source, flags)
from jpe_magics.core.secrets import text, values
from jpe_magics.core.secrets.pattern import _Pattern
late = {one._source for of in (text, values) for one in vars(of).values() if isinstance(one, _Pattern)}
assert len(late) > 20 and not late & set(compiled), late & set(compiled)
values._HOLE.search("")
assert late & set(compiled) == {values._HOLE._source}
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
