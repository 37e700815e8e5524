"""The playground in a page is built from what was checked, and from nothing else."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import build_playground as build
import pytest

from tweetsent_utils.errors import TweetsentError

FILES = {"dist/engine.mjs": b"export const engine = 1;", "dist/engine.wasm": b"\0asm"}


def make_archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as package:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            package.addfile(entry, io.BytesIO(content))
    return path


@pytest.fixture
def vendor(tmp_path, monkeypatch):
    """A small package in npm's place, and its checksums; `calls` counts how often npm was asked."""
    archive = make_archive(tmp_path / "engine-1.0.0.tgz", FILES)
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = {
        "package": "engine",
        "version": "1.0.0",
        "licence": "MIT",
        "integrity": f"sha512-{base64.b64encode(digest).decode()}",
        "files": {
            name: {"name": Path(name).name, "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in FILES.items()
        },
    }
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "vendor.json").write_text(json.dumps(found))
    monkeypatch.setattr(build, "HERE", sources)
    calls = []

    def run(command, **options):
        calls.append(command)
        (Path(command[-1]) / archive.name).write_bytes(archive.read_bytes())
        return build.subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(build.shutil, "which", lambda name: name)
    monkeypatch.setattr(build.subprocess, "run", run)
    return found, archive, calls


def test_npm_is_asked_once_and_the_files_are_kept(vendor, tmp_path):
    _, _, calls = vendor
    build.fetch_vendored(tmp_path / "first", tmp_path / "nothing")
    build.fetch_vendored(tmp_path / "second", tmp_path / "first")
    assert len(calls) == 1
    for name, content in FILES.items():
        assert (tmp_path / "second" / Path(name).name).read_bytes() == content


def test_another_package_than_the_one_we_know_is_refused(vendor, tmp_path):
    _, archive, _ = vendor
    make_archive(archive, FILES | {"dist/engine.mjs": b"steal();"})
    with pytest.raises(TweetsentError, match=r"vendor\.json"):
        build.fetch_vendored(tmp_path / "first", tmp_path / "nothing")


def test_a_vendored_file_that_was_changed_is_fetched_again(vendor, tmp_path):
    _, _, calls = vendor
    build.fetch_vendored(tmp_path / "first", tmp_path / "nothing")
    (tmp_path / "first" / "engine.mjs").write_text("steal();")
    build.fetch_vendored(tmp_path / "second", tmp_path / "first")
    assert len(calls) == 2
    assert (tmp_path / "second" / "engine.mjs").read_bytes() == FILES["dist/engine.mjs"]


def test_without_npm_a_sentence_says_what_to_install(vendor, tmp_path, monkeypatch):
    monkeypatch.setattr(build.shutil, "which", lambda name: None)
    with pytest.raises(TweetsentError, match=r"Node\.js"):
        build.fetch_vendored(tmp_path / "first", tmp_path / "nothing")


def test_a_tokenizer_that_no_page_reads_is_named():
    wordpiece = {"model": {"type": "WordPiece"}, "pre_tokenizer": {"type": "BertPreTokenizer"}}
    build.require_readable(wordpiece)
    with pytest.raises(TweetsentError, match="BPE"):
        build.require_readable(wordpiece | {"model": {"type": "BPE"}})


def test_an_export_of_an_earlier_model_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"new")
    (tmp_path / "export.json").write_text(json.dumps({"model_sha256": "of the old one"}))
    with pytest.raises(TweetsentError, match="tweetsent export --run mine"):
        build.require_current(tmp_path, tmp_path, "mine")


def test_a_run_that_is_not_exported_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path))
    assert build.main(["--run", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
