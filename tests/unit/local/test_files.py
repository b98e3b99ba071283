from __future__ import annotations

from pathlib import Path

import pytest

from jpe_magics.local.files import Files
from jpe_magics.local.protocol import LivyError


def test_files_under_a_folder_are_named_by_path_or_url(tmp_path: Path) -> None:
    files = Files([tmp_path / "other", tmp_path])
    for uri in ("{}/a b.py", "file:{}/a%20b.py", "file://{}/a%20b.py", "file:///{}/a%20b.py", "local:{}/a%20b.py"):
        assert files.resolve(uri.format(tmp_path)) == f"{tmp_path}/a b.py"
    assert files.resolve(f"{tmp_path}/x/../env.zip#env") == f"{tmp_path}/env.zip#env"
    assert files.resolve(f"file:{tmp_path}/env.zip#env") == f"{tmp_path}/env.zip#env"


def test_other_schemes_are_sparks_to_judge() -> None:
    for uri in ("s3a://bucket/a.py", "hdfs:///a.py", "https://example.org/a.jar"):
        assert Files().resolve(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "/etc/passwd",
        "file:/etc/passwd",
        "{}/../secret",
        "{}x/a.py",
        "{}/link/a.py",
        "a.py",
        "file:a.py",
        "",
        "{}/\0",
        "//[x",
    ],
)
def test_what_lies_elsewhere_is_refused(tmp_path: Path, uri: str) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "link").symlink_to("/etc")
    with pytest.raises(LivyError) as refused:
        Files([allowed]).resolve(uri.replace("{}", str(allowed)))
    assert refused.value.status == 400
    assert Files([allowed]).resolve(f"{allowed}/a.py") == f"{allowed}/a.py"
