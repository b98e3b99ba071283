from __future__ import annotations

import logging
import sys
from typing import Any

import pytest

from jpe_magics.local.worker.interpreter import Interpreter


class Quiet(Interpreter):
    """Captures while a statement runs only: pytest has its own streams."""

    def execute(self, number: int, code: str) -> dict[str, Any]:
        streams = sys.stdin, sys.stdout, sys.stderr
        self.capture()
        try:
            return super().execute(number, code)
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams


@pytest.fixture
def interpreter() -> Interpreter:
    return Quiet({"spark": "a session"})


def text(output: dict[str, Any]) -> str:
    assert output["status"] == "ok", output
    return str(output["data"]["text/plain"])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", ""),
        ("# only a comment", ""),
        ("1 + 1", "2"),
        ("x = 1", ""),
        ("x = 1\nx", "1"),
        ("1\n2", "2"),  # only the last node is shown
        ("print('a')\n'b'", "a\n'b'"),
        ("None", ""),
        ("for i in range(2):\n    i", "0\n1"),  # "single" mode shows every expression in the last node
        ("import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out2')", "out\nout2\nerr"),
        ("print('x  \\n\\n')", "x"),
        ("__name__", "'builtins'"),
        ("if __name__ == '__main__':\n    print('never')", ""),
        ("'__file__' in globals()", "False"),
        ("spark", "'a session'"),
        ("s = '''\n%not a magic\n'''\ns", "'\\n%not a magic\\n'"),
        ("from __future__ import annotations\ndef f(x: str): ...\nf.__annotations__", "{'x': <class 'str'>}"),
    ],
)
def test_what_is_shown(interpreter: Interpreter, code: str, expected: str) -> None:
    assert text(interpreter.execute(0, code)) == expected


def test_names_stay_from_statement_to_statement(interpreter: Interpreter) -> None:
    interpreter.execute(0, "def f(n):\n    return n + 1")
    assert text(interpreter.execute(1, "f(1)")) == "2"


def test_the_name_may_be_set(interpreter: Interpreter) -> None:
    interpreter.execute(0, "__name__ = '__main__'")
    assert text(interpreter.execute(1, "class C: ...\nC.__module__")) == "'__main__'"


def test_a_failure_stops_the_statement_and_shows_the_users_lines(interpreter: Interpreter) -> None:
    interpreter.execute(0, "def half(n):\n    return 1 / n")
    output = interpreter.execute(1, "a = 1\nhalf(0)\nb = 2")
    assert output["status"] == "error"
    assert output["execution_count"] == 1
    assert (output["ename"], output["evalue"]) == ("ZeroDivisionError", "division by zero")
    trace = "".join(output["traceback"])
    assert trace.startswith("Traceback (most recent call last):\n")
    assert '  File "<statement 1>", line 2, in <module>\n    half(0)\n' in trace
    assert '  File "<statement 0>", line 2, in half\n    return 1 / n\n' in trace
    assert trace.endswith("ZeroDivisionError: division by zero\n")
    assert "interpreter.py" not in trace
    assert text(interpreter.execute(2, "a, 'b' in globals()")) == "(1, False)"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("x = (", "SyntaxError"),
        ("  x = 1", "IndentationError"),
        ("x = 1\nreturn x", "SyntaxError"),
        ("%time x", "UnknownMagic"),
        ("%", "UnknownMagic"),
        ("%json nothing", "NameError"),
        ("df?", "SyntaxError"),
        ("!ls", "SyntaxError"),
        ("await x", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("input()", "EOFError"),
    ],
)
def test_every_failure_is_the_statements(interpreter: Interpreter, code: str, name: str) -> None:
    output = interpreter.execute(0, code)
    assert (output["status"], output["ename"]) == ("error", name)
    assert "interpreter.py" not in "".join(output["traceback"])


def test_a_syntax_error_runs_nothing(interpreter: Interpreter) -> None:
    interpreter.execute(0, "x = 1\ny = (")
    assert text(interpreter.execute(1, "'x' in globals()")) == "False"


def test_an_exception_whose_text_fails_is_reported_all_the_same(interpreter: Interpreter) -> None:
    code = "class Bad(Exception):\n    def __str__(self): raise ValueError\nraise Bad"
    output = interpreter.execute(0, code)
    assert (output["ename"], output["evalue"]) == ("Bad", "<exception str() failed>")


def test_what_a_failed_statement_printed_goes_to_the_log(
    interpreter: Interpreter, capfd: pytest.CaptureFixture[str]
) -> None:
    interpreter.execute(0, "print('before')\n1/0")
    assert text(interpreter.execute(1, "'next'")) == "'next'"
    assert "before\n" in capfd.readouterr().err


def test_a_log_handler_made_by_one_statement_works_in_the_next(interpreter: Interpreter) -> None:
    interpreter.execute(0, "import logging\nh = logging.StreamHandler()\nlogging.getLogger('t_interp').addHandler(h)")
    try:
        assert text(interpreter.execute(1, "logging.getLogger('t_interp').warning('hello')")) == "hello"
    finally:
        logging.getLogger("t_interp").handlers.clear()


@pytest.mark.parametrize(
    ("code", "mime", "expected"),
    [
        ("x = [1, 2]\n%json x", "application/json", [1, 2]),
        ("%json spark\n%json spark", "application/json", "a session"),
        (
            "x = [{'a': 1, 'b': None}, {'a': 2, 'b': 'y'}]\n%table x",
            "application/vnd.livy.table.v1+json",
            {
                "headers": [{"name": "a", "type": "INT_TYPE"}, {"name": "b", "type": "STRING_TYPE"}],
                "data": [[1, None], [2, "y"]],
            },
        ),
        (
            "x = [(1, 2.5), (2, None)]\n%table x",
            "application/vnd.livy.table.v1+json",
            {
                "headers": [{"name": "0", "type": "INT_TYPE"}, {"name": "1", "type": "DOUBLE_TYPE"}],
                "data": [[1, 2.5], [2, None]],
            },
        ),
    ],
)
def test_livys_magics(interpreter: Interpreter, code: str, mime: str, expected: Any) -> None:
    output = interpreter.execute(0, code)
    assert output["data"] == {mime: expected}, output


def test_rows_of_different_types_are_no_table(interpreter: Interpreter) -> None:
    assert interpreter.execute(0, "x = [(1,), ('a',)]\n%table x")["evalue"] == "table rows have different types"


def test_lines_are_counted_from_the_statements_first_also_below_a_magic(interpreter: Interpreter) -> None:
    output = interpreter.execute(0, "x = 1\n%json x\n1/0")
    assert '  File "<statement 0>", line 3, in <module>\n    1/0\n' in "".join(output["traceback"])
