"""The benchmark of the playground in a page: what it adds up, without a browser."""

import page
import pytest


def test_sizes_are_those_that_a_page_loads(tmp_path):
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "engine.wasm").write_bytes(b"a" * 10_000)
    (tmp_path / "vendor" / "LICENCE").write_text("free")
    (tmp_path / "index.html").write_text("a page")
    sizes = page.list_sizes(tmp_path)
    assert list(sizes) == ["vendor/engine.wasm"]
    assert sizes["vendor/engine.wasm"]["bytes"] == 10_000
    assert sizes["vendor/engine.wasm"]["gzip"] < 200


def test_a_folder_that_is_not_built_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path))
    with pytest.raises(SystemExit, match="make site-playground"):
        page.main([])
