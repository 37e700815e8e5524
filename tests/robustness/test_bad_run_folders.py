"""Run folders: what is no run is left alone, and what cannot be written or read is reported."""

import errno
import json
import os
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from tweetsent_utils.data.split_files import load_split
from tweetsent_utils.files import load_json, load_yaml, write_atomically
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline import driver
from tweetsent_utils.pipeline.driver import run_pipeline
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.pipeline.runs import open_run, run_folder

VALUES = {"run_name": "quick", "seed": 0, "max_lr": 0.1, "label_order": ["low", "high"]}


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(outputs, refusal):
    (outputs / "quick").mkdir(parents=True)
    (outputs / "quick" / "holiday.jpg").touch()
    assert "holds holiday.jpg, but no run" in refusal(run_folder, "quick")
    assert "holds holiday.jpg, but no run" in refusal(open_run, "01_first", VALUES)
    assert os.listdir(outputs / "quick") == ["holiday.jpg"]
    assert "but no run" in refusal(run_folder, str(PROJECT_ROOT / "tweetsent_utils"))


@pytest.mark.parametrize("made_with", [{"run_format": 1}, {"python": "3.11"}])
def test_a_run_of_another_version_is_refused(outputs, refusal, made_with):
    folder = open_run("01_first", VALUES)
    assert run_folder("quick") == folder
    (folder / "environment.json").write_text(json.dumps(made_with))
    assert "no run of this version" in refusal(open_run, "01_first", VALUES)


def test_a_place_where_no_folder_can_be_is_refused(outputs, refusal):
    outputs.write_text("a file where a folder is wanted")
    message = refusal(open_run, "01_first", VALUES)
    assert "cannot be written (" in message  # and the system's own words


def test_a_read_only_folder_is_refused(outputs, monkeypatch, refusal):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    for open_it in (
        lambda: open_run("01_first", VALUES),
        lambda: run_pipeline(default_parameters()),
    ):
        assert "cannot be written (Read-only file system)" in refusal(open_it)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_reported_and_the_old_file_stays(tmp_path, refusal):
    file = tmp_path / "history.csv"
    file.write_text("old")

    def fill(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        with open("/dev/full", "w", encoding="utf-8") as full:
            full.write("x" * 100_000)

    message = refusal(write_atomically, file, fill)
    assert "history.csv cannot be written (No space left on device)" in message
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["history.csv"]


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("metrics.json", b'{"half', load_json),
        ("metrics.json", b"\xff\xfe", load_json),
        ("params.yaml", b"seed: [1", load_yaml),
        ("params.yaml", b"just text", load_yaml),
        ("params.yaml", b"", load_yaml),
        ("dataset/train.parquet", b"PAR1 and no more", None),
        ("dataset/train.parquet", b"", None),
    ],
)
def test_a_damaged_file_of_a_run_is_reported(tmp_path, refusal, name, content, read):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    message = refusal(read, file) if read else refusal(load_split, tmp_path, "train")
    assert message.startswith(f"{file} is damaged (")
    assert "--from" in message


def test_a_dataset_without_its_columns_is_damaged(tmp_path, refusal):
    (tmp_path / "dataset").mkdir()
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / "dataset" / "train.parquet")
    assert "train.parquet is damaged (" in refusal(load_split, tmp_path, "train")


def test_a_damaged_copy_of_a_notebook_is_reported_and_replaced_on_request(
    outputs, monkeypatch, refusal
):
    monkeypatch.setattr(driver, "execute", lambda notebook, copy, *_: shutil.copy(notebook, copy))
    folder = run_pipeline(default_parameters())
    copy = folder / "01_first.ipynb"
    whole = copy.read_text()
    copy.write_text(whole[:100])
    message = refusal(run_pipeline, default_parameters())
    assert message.startswith(f"{copy} is damaged (")
    run_pipeline(default_parameters(), start="01")
    assert copy.read_text() == whole


def test_a_notebook_whose_kernel_is_not_installed_is_reported(outputs, tmp_path, refusal):
    first = tmp_path / "notebooks" / "01_first.ipynb"
    notebook = nbformat.read(first, as_version=4)
    notebook.metadata.kernelspec.name = "nonesuch"
    nbformat.write(notebook, first)
    message = refusal(run_pipeline, default_parameters())
    assert message.startswith("01_first cannot run (No such kernel named nonesuch)")
    assert not (outputs / "quick" / "01_first.ipynb").exists()
