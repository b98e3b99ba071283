"""What was executed, laid over the saved file or the front end's document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.core.bind import handle
from jpe_magics.core.control import is_control
from jpe_magics.core.overlay import Overlaid, overlay
from jpe_magics.core.provenance import doubts, source_text
from jpe_magics.core.read import notebook_from_cells
from jpe_magics.core.rewritten import as_run
from jpe_magics.model.executed import Executed
from jpe_magics.model.notebook import Notebook

SAVED = 1000.0
BEFORE, AFTER = SAVED - 1, SAVED + 1


def notebook(*cells: str | dict[str, object], kernel: str = "python3", ids: bool = True) -> Notebook:
    raw = []
    for place, cell in enumerate(cells):
        told = {"source": cell} if isinstance(cell, str) else cell
        raw.append({"cell_type": "code", "metadata": {}, **({"id": f"c{place}"} if ids else {}), **told})
    return notebook_from_cells(raw, name="etl", metadata={"kernelspec": {"name": kernel}})


def tagged(source: str, *tags: str) -> dict[str, object]:
    return {"source": source, "metadata": {"tags": list(tags)}}


def ran(source: str, order: int, time: float = AFTER, cell_id: str | None = None, **more: object) -> Executed:
    return Executed(source, order, time, cell_id, **more)  # type: ignore[arg-type]


def vscode(number: int) -> str:
    digits = ""
    rest = number
    while rest or not digits:
        digits, rest = str(rest % 7) + digits, rest // 7
    return f"vscode-notebook-cell:/home/ada/etl.ipynb#{'WXYZ'[len(digits) - 1]}{digits}sZmlsZQ%3D%3D"


def sources(result: Overlaid) -> list[str]:
    return [cell.source for cell in result.notebook.cells]


def codes(result: Overlaid) -> list[tuple[str, int | None]]:
    return [(one.code, one.cell) for one in result.findings]


TWO = ("a = 1", "b = 2")

# name, saved cells, executed, sources wanted, edits, missing, findings (code, cell)
TABLE = [
    ("nothing unsaved", TWO, [ran("a = 1", 1, cell_id="c0"), ran("b = 2", 2, cell_id="c1")], TWO, 0, 0, []),
    (
        "edited and run, not saved",
        TWO,
        [ran("a = 9", 1, cell_id="c0"), ran("b = 2", 2, cell_id="c1")],
        ("a = 9", "b = 2"),
        1,
        0,
        [("JPE343", 0)],
    ),
    (
        "saved later, not run again",
        TWO,
        [ran("a = 0", 1, BEFORE, "c0"), ran("b = 2", 2, cell_id="c1")],
        TWO,
        0,
        0,
        [("JPE342", 0)],
    ),
    ("white space at the end is no edit", TWO, [ran("a = 1\n", 1, cell_id="c0"), ran("b = 2 ", 2)], TWO, 0, 0, []),
    (
        "a new cell, its place unknown",
        TWO,
        [ran("a = 1", 1, cell_id="c0"), ran("b = 2", 2, cell_id="c1"), ran("new()", 3, cell_id="zz")],
        TWO,
        0,
        1,
        [],
    ),
    (
        "a copy of a saved cell is a new cell",
        TWO,
        [ran("a = 1", 1, cell_id="c0"), ran("b = 2", 2, cell_id="zz")],
        TWO,
        0,
        1,
        [("JPE340", 1)],
    ),
    (
        "a cell that ran and was gone when the file was saved",
        TWO,
        [ran("a = 1", 1, BEFORE, "c0"), ran("b = 2", 2, BEFORE, "c1"), ran("old()", 3, BEFORE, "zz")],
        TWO,
        0,
        0,
        [],
    ),
    ("never run", TWO, [ran("a = 1", 1, cell_id="c0")], TWO, 0, 0, [("JPE340", 1)]),
    (
        "out of order: run again after the one below",
        ("a", "b", "c"),
        [ran("b", 1, cell_id="c1"), ran("c", 2, cell_id="c2"), ran("a", 3, cell_id="c0")],
        ("a", "b", "c"),
        0,
        0,
        [("JPE341", 0)],
    ),
    (
        "out of order: run before the ones above",
        ("a", "b", "c"),
        [ran("c", 1, cell_id="c2"), ran("a", 2, cell_id="c0"), ran("b", 3, cell_id="c1")],
        ("a", "b", "c"),
        0,
        0,
        [("JPE341", 2)],
    ),
    (
        "history from before the extension was loaded: source matching only",
        TWO,
        [ran("a = 1", 1, 0.0), ran("gone()", 2, 0.0), ran("b = 2", 3, cell_id="c1")],
        TWO,
        0,
        0,
        [],
    ),
    (
        "classic sends no metadata: matched by source, a new source is doubtful",
        TWO,
        [ran("a = 1", 1), ran("b = 3", 2)],
        TWO,
        0,
        1,
        [("JPE340", 1)],
    ),
    (
        "classic, run before the file was saved",
        TWO,
        [ran("a = 0", 1, BEFORE), ran("a = 1", 2), ran("b = 2", 3)],
        TWO,
        0,
        0,
        [],
    ),
    (
        "control cells never count",
        (*TWO, "%export_pipeline airflow"),
        [
            ran("%load_ext jpe_magics", 1, cell_id="zz"),
            ran("a = 1", 2, cell_id="c0"),
            ran("b = 2", 3, cell_id="c1"),
            ran("%jpe_history", 4),
            ran("%export_pipeline py", 5, cell_id="c2"),
        ],
        (*TWO, "%export_pipeline py"),
        0,
        0,
        [],
    ),
    (
        "a cell tagged skip need not have run",
        (tagged("x = 1", "skip"), "b = 2"),
        [ran("b = 2", 1, cell_id="c1")],
        ("x = 1", "b = 2"),
        0,
        0,
        [],
    ),
    (
        "cells with one source, without ids in the request: that they ran is known, not when",
        ("df.head()", "x = 1", "df.head()"),
        [ran("df.head()", 1), ran("x = 1", 2)],
        ("df.head()", "x = 1", "df.head()"),
        0,
        0,
        [],
    ),
    (
        "blank cells and text cells are no concern",
        ("", {"source": "# Hi", "cell_type": "markdown"}),
        [],
        ("", "# Hi"),
        0,
        0,
        [],
    ),
]


@pytest.mark.parametrize(
    ("cells", "executed", "want", "edits", "missing", "findings"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_saved_file(cells, executed, want, edits, missing, findings):
    result = overlay(notebook(*cells), SAVED, executed)
    assert sources(result) == list(want)
    assert (result.edits, result.missing, result.deleted) == (edits, missing, 0)
    assert codes(result) == findings


def test_tags_that_are_not_saved_count_and_are_in_the_digest():
    before = notebook(tagged("a = 1", "task:one"), "b = 2")
    result = overlay(
        before, SAVED, [ran("a = 1", 1, cell_id="c0", tags=("task:two",)), ran("b = 2", 2, cell_id="c1", tags=())]
    )
    assert [cell.tags for cell in result.notebook.cells] == [("task:two",), ()]
    assert result.notebook.cells[0].metadata["tags"] == ["task:two"]
    assert result.edits == 1
    assert result.notebook.digest == notebook(tagged("a = 1", "task:two"), "b = 2").digest != before.digest


def test_tags_that_ran_before_the_file_was_saved_are_old():
    result = overlay(notebook(tagged("a", "new")), SAVED, [ran("a", 1, BEFORE, "c0", tags=("old",))])
    assert result.notebook.cells[0].tags == ("new",)
    assert not result.edits


def test_a_front_end_without_metadata_leaves_tags_alone():
    result = overlay(notebook(tagged("a", "skip")), SAVED, [ran("a", 1)])
    assert result.notebook.cells[0].tags == ("skip",)


def test_cell_language_of_synapse_as_it_ran():
    cell = {"source": "x", "metadata": {"microsoft": {"language": "python"}}}
    result = overlay(
        notebook(cell), SAVED, [ran("x", 1, cell_id="c0", tags=(), metadata={"microsoft": {"language": "scala"}})]
    )
    assert result.notebook.cells[0].metadata["microsoft"] == {"language": "scala"}


def test_the_digest_is_that_of_the_new_text():
    result = overlay(notebook("a", "b"), SAVED, [ran("x", 1, cell_id="c0")])
    assert result.notebook.digest == notebook("x", "b").digest


class TestCurrent:
    def test_the_exporting_cell_is_never_missing(self):
        executed = [ran("import x\n%export_pipeline py", 7, cell_id="zz")]
        assert overlay(notebook("a"), SAVED, executed, current=7).missing == 0
        assert overlay(notebook("a"), SAVED, executed).missing == 1

    def test_its_text_is_taken_but_is_no_edit(self):
        executed = [ran("y = 2\n%export_pipeline py", 7, cell_id="c0")]
        result = overlay(notebook("y = 1\n%export_pipeline py"), SAVED, executed, current=7)
        assert sources(result) == ["y = 2\n%export_pipeline py"]
        assert (result.edits, result.findings) == (0, ())


class TestDeleted:
    def test_not_saved(self):
        result = overlay(notebook("a", "b"), SAVED, [], deleted={"c1": AFTER})
        assert result.deleted == 1
        assert sources(result) == ["a", "b"]

    def test_saved_or_restored(self):
        assert overlay(notebook("a", "b"), SAVED, [], deleted={"c1": BEFORE, "zz": AFTER}).deleted == 0

    def test_a_cell_that_ran_and_was_deleted_is_not_missing(self):
        assert overlay(notebook("a"), SAVED, [ran("tmp", 1, cell_id="zz")], deleted={"zz": AFTER}).missing == 0


class TestVsCode:
    """Handles: bound to a saved cell by a source that ran under them and equals the saved one."""

    CELLS = tuple(f"x{number} = {number}" for number in range(9))

    def test_bound_by_source_then_edited(self):
        executed = [ran("x8 = 88", 2, cell_id=vscode(8), tags=(), earlier=("x8 = 8",))]
        result = overlay(notebook(*self.CELLS), SAVED, executed)
        assert sources(result)[8] == "x8 = 88"
        assert (result.edits, result.missing) == (1, 0)

    def test_edited_before_it_ever_ran(self):
        result = overlay(notebook(*self.CELLS), SAVED, [ran("x8 = 88", 1, cell_id=vscode(8), tags=())])
        assert sources(result) == list(self.CELLS)
        assert (result.edits, result.missing) == (0, 1)

    def test_equal_sources_are_told_apart_by_their_place_at_opening(self):
        executed = [
            ran("df.tail()", 2, cell_id=vscode(2), tags=(), earlier=("x1",)),
            ran("df.head()", 3, cell_id=vscode(1), tags=("skip",)),
        ]
        result = overlay(notebook("df.head()", "df.head()", "x1"), SAVED, executed)
        assert sources(result) == ["df.head()", "df.head()", "df.tail()"]
        assert [cell.tags for cell in result.notebook.cells] == [(), ("skip",), ()]

    def test_run_before_the_extension_was_loaded_and_again(self):
        executed = [ran("x0 = 0", 1, 0.0), ran("x1 = 1", 2, 0.0), ran("x0 = 0", 3, cell_id=vscode(0), tags=())]
        executed.append(ran("x1 = 11", 4, cell_id=vscode(1), tags=(), earlier=("x1 = 1",)))
        result = overlay(notebook("x0 = 0", "x1 = 1"), SAVED, executed)
        assert sources(result) == ["x0 = 0", "x1 = 11"]
        assert (result.missing, codes(result)) == (0, [("JPE343", 1)])

    def test_a_third_cell_with_that_source_is_new(self):
        executed = [
            ran("df.head()", order, cell_id=vscode(handle), tags=()) for order, handle in ((1, 0), (2, 1), (3, 9))
        ]
        assert overlay(notebook("df.head()", "df.head()"), SAVED, executed).missing == 1

    @given(st.integers(0, 7**4 - 1))
    def test_handles(self, number):
        assert handle(vscode(number)) == number

    @pytest.mark.parametrize(
        "cell_id", ["c0", "", "vscode-notebook-cell:/a.ipynb", "vscode-notebook-cell:/a.ipynb#X1sZg", vscode(3)[10:]]
    )
    def test_no_handles(self, cell_id):
        assert handle(cell_id) is None


class TestOldFiles:
    """nbformat 4.4 keeps no ids: JupyterLab makes some up in each session."""

    def test_bound_by_source_then_edited(self):
        executed = [ran("a", 1, cell_id="random-1"), ran("c", 2, cell_id="random-2", earlier=("b",))]
        result = overlay(notebook("a", "b", ids=False), SAVED, executed)
        assert sources(result) == ["a", "c"]
        assert (result.edits, result.missing) == (1, 0)

    def test_an_earlier_source_of_two_cells_binds_neither(self):
        result = overlay(notebook("b", "b", ids=False), SAVED, [ran("c", 1, cell_id="r", earlier=("b",))])
        assert sources(result) == ["b", "b"]
        assert result.missing == 1


class TestMirror:
    """Over the front end's document: only what ran after its last push is newer."""

    def test_edited_since_it_ran(self):
        result = overlay(notebook("typed on"), SAVED, [ran("ran", 1, BEFORE, "c0")], live=True)
        assert sources(result) == ["typed on"]
        assert codes(result) == [("JPE342", 0)]

    def test_ran_after_the_push(self):
        result = overlay(notebook("pushed"), SAVED, [ran("ran", 1, AFTER, "c0")], live=True)
        assert sources(result) == ["ran"]
        assert (result.edits, codes(result)) == (1, [])


class TestWrapperKernel:
    """Sparkmagic's kernels rewrite cells; the history from before the extension was loaded holds that."""

    CELLS = ("df.count()", "%%local\nx = 1", "%%sql\nSELECT 1", "%info", "%%spark\ny = 1")

    def test_history_matches(self):
        history = ("%%spark\ndf.count()", "x = 1", "%%sql\nSELECT 1", "%%info\n ", "%%spark\ny = 1\n ")
        executed = [ran(text, order, 0.0) for order, text in enumerate(history, 1)]
        assert overlay(notebook(*self.CELLS), SAVED, executed, wrapper=True).findings == ()
        assert [cell for _, cell in codes(overlay(notebook(*self.CELLS), SAVED, executed))] == [0, 1, 3]

    def test_the_request_holds_what_the_user_wrote(self):
        executed = [ran("df.show()", 1, cell_id="c0", tags=())]
        assert sources(overlay(notebook("df.count()"), SAVED, executed, wrapper=True)) == ["df.show()"]

    def test_only_there(self):
        assert as_run("df.count()", wrapper=False) == "df.count()"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%load_ext jpe_magics", True),
        ("%reload_ext jpe_magics\n\n%export_pipeline airflow --dag-id x", True),
        ("load_ext jpe_magics", True),
        ("r = %export_pipeline py --preview", True),
        ("%export_pipeline airflow \\\n  --dag-id x", True),
        ("# ship it\n%jpe_history abc --code", True),
        ("%export_pipeline?", True),
        ("?%export_pipeline", True),
        ("%load_ext sparkmagic.magics", False),
        ("%load_ext jpe_magics_extra", False),
        ("%load_ext jpe_magics\nx = 1", False),
        ("export_pipeline = 3", False),
        ("export_pipeline(1)", False),
        ("%export_pipelines", False),
        ("# only a comment", False),
        ("", False),
    ],
)
def test_control(source, expected):
    assert is_control(source) is expected


@pytest.mark.parametrize(
    ("edits", "missing", "deleted", "text", "reasons"),
    [
        (0, 0, 0, "saved file of 14:02, 2 cells", ()),
        (3, 0, 0, "saved file of 14:02 + 3 executed edits", ()),
        (1, 0, 0, "saved file of 14:02 + 1 executed edit", ()),
        (
            0,
            2,
            0,
            "saved file only: 2 executed cells are not in it, save and try again",
            ("2 executed cells are not in the saved file",),
        ),
        (
            1,
            1,
            1,
            (
                "saved file of 14:02 + 1 executed edit: "
                "1 executed cell is not in it and 1 deleted cell is still in it, save and try again"
            ),
            ("1 executed cell is not in the saved file", "1 deleted cell is still in the saved file"),
        ),
    ],
)
def test_text_of_a_saved_file(edits, missing, deleted, text, reasons):
    overlaid = Overlaid(notebook("a", "b"), edits, missing, deleted)
    assert source_text(overlaid, live=False, saved_at="14:02") == text
    assert doubts(overlaid, live=False) == reasons


def test_text_of_the_live_notebook():
    assert source_text(Overlaid(notebook("a", "b")), live=True) == "live notebook, 2 cells"
    assert source_text(Overlaid(notebook("a"), edits=1), live=True) == "live notebook, 1 cell + 1 executed edit"
    assert doubts(Overlaid(notebook("a"), missing=1), live=True) == ("1 executed cell is not in the live notebook",)


TEXTS = st.sampled_from(["a", "b", "c", "d", ""])


@given(
    st.lists(TEXTS, max_size=6),
    st.lists(st.tuples(TEXTS, st.sampled_from(["c0", "c1", "zz", None, vscode(1)]), st.booleans()), max_size=8),
)
def test_the_overlay_keeps_order_and_number_of_cells_and_invents_no_text(cells, runs):
    executed = [
        ran(text or "x", order, AFTER if late else BEFORE, cell_id)
        for order, (text, cell_id, late) in enumerate(runs, 1)
    ]
    result = overlay(notebook(*cells), SAVED, executed)
    assert [cell.id for cell in result.notebook.cells] == [f"c{place}" for place in range(len(cells))]
    assert set(sources(result)) <= set(cells) | {one.source for one in executed}
    late = [one for one in executed if one.time > SAVED]
    assert result.missing + result.edits <= len(late)
