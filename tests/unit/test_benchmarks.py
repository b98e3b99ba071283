"""The functions that the benchmarks are made of, on tiny sizes; no peers, no servers, no goals."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from benchmarks import __main__ as runner
from benchmarks import badges, counts, dag_parse, history, measure, memory, notebooks, shell_export
from benchmarks.kernels import kernel
from benchmarks.measure import Bench, Figure
from benchmarks.report import Measured, page, section
from jpe_magics import Session
from jpe_magics.adapters.history import History

pytest.importorskip("ipykernel")
pytestmark = pytest.mark.one_python


def test_notebooks_are_the_same_each_time_and_valid(tmp_path: Path) -> None:
    sources = notebooks.sources(40)
    assert sources == notebooks.sources(40)
    assert sources[:3] == notebooks.sources(3)
    assert sources != notebooks.sources(40, seed=1)
    path = notebooks.write(tmp_path / "nb.ipynb", sources, tags=[f"step:s{n}" for n in range(40)])
    content = nbformat.read(path, as_version=4)
    nbformat.validate(content)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == sources
    assert code[7].metadata.tags == ["step:s7"]


def test_without_magics_every_cell_is_python() -> None:
    for source in notebooks.sources(200, magics=False):
        ast.parse(source)
    with pytest.raises(SyntaxError):
        ast.parse("\n".join(notebooks.sources(200)))


def test_the_notebooks_can_be_exported_and_hold_no_secret(tmp_path: Path) -> None:
    path = notebooks.write(tmp_path / "nb.ipynb", notebooks.sources(60))
    done = Session(environ=measure.environ(tmp_path)).export("airflow", notebook=path, dag_id="bench", preview=True)
    assert done.report.status == 200
    assert {"magic", "shell", "display"} <= {one.kind for one in done.report.rejected}


def test_ratios_and_slopes() -> None:
    assert measure.ratio([1.0, 10.0, 3.0], [2.0, 10.0, 1.0]) == 1.0
    assert measure.slope([1, 10, 100], [2, 20, 200]) == pytest.approx(1)
    assert measure.slope([1, 10, 100], [1, 100, 10_000]) == pytest.approx(2)
    assert measure.beside("load", [1.0], "peer", [4.0], 0.3).ok
    assert measure.beside("load", [1.0], "peer", [4.0], 0.2).verdict == "**fail**"
    assert measure.at_most("list", 0.2, 0.1).verdict == "**missed**"
    assert [measure.told(one) for one in (0.00002, 0.02, 2)] == ["20 µs", "20 ms", "2.00 s"]


def test_rounds_take_turns_after_one_that_does_not_count() -> None:
    order: list[str] = []

    def noting(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = measure.take_turns({"a": lambda: noting("a"), "b": lambda: noting("b")}, 2)
    assert order == ["a", "b"] * 3
    assert found == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_a_process_that_fails_is_no_measurement(tmp_path: Path) -> None:
    spent = measure.process([sys.executable, "-c", "sum(range(300_000))"])
    assert spent.cpu > 0
    with pytest.raises(measure.subprocess.CalledProcessError) as failed:
        measure.process([sys.executable, "-c", "raise SystemExit('no such option')"])
    assert "no such option" in failed.value.stderr


def test_a_kernel_tells_and_shows_widgets_only_to_a_front_end(tmp_path: Path) -> None:
    view = "application/vnd.jupyter.widget-view+json"

    def shown(heard: Any) -> bool:
        return any(view in message["content"].get("data", {}) for message in heard)

    path = notebooks.write(tmp_path / "nb.ipynb", notebooks.sources(5))
    line = f"%export_pipeline airflow --dag-id bench --preview --notebook {path}"
    with kernel(Path(sys.executable), tmp_path, measure.environ(tmp_path)) as one:
        one.run("%load_ext jpe_magics")
        assert one.ask("_told(6 * 7)") == 42
        assert shown(one.run(line, cell="a", front_end=True))
        assert not shown(one.run(line, cell="a"))
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            one.run("1 / 0")
        points = memory.repeat(one, "x = [1]", 4)
    assert len(points) == 3
    assert all(point["resident"] > 10_000_000 and point["threads"] == [] for point in points)


def test_the_dag_by_hand_has_our_tasks_and_edges(tmp_path: Path) -> None:
    ours = dag_parse.generated(tmp_path / "ours", 4).read_text()
    hand = dag_parse.by_hand(tmp_path / "hand", 4).read_text()

    def edges(text: str) -> list[str]:
        return sorted(line.strip() for line in text.splitlines() if ">> livy_cleanup" in line)

    assert len(edges(ours)) == 4
    assert edges(ours) == edges(hand)
    assert ours.count("task_id=") == hand.count("task_id=") == 6


def test_history_rows_on_a_small_log(tmp_path: Path) -> None:
    path = history.write(tmp_path / "log.jsonl", 60)
    assert len(History(path).newest(100)) == 60
    assert History(path).skipped() == 0
    assert history.remake(path) > 0
    without, after = history.appending(History(path), 2)
    assert "with it" in without.against
    assert after.aim
    assert len(History(path).get(History(path).newest(1)[0].id).states) > 1


def test_badges_of_dead_hosts_are_measured(tmp_path: Path) -> None:
    (found,) = badges.rows(Bench(tmp_path, 1))
    assert found.ratio is not None
    assert 0.3 < found.ratio < 0.6


def test_every_peer_has_a_command_that_writes_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell_export.peers, "program", lambda where, name: f"/{where.name}/{name}")
    for name in ("jpe", *shell_export.PEERS):
        command = shell_export.command_of(name, tmp_path / "nb.ipynb", tmp_path)
        assert command.count(str(tmp_path / "nb.ipynb")) == 1


def test_what_is_counted_does_not_depend_on_the_run(tmp_path: Path) -> None:
    counts.counts(tmp_path, 12)  # what is remembered for the whole process is made
    first = counts.counts(tmp_path, 12)
    calls, parsings, calls_again, parsings_again = first
    again = counts.counts(tmp_path, 12)
    assert (again[1], again[3]) == (parsings, parsings_again)
    assert abs(again[0] - calls) <= calls // 100  # the garbage collector calls what it finds, when it comes
    assert calls > 5_000
    assert calls_again < calls * 2 / 3
    assert 12 <= parsings <= 100
    assert 1 <= parsings_again <= counts.PARSINGS_AGAIN


def test_a_row_that_fails_is_told_and_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    def broken(bench: Bench) -> Any:
        yield Figure("one", "1 s", goal="≤ 2 s", ok=True)
        raise RuntimeError("the peer is gone")

    monkeypatch.setattr(badges, "rows", broken)
    found = runner.measure("badges", 1)
    assert found.missed
    assert [one.verdict for one in found.figures] == ["pass", "**error**: RuntimeError"]
    assert "the peer is gone" in capsys.readouterr().err
    assert runner.main(["badges", "--rounds", "1"]) == 1


def test_the_page_counts_goals_and_aims_apart() -> None:
    good, bad = Figure("a|b", "1", ratio=0.05, goal="≤ 1", ok=True), Figure("b", "2", goal="≤ 1", ok=False)
    slow = Figure("c", "3 s", goal="≤ 1 s", ok=False, aim=True)
    row = Measured("load", "Loading", "by hand", (good, bad, slow), frozenset({"jq-1.6"}), (1.0, 2.0), 3.0)
    text = page("a machine", 7, [row])
    assert "**1 of 2 goals are met, and 0 of 1 aims.**" in text
    assert "| a\\|b | 1 |  |  | 0.050 | ≤ 1 | pass |" in section(row)
    assert "jq-1.6" in text
    assert row.missed
    assert not Measured("load", "Loading", "", (good, slow), frozenset(), (1.0, 2.0), 3.0).missed


def test_every_row_of_the_runner_is_a_module_that_says_how() -> None:
    for name in runner.ROWS:
        module = __import__(f"benchmarks.{name}", fromlist=["rows"])
        assert module.TITLE
        assert len(module.HOW) > 50
        assert callable(module.rows)
