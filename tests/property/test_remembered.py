"""What is remembered changes nothing: notebooks edited at random, exported one after the other and each anew."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from jpe_magics.adapters.templates import template_loader
from jpe_magics.core import remembered
from jpe_magics.core.export import prepare
from jpe_magics.core.read import read_notebook
from jpe_magics.core.sanitize.survey import Survey
from jpe_magics.core.secrets import names
from jpe_magics.errors import JpeError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.model.option import Request
from jpe_magics.targets import get_target

#: Cells that mean something else beside others: what they bind, show, take from, lose.
CELLS = """
print(n, f(1))
--
h = display(df, display_id=True)
--
h.update(df2)
--
def g():
    h = display(1)
    h.update(2)
--
h = 3
--
from IPython.display import display, HTML
--
display(HTML('a'))
--
print(HTML(f(1)))
--
ip = get_ipython()
--
ip = 3
--
ip.run_line_magic('time', 'a = 1')
--
if ip:
    ip.system('x')
--
x = !ls -la
--
%time y = f(2)
--
ls -la
--
ls = 3
--
%run other.py
--
print(zz + 1)
--
def print(*a):
    log(a)
--
def f(x):
    yield x
--
len = f
--
rows = map(f, q)
--
print(next(rows), list(rows), len(rows))
--
spark.stop()
--
session = SparkSession.builder.getOrCreate()
session.stop()
--
from math import *
--
from __future__ import annotations
x: int = 3
--
if a:
    print(a)
else:
    display(b)
--
print((w := f(3)))
--
print(w)
--
def broken(:
--
password = 'hunter2-T0ps3cret'
--
# @pipeline-params
n = 3
print(n)
--
config = 3
--
%%spark
print(1)
q = 2
--
%%sql
select 1
--
%export_pipeline airflow
--
def o():
    b = 1
    def i():
        nonlocal b
        b = display(b)
    return i
""".strip("\n").split("\n--\n")
TAGS = (
    [],
    [],
    [],
    [],
    ["skip"],
    ["task:a"],
    ["task:b", "retries:3"],
    ["parameters"],
    ["injected-parameters"],
    ["prev:a"],
)
TARGETS: tuple[dict[str, Any], ...] = (
    {"dag_id": "etl", "livy_conn_id": "livy"},
    {"dag_id": "etl", "livy_conn_id": "livy", "mode": "batch"},
    {"name": "etl", "mode": "service"},
    {"name": "etl", "mode": "single"},
    {},
)
NAMES = ("airflow", "airflow", "ilum", "ilum", "py")
#: Notebooks, and how often each is edited.
NOTEBOOKS, EDITS = 24, 10


@dataclass(frozen=True)
class State:
    """A notebook, cells with their tags, and how it is exported."""

    cells: tuple[tuple[str, tuple[str, ...]], ...]
    target: int
    asked: dict[str, Any] = field(default_factory=dict)

    def edited(self, rng: random.Random) -> State:
        cells, place = [*self.cells], rng.randrange(len(self.cells))
        match rng.choice(("write", "write", "join", "insert", "delete", "move", "tag", "target", "target", "ask")):
            case "write":
                cells[place] = (rng.choice(CELLS), cells[place][1])
            case "join":
                cells[place] = (f"{cells[place][0]}\n{rng.choice(CELLS)}", cells[place][1])
            case "insert":
                cells.insert(place, (rng.choice(CELLS), ()))
            case "delete" if len(cells) > 1:
                del cells[place]
            case "move":
                cells.insert(rng.randrange(len(cells)), cells.pop(place))
            case "tag":
                cells[place] = (cells[place][0], tuple(rng.choice(TAGS)))
            case "target":
                return replace(self, target=rng.randrange(len(TARGETS)))
            case "ask":
                name = rng.choice(("keep_rejections", "allow_secrets"))
                return replace(self, asked={**self.asked, name: not self.asked.get(name, False)})
        return replace(self, cells=tuple(cells))

    def exported(self) -> object:
        """Return everything that comes of it."""
        rows = [
            {"cell_type": "code", "id": f"id{place}", "source": source, "metadata": {"tags": tags}}
            for place, (source, tags) in enumerate(self.cells)
        ]
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": rows}
        notebook = read_notebook(json.dumps(content), name="nb", path="nb.ipynb")
        target = get_target(NAMES[self.target])
        given = {option.name: option.default for option in target.options} | TARGETS[self.target]
        request = Request(target.name, target.check(given), **self.asked)
        try:
            done = prepare(Snapshot(notebook, "given", "a test"), request, target, load=template_loader(), version="1")
        except JpeError as error:
            return str(error)
        return repr(done.report), done.artifact, done.shown, str(done.error), repr(done.pipeline)


def history(seed: int) -> Iterator[State]:
    rng = random.Random(seed)
    state = State(tuple((rng.choice(CELLS), tuple(rng.choice(TAGS))) for _ in range(6)), rng.randrange(len(TARGETS)))
    for _ in range(EDITS):
        yield state
        state = state.edited(rng)


def forget() -> None:
    for one in remembered._memories:
        one.cache_clear()
    names._asks.cache_clear()


@pytest.fixture(scope="module")
def anew() -> dict[int, list[object]]:
    """What comes of each state where nothing is remembered."""

    def export(state: State) -> object:
        forget()
        return state.exported()

    return {seed: [export(state) for state in history(seed)] for seed in range(NOTEBOOKS)}


def test_one_after_the_other_gives_the_same(anew: dict[int, list[object]]) -> None:
    forget()
    for seed, expected in anew.items():
        assert [state.exported() for state in history(seed)] == expected, seed
    made = [one for found in anew.values() for one in found if isinstance(one, tuple) and one[1] is not None]
    assert len(made) > NOTEBOOKS * EDITS / 4


def test_threads_give_the_same(anew: dict[int, list[object]]) -> None:
    forget()
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda seed: [state.exported() for state in history(seed)], anew)
        assert list(found) == list(anew.values())


def test_what_is_remembered_too_long_is_noticed(anew: dict[int, list[object]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A judgement that forgets to look at the other cells must fail the tests above."""
    forget()
    seen: dict[frozenset[str], Any] = {}
    of = Survey.of
    monkeypatch.setattr(Survey, "of", lambda self, names: seen.setdefault(names, of(self, names)))
    assert any([state.exported() for state in history(seed)] != expected for seed, expected in anew.items())
