"""Every block of shell, Python and IPython on README and the how-to pages is run, and ends with what the page shows."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.blocks import Block, Reader, blocks_of, ends, variables
from tests.docs.pages import DOCS, ROOT, named
from tests.fake_airflow import Dag, FakeAirflow
from tools.servers.ilum_core import IlumCore

PAGES = (ROOT / "README.md", *sorted((DOCS / "howto").glob("*.md")), DOCS / "administrators.md")
#: A page whose commands have a test of their own, which knows more of what must come of them.
ELSEWHERE = {"docs/howto/ilum.md": ROOT / "tests" / "integration" / "test_docs_ilum.py"}
#: The page whose magics export the notebook that a front end would name, to servers that answer; elsewhere none does.
WITH_SERVERS = "README.md"


class QuickAirflow(FakeAirflow):
    """An Airflow whose runs have ended when somebody looks at them for the first time."""

    def advance(self, dag: Dag) -> None:
        for _ in range(100):
            super().advance(dag)


@pytest.fixture
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reader]:
    """The reader of a page, with the repository's notebooks, and with the servers as long as the page is read."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    shutil.copytree(ROOT / "notebooks", work / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with ExitStack() as around:
        environ = variables(home, (Path(sys.executable).parent,))
        if request.param == WITH_SERVERS:
            environ |= with_servers(around, work)
        yield around.enter_context(Reader(work, environ))


def with_servers(around: ExitStack, work: Path) -> dict[str, str]:
    """Start an Airflow that reads the folder `dags`, and an Ilum that runs what it gets; return what leads there."""
    (work / "dags").mkdir()
    airflow = around.enter_context(QuickAirflow(work / "dags", parse_every=1))
    ilum = around.enter_context(IlumCore(work.parent / "core"))
    return {
        "JPE_NOTEBOOK_PATH": str(work / "notebooks" / "quickstart.ipynb"),
        "JPE_GIT_PROVIDER": "local",
        "AIRFLOW_API_URL": airflow.url,
        "AIRFLOW_USERNAME": "admin",
        "AIRFLOW_PASSWORD": "admin",
        "ILUM_API_URL": ilum.api_url,
    }


@pytest.mark.parametrize(
    ("path", "reader"),
    [pytest.param(path, named(path), id=named(path)) for path in PAGES if named(path) not in ELSEWHERE],
    indirect=["reader"],
)
def test_the_blocks_of_a_page_do_what_it_says(path: Path, reader: Reader) -> None:
    for block in blocks_of(path.read_text(encoding="utf-8")):
        if block.why:
            continue
        said = reader.run(block)
        if block.expected is not None:
            assert ends(block.expected, said), f"{named(path)}:{block.line} says\n{said}\nand not\n{block.expected}"


def test_pages_that_are_run_elsewhere_are_run_there() -> None:
    for page, test in ELSEWHERE.items():
        assert (ROOT / page).is_file()
        assert Path(page).name in test.read_text(encoding="utf-8")


def test_most_blocks_are_run() -> None:
    blocks = [block for path in PAGES for block in blocks_of(path.read_text(encoding="utf-8"))]
    run = [block for block in blocks if not block.why]
    assert len(run) > len(blocks) / 2
    assert sum(block.expected is not None for block in run) >= 5
    assert all(len(block.why) > 10 for block in blocks if block.why)


PAGE = """# A page

```shell
export DAY=monday
mkdir -p deep && cd deep
```

<!-- not run: it would
     install something -->
```shell
pip install nothing
```

```shell
echo "$DAY $(basename "$PWD")"
```

```text
monday …
```

```ipython
%time n = 3
import os
print(n, os.environ["DAY"])
```

Prose.

```text
not what the block says
```

```python
print(n + 1)
```
"""


def test_blocks_are_read_with_their_marks_and_outputs() -> None:
    assert blocks_of(PAGE) == (
        Block(3, "shell", "export DAY=monday\nmkdir -p deep && cd deep\n"),
        Block(10, "shell", "pip install nothing\n", "it would install something"),
        Block(14, "shell", 'echo "$DAY $(basename "$PWD")"\n', "", "monday …\n"),
        Block(22, "ipython", '%time n = 3\nimport os\nprint(n, os.environ["DAY"])\n'),
        Block(34, "python", "print(n + 1)\n"),
    )


@pytest.mark.parametrize("reader", ["no page"], indirect=True)
def test_a_reader_keeps_the_shell_and_the_names(reader: Reader) -> None:
    said = [reader.run(block) for block in blocks_of(PAGE) if not block.why]
    with pytest.raises(AssertionError, match="ended with 3"):
        reader.run(Block(1, "shell", "exit 3\n"))
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        reader.run(Block(1, "python", "1 / 0\n"))
    assert said[:2] == ["", "monday deep\n"]
    assert said[2].endswith("3 monday\n")
    assert said[3] == "4\n"


@pytest.mark.parametrize("reader", ["no page"], indirect=True)
def test_a_page_that_names_a_record_means_the_newest(reader: Reader) -> None:
    export = "jpe export notebooks/quickstart.ipynb py --output {}/ > /dev/null\n"
    said = reader.run(
        Block(1, "shell", export.format("a") + export.format("b") + "jpe history ID --json | grep place\n")
    )
    assert '"place": "b/quickstart.py"' in said


def test_outputs_are_compared_by_their_ends() -> None:
    assert ends("a\nb …\n", "a  \nb and more\n\n")
    assert ends("b\n", "a\nb\n")
    assert not ends("a\nb\n", "a\nc\n")
    assert not ends("b\n", "a b\n")
    assert not ends("a\n", "a\nb\n")


def test_every_block_says_its_language() -> None:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        languages = re.findall(r"^```(.*)\n(?:.*\n)*?```$", text, re.MULTILINE)
        assert all(languages), named(path)
