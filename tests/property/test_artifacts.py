"""A notebook and what is made of it are the same program: random notebooks, run as both.

`programs.py` makes the notebooks, `runs.py` runs them.  The second test breaks the templates on purpose: a
property that does not notice would prove nothing.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
TEMPLATES = TESTS.parent / "templates"
PROGRAMS = 110
LEAST = 40
#: The same programs every time, others on each second version of Python; JPE_EXPLORE=1 looks for new ones.
START = random.SystemRandom().randrange(10**6) if os.environ.get("JPE_EXPLORE") else sys.version_info[1] % 2 * PROGRAMS
MODULES = ("service", "cron", "single", "py")
#: A mutant must be caught by so many programs at the latest.
TRIES = 60


def load_template(name: str) -> str | None:
    path = TEMPLATES / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


class Known:
    """A program, exported once, and what it does as a notebook."""

    def __init__(self, program: Any, runs: ModuleType, notebook: Any, aside: frozenset[str]) -> None:
        self.program, self._runs, self._notebook, self._aside = program, runs, notebook, aside
        self.exported = runs.Exported(program.cells(), load_template)
        predefined = self.exported.predefined
        self.plain = notebook.run(program.cells(), predefined)
        self.changed = notebook.run(program.cells(changed=True), predefined) if program.parameters else self.plain
        #: The changed parameters as Ilum hands them over: as text.
        self.given = {name: _text(pair[1]) for name, pair in program.parameters.items()}
        self.words = [f"{name}={value}" for name, value in self.given.items()]
        self.typed = {name: pair[1] for name, pair in program.parameters.items()}

    def modules(self, load: Any, kinds: tuple[str, ...]) -> list[str]:
        """Return where modules made by the templates of `load` do something else than the notebook."""
        found = []
        if "service" in kinds:
            service = self.exported.service(load)
            for config, wanted in ((None, self.plain), (self.given, self.changed), ({}, self.plain)):
                found += [f"service with {config}: {one}" for one in wanted.differences(service.run(config))]
        for kind in kinds:
            if kind != "service":
                for words, wanted in (([], self.plain), (self.words, self.changed)):
                    outcome = self.exported.script(kind, load, words)
                    found += [f"{kind} {words}: {one}" for one in wanted.differences(outcome)]
        return found

    def dags(self) -> list[str]:
        """Return where the statements of a DAG, of the constructs that Livy takes as they are, do something else."""
        program = self.program.without(self._aside)
        exported = self._runs.Exported(program.cells(), load_template)
        return [
            f"{mode} {config}: {one}"
            for mode, changed, config in (("per_cell", False, {}), ("batch", True, self.typed))
            for one in self._notebook.run(program.cells(changed), exported.predefined).differences(
                exported.statements(mode, config)
            )
        ]

    def everything(self) -> list[str]:
        return [*self.modules(load_template, MODULES), *self.dags()]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture(scope="module")
def lab(modules_here: Callable[[str], ModuleType], tmp_path_factory: Any) -> Iterator[SimpleNamespace]:
    """Programs by number, and what is known of them; the stub of PySpark is importable."""
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_spark(name)}
    sys.path.insert(0, str(TESTS / "stub_pyspark"))
    programs, runs = modules_here("programs"), modules_here("runs")
    notebook = runs.Notebook(str(tmp_path_factory.mktemp("ipython")))

    def examine(program: Any) -> Known:
        return Known(program, runs, notebook, programs.NOT_IN_LIVY)

    yield SimpleNamespace(
        program=programs.program,
        constructs=programs.CONSTRUCTS,
        examine=examine,
        known=lru_cache(maxsize=None)(lambda number: examine(programs.program(START + number))),
    )
    notebook.close()
    sys.path.remove(str(TESTS / "stub_pyspark"))
    for name in [name for name in sys.modules if _is_spark(name)]:
        del sys.modules[name]
    sys.modules.update(before)


def _is_spark(name: str) -> bool:
    return name.partition(".")[0] in ("pyspark", "ilum")


def test_a_notebook_and_its_artifacts_are_the_same_program(lab: SimpleNamespace) -> None:
    counts: Counter[str] = Counter()
    for number in range(PROGRAMS):
        known = lab.known(number)
        if known.modules(load_template, MODULES) or (number % 2 and known.dags()):
            pytest.fail(_told(lab, known))
        counts.update(known.program.kinds)
        counts["parameters"] += bool(known.program.parameters)
        assert known.program.fails == bool(known.plain.error), known.plain.error
        counts["a cell that fails"] += known.program.fails
    assert {name: counts[name] for name in lab.constructs if counts[name] < LEAST} == {}
    assert counts["parameters"] >= LEAST
    assert counts["a cell that fails"] >= 10


def _told(lab: SimpleNamespace, known: Any) -> str:
    """Return the smallest program that still fails, and how."""
    smaller = True
    while smaller:
        smaller = False
        for program in known.program.smaller():
            one = lab.examine(program)
            if one.everything():
                known, smaller = one, True
                break
    cells = "\n\n".join(f"# cell\n{cell}" for cell in known.program.cells())
    return "\n".join([*known.everything()[:8], "", cells])


SERVICE, SCRIPT, COERCE = "ilum/service.py.j2", "shared/script.py.j2", "shared/coerce.py.j2"
RUN = "exec(compiled, notebook.__dict__)"
#: Faults that a wrapper may have: the template, what stands there, and what stands there with the fault.
MUTANTS = {
    "functions see no names of other cells": (SERVICE, RUN, "exec(compiled, notebook.__dict__, {})"),
    "each cell has names of its own": (SERVICE, RUN, "exec(compiled, dict(notebook.__dict__))"),
    "features end with their cell": (SERVICE, "features |= compiled.co_flags & _FUTURE", "features |= 0"),
    "features of the module itself are inherited": (SERVICE, '"exec", features, True)', '"exec", 0x1000000, True)'),
    "the module has another name": (SERVICE, 'ModuleType("__main__")', 'ModuleType("notebook")'),
    "the module is not to be found": (SERVICE, ', sys.modules["__main__"] = sys.modules["__main__"], notebook', " = 1"),
    "the module stays": (SERVICE, '        sys.modules["__main__"] = main', "        pass"),
    "cells run backwards": (SERVICE, "for name, code in CELLS:", "for name, code in CELLS[::-1]:"),
    "tabs become blanks": (SERVICE, "compile(code, name", "compile(code.expandtabs(), name"),
    "lines lose what stands in front": (
        SERVICE,
        "compile(code, name",
        'compile("\\n".join(one.replace("    from", "from") for one in code.split("\\n")), name',
    ),
    "one namespace for all runs": (
        SERVICE,
        'notebook = types.ModuleType("__main__")',
        'notebook = globals().setdefault("_kept", types.ModuleType("__main__"))',
    ),
    "the Spark session is everybody's": (SERVICE, "session = spark.newSession()", "session = spark"),
    "parameters are ignored": (SERVICE, "values = _parameters(config or {})", "values = {}"),
    "parameters stay text": (SERVICE, "_jpe_coerce(name, PARAMETERS[name], value) for", "value for"),
    "text counts as true": (COERCE, 'return word in ("true", "1")', "return bool(word)"),
    "a script's features are lost": (SCRIPT, "from __future__ import {{ futures }}", ""),
    "a script's cells run backwards": (SCRIPT, "{% for cell in cells %}", "{% for cell in cells | reverse %}"),
    "a script's arguments are ignored": (SCRIPT, "_jpe_arguments(_jpe_sys.argv[1:]) if", "{} if"),
    "a script's arguments stay text": (SCRIPT, "_jpe_coerce(name, _jpe_PARAMETERS[name], value)", "value"),
}


@pytest.mark.parametrize("fault", MUTANTS)
def test_a_fault_in_a_wrapper_is_noticed(lab: SimpleNamespace, fault: str) -> None:
    template, there, instead = MUTANTS[fault]
    text = load_template(template) or ""
    assert there in text

    def mutated(name: str) -> str | None:
        return text.replace(there, instead) if name == template else load_template(name)

    kinds = ("single",) if template == SCRIPT else ("service",)
    assert any(lab.known(number).modules(mutated, kinds) for number in range(TRIES))
