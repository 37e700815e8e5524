"""How long the playground in a page takes, from the click to the first answer, and per text.

    python benchmarks/page.py [--loads 5] [--texts 20]

It opens the folder that `make site-playground` has built in Chromium, from this machine, so that
what a network takes isn't in the numbers; the sizes of the files, as they are and compressed as
hosts send them, say what it has to carry. Each load is in a new browser context, without a cache.
Measured are the milliseconds from the click until the model is ready and until the first answer,
and for each length of a text until its answer and until all its words have their pushes. The
numbers go to `outputs/bench/page.json`.
"""

import functools
import gzip
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from common import make_parser, save_figures
from playground import LENGTHS, make_texts
from tweets import SAMPLE, read_labelled

from tweetsent_utils.paths import outputs_root

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WARM_UP = 2  # texts that are read before the clock runs
# What the worker is asked, with a clock: the same messages as the page sends.
MEASURE = """async ({texts}) => {
    const started = performance.now();
    const since = (start) => performance.now() - start;
    const settings = await (await fetch("./model.json")).json();
    const worker = new Worker("./worker.js", { type: "module" });
    const hear = (test) => new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => {
            if (data.trouble) reject(new Error(data.trouble));
            else if (test(data)) resolve(data);
        };
    });
    worker.postMessage({ load: settings });
    await hear((data) => data.ready);
    const found = { ready: since(started), answers: [], words: [] };
    for (const [number, text] of texts.entries()) {
        const asked = performance.now();
        worker.postMessage({ read: text, number });
        await hear((data) => data.answer && data.number === number);
        if (number === 0) found.first = since(started);
        found.answers.push(since(asked));
        await hear((data) => data.words && data.number === number);
        found.words.push(since(asked));
    }
    worker.terminate();
    return found;
}"""


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves the files of a folder, and prints nothing."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder to this machine alone; give its address."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def measure(browser: Any, address: str, texts: Sequence[str]) -> dict[str, Any]:
    """Load the model in a new context and let it read texts; return the milliseconds."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(600_000)
    page.goto(address)
    found = page.evaluate(MEASURE, {"texts": list(texts)})
    context.close()
    return found


def summarize(milliseconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 95th percentile of some times."""
    return {
        "median": float(np.median(milliseconds)),
        "p95": float(np.quantile(milliseconds, 0.95)),
    }


def list_sizes(folder: Path) -> dict[str, dict[str, int]]:
    """Return the bytes of each file that a page loads, and those of it compressed by gzip."""
    sizes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in (".html", ""):
            content = path.read_bytes()
            name = path.relative_to(folder).as_posix()
            sizes[name] = {"bytes": len(content), "gzip": len(gzip.compress(content, 6))}
    return sizes


def bench(folder: Path, loads: int, count: int) -> dict[str, Any]:
    """Measure all, print the numbers, and return them."""
    from playwright.sync_api import sync_playwright

    path = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if path is None:
        sys.exit("there is no Chromium on this machine: install it, or name it chromium")
    tweets = read_labelled(SAMPLE)["text"].tolist()
    by_words = {}
    with serve(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        starts = [measure(browser, address, tweets[:1]) for _ in range(loads)]
        for words in LENGTHS:
            texts = make_texts(tweets, words, count + WARM_UP)
            found = measure(browser, address, texts)
            by_words[str(words)] = {
                "bars": summarize(found["answers"][WARM_UP:]),
                "words": summarize(found["words"][WARM_UP:]),
            }
            parts = [
                f"{name} {times['median']:.0f}" for name, times in by_words[str(words)].items()
            ]
            print(f"{words} words: {', '.join(parts)}", flush=True)
        version = browser.version
        browser.close()
    ready = summarize([start["ready"] for start in starts])
    first = summarize([start["first"] for start in starts])
    print(f"from the click: ready {ready['median']:.0f}, first answer {first['median']:.0f}")
    return {
        "what": "milliseconds in Chromium, one thread of WebAssembly, files from this machine",
        "browser": version,
        "loads": loads,
        "texts": count,
        "ready": ready,
        "first_answer": first,
        "by_words": by_words,
        "sizes": list_sizes(folder),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = make_parser(__doc__)
    parser.add_argument("--loads", type=int, default=5, help="of the model (default 5)")
    parser.add_argument("--texts", type=int, default=20, help="of each length (default 20)")
    options = parser.parse_args(arguments)
    folder = outputs_root() / "site-playground"
    if not (folder / "model.json").exists():
        sys.exit(f"{folder} isn't built: make site-playground builds it")
    print("milliseconds, median")
    save_figures("page", bench(folder, options.loads, options.texts))


if __name__ == "__main__":
    main()
