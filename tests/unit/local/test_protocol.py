from __future__ import annotations

import pytest

from jpe_magics.local.protocol import Kind, LivyError, kind_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [("pyspark", Kind.PYSPARK), ("python", Kind.PYSPARK), ("sql", Kind.SQL), ("shared", Kind.SHARED)],
)
def test_kinds_and_their_aliases(text: str, kind: Kind) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize("text", ["spark", "scala", "sparkr", "r", "pyspark3", "", "PySpark"])
def test_every_other_kind_is_a_400(text: str) -> None:
    with pytest.raises(LivyError) as refused:
        kind_of(text)
    assert refused.value.status == 400
    assert str(refused.value.body).startswith(f"Invalid kind: {text} (")
