"""How long the pages take to render, what they weigh, and how soon a reader sees something.

    python benchmarks/pages.py [--builds 3] [--visits 5]

The pages are rendered into a temporary folder and then opened in Chromium from there, each time as
if for the first time: on a desk (1,280 pixels) and on a phone (390 pixels, its processor slowed
down four times, as Lighthouse does). A page's weight is the bytes of all files that it asks for
before anybody scrolls; the playground's model, which a reader asks for, is not among them. The
first paint is Chromium's "first contentful paint". The numbers go to `outputs/bench/pages.json`.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from common import make_parser, save_figures

from tweetsent_utils.paths import PROJECT_ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SCREENS = {
    "desk": {"width": 1280, "height": 900, "slower": 1},
    "phone": {"width": 390, "height": 844, "slower": 4},
}
PAGES = (
    "index",
    "notebooks/01_data_analysis",
    "notebooks/02_dataset_creation",
    "notebooks/03_training",
    "notebooks/04_inference",
    "notebooks/05_label_audit",
    "notebooks/06_compare_runs",
)
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def build_times(folder: Path, builds: int) -> list[float]:
    """Render the pages a number of times; return the seconds of each."""
    command = [sys.executable, "scripts/build_site.py", "--output", str(folder)]
    times = []
    for _ in range(builds):
        started = time.perf_counter()
        subprocess.run(command, cwd=PROJECT_ROOT, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return times


def visit(browser: Any, page: Path, screen: dict[str, int]) -> tuple[float, int]:
    """Open a page for the first time; return the milliseconds to its first paint, and its bytes."""
    size = {"width": screen["width"], "height": screen["height"]}
    context = browser.new_context(viewport=size)
    opened = context.new_page()
    files = set()
    opened.on("request", lambda request: files.add(local_file(request.url)))
    context.new_cdp_session(opened).send(
        "Emulation.setCPUThrottlingRate", {"rate": screen["slower"]}
    )
    opened.goto(page.as_uri(), wait_until="networkidle")
    opened.wait_for_function(f"() => {PAINT}")
    paint = opened.evaluate(PAINT)
    context.close()
    return paint, sum(file.stat().st_size for file in files if file and file.is_file())


def local_file(address: str) -> Path | None:
    """Return the file of an address; nothing for what is in the page itself."""
    parts = urlsplit(address)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def measure_pages(folder: Path, visits: int) -> dict[str, Any]:
    """Return the first paint in milliseconds and the weight in bytes, by page and screen."""
    from playwright.sync_api import sync_playwright

    path = next(found for found in map(shutil.which, BROWSERS) if found)
    measured: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name in PAGES:
            measured[name] = {}
            for kind, screen in SCREENS.items():
                seen = [visit(browser, folder / f"{name}.html", screen) for _ in range(visits)]
                paint = statistics.median(paint for paint, _ in seen)
                measured[name][kind] = {"first_paint_ms": paint, "bytes": seen[0][1]}
                print(f"{name}, {kind}: {paint:.0f} ms, {seen[0][1] / 1e6:.2f} MB", flush=True)
        chromium = browser.version
        browser.close()
    return {"pages": measured, "chromium": chromium}


def main(arguments: list[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = make_parser(__doc__)
    parser.add_argument("--builds", type=int, default=3, help="how often to render (default 3)")
    parser.add_argument("--visits", type=int, default=5, help="of each page (default 5)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tweetsent-pages-") as name:
        folder = Path(name) / "site"
        times = build_times(folder, options.builds)
        print(f"rendered in {statistics.median(times):.1f} s")
        files = [path for path in folder.rglob("*") if path.is_file()]
        result = {
            "what": "seconds to render the pages, milliseconds to the first paint, bytes a page",
            "build_seconds": times,
            "build_seconds_median": statistics.median(times),
            "pages_rendered": sum(path.suffix == ".html" for path in files),
            "bytes": sum(path.stat().st_size for path in files),
            "visits": options.visits,
            **measure_pages(folder, options.visits),
        }
    save_figures("pages", result)


if __name__ == "__main__":
    main()
