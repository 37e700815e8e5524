"""Does the cost grow linearly? Seconds of each stage for ever more synthetic tweets.

    python benchmarks/scaling.py [--rows 1000 10000 100000]

The stages are those of notebooks 02 and 03: reading the CSV file, tokenising, writing a split and
reading it back, batching an epoch, and training an epoch, here of a tiny encoder whose own products
cost next to nothing. All except the training are measured three to five times, and the median is
kept. The figures go to `outputs/bench/scaling.json`.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import torch
from common import make_parser, median_seconds, save_figures, write_random_encoder
from torch.utils.data import DataLoader
from tweets import ENCODING, LABEL_COLUMN, LABEL_ORDER, TEXT_COLUMN, synthetic_tweets

from tweetsent_utils.data.batching import LengthBucketSampler, collate
from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.data.split_files import load_split, save_dataset
from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.model.encoder import packaged_encoder
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.training.device import pick_precision
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.step import train_step

DEFAULTS = default_parameters()
LINEAR_WITHIN = 2.0  # rows/s of the fastest size over those of the slowest, to be called linear
PAD_ID = 0


def measure_stages(rows: int, folder: Path, times: int) -> dict[str, float]:
    """Return the seconds of each stage for a number of rows."""
    tweets = synthetic_tweets(rows, "train", seed=0)
    csv = write_csv(tweets, folder / "tweets.csv")
    texts = tweets["text"].tolist()
    tokenizer = load_tokenizer(packaged_encoder(), "raw", DEFAULTS["max_length"])
    table = tweets.assign(row_id=range(rows), day="", input_ids=tokenize(texts, tokenizer))
    loader = make_loader(table)

    def read() -> None:
        read_tweets(csv, TEXT_COLUMN, LABEL_COLUMN, ENCODING)

    def tokenise() -> None:
        tokenize(texts, tokenizer)

    def store() -> None:
        save_dataset(folder, {"train": table}, tokenizer, {})
        load_split(folder, "train")

    def batch() -> None:
        deque(loader, maxlen=0)  # takes every batch and keeps none

    return {
        "reading": median_seconds(read, times),
        "tokenising": median_seconds(tokenise, times),
        "storing": median_seconds(store, times),
        "batching": median_seconds(batch, times),
        "training": median_seconds(prepare_training(loader, folder / "encoder"), times=1),
    }


def write_csv(tweets: pd.DataFrame, path: Path) -> Path:
    """Write tweets as a CSV file with the columns and the encoding of the Kaggle files."""
    names = tweets["label"].map(dict(enumerate(LABEL_ORDER)))
    table = pd.DataFrame({TEXT_COLUMN: tweets["text"], LABEL_COLUMN: names})
    table.to_csv(path, index=False, encoding=ENCODING)
    return path


def make_loader(table: pd.DataFrame) -> DataLoader:
    """Return a loader of batches of similar length, as notebook 03 has it."""
    train_set = TweetDataset(table)
    return DataLoader(
        train_set,
        batch_sampler=LengthBucketSampler(train_set.lengths, DEFAULTS["batch_size"], seed=0),
        collate_fn=lambda items: collate(items, PAD_ID),
    )


def prepare_training(loader: DataLoader, folder: Path) -> Callable[[], None]:
    """Return a function that trains a tiny encoder for an epoch, as notebook 03 does."""
    write_random_encoder(folder, dim=16, n_layers=2, n_heads=2, hidden_dim=32)
    model = load_classifier(folder, LABEL_ORDER)
    use_cpu_kernels(model)
    optimizer = make_optimizer(model, DEFAULTS["max_lr"], DEFAULTS["weight_decay"])
    scheduler = make_scheduler(
        optimizer,
        DEFAULTS["max_lr"],
        total_steps=len(loader) + 1,
        warmup_ratio=DEFAULTS["warmup_ratio"],
    )
    precision = pick_precision("auto", torch.device("cpu"))
    first = next(iter(loader))
    train_step(model, first, optimizer, scheduler, precision)  # sets up what the others use

    def train() -> None:
        for batch in loader:
            train_step(model, batch, optimizer, scheduler, precision)

    return train


def tokenise_by_cores(rows: int, times: int = 3) -> dict[str, float]:
    """Return the seconds of tokenising with one core and with all of them."""
    texts = synthetic_tweets(rows, "train", seed=1)["text"].tolist()
    tokenizer = load_tokenizer(packaged_encoder(), "raw", DEFAULTS["max_length"])
    seconds = {}
    for name, is_parallel in {"one_core": "false", "all_cores": "true"}.items():
        with patch.dict(os.environ, TOKENIZERS_PARALLELISM=is_parallel):
            seconds[name] = median_seconds(lambda: tokenize(texts, tokenizer), times)
    return seconds


def rates_of(seconds: dict[int, float]) -> dict[int, float]:
    """Return rows per second from seconds by number of rows."""
    return {rows: rows / taken for rows, taken in seconds.items()}


def spread_of(rates: dict[int, float]) -> float:
    """Return the highest of some rates over the lowest."""
    return max(rates.values()) / min(rates.values())


def judge_growth(rates: dict[int, float]) -> str:
    """Say in words how cost grows, from rows per second by number of rows.

    More rows must not make a row dearer.
    """
    if spread_of(rates) <= LINEAR_WITHIN:
        return "linear"
    rate_of_most = rates[max(rates)]
    if max(rates.values()) / rate_of_most > LINEAR_WITHIN:
        return "MORE than linear"
    return "linear beyond a fixed cost, which few rows share"


def bench(sizes: list[int]) -> dict[str, Any]:
    """Measure every size, print a line for each stage, and return seconds and rows per second."""
    seconds: dict[str, dict[int, float]] = {}
    for rows in sizes:
        times = max(3, min(5, 20_000 // rows))
        with tempfile.TemporaryDirectory() as folder:
            measured = measure_stages(rows, Path(folder), times)
        for stage, taken in measured.items():
            seconds.setdefault(stage, {})[rows] = taken
    rates = {stage: rates_of(taken) for stage, taken in seconds.items()}
    for stage, by_rows in rates.items():
        print(describe_stage(stage, by_rows), flush=True)
    middle = sorted(sizes)[len(sizes) // 2]
    by_cores = tokenise_by_cores(middle)
    ratio = by_cores["one_core"] / by_cores["all_cores"]
    print(f"tokenising   {ratio:.2f} times as fast with all cores as with one")
    return {
        "what": "seconds and rows/s of each stage by the number of synthetic tweets; "
        "an epoch of a tiny encoder",
        "seconds": seconds,
        "rows_per_second": rates,
        "spread": {stage: spread_of(by_rows) for stage, by_rows in rates.items()},
        "verdict": {stage: judge_growth(by_rows) for stage, by_rows in rates.items()},
        "tokenising_by_cores": {"rows": middle, "seconds": by_cores},
    }


def describe_stage(stage: str, rates: dict[int, float]) -> str:
    """Say in a line how fast a stage is, and how its cost grows."""
    by_rows = ", ".join(f"{rate:,.0f} at {rows:,}" for rows, rate in rates.items())
    verdict = f"{judge_growth(rates)}: within a factor of {spread_of(rates):.2f}"
    return f"{stage:12}rows/s: {by_rows} ({verdict})"


def main(arguments: list[str] | None = None) -> None:
    """Measure the sizes that the command line names."""
    parser = make_parser(__doc__)
    parser.add_argument(
        "--rows",
        type=int,
        nargs="+",
        default=[1000, 10_000, 100_000],
        help="numbers of tweets (default 1000 10000 100000)",
    )
    save_figures("scaling", bench(parser.parse_args(arguments).rows))


if __name__ == "__main__":
    main()
