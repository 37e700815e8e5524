"""What the benchmarks share: synthetic tweets as long as the real ones, and where the figures go."""

import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).parents[1]))  # for tests/notebook_code.py, where no pytest sets it

from tweetsent_utils.dataset import tokenize
from tweetsent_utils.encoder import load_tokenizer, packaged_encoder
from tweetsent_utils.files import PROJECT_ROOT, save_json
from tweetsent_utils.parameters import known_parameters
from tweetsent_utils.reading import label_ids, read_tweets
from tweetsent_utils.runs import environment

SAMPLE = PROJECT_ROOT / "data" / "sample" / "Corona_NLP_train.csv"
ENCODING = "ISO-8859-1"  # of the Kaggle files
PARTS = ("train", "validation")

# Tokens of a tweet at these shares of 38,524 real training tweets (mean 54.8, standard deviation 20.2), measured by
# `speed.py --data FILE --lengths`: cleaning raw, the packaged tokenizer, max_length 128.
SHARES = (0, 0.01, *(share / 20 for share in range(1, 20)), 0.99, 0.999, 1)
LENGTHS = (3, 12, 22, 29, 33, 37, 40, 43, 46, 49, 52, 55, 58, 61, 63, 66, 69, 72, 76, 81, 88, 102, 121, 128)


def label_order() -> list[str]:
    """Return the five classes, as the notebooks' default has them."""
    return known_parameters()["label_order"]


def read_labelled(file: Path) -> pd.DataFrame:
    """Read a file in the Kaggle format as a table of `text` and `label`, a rank from 0 to 4."""
    names = known_parameters()
    tweets = read_tweets(file, names["text_column"], names["label_column"], ENCODING)
    labels = label_ids(tweets[names["label_column"]], names["label_order"], file)
    return pd.DataFrame({"text": tweets[names["text_column"]], "label": labels})


def token_counts(texts: list[str], cleaning: str = "raw", max_length: int = 128) -> np.ndarray:
    """Return each text's number of tokens in the packaged tokenizer."""
    tokenizer = load_tokenizer(packaged_encoder(), cleaning, max_length)
    return np.array([len(ids) for ids in tokenize(texts, tokenizer)])


def quantiles(texts: list[str]) -> list[int]:
    """Return the quantiles of tokens per text that `LENGTHS` holds for the real tweets."""
    return np.quantile(token_counts(texts), SHARES).round().astype(int).tolist()


def synthetic_tweets(rows: int, part: str, seed: int) -> pd.DataFrame:
    """Return texts as long as real tweets, and labels: columns `text` and `label`, the same for the same seed.

    A text strings together words of the shipped sample's tweets of one class, which is its label, until it has a
    number of tokens drawn from the real distribution. The texts of `validation` come from a fifth of the sample's
    tweets, those of `train` from the others.
    """
    sample = read_labelled(SAMPLE)
    held_out = np.random.default_rng(0).random(len(sample)) < 0.2
    sample = sample[held_out == (part == "validation")]
    words = sorted({word for text in sample["text"] for word in text.split()})
    costs = dict(zip(words, (token_counts(words, max_length=512) - 2).tolist(), strict=True))  # less [CLS] and [SEP]
    tweets = [[text.split() for text in texts] for _, texts in sample.groupby("label")["text"]]
    draw = random.Random(f"{part} {seed}")
    labels = [draw.randrange(len(tweets)) for _ in range(rows)]
    lengths = np.interp([draw.random() for _ in range(rows)], SHARES, LENGTHS).round().astype(int).tolist()
    texts = [string_together(tweets[label], costs, length, draw) for label, length in zip(labels, lengths, strict=True)]
    return pd.DataFrame({"text": texts, "label": labels})


def string_together(tweets: list[list[str]], costs: dict[str, int], length: int, draw: random.Random) -> str:
    """Return words of tweets picked at random, in their order, that make `length` tokens with [CLS] and [SEP]."""
    room, words = length - 2, []
    while room > 0:
        for word in draw.choice(tweets):
            if costs[word] <= room:
                words.append(word)
                room -= costs[word]
    return " ".join(words)


def bench_folder() -> Path:
    """Return `outputs/bench`, below `$TWEETSENT_OUTPUTS` where that is set."""
    return Path(os.environ.get("TWEETSENT_OUTPUTS", PROJECT_ROOT / "outputs")) / "bench"


def save_figures(name: str, result: dict[str, Any]) -> None:
    """Write a benchmark's figures, with the machine they were measured on, to `outputs/bench/<name>.json`."""
    file = bench_folder() / f"{name}.json"
    save_json(file, result | {"environment": environment()})
    print(f"\nwritten: {file}")
