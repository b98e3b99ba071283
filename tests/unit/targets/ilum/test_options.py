"""The options of `%export_pipeline ilum`: what may be asked for, and what Ilum's joined texts can't hold."""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.errors import OptionError
from jpe_magics.targets.ilum.options import MODES, OPTIONS, check_options


def checked(**options: Any) -> dict[str, Any]:
    return check_options({"name": "kpi", **options})


def refused(**options: Any) -> OptionError:
    with pytest.raises(OptionError) as caught:
        checked(**options)
    return caught.value


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("pandas==2.2.3 numpy>=1.26,<3", ("pandas==2.2.3", "numpy>=1.26,<3")),
        ("pandas==2.2.3;numpy", ("pandas==2.2.3", "numpy")),
        ("requests[security,socks]~=2.0", ("requests[security,socks]~=2.0",)),
        ("mine@https://host/a,b.whl git+https://host/c", ("mine@https://host/a,b.whl", "git+https://host/c")),
        ("python_dateutil>=1 extra", ("python_dateutil>=1", "extra")),
        (["pandas", "numpy>=1,<2"], ("pandas", "numpy>=1,<2")),
    ],
)
def test_requirements(text: Any, packages: tuple[str, ...]) -> None:
    assert checked(requirements=text)["requirements"] == packages


@pytest.mark.parametrize(
    "text", ["pandas,numpy", "pandas>=2,numpy", "x;python_version>3", "x; extra=='y'", "-r file", "a\tb\x00", "größe"]
)
def test_what_is_no_requirement_is_not_made_one(text: str) -> None:
    error = refused(requirements=text)
    assert error.where == "--requirements"
    assert "as pip takes them" in error.message


@pytest.mark.parametrize("sign", [";", "\n", "\r", "\0", "\x1b[31m", "\x85", "\u2028", "\udcff"])
def test_a_value_that_can_not_be_joined_is_refused(sign: str) -> None:
    assert refused(spark_conf={"spark.x": f"a{sign}b"}).where == "--spark-conf"
    assert refused(tags=[f"team=a{sign}b"]).where == "--tags"
    assert refused(tags=[f"te{sign}am=a"]).where == "--tags"
    assert str(refused(tags=[f"te{sign}am=a"])).encode(), "the error can be shown"


def test_a_value_may_hold_all_else() -> None:
    value = "größe = a,b\t“c” {d}"
    assert checked(spark_conf={"spark.x": value}, tags=[f"team={value}"])["spark_conf"] == {"spark.x": value}


@pytest.mark.parametrize("conf", ["x", [1], 5, {"spark.x": 5}, {"x": "a"}, {"spark.x ": "a"}, {"spark.=": "a"}])
def test_spark_configuration_is_pairs_of_properties_and_texts(conf: Any) -> None:
    assert "takes KEY=VALUE" in refused(spark_conf=conf).message


@pytest.mark.parametrize(
    ("cron", "six", "why"),
    [
        ("0 0 30 2 *", False, "never comes"),
        ("0 0 0 31 2 MON", True, "never comes"),
        ("0 0 0 31 4,6 *", True, "never comes"),
        ("0 5 * * *", True, "6 fields"),
        ("0 0 5 * * *", False, "5 fields"),
        ("@daily", False, "5 fields"),
        ("R R * * *", False, "no cron expression"),
        ("H 5 * * *", False, "no cron expression"),
        ("0 5 * * 8", False, "no cron expression"),
    ],
)
def test_a_cron_that_never_fires_or_is_none_is_refused(cron: str, six: bool, why: str) -> None:
    error = refused(mode="cron", cron=cron, six_field_cron=six)
    assert error.where == "--cron"
    assert why in error.message


@pytest.mark.parametrize(
    ("cron", "six"),
    [
        ("0 5 * * *", False),
        ("0 0 31 2 MON", False),
        ("0 0 29 2 *", False),
        ("*/5 8-18 * MAR FRI", False),
        ("30 0 5 * * *", True),
        ("0 0 5 ? * MON-FRI", True),
        ("0 0 0 29 2 MON", True),
    ],
)
def test_a_cron_reaches_ilum_as_it_was_written(cron: str, six: bool) -> None:
    assert checked(mode="cron", cron=f"  {cron} ", six_field_cron=six)["cron"] == cron


def test_what_was_typed_is_shown_as_it_was_typed() -> None:
    error = refused(name="ünï")
    assert error.message.endswith("not 'ünï'")
    assert "begins with a letter or digit" in error.message
    assert "\\u202e" in refused(name="a\u202eb").message, "but for what can't be seen"


@pytest.mark.parametrize(
    ("cron", "six", "hint"),
    [
        ("0 0 5 * * *", False, "say --six-field-cron too where the first field is seconds"),
        ("0 5 * * *", True, "leave --six-field-cron out, or put a field for the seconds before the others"),
        ("@daily", False, 'for example --cron "0 5 * * *"'),
    ],
)
def test_a_cron_of_the_other_dialect_is_told_of_the_switch(cron: str, six: bool, hint: str) -> None:
    assert refused(mode="cron", cron=cron, six_field_cron=six).hint == hint


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({"cron": "0 5 * * *"}, "--mode cron"),
        ({"schedule_only": True, "mode": "service"}, "--mode cron"),
        ({"six_field_cron": True}, "--mode cron"),
        ({"execute": True}, "--mode service"),
        ({"max_retries": 0, "mode": "service"}, "--mode single"),
    ],
)
def test_an_option_of_another_mode_names_that_mode(options: dict[str, Any], mode: str) -> None:
    error = refused(**options)
    assert "means nothing in mode" in error.message
    assert mode in error.hint


@pytest.mark.parametrize("name", ["executors", "driver_cores", "executor_cores", "max_retries"])
def test_a_count_that_is_too_great_names_the_greatest(name: str) -> None:
    assert "to 9999, not 1000000" in refused(**{name: 1_000_000}).message


def test_no_cluster_is_not_the_usual_one() -> None:
    assert refused(cluster="").message == "--cluster names no cluster"
    assert checked(cluster=None)["cluster"] == checked()["cluster"] == "default"


@pytest.mark.parametrize(
    ("option", "value", "key", "other"),
    [
        ("executor_memory", "2g", "spark.executor.memory", "9g"),
        ("driver_memory", "2g", "spark.driver.memory", "9g"),
        ("executors", 2, "spark.executor.instances", "3"),
        ("driver_cores", 2, "spark.driver.cores", "3"),
        ("executor_cores", 2, "spark.executor.cores", "3"),
        ("image", "a/b:1", "spark.kubernetes.container.image", "a/b:2"),
    ],
)
def test_two_values_for_one_thing_are_refused(option: str, value: Any, key: str, other: str) -> None:
    error = refused(**{option: value, "spark_conf": {key: other}})
    assert f"--{option.replace('_', '-')} {value!r}" in error.message
    assert f"--spark-conf {key}={other}" in error.message
    assert checked(**{option: value, "spark_conf": {key: str(value)}})[option] == value
    assert checked(spark_conf={key: other})["spark_conf"] == {key: other}


def test_a_form_shows_in_each_mode_what_means_something_there() -> None:
    from jpe_magics.core.form import fields

    shown = {mode: {one.option.name: one for one in fields(OPTIONS, mode, {})} for mode in MODES}
    only = {name for name in shown["cron"] if name not in shown["single"]}
    assert only == {"cron", "six_field_cron", "schedule_only"}
    assert {name for name in shown["service"] if name not in shown["single"]} == {"execute"}
    assert "max_retries" not in shown["service"]
    main = [name for name, one in shown["cron"].items() if one.section == "main"]
    assert main == ["name", "mode", "cron", "cluster", "image"]
    assert shown["cron"]["requirements"].label == "Python packages"
