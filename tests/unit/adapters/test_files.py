from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jpe_magics.adapters.files import write_atomic
from jpe_magics.errors import PublishError


def left_behind(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_new_file_in_missing_folders(tmp_path):
    path = tmp_path / "a" / "b" / "etl.py"
    write_atomic(path, "größe = 1\r\n")
    assert path.read_bytes() == "größe = 1\r\n".encode()
    assert left_behind(path.parent) == ["etl.py"]


def test_a_new_file_gets_what_the_umask_leaves_or_the_mode(tmp_path):
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "plain", "x")
        write_atomic(tmp_path / "private", "x", mode=0o600)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "plain").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600


def test_an_existing_file_keeps_its_mode(tmp_path):
    path = tmp_path / "etl.py"
    path.write_text("old")
    path.chmod(0o754)
    write_atomic(path, "new", mode=0o600)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o754)


def test_a_link_stays_and_its_file_is_written(tmp_path):
    real = tmp_path / "real" / "etl.py"
    real.parent.mkdir()
    real.write_text("old")
    link = tmp_path / "etl.py"
    link.symlink_to(real)
    write_atomic(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert left_behind(real.parent) == ["etl.py"]


def test_readers_see_the_old_or_the_new_file(tmp_path):
    path = tmp_path / "etl.py"
    path.write_text("old")
    with path.open() as reader:
        write_atomic(path, "new")
        assert reader.read() == "old"


# the tests may run as root, whom no permission stops: these fail for everybody
def test_a_file_in_place_of_a_folder(tmp_path):
    (tmp_path / "dags").write_text("mine")
    with pytest.raises(PublishError) as caught:
        write_atomic(tmp_path / "dags" / "etl.py", "x")
    assert caught.value.code == "JPE501"
    assert str(tmp_path / "dags" / "etl.py") in caught.value.message
    assert "file stands where a folder is needed" in caught.value.hint
    assert (tmp_path / "dags").read_text() == "mine"


def test_a_folder_in_place_of_the_file(tmp_path):
    (tmp_path / "etl.py").mkdir()
    with pytest.raises(PublishError, match="a folder stands there"):
        write_atomic(tmp_path / "etl.py", "x")
    assert left_behind(tmp_path) == ["etl.py"]


def test_devices_are_left_alone():
    before = Path("/dev/null").stat()
    with pytest.raises(PublishError, match="no plain file"):
        write_atomic("/dev/null", "x")
    assert Path("/dev/null").stat().st_ino == before.st_ino


def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(PublishError) as caught:
        write_atomic(tmp_path / ("x" * 300), "x")
    assert "shorter" in caught.value.hint
    assert left_behind(tmp_path) == []


def test_the_longest_possible_name(tmp_path):
    write_atomic(tmp_path / ("x" * 252 + ".py"), "x")
    assert len(left_behind(tmp_path)) == 1


def test_text_that_is_no_unicode(tmp_path):
    path = tmp_path / "etl.py"
    path.write_text("old")
    with pytest.raises(PublishError, match="no Unicode"):
        write_atomic(path, "x = '\ud800'")
    assert path.read_text() == "old"


def test_a_full_disk_keeps_the_old_file(tmp_path):
    path = tmp_path / "etl.py"
    path.write_text("old")
    # a limit on file sizes cuts the write in the middle, as a full disk does, for root too
    code = (
        "import resource, signal, sys\n"
        "from jpe_magics.adapters.files import write_atomic\n"
        "from jpe_magics.errors import PublishError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    write_atomic(sys.argv[1], 'x' * 100_000)\n"
        "except PublishError as error:\n"
        "    print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(f"JPE501: {path} could not be written: file too large")
    assert f"  at: {path}\n" in run.stdout
    assert path.read_text() == "old"
    assert left_behind(tmp_path) == ["etl.py"]


def test_a_disk_without_space_keeps_the_old_file(tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if mounted.returncode:
        pytest.skip("file systems can't be mounted here; the limit on file sizes above stands for it")
    try:
        path = mount / "etl.py"
        path.write_text("old")
        with pytest.raises(PublishError, match="no space left") as caught:
            write_atomic(path, "x" * 1_000_000)
        assert "free some space" in caught.value.hint
        assert path.read_text() == "old"
        assert left_behind(mount) == ["etl.py"]
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_a_killed_writer_leaves_the_old_file(tmp_path):
    path = tmp_path / "etl.py"
    path.write_text("old")
    code = (
        "import os, sys\n"
        "from jpe_magics.adapters import files\n"
        "files.os.replace = lambda *_: os._exit(9)\n"
        "files.write_atomic(sys.argv[1], 'new')\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    assert path.read_text() == "old"
    assert not [name for name in left_behind(tmp_path) if name.endswith(".py") and name != "etl.py"]


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("jpe_magics.adapters.files.os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "etl.py", "x")
    assert left_behind(tmp_path) == []
