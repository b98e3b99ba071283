from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from jpe_magics.core.summary import Document
from jpe_magics.core.summary.document import Note
from jpe_magics.errors import PublishError, SecretsFound
from jpe_magics.model.artifact import File
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record
from jpe_magics.model.report import Report
from jpe_magics.model.task import Task
from jpe_magics.results import Export
from jpe_magics.widgets.code import LONGEST_COLOURED, code_html, coloured_lines
from jpe_magics.widgets.result import result_view
from jpe_magics.widgets.view import View, document_view

CODE = 'def load(path: str) -> int:\n    return 1  # <b>"unique-marker"</b> & more\n'
REPORT = Report(
    "airflow",
    "live notebook, 3 cells",
    options={"dag_id": "etl", "mode": "per_cell"},
    cells=2,
    rejected=(Rejection(1, 1, "a", 2, 2, "magic", "%ls <i>", "why"),),
    parameters=(Parameter("n", "int", 3),),
    tasks=(Task("load", (), "x", named=True), Task("cell_2", (), "y", upstream=("load",))),
    warnings=(Finding.of(Cell("", 1, 1), "JPE315", "a name that is not there"),),
    files=(("etl.py", "0" * 64),),
)
DONE = Export(REPORT, shown=(File("etl.py", CODE),), published=(Published("file", "dags/etl.py", note="created"),))


def widgets(root: Any) -> list[Any]:
    return [root, *(one for child in getattr(root, "children", ()) for one in widgets(child))]


def values(root: Any) -> str:
    return "\n".join(one.value for one in widgets(root) if hasattr(one, "value"))


def titles(view: View) -> list[str]:
    return [title for one in widgets(view) if type(one).__name__ == "Tab" for title in one.titles]


def test_the_result_in_tabs() -> None:
    view = result_view(DONE, None)
    assert titles(view) == ["Preview", "Rejections (1), warnings (1)", "Parameters (1)", "Changes"]
    shown = values(view)
    for told in (
        "1 of 2 tasks are named",
        "Name your tasks",
        "No run was started.",
        "dags/etl.py",
        "%ls &lt;i&gt;",
        "JPE315",
    ):
        assert told in shown, told
    look(view, 3)
    assert "was not exported before" in values(view)
    assert repr(view) == "<airflow · etl: the summary below says the same>"


def look(view: View, page: int) -> None:
    next(one for one in widgets(view) if type(one).__name__ == "Tab").selected_index = page


def test_the_code_stands_once_in_the_state() -> None:
    view = result_view(DONE, Record("261104-1", files=({"path": "etl.py", "text": "old = 1\n"},)))
    for page in (0, 1, 3, 2, 3, 0):
        assert values(view).count("unique-marker") == 1
        look(view, page)
    assert "<del>" not in values(view)
    assert "unique-marker" in code_html(DONE.shown[0]) in values(view)


def test_only_core_controls_and_no_output_widget() -> None:
    for one in widgets(result_view(DONE, None)):
        assert one._model_module in ("@jupyter-widgets/controls", "@jupyter-widgets/base")
        assert one._view_name != "OutputView"


def test_the_changes_since_the_last_export() -> None:
    before = Record("261104-1", time="2026-11-04T10:00:00Z", files=({"path": "etl.py", "text": "old = 1\n"},))
    view = result_view(DONE, before)
    assert "old = 1" not in values(view)
    look(view, 3)
    shown = values(view)
    assert "<del>-old = 1</del>" in shown
    assert "261104-1 (2026-11-04 10:00 UTC)" in shown


def test_a_refusal_has_no_preview() -> None:
    error = SecretsFound("found")
    refused = Export(Report("airflow", "live", status=400, error=str(error)), error=error)
    view = result_view(refused)
    assert titles(view) == ["Rejections (0)", "Parameters (0)"]
    assert "Refused" in values(view)


def test_a_failure_while_publishing_is_on_top() -> None:
    shown = values(result_view(Export(REPORT, shown=DONE.shown, error=PublishError("the disk is full"))))
    assert "the disk is full" in shown
    assert "jpe-bad" in shown


def test_several_files_have_tabs_of_their_own() -> None:
    done = Export(REPORT, shown=(File("a.py", "a = 1\n"), File("b.json", "{}", "json")))
    assert titles(result_view(done))[4:] == ["a.py", "b.json"]


def test_closing_closes_all() -> None:
    before = len(_instances)
    view = result_view(DONE, None)
    assert len(_instances) > before
    view.close()
    assert len(_instances) == before


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        "",
        "\n\n  x = 1\n\n",
        "no newline",
        "x = '''a\n<script>alert(1)</script>'''\n",
        "%not python ?!\n",
        "a\x1b[31mb\u202ec",
    ],
)
def test_colours_change_no_character(text: str) -> None:
    html = "".join(coloured_lines(text))
    assert "<script" not in html
    told = unescape(re.sub(r"</?span[^>]*>", "", html))
    assert told == text.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")


def test_words_are_coloured_by_kind() -> None:
    html = "".join(coloured_lines(CODE))
    assert '<span class="k">def</span>' in html
    assert '<span class="n">load</span>' in html
    assert '<span class="m">1</span>' in html
    assert "<code>def</code>" in code_html(File("a.txt", "def", "text"))


def test_each_line_is_coloured_by_itself() -> None:
    first, last = coloured_lines('x = """one\ntwo"""\n')
    assert (first, last) == (
        'x = <span class="s">&quot;&quot;&quot;one\n</span>',
        '<span class="s">two&quot;&quot;&quot;</span>\n',
    )


def test_long_code_is_plain_and_too_long_code_is_cut() -> None:
    assert 'class="k"' not in code_html(File("a.py", "def f(): pass\n" * (LONGEST_COLOURED // 10)))
    assert "Cut here" in code_html(File("a.py", "x = 1\n" * 50_000))


def test_a_document_as_a_view() -> None:
    view = document_view(Document("History", (Note("good", "<b>"),)), "history")
    assert "&lt;b&gt;" in view.children[0].value
    assert "jpe-history" in view._dom_classes
