"""The book: the story on paper, from which nothing is cut."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("myst_nb", reason="no myst_nb: pip install -r requirements-site.txt")

import build_book

PAPER = {"width": 544, "height": 800}  # what a page of the book has between its margins
CUT = """() => [...document.querySelectorAll("body *")].filter(element => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (!box.width || style.display === "inline" || element.closest("math")) return false;
    const isTorn = style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1;
    return isTorn || box.right > innerWidth + 1;
}).map(element => element.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the book as one page of HTML."""
    folder = tmp_path_factory.mktemp("book")
    build_book.render(folder / "source", folder / "made")
    return folder / "made"


@pytest.fixture
def paper(book: Path, browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport=PAPER)
    page.emulate_media(media="print")
    page.goto((book / "index.html").as_uri())
    page.evaluate(build_book.OPEN, build_book.LONG)
    yield page
    page.close()


def test_nothing_is_cut(paper):
    assert paper.evaluate(CUT) == []


def test_every_chapter_and_answer_is_there_and_folded_code_is_not(paper):
    chapters = paper.locator(".toctree-wrapper > section > h2").all_text_contents()
    assert [chapter[:2] for chapter in chapters] == ["1.", "2.", "3.", "4.", "5.", "6.", "Gl"]
    assert paper.locator("details:not([open])").count() == 0
    assert paper.locator("details.hide").count() == 0
    assert paper.locator(".cell.tag_remove-input .cell_input").count() == 0


def test_the_book_is_a_pdf_of_many_pages(book, tmp_path):
    printed = tmp_path / "book.pdf"
    build_book.print_page(build_book.find_printer(), book / "index.html", printed)
    content = printed.read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") > 40
