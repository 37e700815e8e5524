"""A file of tweets that all hold one odd word, and a way to measure in this process."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from measure import Job, measure
from tiny import CLASS_WORDS, LABEL_ORDER, write_kaggle_csv

from tweetsent_utils.files import load_json

MARKER = "zebrafish"  # in every tweet, and in nothing else


@pytest.fixture(scope="session")
def tweets_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 150 tweets of different lengths, each with the marker."""
    rows = []
    for number in range(150):
        label = LABEL_ORDER[number % 5]
        hashtag = "#" + "hash" * (number % 4)
        sentence = CLASS_WORDS[label][number % 2] * (1 + number % 3)
        rows.append((f"{MARKER} {hashtag} {sentence} {number}", label))
    return write_kaggle_csv(tmp_path_factory.mktemp("bench") / "tweets.csv", rows)


@pytest.fixture(scope="session")
def measure_here(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Job], dict[str, Any]]:
    """A function that does what `measure_apart` does, without a process of its own."""
    report = tmp_path_factory.mktemp("reports") / "report.json"

    def run(job: Job) -> dict[str, Any]:
        measure(replace(job, matrix_size=64, matrix_seconds=0.001), report)
        return load_json(report)

    return run
