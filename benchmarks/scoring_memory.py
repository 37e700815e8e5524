"""How much memory it takes to score a large file, without a model: the curve over its rows.

    python benchmarks/scoring_memory.py [--rows 10000000] [--format csv]

A file of synthetic rows is written, then scored by a stand-in that answers at once, in a process of
its own. After each shard, the memory that the process holds is noted. The numbers go to
`outputs/bench/scoring_memory.json`, and the curve to `outputs/bench/scoring_memory.png`.
"""

import argparse
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import psutil
import pyarrow as pa
from pyarrow import csv, parquet

from tweetsent_utils.files import load_json, save_json
from tweetsent_utils.scoring.answers import Answers
from tweetsent_utils.scoring.corpus import Corpus, Progress, score_corpus
from tweetsent_utils.scoring.output import Output
from tweetsent_utils.scoring.summary import summarize

CHUNK = 100_000  # rows that are written at once
GIB = 2**30
WORDS = np.array(["queue", "shelf", "bread", "soap", "shop", "panic", "help", "home", "price"])
POINTS = 1_000  # of a curve, at most


class StandIn:
    """Answers without a model, as fast as arrays are made."""

    label_order = ["low", "middle", "high"]
    unsure_below = 0.5

    def read(self, values: Sequence[Any]) -> Answers:
        """Return an answer for each value, by its length."""
        lengths = np.array([len(value or "") for value in values])
        probabilities = np.zeros((len(values), 3), dtype=np.float32)
        probabilities[np.arange(len(values)), lengths % 3] = 1
        is_cut = np.zeros(len(values), dtype=bool)
        return Answers(probabilities, is_cut, [""] * len(values), len(set(values)))


def make_chunk(start: int, rows: int) -> pa.Table:
    """Return rows of a table with ids, texts of twenty words and days; the same each time."""
    random = np.random.default_rng(start)
    drawn = WORDS[random.integers(len(WORDS), size=(rows, 20))]
    days = [f"2020-{1 + number % 12:02}-{1 + number % 28:02}" for number in range(rows)]
    return pa.table(
        {
            "id": pa.array(np.arange(start, start + rows)),
            "text": pa.array([" ".join(words) for words in drawn]),
            "day": pa.array(days),
        }
    )


def write_rows(path: Path, rows: int) -> None:
    """Write a file of so many rows, CSV or Parquet by its ending, in little memory."""
    schema = make_chunk(0, 1).schema
    opened = csv.CSVWriter if path.suffix == ".csv" else parquet.ParquetWriter
    with opened(str(path), schema) as writer:
        for start in range(0, rows, CHUNK):
            writer.write_table(make_chunk(start, min(CHUNK, rows - start)))


def score_rows(path: Path, out: Path, report: Path) -> None:
    """Score a file with the stand-in, and write the curve of this process's memory to `report`."""
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    curve: list[tuple[int, int]] = []

    def note(progress: Progress) -> None:
        curve.append((progress.rows, process.memory_info().rss))

    corpus = Corpus([path], "text", ["id"], "day")
    output = Output(out, {"model": "stand-in"} | corpus.settings())
    started = time.perf_counter()
    result = score_corpus(StandIn(), corpus, output, report=note)
    seconds = time.perf_counter() - started
    summary = summarize(output, [0])
    step = max(-(-len(curve) // POINTS), 1)
    save_json(
        report,
        {
            "rows": result.rows,
            "answered": summary.answered,
            "shards": summary.shards,
            "seconds": seconds,
            "rows_per_second": result.rows / seconds,
            "gib_before": before / GIB,
            "gib_more_at_most": (max(held for _, held in curve) - before) / GIB,
            "curve": [(rows, (held - before) / GIB) for rows, held in curve[::step]],
        },
    )


def bench(rows: int, ending: str) -> dict[str, Any]:
    """Write a file, score it in a process of its own, print the numbers, and return them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{ending}"
        report = Path(folder) / "report.json"
        write_rows(path, rows)
        size = path.stat().st_size
        command = [sys.executable, __file__, "--score", str(path), str(report)]
        subprocess.run(command, check=True)
        found = load_json(report) | {"format": ending, "gib_of_the_file": size / GIB}
    print(
        f"{found['rows']:,} rows of {ending} ({found['gib_of_the_file']:.2f} GiB), "
        f"{found['rows_per_second']:,.0f} rows/s, "
        f"at most {found['gib_more_at_most']:.2f} GiB more than at the start"
    )
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measure as the command line says."""
    from common import make_parser, save_figures

    parser = make_parser(__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="how many (10,000,000)")
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv", help="(csv)")
    parser.add_argument("--score", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.score:
        path, report = options.score
        score_rows(path, report.with_name("out"), report)
        return
    found = bench(options.rows, options.format)
    save_figures("scoring_memory", found)
    draw(found)


def draw(found: dict[str, Any]) -> None:
    """Draw the curve of memory next to the file of figures."""
    from tweetsent_utils.paths import outputs_root
    from tweetsent_utils.show.scoring_plots import plot_memory
    from tweetsent_utils.show.style import use_style

    matplotlib.use("agg")
    use_style()
    plot_memory(found["curve"]).savefig(outputs_root() / "bench" / "scoring_memory.png", dpi=150)


if __name__ == "__main__":
    main()
