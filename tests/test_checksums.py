"""Checksums: what has changed since it was written is told, and a kill in between is no change."""

import hashlib
import shutil
import subprocess

import pytest

from tweetsent_utils import checksums
from tweetsent_utils.checksums import (
    verify_file,
    verify_folder,
    write_recorded,
    write_sealed_folder,
)
from tweetsent_utils.errors import TweetsentError


def write_two_files(folder):
    (folder / "inner").mkdir()
    (folder / "a.txt").write_text("one")
    (folder / "inner" / "b c.txt").write_text("two")


def test_a_sealed_folder_holds_the_checksums_of_its_files(tmp_path):
    write_sealed_folder(tmp_path / "model", write_two_files)
    expected = [
        f"{hashlib.sha256(b'one').hexdigest()}  a.txt",
        f"{hashlib.sha256(b'two').hexdigest()}  inner/b c.txt",
    ]
    assert (tmp_path / "model" / "SHA256SUMS").read_text().splitlines() == expected
    assert verify_folder(tmp_path / "model", "03_training") == tmp_path / "model"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="this system has no sha256sum")
def test_a_standard_tool_reads_the_checksums(tmp_path):
    write_sealed_folder(tmp_path / "model", write_two_files)
    write_recorded(tmp_path / "model" / "a.txt", lambda file: file.write_text("new"))
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    found = subprocess.run(command, cwd=tmp_path / "model", capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("name", ["a.txt", "inner/b c.txt"])
def test_a_changed_file_of_a_folder_is_named_with_what_to_do(tmp_path, name):
    write_sealed_folder(tmp_path / "model", write_two_files)
    (tmp_path / "model" / name).write_text("ONE")
    with pytest.raises(TweetsentError, match=f"{name} is damaged or was edited.*--from 03"):
        verify_folder(tmp_path / "model", "03_training")


def test_a_missing_file_or_list_is_told_and_a_new_file_is_left_alone(tmp_path):
    write_sealed_folder(tmp_path / "model", write_two_files)
    (tmp_path / "model" / "README.md").write_text("my model")
    verify_folder(tmp_path / "model", "03_training")
    (tmp_path / "model" / "a.txt").unlink()
    with pytest.raises(TweetsentError, match=r"a\.txt is not there yet"):
        verify_folder(tmp_path / "model", "03_training")
    (tmp_path / "model" / "SHA256SUMS").unlink()
    with pytest.raises(TweetsentError, match="SHA256SUMS is not there or empty"):
        verify_folder(tmp_path / "model", "03_training")


def test_a_list_that_is_none_is_told(tmp_path):
    write_sealed_folder(tmp_path / "model", write_two_files)
    (tmp_path / "model" / "SHA256SUMS").write_text("nothing of this kind")
    with pytest.raises(TweetsentError, match="SHA256SUMS is damaged"):
        verify_folder(tmp_path / "model", "03_training")


def test_a_recorded_file_is_known_and_an_edited_one_is_not(tmp_path):
    path = tmp_path / "metrics.json"
    for text in ("first", "second", "third"):
        write_recorded(path, lambda file, text=text: file.write_text(text))
        assert verify_file(path, "03_training").read_text() == text
    path.write_text("3.0")
    with pytest.raises(TweetsentError, match="metrics.json is damaged or was edited"):
        verify_file(path, "03_training")


def test_a_file_of_which_nothing_is_recorded_is_taken_as_it_is(tmp_path):
    (tmp_path / "metrics.json").write_text("published")
    assert verify_file(tmp_path / "metrics.json", "03_training").read_text() == "published"


@pytest.mark.parametrize("kills", [1, 2, 3])
def test_a_kill_between_the_checksum_and_the_file_leaves_a_file_that_is_known(
    tmp_path, monkeypatch, kills
):
    path = tmp_path / "metrics.json"
    write_recorded(path, lambda file: file.write_text("first"))
    write_atomically = checksums.write_atomically

    def killed_before_the_last_rename(target, write):
        def write_and_die(file):
            write(file)
            raise KeyboardInterrupt

        write_atomically(target, write_and_die if target == path else write)

    with monkeypatch.context() as patch:
        patch.setattr(checksums, "write_atomically", killed_before_the_last_rename)
        for _ in range(kills):
            with pytest.raises(KeyboardInterrupt):
                write_recorded(path, lambda file: file.write_text("second"))
    assert verify_file(path, "03_training").read_text() == "first"
    write_recorded(path, lambda file: file.write_text("third"))
    assert verify_file(path, "03_training").read_text() == "third"


def test_a_damaged_list_does_not_keep_a_file_from_being_written(tmp_path):
    (tmp_path / "SHA256SUMS").write_bytes(bytes(64))
    write_recorded(tmp_path / "metrics.json", lambda file: file.write_text("new"))
    assert verify_file(tmp_path / "metrics.json", "03_training").read_text() == "new"
