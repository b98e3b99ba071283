"""The log: one whole line at a time, whatever stands there already."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.adapters.history import log
from jpe_magics.errors import HistoryError
from jpe_magics.model.secret import Secret


def line(id: str = "a", **more: Any) -> dict[str, Any]:
    return {"v": 1, "id": id, "event": "state", **more}


def found(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [told["id"] for _, _, told in log.scan(file, 0) if told]


def test_the_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "audit.jsonl"
    before = os.umask(0)
    try:
        log.append(path, line())
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.read_bytes() == b'{"v":1,"id":"a","event":"state"}\n'


def test_rights_that_others_have_are_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.touch(mode=0o666)
    path.chmod(0o666)
    log.append(path, line())
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_line_is_one_write_and_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    write, sync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda handle, data: done.append("write") or write(handle, data))
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("sync") or sync(handle))
    log.append(tmp_path / "audit.jsonl", line(error="x" * 1_000_000))
    assert done == ["write", "sync"]


@pytest.mark.parametrize("torn", [b'{"v":1,"id":"cu', b"\xff\x00", b"{}", b'{"v":1,"id":"c","event":"x"}'])
def test_a_torn_line_is_closed_off(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"first\n" + torn)
    log.append(path, line())
    assert path.read_bytes() == b"first\n" + torn + b'\n{"v":1,"id":"a","event":"state"}\n'


@pytest.mark.parametrize("fault", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_where_locks_are_refused_lines_are_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(fault, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    path = tmp_path / "audit.jsonl"
    for one in "abc":
        log.append(path, line(one))
    assert found(path) == ["a", "b", "c"]
    assert path.read_bytes().startswith(b"\n{"), "a half-written line of another may stand before"


def test_a_lock_that_is_never_given_back_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PATIENCE", 0.05)
    path = tmp_path / "audit.jsonl"
    log.append(path, line("a"))
    with path.open("rb") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        log.append(path, line("b"))
    assert found(path) == ["a", "b"]


def test_without_fcntl_it_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fcntl", None)
    log.append(tmp_path / "audit.jsonl", line("a"))
    assert found(tmp_path / "audit.jsonl") == ["a"]


def test_threads_do_not_tear_each_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"

    def write(name: str) -> None:
        for at in range(50):
            log.append(path, line(f"{name}{at}", error=name * 5000))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found(path)) == sorted(f"{name}{at}" for name in "abcd" for at in range(50))


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def below_a_file(path: Path) -> Path:
    path.write_text("")
    return path / "audit.jsonl"


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("place", [folder, below_a_file, pipe, lambda _: Path("/dev/full")])
def test_where_it_cannot_be_written_the_error_says_so(tmp_path: Path, place: Any) -> None:
    path = place(tmp_path / "audit.jsonl")
    with pytest.raises(HistoryError) as caught:
        log.append(path, line())
    assert caught.value.code == "JPE602"
    assert caught.value.where == str(path)
    assert "JPE_AUDIT_LOG" in caught.value.hint


@pytest.mark.parametrize("where", [lambda s: s, lambda s: [1, (s,)], lambda s: {"a": {"b": s}}, lambda s: {s: 1}])
def test_a_secret_is_refused(tmp_path: Path, where: Any) -> None:
    with pytest.raises(TypeError, match="Secret") as caught:
        log.append(tmp_path / "audit.jsonl", line(options=where(Secret("hunter2"))))
    assert "hunter2" not in str(caught.value)
    assert not (tmp_path / "audit.jsonl").exists()


class Thing:
    def __repr__(self) -> str:
        return "Thing()"


def endless() -> list[Any]:
    itself: list[Any] = []
    itself.append(itself)
    return itself


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ((1, 2.5, True, None), [1, 2.5, True, None]),
        (frozenset({"a"}), ["a"]),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (b"\x00", "b'\\x00'"),
        ({(1, 2): 3, None: 4, 5: 6}, {"[1, 2]": 3, "None": 4, "5": 6}),
        (Thing(), "Thing()"),
        ("\ud800\u2028\0é", "\ud800\u2028\0é"),
        (1 << 20_000, hex(1 << 20_000)),
    ],
    ids=lambda value: ascii(value)[:10] if not isinstance(value, int) else "huge",
)
def test_what_json_has_no_word_for_becomes_text(value: Any, written: Any) -> None:
    data = log.encode(line(options=value))
    assert data.isascii()
    assert data.count(b"\n") == 1

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    assert json.loads(data, parse_constant=refuse)["options"] == written


def test_what_holds_itself_comes_to_an_end() -> None:
    assert log.decode(log.encode(line(options=endless())))


def test_a_line_that_nobody_would_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LONGEST", 1000)
    with pytest.raises(HistoryError, match="too long"):
        log.append(tmp_path / "audit.jsonl", line(error="x" * 1000))


FOREIGN = [
    b"garbage",
    b"\xff\xfe\x00\x01",
    b"\x00" * 4096,
    b"[1, 2]",
    b"3",
    b"null",
    b"{}",
    b'{"id": "a"}',
    b'{"event": "state"}',
    b'{"id": 5, "event": "state"}',
    b'{"id": "a b", "event": "state"}',
    b'{"id": "", "event": "state"}',
    b'{"v":1,"id":"a","event":"sta',
    b'{"a":' * 100_000,
    b"9" * 10_000,
    b"x" * 3_000_000,
]


@pytest.mark.parametrize("garbage", FOREIGN, ids=lambda data: repr(data[:12]))
def test_a_foreign_line_is_told_from_ours(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "audit.jsonl"
    log.append(path, line("a"))
    with path.open("ab") as file:
        file.write(garbage + b"\n")
    log.append(path, line("b"))
    with path.open("rb") as file:
        assert [told and told["id"] for _, _, told in log.scan(file, 0)] == ["a", None, "b"]


def test_a_line_without_end_is_passed_over_in_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LONGEST", 200)
    path = tmp_path / "audit.jsonl"
    log.append(path, line("a"))
    with path.open("ab") as file:
        file.write(b"x" * 1001)
    log.append(path, line("b"))
    with path.open("rb") as file:
        assert [told and told["id"] for _, _, told in log.scan(file, 0)] == ["a", None, "b"]


def test_lines_of_other_versions_are_ours() -> None:
    assert log.decode('{"v": 99, "id": "a", "event": "é", "more": {}}'.encode())


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("ours"), st.text(max_size=20)),
            st.tuples(st.just("foreign"), st.binary(max_size=40)),
            st.tuples(st.just("cut"), st.integers(0, 60)),
        ),
        max_size=12,
    )
)
def test_no_whole_line_is_ever_lost(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]) -> None:
    """Foreign bytes come in anywhere, and writers are killed at any byte: what was written whole is found."""
    path = tmp_path_factory.mktemp("log") / "audit.jsonl"
    path.touch()
    expected: list[str] = []
    for number, (kind, what) in enumerate(steps):
        if kind == "ours":
            log.append(path, line(f"r{number}", error=what))
            expected.append(f"r{number}")
        elif kind == "foreign":
            with path.open("ab") as file:
                file.write(what)
            # bytes that directly follow our line's newline can't harm it
        else:  # a writer that is killed after `what` bytes of its line
            with path.open("ab") as file:
                if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
                    file.write(b"\n")
                file.write(log.encode(line(f"x{number}", error="e" * 40))[:what])
    assert [id for id in found(path) if id.startswith("r")] == expected


def test_a_line_that_grows_while_it_is_read_is_not_cut_in_two(tmp_path: Path) -> None:
    whole = log.encode({"id": "a", "event": "intent"}) + log.encode({"id": "b", "event": "intent"})
    path = tmp_path / "audit.jsonl"
    path.write_bytes(whole[:-10])

    class Growing(io.FileIO):
        """Finds the end of the file once, and more the next time, as beside a writer that is at work."""

        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            if line and not line.endswith(b"\n"):
                path.write_bytes(whole)
            return line

    with Growing(path) as file:
        first = list(log.scan(file, 0))
        assert [told and told["id"] for _, _, told in first] == ["a"]
        start, length, _ = first[-1]
        assert [told and told["id"] for _, _, told in log.scan(file, start + length)] == ["b"]
