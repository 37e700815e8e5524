"""Links, anchors and files of the rendered pages, without a browser."""

import json
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tweetsent_utils.paths import NOTEBOOKS, PROJECT_ROOT

bs4 = pytest.importorskip("bs4", reason="pip install -r requirements-site.txt")
pytestmark = pytest.mark.slow


@cache
def read(page: Path) -> "bs4.BeautifulSoup":
    return bs4.BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def list_pages(pages: Path) -> list[Path]:
    return sorted(pages.rglob("*.html"))


def list_addresses(page: Path) -> list[str]:
    """Everything that a page links to, shows or loads."""
    tags = [(tag.get("href") or tag.get("src"), tag) for tag in read(page).find_all(True)]
    return [address for address, tag in tags if address and tag.name != "base"]


def anchors_of(page: Path) -> set[str]:
    return {tag["id"] for tag in read(page).find_all(id=True)}


def test_every_link_and_anchor_leads_somewhere(pages):
    broken = []
    for page in list_pages(pages):
        for address in list_addresses(page):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            is_there = target.is_file()
            if is_there and parts.fragment and target.suffix == ".html":
                is_there = unquote(parts.fragment) in anchors_of(target)
            if not is_there:
                broken.append((page.name, address))
    assert broken == []


def test_every_page_and_notebook_of_the_repository_is_there(pages):
    for path in NOTEBOOKS.rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            name = path.relative_to(PROJECT_ROOT)
            assert (pages / name.with_suffix(".html")).is_file()
            assert (pages / "_sources" / name).read_bytes() == path.read_bytes()
    for path in (PROJECT_ROOT / "docs").glob("*.md"):
        assert (pages / "docs" / f"{path.stem}.html").is_file()


def test_every_stored_output_is_shown(pages):
    for path in NOTEBOOKS.rglob("*.ipynb"):
        if ".ipynb_checkpoints" in path.parts:
            continue
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        figures = [output for output in outputs if "image/png" in output.get("data", {})]
        page = read((pages / path.relative_to(PROJECT_ROOT)).with_suffix(".html"))
        assert len(page.select("figure.plot")) == len(figures)
        shown = len(page.select("div.cell_output > *"))
        assert shown >= len(outputs) - len(figures)  # a caption comes with its figure
        assert not page.select("details div.cell_output")


def test_a_file_that_is_no_page_is_a_download_where_no_code_host_is_known(pages):
    links = [Path(link) for link in list_addresses(pages / "docs" / "own_data.html")]
    (link,) = {link for link in links if link.name == "library.yaml"}
    given = (pages / "docs" / link).read_bytes()
    assert given == (PROJECT_ROOT / "configs" / "library.yaml").read_bytes()
