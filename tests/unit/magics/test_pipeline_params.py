from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from jpe_magics.errors import InvalidCells, JpeError, OptionError
from jpe_magics.magics import load
from jpe_magics.magics.pipeline_params import pipeline_params
from jpe_magics.magics.show import Display


def run(shell: Any, body: str, line: str = "") -> tuple[Any, str]:
    with capture_output() as told:
        found = pipeline_params(shell, Display(shell), line, body)
    return found, told.stdout


def test_the_body_runs_and_its_parameters_are_shown(shell: Any) -> None:
    found, told = run(
        shell, 'threshold = 0.95  # least share\nrun_date: str = "2026-05-21"\nout = f"gold.{run_date}"\n'
    )
    assert shell.user_ns["out"] == "gold.2026-05-21"
    assert [(one.name, one.type, one.default) for one in found] == [
        ("threshold", "float", 0.95),
        ("run_date", "str", "2026-05-21"),
        ("out", "any", None),
    ]
    assert repr(found) == "<3 parameters>"
    for word in ("threshold", "0.95", "least share", "gold.{run_date}"):
        assert word in told


def test_what_can_be_no_parameter_is_reported_with_its_line(shell: Any) -> None:
    found, told = run(shell, "a, b = 1, 2\nn = 3\nn += 1\n!true\n")
    assert [one.name for one in found] == ["n"]
    rows = [line for line in told.split("\n") if line.startswith(("2 ", "4 ", "5 "))]
    assert ["a, b" in rows[0], "n += 1" in rows[1], "!true" in rows[2]] == [True] * 3
    assert shell.user_ns["b"] == 2


def test_ipythons_own_syntax_works(shell: Any) -> None:
    run(shell, "files = !echo one\n%precision 3\nn = 1\n")
    assert shell.user_ns["n"] == 1
    assert list(shell.user_ns["files"]) == ["one"]


@pytest.mark.parametrize("line", ["n = = 3", "await x", "return 3"])
def test_a_body_that_cant_be_exported_is_refused_and_nothing_runs(shell: Any, line: str) -> None:
    with pytest.raises(InvalidCells) as caught:
        run(shell, f"ran = True\n{line}\n")
    assert "ran" not in shell.user_ns
    assert "line 3" in str(caught.value)


def test_a_body_that_fails_shows_its_traceback_and_fails_the_cell(shell: Any) -> None:
    with capture_output() as told, pytest.raises(JpeError) as caught:
        pipeline_params(shell, Display(shell), "", "n = 1\nm = n / 0\n")
    assert caught.value.code == "JPE205"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "ZeroDivisionError" in told.stdout
    assert "m = n / 0" in re.sub(r"\x1b\[[0-9;]*m", "", told.stdout)


def test_an_interrupt_passes(shell: Any) -> None:
    with capture_output(), pytest.raises(KeyboardInterrupt):
        pipeline_params(shell, Display(shell), "", "raise KeyboardInterrupt")


def test_words_on_the_line_are_refused(shell: Any) -> None:
    with pytest.raises(OptionError):
        run(shell, "n = 1", "n = 2")
    assert "n" not in shell.user_ns


def test_a_secret_is_masked_and_told(shell: Any) -> None:
    found, told = run(shell, 'api_key = "sk_live_9aF3kLmN8qRsT2vWxYz0"\n')
    assert "9aF3kLmN8qRsT2vWxYz0" not in told + str([vars(one) for one in found])
    assert "the export will be refused" in told


def test_the_cell_is_no_second_cell(shell: Any) -> None:
    load(shell)
    count = shell.execution_count
    seen: list[Any] = []
    shell.events.register("pre_run_cell", lambda info: seen.append(info.store_history))
    with capture_output():
        shell.run_cell("%%pipeline_params\nn = 3\n", store_history=True)
    assert shell.execution_count == count + 1
    assert seen == [True, False], "the recorder takes no notice of cells that keep no history"


class FakeSparkmagic:
    """What `sparkmagic.magics` looks like to us, and what was sent to it."""

    def __init__(self, shell: Any, sessions: dict[str, str]) -> None:
        self.sent: list[tuple[str, str]] = []
        live = {name: SimpleNamespace(kind=kind) for name, kind in sessions.items()}
        manager = SimpleNamespace(sessions=live)
        self.spark_controller = SimpleNamespace(session_manager=manager)
        shell.magics_manager.registry["RemoteSparkMagics"] = self
        shell.register_magic_function(lambda line, cell: self.sent.append((line, cell)), "cell", "spark")


def test_the_assignments_are_sent_to_every_python_session(shell: Any) -> None:
    spark = FakeSparkmagic(shell, {"one": "pyspark", "two": "spark", "three": "pyspark"})
    _, told = run(shell, 'import os\nprint("hi")\nn = 3  # rows\nfor i in range(2):\n    pass\nq = """a\n  b"""\n')
    code = 'import os\nn = 3\nq = """a\n  b"""'
    assert spark.sent == [("-s one", code), ("-s three", code)]
    assert "also sent to the Sparkmagic session three" in told


def test_in_a_wrapper_kernel_they_are_sent_to_its_session(shell: Any) -> None:
    sent: list[tuple[str, str]] = []
    shell.magics_manager.registry["KernelMagics"] = SimpleNamespace(language="python")
    shell.register_magic_function(lambda line, cell: sent.append((line, cell)), "cell", "spark")
    run(shell, "n = 3\n")
    assert sent == [("", "n = 3")]
    assert shell.user_ns["n"] == 3


def test_without_assignments_nothing_is_sent(shell: Any) -> None:
    spark = FakeSparkmagic(shell, {"one": "pyspark"})
    _, told = run(shell, "1 + 1\n")
    assert spark.sent == []
    assert "No parameter was found" in told
