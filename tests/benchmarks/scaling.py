"""Does the cost grow linearly? Seconds of each stage for 1,000, 10,000 and 100,000 synthetic tweets.

    python tests/benchmarks/scaling.py [--rows 1000 10000 100000]

The stages are those of notebooks 02 and 03: reading the CSV file, tokenising, writing a split and reading it back,
batching an epoch, and training an epoch, here of a tiny encoder whose own products cost next to nothing. All but the
training are measured three to five times, and the median is kept. The figures go to `outputs/bench/scaling.json`.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from common import ENCODING, label_order, save_figures, synthetic_tweets
from notebook_code import notebook_functions
from torch.utils.data import DataLoader
from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

from tweetsent_utils.batching import LengthBucketSampler, collate
from tweetsent_utils.dataset import TweetDataset, load_split, tokenize
from tweetsent_utils.encoder import load_classifier, load_tokenizer, packaged_encoder
from tweetsent_utils.parameters import known_parameters
from tweetsent_utils.reading import read_tweets
from tweetsent_utils.training import pick_precision, train_step

NAMES = known_parameters()
WITHIN = 2.0  # rows/s of the fastest size over those of the slowest, to be called linear


def seconds_of(work: Callable[[], Any], times: int) -> float:
    """Return the median seconds of doing some work a number of times."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def tiny_encoder(folder: Path) -> Path:
    """Write a DistilBERT of two layers and 16 dimensions, of random weights, with the packaged tokenizer."""
    AutoTokenizer.from_pretrained(packaged_encoder()).save_pretrained(folder)
    torch.manual_seed(0)
    DistilBertModel(DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=32)).save_pretrained(folder)
    return folder


def measure(rows: int, folder: Path, times: int) -> dict[str, float]:
    """Return the seconds of each stage for a number of rows."""
    tweets = synthetic_tweets(rows, "train", seed=0)
    names = dict(enumerate(label_order()))
    columns = {NAMES["text_column"]: tweets["text"], NAMES["label_column"]: tweets["label"].map(names)}
    csv, reading = folder / "tweets.csv", (NAMES["text_column"], NAMES["label_column"], ENCODING)
    pd.DataFrame(columns).to_csv(csv, index=False, encoding=ENCODING)
    texts, tokenizer = tweets["text"].tolist(), load_tokenizer(packaged_encoder(), "raw", 128)
    table = tweets.assign(row_id=range(rows), day="", input_ids=tokenize(texts, tokenizer))
    save_split = notebook_functions("02").save_split
    train_set = TweetDataset(table)
    sampler = LengthBucketSampler(train_set.lengths, NAMES["batch_size"], seed=0)
    loader = DataLoader(train_set, batch_sampler=sampler, collate_fn=lambda items: collate(items, 0))

    def store() -> None:
        save_split(folder, "train", table)
        load_split(folder, "train")

    return {
        "reading": seconds_of(lambda: read_tweets(csv, *reading), times),
        "tokenising": seconds_of(lambda: tokenize(texts, tokenizer), times),
        "storing": seconds_of(store, times),
        "batching": seconds_of(lambda: deque(loader, maxlen=0), times),
        "training": seconds_of(trainer(loader, folder), 1),
    }


def trainer(loader: DataLoader, folder: Path) -> Callable[[], None]:
    """Return a function that trains a tiny encoder for an epoch, as notebook 03 does."""
    notebook, device = notebook_functions("03"), torch.device("cpu")
    model = load_classifier(tiny_encoder(folder / "encoder"), label_order())
    notebook.speed_up(model)
    optimizer = notebook.make_optimizer(model, NAMES["max_lr"], NAMES["weight_decay"])
    scheduler = notebook.make_scheduler(optimizer, NAMES["max_lr"], len(loader) + 1, NAMES["warmup_ratio"])
    dtype = pick_precision("auto", device)
    train_step(model, next(iter(loader)), optimizer, scheduler, dtype)  # the first step sets up what the others use

    def train() -> None:
        for batch in loader:
            train_step(model, batch, optimizer, scheduler, dtype)

    return train


def tokenising_by_cores(rows: int, times: int = 3) -> dict[str, float]:
    """Return the seconds of tokenising with one core and with all, as tokenizers' own switch has it."""
    texts, tokenizer = (
        synthetic_tweets(rows, "train", 1)["text"].tolist(),
        load_tokenizer(packaged_encoder(), "raw", 128),
    )
    seconds, before = {}, os.environ.get("TOKENIZERS_PARALLELISM")
    for name, value in {"one_core": "false", "all_cores": "true"}.items():
        os.environ["TOKENIZERS_PARALLELISM"] = value
        seconds[name] = seconds_of(lambda: tokenize(texts, tokenizer), times)
    if before is None:
        del os.environ["TOKENIZERS_PARALLELISM"]
    else:
        os.environ["TOKENIZERS_PARALLELISM"] = before
    return seconds


def spread(rates: dict[int, float]) -> float:
    """Return the fastest over the slowest of some rates."""
    return max(rates.values()) / min(rates.values())


def verdict(rates: dict[int, float]) -> str:
    """Say in words how cost grows, from rows/s by number of rows: a row may not get dearer where there are more."""
    if spread(rates) <= WITHIN:
        return "linear"
    largest = rates[max(rates)]
    dearer = max(rates.values()) / largest > WITHIN
    return "MORE than linear" if dearer else "linear beyond a fixed cost, which few rows share"


def bench(sizes: list[int]) -> dict[str, Any]:
    """Measure every size, print a line per stage, and return seconds and rows/s."""
    seconds: dict[str, dict[int, float]] = {}
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            for stage, taken in measure(rows, Path(folder), times=max(3, min(5, 20_000 // rows))).items():
                seconds.setdefault(stage, {})[rows] = taken
    rates = {stage: {rows: rows / taken for rows, taken in of.items()} for stage, of in seconds.items()}
    for stage, of in rates.items():
        line = ", ".join(f"{rate:,.0f} at {rows:,}" for rows, rate in of.items())
        print(f"{stage:12}rows/s: {line} ({verdict(of)}: within a factor of {spread(of):.2f})", flush=True)
    by_cores = tokenising_by_cores(sorted(sizes)[len(sizes) // 2])
    print(f"tokenising   {by_cores['one_core'] / by_cores['all_cores']:.2f} times as fast with all cores as with one")
    return {
        "what": "seconds and rows/s of each stage by the number of synthetic tweets; an epoch of a tiny encoder",
        "seconds": seconds,
        "rows_per_second": rates,
        "spread": {stage: spread(of) for stage, of in rates.items()},
        "verdict": {stage: verdict(of) for stage, of in rates.items()},
        "tokenising_by_cores": {"rows": sorted(sizes)[len(sizes) // 2], "seconds": by_cores},
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure the sizes that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    save_figures("scaling", bench(parser.parse_args(arguments).rows))


if __name__ == "__main__":
    main()
