"""`make data`: what is missing is fetched, what is there is checked and never overwritten."""

import hashlib

import download_data
import kagglehub
import pytest

from tweetsent_utils.errors import TweetsentError

CONTENTS = {"Corona_NLP_train.csv": b"train", "Corona_NLP_test.csv": b"test"}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty folder; Kaggle delivers two small files, which count as the official ones."""
    hub = tmp_path / "hub"
    folder = tmp_path / "data"
    hub.mkdir()
    folder.mkdir()
    sums = {}
    for name, content in CONTENTS.items():
        (hub / name).write_bytes(content)
        sums[name] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(download_data, "SHA256", sums)
    monkeypatch.setattr(kagglehub, "dataset_download", lambda dataset: str(hub))
    return folder


def test_both_files_are_fetched_and_found_official(data, capsys):
    download_data.download(data)
    assert {path.name: path.read_bytes() for path in data.iterdir()} == CONTENTS
    assert capsys.readouterr().out.count("official, SHA-256 checked") == 2


def test_a_file_put_there_by_hand_is_kept_and_named_if_it_is_another(data, capsys):
    (data / "Corona_NLP_train.csv").write_bytes(b"mine")
    with pytest.raises(TweetsentError, match=r"remove Corona_NLP_train\.csv and"):
        download_data.download(data)
    assert (data / "Corona_NLP_train.csv").read_bytes() == b"mine"
    printed = capsys.readouterr().out
    assert "Corona_NLP_train.csv: NOT the official file" in printed
    assert "Corona_NLP_test.csv: official" in printed


def test_with_both_files_there_the_network_is_not_asked(data, monkeypatch):
    download_data.download(data)

    def refuse(dataset):
        pytest.fail("asked the network")

    monkeypatch.setattr(kagglehub, "dataset_download", refuse)
    download_data.download(data)


def test_an_unreachable_kaggle_gives_one_sentence_and_leaves_nothing(data, monkeypatch):
    def fail(dataset):
        raise ConnectionError("no route to host\nsecond line")

    monkeypatch.setattr(kagglehub, "dataset_download", fail)
    with pytest.raises(TweetsentError, match=r"could not fetch .* \(no route to host\): try again"):
        download_data.download(data)
    assert list(data.iterdir()) == []


def test_the_official_sums_are_those_that_the_page_names():
    page = (download_data.PROJECT_ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for name, sha256 in download_data.SHA256.items():
        assert f"`{name}`" in page and f"`{sha256}`" in page
