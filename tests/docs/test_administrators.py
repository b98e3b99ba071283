"""What the administrators' page says about forgetting records is done, and does that."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import pytest

from jpe_magics import Session
from tests.docs.blocks import blocks_of
from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "administrators.md"


def commands(word: str) -> str:
    """The block of the page that a heading in bold with this word is followed by."""
    page = PAGE.read_text(encoding="utf-8")
    block = next(one for one in blocks_of(page) if one.line > page.count("\n", 0, page.index(word)))
    assert Path(__file__).name in block.why
    return block.text


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JPE_AUDIT_LOG", str(tmp_path / ".jupyter" / "jpe-audit.jsonl"))
    return tmp_path


def exported(home: Path, name: str) -> str:
    """Export, and return the record's id."""
    notebook = str(ROOT / "notebooks" / "quickstart.ipynb")
    done = Session().export("airflow", notebook=notebook, dag_id=name, push=False, output=f"{home}/{name}.py")
    assert done.record_id
    return done.record_id


def known() -> list[str]:
    """The ids of the records that the history has, newest first."""
    return [row.id for row in Session().history.newest(10)]


def run(home: Path, text: str) -> None:
    subprocess.run(["bash", "-euc", text], env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, check=True, timeout=60)


def kept(home: Path) -> dict[str, Path]:
    return {path.name: path for path in (home / ".jupyter").iterdir()}


def test_one_record_is_forgotten_and_the_others_are_not(home: Path) -> None:
    first, second, third = (exported(home, name) for name in ("first", "second", "third"))
    assert known() == [third, second, first]
    text = commands("**To forget one record**")
    (shown,) = re.findall(r"\d{6}-\d{6}-\w{8}", text)

    run(home, text.replace(shown, second))

    left = kept(home)
    assert list(left) == ["jpe-audit.jsonl"]
    assert stat.S_IMODE(left["jpe-audit.jsonl"].stat().st_mode) == 0o600
    assert second not in left["jpe-audit.jsonl"].read_text(encoding="utf-8")
    assert known() == [third, first]


def test_everything_is_forgotten_and_a_new_history_begins(home: Path) -> None:
    exported(home, "first")
    assert known()

    run(home, commands("**To forget everything**"))

    assert kept(home) == {}
    assert known() == []
    again = exported(home, "again")
    assert known() == [again]
