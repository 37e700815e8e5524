"""Files: each is whole or absent, and damage is told."""

import json
from pathlib import Path

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import (
    delete,
    load_json,
    load_yaml,
    require_file,
    save_json,
    save_yaml,
    write_atomically,
)

VALUES = {"loss": 0.5, "name": "caf\u00e9 \U0001f600", "rows": [1, 2], "none": None, "a": "3e-4"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folders_and_leaves_nothing_else(tmp_path):
    write_atomically(tmp_path / "a" / "b" / "file.txt", lambda file: file.write_text("new"))
    assert (tmp_path / "a" / "b" / "file.txt").read_text() == "new"
    assert names(tmp_path / "a" / "b") == ["file.txt"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("old", ["old", None])
def test_a_writer_that_fails_leaves_the_old_file_or_none(tmp_path, old, error):
    path = tmp_path / "file.txt"
    if old:
        path.write_text(old)

    def fail(file: Path) -> None:
        file.write_text("half")
        raise error

    with pytest.raises(error):
        write_atomically(path, fail)
    assert (path.read_text() if path.exists() else None) == old
    write_atomically(path, lambda file: file.write_text("second try"))
    assert path.read_text() == "second try"
    assert names(tmp_path) == ["file.txt"]


def test_a_folder_replaces_the_old_one_without_leftovers(tmp_path):
    def write(*files: str) -> None:
        def into(folder: Path) -> None:
            folder.mkdir()
            for file in files:
                (folder / file).write_text(file)

        write_atomically(tmp_path / "model", into)

    write("a", "b")
    (tmp_path / ".model.part").mkdir()  # left by a process that was killed
    (tmp_path / ".model.part" / "half").touch()
    write("b", "c")
    assert names(tmp_path) == ["model"]
    assert names(tmp_path / "model") == ["b", "c"]


def test_a_process_killed_while_it_replaces_a_folder_never_leaves_half_of_one(
    tmp_path, monkeypatch
):
    def write(folder: Path) -> None:
        folder.mkdir()
        (folder / "a").touch()
        (folder / "b").touch()

    def die(folder: Path) -> None:
        if folder.exists():
            (folder / "a").unlink()
            raise KeyboardInterrupt

    write_atomically(tmp_path / "model", write)
    with monkeypatch.context() as patch:
        patch.setattr("tweetsent_utils.files.discard", die)
        with pytest.raises(KeyboardInterrupt):
            write_atomically(tmp_path / "model", write)
    assert not (tmp_path / "model").exists() or names(tmp_path / "model") == ["a", "b"]
    write_atomically(tmp_path / "model", write)
    assert names(tmp_path) == ["model"]
    assert names(tmp_path / "model") == ["a", "b"]


def test_a_folder_that_is_deleted_is_gone_at_once_and_leaves_nothing(tmp_path):
    (tmp_path / "checkpoint" / "step-1").mkdir(parents=True)
    (tmp_path / ".checkpoint.deleted").mkdir()  # left by a process that was killed
    delete(tmp_path / "checkpoint")
    delete(tmp_path / "checkpoint")
    assert names(tmp_path) == []


@pytest.mark.parametrize(("save", "load"), [(save_json, load_json), (save_yaml, load_yaml)])
def test_values_come_back_as_they_were_and_are_empty_when_absent(tmp_path, save, load):
    assert load(tmp_path / "file") == {}
    save(tmp_path / "file", VALUES)
    assert load(tmp_path / "file") == VALUES
    assert list(load(tmp_path / "file")) == list(VALUES)


def test_json_in_utf_8_is_read_on_every_system(tmp_path):
    (tmp_path / "file.json").write_bytes(json.dumps(VALUES, ensure_ascii=False).encode())
    assert load_json(tmp_path / "file.json") == VALUES


def test_a_missing_file_is_reported_with_the_notebook_that_makes_it(tmp_path):
    with pytest.raises(TweetsentError, match=r"history\.csv.*03_training\.ipynb"):
        require_file(tmp_path / "history.csv", "03_training")
    (tmp_path / "history.csv").touch()
    assert require_file(tmp_path / "history.csv", "03_training") == tmp_path / "history.csv"
