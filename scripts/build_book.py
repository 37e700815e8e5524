"""Print the story, notebooks 01 to 06 and the glossary, as one PDF: `make book`.

    python scripts/build_book.py [--output FILE]

The stored outputs are printed, nothing is executed, and code that the pages fold is left out. It
needs the packages of `requirements-site.txt`, and Playwright with a Chromium to print with.
`make site` puts the book next to the pages, if it was made before.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from build_site import BOOK, SITE, from_folder_up, gather, run_sphinx

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import PROJECT_ROOT

CHAPTERS = ("notebooks/0*.ipynb", "docs/glossary.md")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONG = 12  # lines of code that may be torn between two pages
FOOTER = (
    '<div style="font: 8px serif; width: 100%; text-align: center; color: #555">'
    '<span class="pageNumber"></span></div>'
)
# Answers and folds are open in a book, and what doesn't fit on a page may break. The outline of the
# PDF would lose each space at which a title wraps, so titles have some that cannot be lost.
OPEN = """long => {
    document.querySelectorAll("details").forEach(fold => { fold.open = true; });
    document.querySelectorAll(".cell_input, .cell_output > div").forEach(part => {
        const lines = part.querySelector("pre")?.textContent.trim().split("\\n") ?? [];
        if (lines.length > long) part.classList.add("long");
    });
    document.querySelectorAll("h1, h2, h3").forEach(title => {
        const words = document.createTreeWalker(title, NodeFilter.SHOW_TEXT);
        while (words.nextNode()) {
            words.currentNode.data = words.currentNode.data.replaceAll(" ", "\\u00a0\\u200b");
        }
    });
}"""


def build_book(output: Path) -> None:
    """Print the book to a file.

    Raises `TweetsentError` if Sphinx warns of anything, or if there is nothing to print with.
    """
    browser = find_printer()
    with tempfile.TemporaryDirectory(prefix="tweetsent-book-") as name:
        source, made = Path(name) / "source", Path(name) / "made"
        render(source, made)
        printed = Path(name) / "book.pdf"
        print_page(browser, made / "index.html", printed)
        output.parent.mkdir(parents=True, exist_ok=True)
        beside = output.with_name(f".{output.name}.part")
        shutil.copyfile(printed, beside)
        beside.replace(output)


def render(source: Path, target: Path) -> None:
    """Gather the book's sources in one folder, and render them as one page of HTML in another."""
    gather(source, CHAPTERS)
    title = from_folder_up((SITE / "book.md").read_text(encoding="utf-8"))
    (source / "index.md").write_text(title.replace("EDITION", edition()), encoding="utf-8")
    run_sphinx(source, target, ["-b", "singlehtml", "-t", "book"])


def edition() -> str:
    """Return what the title page says of the book's source."""
    what = "Six executable notebooks with their stored outputs; code that only draws is left out."
    command = ["git", "log", "-1", "--format=Commit %h of %cs."]
    try:
        done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return what
    return f"{what} {done.stdout.strip()}"


def find_printer() -> str:
    """Return the path of the machine's Chromium."""
    if find_spec("playwright") is None:
        raise TweetsentError("the book needs Playwright: pip install -r requirements-dev.txt")
    browser = next((path for path in map(shutil.which, BROWSERS) if path), "")
    if not browser:
        names = " or ".join(BROWSERS)
        raise TweetsentError(f"the book is printed by a browser: install {names}")
    return browser


def print_page(browser: str, page: Path, target: Path) -> None:
    """Print a page of HTML as PDF, with an outline and page numbers."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        shown = opened.new_page()
        shown.goto(page.as_uri())
        shown.evaluate(OPEN, LONG)
        shown.evaluate("document.fonts.ready.then(() => true)")
        shown.pdf(
            path=target,
            prefer_css_page_size=True,
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            outline=True,
            tagged=True,
        )
        opened.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, default=BOOK)
    options = parser.parse_args(arguments)
    try:
        build_book(options.output)
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"The book is {options.output}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
