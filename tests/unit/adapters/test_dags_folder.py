from __future__ import annotations

import pytest

from jpe_magics.adapters.dags_folder import check_output, place, write_outputs
from jpe_magics.errors import OptionError, PublishError
from jpe_magics.model.artifact import File


def made(notebook: str, body: str = "x = 1", version: str = "0.1.0") -> File:
    return File("etl.py", f"# Made by jpe_magics {version} from {notebook} (sha256 ab).\n{body}\n")


def test_created_replaced_unchanged(tmp_path):
    folder = tmp_path / "dags"
    first = place(folder, made("etl.ipynb"))
    assert (first.kind, first.place, first.note) == ("file", str(folder / "etl.py"), "created")
    written = (folder / "etl.py").stat()
    assert place(folder, made("etl.ipynb")).note == "unchanged"
    assert (folder / "etl.py").stat().st_ino == written.st_ino
    assert place(folder, made("etl.ipynb", "x = 2", "0.2.0")).note == "replaced"
    assert (folder / "etl.py").read_text().endswith("x = 2\n")
    assert [one.name for one in folder.iterdir()] == ["etl.py"]


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (b"print('by hand')\n", "not made by jpe_magics"),
        (b"\xff\xfe not even text", "not made by jpe_magics"),
        (b"", "not made by jpe_magics"),
        (made("other.ipynb").text.encode(), "made from other.ipynb"),
    ],
)
def test_what_is_not_ours_is_kept_unless_replaced(tmp_path, theirs, said):
    path = tmp_path / "etl.py"
    path.write_bytes(theirs)
    with pytest.raises(PublishError) as caught:
        place(tmp_path, made("etl.ipynb"))
    assert caught.value.code == "JPE502"
    assert said in caught.value.message
    assert "--replace" in caught.value.hint
    assert path.read_bytes() == theirs

    assert place(tmp_path, made("etl.ipynb"), replace=True).note == "replaced, the old file is etl.py.bak"
    assert (tmp_path / "etl.py.bak").read_bytes() == theirs
    assert path.read_text() == made("etl.ipynb").text


def test_what_another_notebook_of_the_same_name_made_is_kept_unless_replaced(tmp_path):
    place(tmp_path, made("etl.ipynb"))
    others = {str(tmp_path.resolve() / "etl.py"): "/w/etl.ipynb"}
    with pytest.raises(PublishError, match=r"made from /w/etl\.ipynb") as caught:
        place(tmp_path, made("etl.ipynb", "x = 2"), others=others)
    assert caught.value.code == "JPE502"
    with pytest.raises(PublishError, match=r"made from /w/etl\.ipynb"):
        list(write_outputs(str(tmp_path / "etl.py"), [made("etl.ipynb", "x = 2")], others=others))
    assert place(tmp_path, made("etl.ipynb"), others=others).note == "unchanged"
    done = place(tmp_path, made("etl.ipynb", "x = 2"), replace=True, others=others)
    assert done.note == "replaced, the old file is etl.py.bak"


def test_no_backup_is_overwritten(tmp_path):
    for body in ("one", "two", "three"):
        (tmp_path / "etl.py").write_text(body)
        place(tmp_path, made("etl.ipynb"), replace=True)
    assert [(tmp_path / f"etl.py.bak{n}").read_text() for n in ("", "2", "3")] == ["one", "two", "three"]


def test_a_file_without_our_header_is_never_taken_for_ours(tmp_path):
    (tmp_path / "etl.py").write_text("theirs")
    with pytest.raises(PublishError, match="is kept"):
        place(tmp_path, File("etl.py", "no header"))


@pytest.mark.parametrize(
    "path", ["../etl.py", "/etc/etl.py", "a/../../etl.py", "..", "", ".", "a\\b.py", "a\0.py", "C:x.py"]
)
def test_paths_out_of_the_folder_are_refused(tmp_path, path):
    folder = tmp_path / "dags"
    with pytest.raises(PublishError, match="no path inside"):
        place(folder, File(path, "x"), replace=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_within_the_folder(tmp_path):
    place(tmp_path, File("team/etl.py", "x"))
    assert (tmp_path / "team" / "etl.py").read_text() == "x"


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "dags").write_text("mine")
    with pytest.raises(PublishError) as caught:
        place(tmp_path / "dags", made("etl.ipynb"))
    assert caught.value.code == "JPE501"


def test_a_folder_in_place_of_the_file(tmp_path):
    (tmp_path / "etl.py").mkdir()
    with pytest.raises(PublishError, match="a folder stands there"):
        place(tmp_path, made("etl.ipynb"), replace=True)


def test_a_linked_file_is_written_through(tmp_path):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "etl.py").write_text(made("etl.ipynb", "old").text)
    (tmp_path / "etl.py").symlink_to(tmp_path / "repo" / "etl.py")
    assert place(tmp_path, made("etl.ipynb")).note == "replaced"
    assert (tmp_path / "etl.py").is_symlink()
    assert (tmp_path / "repo" / "etl.py").read_text() == made("etl.ipynb").text


@pytest.mark.parametrize(
    ("output", "expected"),
    [("out/", "out/etl.py"), ("there", "there/etl.py"), ("out/daily.py", "out/daily.py"), ("daily", "daily")],
)
def test_output_is_a_file_or_a_folder(tmp_path, monkeypatch, output, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    (published,) = write_outputs(output, [made("etl.ipynb")])
    assert published.place == expected
    assert (tmp_path / expected).read_text() == made("etl.ipynb").text


def test_output_in_the_home_folder_and_what_stands_there(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "etl.py").write_text("theirs")
    with pytest.raises(PublishError, match="is kept"):
        list(write_outputs("~/etl.py", [made("etl.ipynb")]))
    (published,) = write_outputs("~/etl.py", [made("etl.ipynb")], replace=True)
    assert published.place == str(tmp_path / "etl.py")


def test_several_files_do_not_share_one_path(tmp_path):
    both = [made("etl.ipynb"), File("run.sh", "true\n")]
    with pytest.raises(OptionError, match="names one file, and there are 2 to write"):
        list(write_outputs(str(tmp_path / "one.sh"), both))
    assert list(tmp_path.iterdir()) == []
    assert [one.note for one in write_outputs(f"{tmp_path}/", both)] == ["created", "created"]
    assert (tmp_path / "run.sh").read_text() == "true\n"


@pytest.mark.parametrize("output", ["etl.ipynb", "./etl.ipynb", "other.ipynb", "New.IPYNB", "link.py", "hard.py"])
def test_no_output_takes_a_notebooks_place(tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    notebook = tmp_path / "etl.ipynb"
    notebook.write_text("{}")
    (tmp_path / "link.py").symlink_to(notebook)
    (tmp_path / "hard.py").hardlink_to(notebook)
    with pytest.raises(OptionError) as caught:
        check_output(output, str(notebook))
    assert caught.value.where == f"--output {output}"
    assert caught.value.hint.endswith(f"--output {output.rsplit('.', 1)[0]}.py")
    assert "--replace" not in str(caught.value)


def test_an_output_that_is_the_notebook_whatever_it_is_called(tmp_path):
    (tmp_path / "etl.py").write_text("# %%")
    with pytest.raises(OptionError, match="the notebook that is exported"):
        check_output(str(tmp_path / "etl.py"), str(tmp_path / "etl.py"))


@pytest.mark.parametrize("output", ["", "etl.py", "etl.ipynb.py", "out/", "folder.ipynb", "a\0b", "x" * 5000, "./-"])
def test_other_outputs_are_fine(tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.ipynb").mkdir()
    check_output(output, str(tmp_path / "etl.ipynb"))
    check_output(output, "")


def test_a_dash_is_no_output(tmp_path):
    with pytest.raises(OptionError) as caught:
        check_output("-", "")
    assert "./-" in caught.value.hint
