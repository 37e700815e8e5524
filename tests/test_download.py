"""`make data`: what is missing is fetched, what lies there is checked and never overwritten."""

import hashlib
import runpy
from types import SimpleNamespace

import kagglehub
import pytest

from tweetsent_utils.files import PROJECT_ROOT

CONTENTS = {"Corona_NLP_train.csv": b"train", "Corona_NLP_test.csv": b"test"}


@pytest.fixture
def kaggle(tmp_path, monkeypatch):
    """The download script with two small stand-ins for the official files, and a hub that delivers them."""
    hub, folder = tmp_path / "hub", tmp_path / "data"
    hub.mkdir()
    folder.mkdir()
    for name, content in CONTENTS.items():
        (hub / name).write_bytes(content)
    monkeypatch.setattr(kagglehub, "dataset_download", lambda dataset: str(hub))
    script = runpy.run_path(str(PROJECT_ROOT / "data" / "download.py"))
    assert set(script["SHA256"]) == set(CONTENTS)
    script["SHA256"].update({name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()})
    return SimpleNamespace(download=lambda: script["download"](folder), folder=folder, hub=hub)


def test_both_files_are_fetched_and_found_official(kaggle, capsys):
    assert kaggle.download() == 0
    assert {path.name: path.read_bytes() for path in kaggle.folder.iterdir()} == CONTENTS
    assert capsys.readouterr().out.count("official, SHA-256 checked") == 2


def test_a_file_put_there_by_hand_is_kept_and_an_unofficial_one_is_told(kaggle, capsys):
    (kaggle.folder / "Corona_NLP_train.csv").write_bytes(b"mine")
    assert kaggle.download() == 1
    assert (kaggle.folder / "Corona_NLP_train.csv").read_bytes() == b"mine"
    printed = capsys.readouterr()
    assert "Corona_NLP_train.csv: NOT the official file" in printed.out
    assert "Corona_NLP_test.csv: official" in printed.out
    assert "remove Corona_NLP_train.csv" in printed.err


def test_with_both_files_there_nothing_is_asked_of_the_network(kaggle, monkeypatch):
    assert kaggle.download() == 0
    monkeypatch.setattr(kagglehub, "dataset_download", lambda dataset: pytest.fail("asked the network"))
    assert kaggle.download() == 0


def test_an_unreachable_kaggle_gives_one_sentence_and_leaves_nothing(kaggle, monkeypatch, capsys):
    def unreachable(dataset):
        raise ConnectionError("no route to host\nsecond line")

    monkeypatch.setattr(kagglehub, "dataset_download", unreachable)
    assert kaggle.download() == 1
    error = capsys.readouterr().err
    assert "kagglehub could not fetch" in error and "(no route to host)" in error and "in a browser" in error
    assert list(kaggle.folder.iterdir()) == []
