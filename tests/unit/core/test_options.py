from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.core.options import COMMON, complete, option_lines, options_of, parse, request
from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option

OWN = (
    Option("dag_id", "str", "the DAG's id", required=True, preset=True, example="etl_daily"),
    Option("mode", "choice", "mode", choices=("per_cell", "batch"), setting="default_mode"),
    Option("retries", "int", "retries", default=3, preset=True),
    Option("session_conf", "map", "conf"),
    Option("tags", "list", "tags"),
    Option("catchup", "flag", "catch up", default=False),
)


def test_every_kind_of_word() -> None:
    words = "--dag-id a --mode batch --retries 2 --session-conf a=b=c --session-conf d= --tags x,y --catchup --no-push"
    assert parse("t", OWN, words.split()).values == {
        "dag_id": "a",
        "mode": "batch",
        "retries": 2,
        "session_conf": {"a": "b=c", "d": ""},
        "tags": ("x", "y"),
        "catchup": True,
        "push": False,
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--dagid", "x"], "did you mean --dag-id"),
        (["stray"], "the word 'stray' is not expected"),
        (["--mode", "weekly"], "per_cell"),
        (["--retries", "many"], "--retries"),
        (["--param", "novalue"], "--param takes NAME=VALUE"),
        (["--param", "=x"], "--param takes NAME=VALUE"),
        (["--dag-id"], "--dag-id"),
        (["--dag", "x"], "did you mean"),
    ],
)
def test_wrong_words_are_named(words: list[str], told: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse("airflow", OWN, words)
    assert told in str(caught.value)


TIMES = Option("cron", "str", "times", example='"0 5 * * *"', modes=("cron",))
KIND = Option("mode", "choice", "mode", default="single", choices=("single", "cron"))


@pytest.mark.parametrize(
    ("own", "words", "message", "hint"),
    [
        (OWN, ["--retries", "many"], "--retries takes a whole number, not 'many'", "for example --retries 2"),
        (OWN, ["--mode", "bach"], "--mode is one of per_cell, batch, not 'bach'", "did you mean --mode batch?"),
        (OWN, ["--mode", "wrong"], "--mode is one of per_cell, batch, not 'wrong'", "say --mode per_cell"),
        (OWN, ["--dag-id"], "--dag-id needs a value", "for example --dag-id etl_daily"),
        (OWN, ["--tags"], "--tags needs a value", "for example --tags LIST"),
        (OWN, ["--preview=1"], "--preview takes no value", "say --preview or --no-preview"),
        (OWN, ["--name", "x"], "there is no option '--name'", "did you mean --dag-id etl_daily?"),
        (
            (TIMES, KIND),
            ["--schedule", "@daily"],
            "there is no option '--schedule'",
            'did you mean --mode cron --cron "0 5 * * *"?',
        ),
        (
            (TIMES,),
            ["two", "words"],
            "the word 'two' is not expected here",
            'a value that holds blanks needs quotes: --cron "0 5 * * *"',
        ),
        (
            OWN,
            ["two", "words"],
            "the word 'two' is not expected here",
            'a value that holds blanks needs quotes: --dag-id "two words"',
        ),
        (
            OWN,
            ["--dag-id", "etl", "#", "daily"],
            "the word '#' is not expected here",
            "the line of a magic takes no comment: put it on a line of its own, or above",
        ),
    ],
)
def test_what_is_wrong_is_said_in_our_words(own: Any, words: list[str], message: str, hint: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse("t", own, words)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_numbers_are_numbers() -> None:
    own = (Option("ratio", "float", "a ratio"), Option("count", "int", "a count"))
    assert parse("t", own, ["--ratio", "0.5", "--count", "-3"]).values == {"ratio": 0.5, "count": -3}
    with pytest.raises(OptionError, match="--ratio takes a number, not 'half'"):
        parse("t", own, ["--ratio", "half"])


def completed(
    given: dict[str, Any], presets: dict[str, Any] | None = None, environment: tuple[str, ...] = ()
) -> dict[str, Any]:
    return complete(
        OWN,
        given,
        presets=presets or {},
        setting={"default_mode": "from setting"}.__getitem__,
        from_environment=environment.__contains__,
    )


def test_the_line_wins_over_presets_and_settings() -> None:
    values = completed({"dag_id": "line", "mode": "batch"}, {"dag_id": "preset", "retries": 7})
    assert (values["dag_id"], values["mode"], values["retries"]) == ("line", "batch", 7)
    assert completed({"dag_id": "x"})["mode"] == "from setting"
    assert completed({}, {"dag_id": "preset"})["dag_id"] == "preset"


def test_presets_count_only_where_they_may() -> None:
    values = completed({"dag_id": "x"}, {"session_conf": {"spark.a": "1"}, "mode": "batch", "catchup": True})
    assert values["session_conf"] is None
    assert values["catchup"] is False
    assert values["mode"] == "from setting"


def test_a_needed_option_is_named_with_an_example() -> None:
    with pytest.raises(OptionError, match="--dag-id etl_daily"):
        completed({})


def test_the_request_takes_the_common_options() -> None:
    given = parse("t", OWN, ["--dag-id", "x", "--kinds", "sql, plain", "--param", "a=1", "--preview", "--no-trigger"])
    made = request(given, {"dag_id": "x"}, ("auto",))
    assert (made.kinds, made.parameters, made.preview, made.trigger, made.push) == (
        ("sql", "plain"), (("a", "1"),), True, False, True,
    )  # fmt: skip
    assert request(parse("t", OWN, []), {}, ("auto",)).kinds == ("auto",)


def test_help_names_every_option() -> None:
    text = option_lines(options_of(OWN))
    for option in (*OWN, *COMMON):
        assert option.flag.removeprefix("--") in text
        assert option.help in text
