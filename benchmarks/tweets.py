"""The tweets that the benchmarks read: those of a file, or synthetic ones as long as real ones."""

import random
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tweetsent_utils.data.labels import label_ids
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.model.encoder import packaged_encoder
from tweetsent_utils.paths import PROJECT_ROOT

SAMPLE = PROJECT_ROOT / "data" / "sample" / "Corona_NLP_train.csv"
# How the Kaggle files have it.
ENCODING = "ISO-8859-1"
TEXT_COLUMN = "OriginalTweet"
LABEL_COLUMN = "Sentiment"
LABEL_ORDER = ["Extremely Negative", "Negative", "Neutral", "Positive", "Extremely Positive"]
PARTS = ("train", "validation")
HELD_OUT = 0.2  # share of the sample's tweets that synthetic validation tweets are made from

# How long real tweets are: the share of 38,524 training tweets that has at most so many tokens
# (mean 54.8, standard deviation 20.2). Cleaning raw, the packaged tokenizer, max_length 128;
# `speed.py --data FILE --lengths` measures it.
TOKEN_QUANTILES = {
    0: 3,
    0.01: 12,
    0.05: 22,
    0.1: 29,
    0.15: 33,
    0.2: 37,
    0.25: 40,
    0.3: 43,
    0.35: 46,
    0.4: 49,
    0.45: 52,
    0.5: 55,
    0.55: 58,
    0.6: 61,
    0.65: 63,
    0.7: 66,
    0.75: 69,
    0.8: 72,
    0.85: 76,
    0.9: 81,
    0.95: 88,
    0.99: 102,
    0.999: 121,
    1: 128,
}


def read_labelled(file: Path) -> pd.DataFrame:
    """Read a file in the Kaggle format as a table of `text` and `label`, a rank from 0 to 4."""
    tweets = read_tweets(file, TEXT_COLUMN, LABEL_COLUMN, ENCODING)
    labels = label_ids(tweets[LABEL_COLUMN], LABEL_ORDER, file)
    return pd.DataFrame({"text": tweets[TEXT_COLUMN], "label": labels})


def token_counts(
    texts: list[str],
    cleaning: str = "raw",
    max_length: int = 128,
    encoder: Path | None = None,
) -> np.ndarray:
    """Return each text's number of tokens, by an encoder's tokenizer or the packaged one's."""
    tokenizer = load_tokenizer(encoder or packaged_encoder(), cleaning, max_length)
    return np.array([len(ids) for ids in tokenize(texts, tokenizer)])


def token_quantiles(texts: list[str]) -> dict[float, int]:
    """Return the quantiles of tokens per text that `TOKEN_QUANTILES` has for the real tweets."""
    shares = list(TOKEN_QUANTILES)
    counts = np.quantile(token_counts(texts), shares).round().astype(int)
    return dict(zip(shares, counts.tolist(), strict=True))


def synthetic_tweets(
    rows: int,
    part: str,
    seed: int,
    encoder: Path | None = None,
) -> pd.DataFrame:
    """Return a table of `text` and `label`: as long as real tweets, the same for the same seed.

    A text strings together words of the shipped sample's tweets of one class, which is its label,
    until it has a number of tokens drawn from the real distribution. Texts of `validation` are made
    from a fifth of the sample's tweets, those of `train` from the others. Tokens are those of an
    encoder's tokenizer, by default the packaged one's.
    """
    sample = read_labelled(SAMPLE)
    is_held_out = np.random.default_rng(0).random(len(sample)) < HELD_OUT
    sample = sample[is_held_out == (part == "validation")]
    sample = sample.assign(words=[text.split() for text in sample["text"]])
    by_class = [words.tolist() for _, words in sample.groupby("label")["words"]]

    words = sorted(set(chain.from_iterable(sample["words"])))
    costs = token_counts(words, max_length=512, encoder=encoder) - 2  # without [CLS] and [SEP]
    cost_of = dict(zip(words, costs.tolist(), strict=True))

    draw = random.Random(f"{part} {seed}")  # noqa: S311 -- no secret
    labels = [draw.randrange(len(by_class)) for _ in range(rows)]
    lengths = draw_lengths(rows, draw)
    texts = [
        string_together(by_class[label], cost_of, length, draw)
        for label, length in zip(labels, lengths, strict=True)
    ]
    return pd.DataFrame({"text": texts, "label": labels})


def draw_lengths(rows: int, draw: random.Random) -> list[int]:
    """Return numbers of tokens, distributed as those of real tweets."""
    shares = [draw.random() for _ in range(rows)]
    lengths = np.interp(shares, list(TOKEN_QUANTILES), list(TOKEN_QUANTILES.values()))
    return lengths.round().astype(int).tolist()


def string_together(
    tweets: list[list[str]],
    cost_of: dict[str, int],
    length: int,
    draw: random.Random,
) -> str:
    """Return words of tweets picked at random that make `length` tokens with [CLS] and [SEP].

    The words of a tweet keep their order; those that no longer fit are left out.
    """
    room = length - 2
    words = []
    while room > 0:
        for word in draw.choice(tweets):
            if cost_of[word] <= room:
                words.append(word)
                room -= cost_of[word]
    return " ".join(words)


def draw_tweets(rows: dict[str, int], seed: int, data: Path | None) -> dict[str, pd.DataFrame]:
    """Return the tables `train` and `validation` of a seed: rows of a file, or synthetic tweets."""
    if data is None:
        return {part: synthetic_tweets(count, part, seed) for part, count in rows.items()}
    tweets = read_labelled(data).sample(sum(rows.values()), random_state=seed, ignore_index=True)
    return {
        "train": tweets[: rows["train"]],
        "validation": tweets[rows["train"] :].reset_index(drop=True),
    }


def save_tweets(folder: Path, tweets: dict[str, pd.DataFrame]) -> None:
    """Write each part to `<part>.parquet` of a new folder."""
    folder.mkdir()
    for part, table in tweets.items():
        table.to_parquet(folder / f"{part}.parquet", index=False)


def load_tweets(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the tables `train` and `validation` that `save_tweets` wrote."""
    train, validation = (pd.read_parquet(folder / f"{part}.parquet") for part in PARTS)
    return train, validation


def describe_lengths(
    texts: list[str],
    cleanings: Sequence[str] = ("raw", "words"),
    encoder: Path | None = None,
) -> dict[str, Any]:
    """Return mean and standard deviation of the tokens per text, by cleaning."""
    described = {}
    for cleaning in cleanings:
        counts = token_counts(texts, cleaning, encoder=encoder)
        described[f"tokens_{cleaning}"] = {
            "mean": counts.mean().item(),
            "std": counts.std().item(),
        }
    return described
