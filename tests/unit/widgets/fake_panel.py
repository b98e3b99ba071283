"""A scripted panel: the real state, and actions that are only written down.

`Fake.tell` makes a new state and tells it as the real panel does: one at a time, on the thread that changed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jpe_magics.core.form import Field, fields
from jpe_magics.core.summary.targets import TargetRow
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.badge import Badge
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record, Row
from jpe_magics.model.report import Report
from jpe_magics.model.task import PreparedCell, Task
from jpe_magics.panel.actions import Listener
from jpe_magics.panel.state import PanelState, Past
from jpe_magics.results import Export
from jpe_magics.targets import get_target, targets

CODE = 'def load(path: str) -> int:\n    return 1  # <b>"unique-marker"</b> & more\n'


class Fake:
    """Actions that write down what was asked for."""

    def __init__(self, state: PanelState) -> None:
        self.state = state
        self.asked: list[tuple[Any, ...]] = []
        self.listeners: list[Listener] = []
        self.fails: Exception | None = None

    def tell(self, **changes: Any) -> None:
        before, self.state = self.state, replace(self.state, **changes)
        for listener in list(self.listeners):
            listener(self.state, before)

    def listen(self, listener: Listener) -> None:
        self.listeners.append(listener)

    def _ask(self, *words: Any) -> None:
        self.asked.append(words)
        if self.fails is not None:
            raise self.fails

    def prepare(self) -> None:
        """The state is the one that the test has given."""

    def open(self) -> None:
        self._ask("open")

    def choose(self, target: str) -> None:
        self._ask("choose", target)

    def set(self, name: str, value: str | bool | None) -> None:
        self._ask("set", name, value)

    def set_parameter(self, name: str, value: str, *, this_run: bool = False) -> None:
        self._ask("set_parameter", name, value, this_run)

    def preview(self) -> None:
        self._ask("preview")

    def export(self, target: str = "") -> None:
        self._ask("export", target)

    def answer(self, yes: bool) -> None:
        self._ask("answer", yes)

    def stop(self) -> None:
        self._ask("stop")

    def save(self) -> None:
        self._ask("save")

    def find(self, search: str, target: str = "") -> None:
        self._ask("find", search, target)

    def show(self, record: str) -> None:
        self._ask("show", record)

    def act(self, action: str, record: str, values: Mapping[str, str] | None = None) -> None:
        self._ask("act", action, record, values)

    def close(self, limit: float = 0.0, *, because: str = "") -> None:
        self._ask("close")
        self.tell(closed=True, because=because)


def rows(**badges: str) -> tuple[TargetRow, ...]:
    """Return the cards of the real targets with badges in these states."""
    found = {name: Badge(name, state, f"http://{name}:80", f"tried {name}") for name, state in badges.items()}
    of = {"airflow": ("airflow", "gitea"), "ilum": ("ilum",)}
    return tuple(
        TargetRow(
            one.name,
            one.title,
            one.description,
            one.available,
            tuple(found[name] for name in of.get(one.name, ()) if name in found),
        )
        for one in targets().values()
    )


def form(target: str = "airflow", mode: str = "per_cell") -> tuple[Field, ...]:
    """Return the real form of a target."""
    return fields(get_target(target).options, mode, {"mode": mode})


def task(name: str, number: int, *upstream: str, named: bool = True) -> Task:
    cell = PreparedCell(Cell("", number, number), "plain", "task")
    return Task(name, (cell,), "", upstream=upstream, named=named)


REPORT = Report(
    "airflow",
    "live notebook, 3 cells",
    options={"dag_id": "etl", "mode": "per_cell"},
    cells=2,
    rejected=(Rejection(1, 1, "a", 2, 2, "magic", "%ls <i>", "why"),),
    parameters=(Parameter("n", "int", 3, description="how many"), Parameter("region", "str", "EU")),
    tasks=(task("load", 1), task("cell_2", 2, "load", named=False)),
    warnings=(Finding.of(Cell("", 1, 1), "JPE315", "a name that is not there"),),
    files=(("etl.py", "0" * 64),),
)
FILES = (File("etl.py", CODE),)
PREVIEW = Export(REPORT, Artifact(FILES), FILES, preview=True)
DONE = Export(
    REPORT,
    Artifact(FILES),
    FILES,
    published=(
        Published("file", "dags/etl.py", note="created"),
        Published("run", "manual__1", "http://airflow/dags/etl/runs/1"),
    ),
)
RECORD = Record(
    "261104-101500-aaaaaaaa",
    time="2026-11-04T10:15:00Z",
    target="airflow",
    name="etl",
    status="success",
    files=({"path": "etl.py", "sha256": "0", "text": "old = 1\n"},),
    parameters=({"name": "n", "type": "int", "default": 3},),
    rejections=({"cell": 1, "number": 1, "line": 1, "kind": "magic", "text": "%ls", "reason": "why"},),
    published=({"kind": "run", "place": "manual__0", "link": "http://airflow/dags/etl/runs/0", "note": ""},),
)
ROWS = tuple(
    Row(f"2611{day:02}-101500-aaaaaaaa", f"2026-11-{day:02}T10:15:00Z", "anna", "airflow", f"etl_{day}", status=status)
    for day, status in ((4, "success"), (3, "failed"), (2, "running"))
)

#: The panel after it was opened, and the probes and the first preview have come.
OPEN = PanelState(
    targets=rows(airflow="ok", gitea="down", ilum="off"),
    operating="Connected",
    target="airflow",
    fields=form(),
    values={"dag_id": "etl", "mode": "per_cell", "push": True, "trigger": None},
    line="%export_pipeline airflow --dag-id etl",
    button="Create DAG",
    preview=PREVIEW,
    stale=False,
    before=RECORD,
    past=Past(ROWS),
    can_save=True,
)
