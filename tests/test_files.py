"""Files: counted from the project's root, whole or absent, and damage is told in a sentence."""

from pathlib import Path

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT, load_json, need, project_path, save_json, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_paths_count_from_the_project_root_unless_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert project_path("data/x.csv") == PROJECT_ROOT / "data" / "x.csv"
    assert project_path(tmp_path / "x.csv") == tmp_path / "x.csv"
    assert (PROJECT_ROOT / "tweetsent_utils").is_dir()


def test_whole_file_is_written_with_its_folders_and_nothing_beside_it(tmp_path):
    write_whole(tmp_path / "a" / "b" / "file.txt", lambda file: file.write_text("new"))
    assert (tmp_path / "a" / "b" / "file.txt").read_text() == "new"
    assert names(tmp_path / "a" / "b") == ["file.txt"]


@pytest.mark.parametrize("old", ["old", None])
def test_failed_writer_leaves_the_old_file_or_none(tmp_path, old):
    path = tmp_path / "file.txt"
    if old:
        path.write_text(old)

    def fail(file: Path) -> None:
        file.write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        write_whole(path, fail)
    assert (path.read_text() if path.exists() else None) == old
    write_whole(path, lambda file: file.write_text("second try"))
    assert path.read_text() == "second try"
    assert names(tmp_path) == ["file.txt"]


def test_whole_folder_replaces_the_old_one_without_leftovers(tmp_path):
    def write(*files: str) -> None:
        def into(folder: Path) -> None:
            folder.mkdir()
            for file in files:
                (folder / file).write_text(file)

        write_whole(tmp_path / "model", into)

    write("a", "b")
    write("b", "c")
    assert names(tmp_path) == ["model"]
    assert names(tmp_path / "model") == ["b", "c"]


def test_half_written_folder_of_a_crash_does_not_leak_into_the_next(tmp_path):
    def crash(folder: Path) -> None:
        folder.mkdir()
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "model", crash)
    assert not (tmp_path / "model").exists()
    write_whole(tmp_path / "model", lambda folder: folder.mkdir())
    assert names(tmp_path / "model") == []


def test_json_comes_back_as_it_was_and_is_empty_when_absent(tmp_path):
    value = {"loss": 0.5, "name": "café", "rows": [1, 2], "none": None}
    save_json(tmp_path / "x.json", value)
    assert load_json(tmp_path / "x.json") == value
    assert load_json(tmp_path / "absent.json") == {}


def test_missing_input_names_the_notebook_that_makes_it(tmp_path):
    with pytest.raises(TweetsentError, match=r"history\.csv.*03_training\.ipynb"):
        need(tmp_path / "history.csv", "03_training")
    (tmp_path / "history.csv").touch()
    assert need(tmp_path / "history.csv", "03_training") == tmp_path / "history.csv"
