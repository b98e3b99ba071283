from __future__ import annotations

from dataclasses import replace

import pytest

from jpe_magics.local.options import CATALOG, WAREHOUSE, LivyOptions, spark_conf, wants_kept_catalog, worker_environment


def conf_of(
    options: LivyOptions, requested: dict[str, str] | None = None, *, keeps_catalog: bool = True
) -> dict[str, str]:
    folder = options.folder("3")
    return spark_conf(options, requested or {}, folder, app_name="livy-session-3", keeps_catalog=keeps_catalog)


def test_a_batch_is_named_by_spark_itself(options: LivyOptions) -> None:
    assert "spark.app.name" not in spark_conf(options, {}, options.folder("b"), app_name=None, keeps_catalog=True)


def test_tables_are_kept_by_default(options: LivyOptions) -> None:
    conf = conf_of(options)
    assert conf["spark.master"] == "local[*]"
    assert conf["spark.app.name"] == "livy-session-3"
    assert conf[CATALOG] == "hive"
    assert conf[WAREHOUSE] == str(options.work_dir / "warehouse")
    assert f'-Dderby.system.home="{options.work_dir / "metastore"}"' in conf["spark.driver.extraJavaOptions"]


def test_a_session_beside_the_one_that_has_the_catalog_touches_none_of_its_tables(options: LivyOptions) -> None:
    conf = conf_of(options, keeps_catalog=False)
    assert conf[CATALOG] == "in-memory"
    assert conf[WAREHOUSE] == str(options.folder("3") / "warehouse")


def test_the_request_wins_over_the_server_and_that_over_the_defaults(options: LivyOptions) -> None:
    options = replace(
        options, conf={"spark.master": "local[2]", WAREHOUSE: "/w", "spark.driver.extraJavaOptions": "-Da=1"}
    )
    conf = conf_of(options, {"spark.master": "local[1]"})
    assert conf["spark.master"] == "local[1]"
    assert conf[WAREHOUSE] == "/w"
    assert conf["spark.driver.extraJavaOptions"].endswith(" -Da=1")


@pytest.mark.parametrize(
    ("server", "request_conf", "expected"),
    [
        ({}, {}, True),
        ({CATALOG: "hive"}, {}, True),
        ({CATALOG: "in-memory"}, {}, False),
        ({}, {CATALOG: "in-memory"}, False),
        ({CATALOG: "in-memory"}, {CATALOG: "hive"}, True),
    ],
)
def test_who_wants_the_kept_catalog(
    options: LivyOptions, server: dict[str, str], request_conf: dict[str, str], expected: bool
) -> None:
    assert wants_kept_catalog(replace(options, conf=server), request_conf) is expected


def test_a_worker_never_sees_the_password_and_stays_on_loopback(
    options: LivyOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPE_LIVY_PASSWORD", "hunter2")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    environment = worker_environment(options)
    assert "hunter2" not in environment.values()
    assert environment["AWS_PROFILE"] == "mine"
    assert environment["SPARK_LOCAL_IP"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("requested", "asks"),
    [
        ({}, "true"),
        ({"spark.master": "local"}, "true"),
        ({"spark.master": "local[2,4]"}, "true"),
        ({"spark.authenticate": "false"}, "false"),
        ({"spark.master": "local-cluster[1,1,1024]"}, None),
        ({"spark.master": "spark://host:7077"}, None),
    ],
)
def test_sparks_own_ports_want_a_secret(options: LivyOptions, requested: dict[str, str], asks: str | None) -> None:
    """Every user of the machine reaches them; for another master only its administrator has the secret."""
    assert conf_of(options, requested).get("spark.authenticate") == asks
