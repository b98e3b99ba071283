"""Names of columns side by side are no name and its value."""

from __future__ import annotations

import pytest

from jpe_magics.core.secrets import find_secrets

COLUMNS = (
    'df.withColumnRenamed("token", "token_sha256")',
    'df.select("token", "event_2024q1x")',
    'df.select("id", "token", "country_iso3166")',
    'df.selectExpr("token", "md5(token) as token_h1x")',
    'df.orderBy("auth", "top10k_rank")',
    'cols = ["token", "country_iso3166"]',
)
VALUES = (
    'client.use("token", "T0p-s3cret-77")',
    'pairs = [("token", "T0p-s3cret-77")]',
    'df.write.option("token", "T0p-s3cret-77")',
)


@pytest.mark.parametrize("language", ["python", "scala"])
@pytest.mark.parametrize("source", COLUMNS)
def test_columns_are_no_secrets(source: str, language: str) -> None:
    assert find_secrets(source, language) == ()


@pytest.mark.parametrize("language", ["python", "scala"])
@pytest.mark.parametrize("source", VALUES)
def test_a_name_and_its_value_are(source: str, language: str) -> None:
    assert [hit.value for hit in find_secrets(source, language)] == ["T0p-s3cret-77"]
