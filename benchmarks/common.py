"""What the benchmarks share: the form of their command lines, a stopwatch, a place for figures."""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

from tweetsent_utils.files import save_json
from tweetsent_utils.model.encoder import packaged_encoder
from tweetsent_utils.paths import outputs_root
from tweetsent_utils.pipeline.environment import describe_environment


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser without options, which prints a module's docstring as its help."""
    return argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def process_settings() -> dict[str, str]:
    """Return the environment variables of a process that is measured: those of every notebook.

    A machine without the command's packages, on which a GPU is measured, has its own alone: they
    are about a CPU's threads and memory.
    """
    try:
        from tweetsent_utils.pipeline.cli import KERNEL_SETTINGS
    except ModuleNotFoundError:
        return dict(os.environ)
    return KERNEL_SETTINGS | dict(os.environ)


def seconds_of(work: Callable[[], Any]) -> float:
    """Return how many seconds some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median_seconds(work: Callable[[], Any], times: int) -> float:
    """Return the median seconds of doing some work a number of times."""
    return statistics.median(seconds_of(work) for _ in range(times))


def write_random_encoder(folder: Path, **sizes: int) -> Path:
    """Write a DistilBERT of random weights with the packaged tokenizer; return its folder.

    `sizes` are those of `DistilBertConfig`, by default DistilBERT's own.
    """
    tokenizer = AutoTokenizer.from_pretrained(packaged_encoder(), trust_remote_code=False)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    DistilBertModel(DistilBertConfig(**sizes)).save_pretrained(folder)
    return folder


def save_figures(name: str, result: dict[str, Any]) -> None:
    """Write a benchmark's figures to `outputs/bench/<name>.json`, with the machine's own."""
    file = outputs_root() / "bench" / f"{name}.json"
    save_json(file, result | {"environment": describe_environment()})
    print(f"\nwritten: {file}")
