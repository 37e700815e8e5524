"""The rendered pages in Chromium: on a desk and on a phone, in daylight and in the dark.

Each page must be whole without any other host, fit a phone, and be readable for everybody whom the
axe engine speaks for. The pages that most people will see leave their pictures in
`outputs/screenshots/`, or in the folder that `TWEETSENT_SCREENSHOTS` names.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tweetsent_utils.paths import NOTEBOOKS, PROJECT_ROOT

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SHOWN = (
    "index",
    "notebooks/03_training",
    "notebooks/04_inference",
    "notebooks/05_label_audit",
)
WIDTH = 1087  # dots of a figure by tweetsent_utils.show
LETTERS = 11 * 1.5 * 125 / 72  # dots of its letters of 11 points
OTHER_LETTERS = 16  # dots of those of other drawings, the house and older figures
LEAST_LETTERS = 9  # pixels, on any screen
HARM = {"serious", "critical"}
AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,  # it would read style sheets by itself, which a browser forbids for files
}
OTHER_PAGES = {"exclude": [["pre"]]}  # their code looks the same, and would take a minute


class Visit:
    """A page that is open in a browser, and `problems`: what nobody should see on it."""

    def __init__(self, browser: Any, size: dict[str, int], theme: str) -> None:
        self.size, self.theme = size, theme
        self.context = browser.new_context(viewport=size, color_scheme=theme)
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", self.watch)
        self.page.on("requestfailed", self.miss)

    def hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def watch(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.hostname != "127.0.0.1" and address.scheme not in ("data", "blob"):
            self.problems.append(f"request to {request.url}")

    def miss(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # by the browser, which has gone to another page
            self.problems.append(f"no {request.url}: {request.failure}")

    def open(self, address: str, name: str) -> Any:
        """Open a page, and load the pictures that are further down."""
        self.page.goto(f"{address}/{name}.html")
        self.page.evaluate(
            """async () => {
                const shown = [...document.images].filter(image => image.offsetParent);
                shown.forEach(image => { image.loading = "eager"; });
                await Promise.all(shown.map(image => image.decode()));
                await document.fonts.ready;
            }"""
        )
        return self.page

    def screenshot(self, name: str) -> None:
        given = os.environ.get("TWEETSENT_SCREENSHOTS")
        folder = Path(given) if given else PROJECT_ROOT / "outputs" / "screenshots"
        stem = f"site-{name.replace('/', '-')}-{self.size['width']}-{self.theme}"
        self.page.screenshot(path=folder / f"{stem}.png", full_page=True)


@pytest.fixture(scope="module")
def address(pages: Path, serve_folder: Callable[[Path], str]) -> str:
    """Where the pages are served."""
    return serve_folder(pages)


def list_names(pages: Path) -> list[str]:
    found = sorted(path.relative_to(pages).with_suffix("") for path in pages.rglob("*.html"))
    return [path.as_posix() for path in found if path.parts[0] not in ("_static", "_downloads")]


@pytest.mark.parametrize(("size", "theme"), [(DESK, "light"), (PHONE, "dark")])
def test_every_page_is_whole_and_open_to_everybody(browser, pages, address, size, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = {}
    visit = Visit(browser, size, theme)
    for name in list_names(pages):
        visit.problems.clear()
        page = visit.open(address, name)
        problems = list(visit.problems)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            problems.append(f"{wide} pixels wide")
        problems += page.evaluate(
            """() => [...document.images].filter(image => !image.alt.trim())
                .map(image => `no words for ${image.src}`)"""
        )
        problems += small_figures(page)
        context = None if name in SHOWN else OTHER_PAGES
        for fault in axe.run(page, context, AXE_OPTIONS).response["violations"]:
            if fault["impact"] in HARM:
                places = [place["html"][:200] for place in fault["nodes"][:3]]
                problems.append(f"{fault['id']} ({len(fault['nodes'])}): {places}")
        if name in SHOWN:
            visit.screenshot(name)
        if problems:
            found[name] = problems
    visit.context.close()
    assert not found, json.dumps(found, indent=1)


def small_figures(page: Any) -> list[str]:
    """What is said of figures whose letters are too small to read."""
    widths = page.evaluate(
        """() => [...document.querySelectorAll("img.figure")].filter(image => image.offsetParent)
            .map(image => [image.src, image.naturalWidth, image.getBoundingClientRect().width])"""
    )
    letters = [
        (source, width / dots * (LETTERS if dots <= WIDTH else OTHER_LETTERS))
        for source, dots, width in widths
    ]
    letters += page.evaluate(
        """() => [...document.querySelectorAll("svg.chart text")].map(text => [text.textContent,
            parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a])"""
    )
    return [
        f"letters of {height:.1f} pixels in {source}"
        for source, height in letters
        if height < LEAST_LETTERS
    ]


@pytest.mark.parametrize(("size", "theme"), [(DESK, "dark"), (PHONE, "light")])
@pytest.mark.parametrize("name", SHOWN)
def test_the_other_light_suits_the_pages_that_most_people_see(browser, address, name, size, theme):
    visit = Visit(browser, size, theme)
    visit.open(address, name)
    visit.screenshot(name)
    visit.context.close()
    assert visit.problems == []


def test_figures_follow_the_theme(browser, address):
    visit = Visit(browser, DESK, "light")
    page = visit.open(address, "notebooks/05_label_audit")
    shown = page.locator("figure.plot").first.locator("img:visible")
    assert ".dark." not in shown.get_attribute("src")
    page.get_by_role("button", name="Color mode").first.click()
    page.get_by_role("button", name="Dark").click()
    assert ".dark." in shown.get_attribute("src")
    visit.context.close()


def test_a_search_finds_a_term(browser, address):
    visit = Visit(browser, DESK, "light")
    visit.page.goto(f"{address}/search.html?q=mojibake")
    visit.page.locator("#search-results li a", has_text="Glossary").first.wait_for()
    visit.context.close()


def test_folded_code_opens_and_its_output_was_there_before(browser, address):
    visit = Visit(browser, PHONE, "light")
    page = visit.open(address, "notebooks/03_training")
    cell = page.locator("div.cell:has(> details.hide):has(figure.plot)").first
    assert cell.locator("figure.plot img:visible").count() == 1
    assert not cell.locator(".cell_input").is_visible()
    cell.locator("summary").first.click()
    assert cell.locator(".cell_input").is_visible()
    visit.context.close()


def test_a_notebook_can_be_had_as_it_is(browser, pages, address):
    visit = Visit(browser, DESK, "light")
    page = visit.open(address, "notebooks/deeper/faster_on_a_cpu")
    link = page.locator("a", has_text=".ipynb").first.get_attribute("href")
    given = pages / "notebooks" / "deeper" / unquote(link)
    assert given.read_bytes() == (NOTEBOOKS / "deeper" / "faster_on_a_cpu.ipynb").read_bytes()
    visit.context.close()
