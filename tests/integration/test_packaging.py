"""What `make test-install` goes by: lowest versions, what an installation changed, and when two wheels are the same.

The installations themselves take minutes and a package index, so they are a step of their own.
"""

from __future__ import annotations

from importlib.metadata import requires
from pathlib import Path

import pytest

from tools.packaging.build import build, differences
from tools.packaging.installed import main as use
from tools.packaging.requirements import changed, floors

pytestmark = pytest.mark.one_python

ROOT = Path(__file__).resolve().parents[2]


def test_a_floor_becomes_that_version() -> None:
    assert floors(["httpx>=0.27", "jupyter-core >= 5", "nbformat>=5.9.2"]) == [
        *("httpx==0.27", "jupyter-core==5", "nbformat==5.9.2")
    ]


@pytest.mark.parametrize("requirement", ["httpx", "httpx>=0.27,<1", "httpx~=0.27", "httpx>=0.27; extra == 'x'"])
def test_a_requirement_without_one_floor_is_refused(requirement: str) -> None:
    with pytest.raises(ValueError, match="no lowest version"):
        floors([requirement])


def test_every_dependency_of_ours_has_a_floor() -> None:
    ours = [one for one in requires("jpe-magics") or [] if "extra ==" not in one]
    assert len(floors(ours)) >= 12


def test_what_an_installation_has_changed_is_told() -> None:
    before = ["# a comment", "Jinja2==3.1.6", "typing_extensions==4.16.0", "gone==1", "local @ file:///x"]
    after = ["jinja2==3.1.5", "typing-extensions==4.16.0", "new==1", "local @ file:///x"]
    assert changed(before, after) == ["jinja2 3.1.6 -> 3.1.5", "gone 1 -> gone"]
    assert changed(before, [*before, "new==2"]) == []


def test_wheels_differ_in_names_and_in_bytes() -> None:
    assert differences({"a": b"1", "b": b"2", "c": b"3"}, {"a": b"1", "b": b"x", "d": b"4"}) == ["b", "c", "d"]
    assert differences({"a": b"1"}, {"a": b"1"}) == []


def test_the_wheel_of_the_sdist_is_that_of_the_tree(tmp_path: Path) -> None:
    built = build(ROOT, tmp_path / "good")
    assert built.wheel.name.endswith("-py3-none-any.whl")
    project = built.sources / "pyproject.toml"
    told = project.read_text(encoding="utf-8")
    head = "[tool.hatch.build.targets.sdist]\n"
    assert head in told
    project.write_text(told.replace(head, f'{head}exclude = ["/jpe_magics/py.typed"]\n'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"differ in .*jpe_magics/py\.typed"):
        build(built.sources, tmp_path / "bad")


def test_what_is_not_installed_is_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="is not in"):
        use(ROOT / "notebooks" / "quickstart.ipynb")  # these tests run on the checkout
