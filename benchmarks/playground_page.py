"""How long the playground takes in a browser, from a key to its picture.

    python benchmarks/playground_page.py --run quick [--texts 12] [--words 10 20 30]

Serves the run's playground as `tweetsent explore` does, and opens it in Chromium. For each length,
texts are strung together from the sample's test tweets. Each gets one more word, letter by letter.
Measured are the milliseconds from a key until the bars, and until the pushes of all words, are
painted. The next key comes when all is there. Needs requirements-dev.txt and a Chromium. The
numbers go to `outputs/bench/playground_page.json`.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import make_parser, save_figures
from playground import make_texts
from playwright.sync_api import Page, sync_playwright
from tweets import SAMPLE, read_labelled

from tweetsent_utils.paths import PROJECT_ROOT

TYPED = " better"  # what is added to each text, a key at a time
WARM_UP = 2  # texts before the clock runs
PATIENCE = 120  # seconds
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Notes when a key came, when the first picture after it was painted (its bars are those of the new
# text), and when one was painted that waits for no words any more.
WATCH = """() => {
    const page = document.querySelector(".tweetsent");
    const times = window.keyTimes = {};
    document.querySelector("textarea").addEventListener("input", () => {
        times.key = performance.now();
        times.bars = times.words = null;
    }, true);
    const look = () => {
        if (!times.key) return;
        const isWaiting = page.querySelector(".waiting") !== null;
        requestAnimationFrame(() => setTimeout(() => {
            times.bars ??= performance.now();
            if (!isWaiting) times.words ??= performance.now();
        }));
    };
    new MutationObserver(look).observe(page, {childList: true, subtree: true});
}"""


def serve(run: str) -> tuple[subprocess.Popen, str]:
    """Start the page of a run's playground; return its process and address when it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tweetsent_utils", "explore", "--run", run]
    process = subprocess.Popen([*command, "--", "--no-browser", f"--port={port}", "--base_url=/"])
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.2)
        else:
            return process, url
    process.terminate()
    raise SystemExit(f"the playground of the run {run} did not start")


def time_keys(page: Page, text: str) -> list[dict[str, float]]:
    """Type a word behind a text; return the milliseconds to bars and words for each of its keys."""
    box = page.get_by_label("Your text")
    box.fill(text)
    wait_for_words(page)
    box.press("End")
    rows = []
    for key in TYPED:
        page.keyboard.type(key)
        times = wait_for_words(page)
        rows.append({name: times[name] - times["key"] for name in ("bars", "words")})
    return rows


def wait_for_words(page: Page) -> dict[str, float]:
    """Wait until the pushes of all words are painted; return when each part was."""
    page.wait_for_function("window.keyTimes.words", timeout=1000 * PATIENCE)
    return page.evaluate("window.keyTimes")


def bench(run: str, lengths: Sequence[int], count: int) -> dict[str, Any]:
    """Measure all lengths, print the numbers, and return them."""
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        raise SystemExit("there is no Chromium on this machine")
    tweets = read_labelled(Path(str(SAMPLE).replace("train", "test")))["text"].tolist()
    server, url = serve(run)
    by_words = {}
    try:
        with sync_playwright() as playwright:
            options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path=browser_path, args=options)
            page = browser.new_page()
            page.goto(url, timeout=1000 * PATIENCE)
            page.get_by_label("Your text").wait_for(timeout=1000 * PATIENCE)
            page.locator(".tweetsent .bars").first.wait_for()
            page.evaluate(WATCH)
            for words in lengths:
                texts = make_texts(tweets, words - 1, count + WARM_UP)
                rows = [row for text in texts for row in time_keys(page, text)]
                by_words[str(words)] = summarise(rows[WARM_UP * len(TYPED) :])
                print(f"{words} words: {describe(by_words[str(words)])}", flush=True)
            version = browser.version
            browser.close()
    finally:
        server.terminate()
        server.wait(PATIENCE)
    return {
        "what": "milliseconds in a browser from a key to the bars, and to the pushes of all words",
        "run": run,
        "keys": count * len(TYPED),
        "browser": f"Chromium {version}",
        "by_words": by_words,
    }


def summarise(rows: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return the median and the 95th percentile of each part's milliseconds."""
    table = pd.DataFrame(rows)
    return {
        name: {
            "median": float(np.median(table[name])),
            "p95": float(np.quantile(table[name], 0.95)),
        }
        for name in table
    }


def describe(times: dict[str, dict[str, float]]) -> str:
    """Return the times of each part in a line."""
    parts = [f"{name} {part['median']:4.0f} ({part['p95']:4.0f})" for name, part in times.items()]
    return ", ".join(parts)


def main(arguments: list[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = make_parser(__doc__)
    parser.add_argument("--run", default="quick", help="a finished run (default quick)")
    parser.add_argument("--texts", type=int, default=12, help="of each length (default 12)")
    parser.add_argument("--words", type=int, nargs="+", default=[10, 20, 30])
    options = parser.parse_args(arguments)
    os.chdir(PROJECT_ROOT)
    print("milliseconds, median (95th percentile)")
    save_figures("playground_page", bench(options.run, options.words, options.texts))


if __name__ == "__main__":
    main()
