from __future__ import annotations

from pathlib import Path

import pytest

from jpe_magics.local.worker.properties import properties_text, spark_home


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("spark.master", "local[*]", "spark.master=local[*]"),
        ("a b:c=d", "#!", r"a\ b\:c\=d=\#\!"),
        ("k", r"C:\tmp", r"k=C\:\\tmp"),
        ("k", " \t\n\rx", r"k=\ \u0009\u000a\u000dx"),
        ("k", "grün 😀", r"k=gr\u00fcn\ \ud83d\ude00"),
        ("k", "", "k="),
    ],
)
def test_properties_are_escaped_as_java_reads_them(key: str, value: str, line: str) -> None:
    assert properties_text({key: value}) == line + "\n"


def test_spark_home_may_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert spark_home() == tmp_path
