"""The options of `%export_pipeline ilum`: what may be asked for, and what Ilum's joined texts can't hold."""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.errors import OptionError
from jpe_magics.targets.ilum.options import check_options


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
