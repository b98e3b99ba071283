from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jpe_magics.local.questions import Questions


def test_an_answer_goes_to_who_asked() -> None:
    questions = Questions()

    def send(message: Mapping[str, Any]) -> None:
        questions.answered({"question": 99, "says": "nobody asked"})
        questions.answered({"question": message["question"], "says": message["do"]})

    for word in ("one", "two"):
        answer = questions.ask(send, {"do": word}, seconds=5)
        assert answer is not None
        assert answer["says"] == word


def test_none_is_the_answer_in_no_time_and_of_a_worker_that_ends() -> None:
    questions = Questions()
    late: list[Mapping[str, Any]] = []
    assert questions.ask(late.append, {}, seconds=0.01) is None
    questions.answered({"question": late[0]["question"]})  # too late: dropped
    assert questions.ask(lambda _message: questions.close(), {}, seconds=5) is None
    assert questions.ask(late.append, {}, seconds=5) is None
    assert len(late) == 1
