"""Tiny files of tweets in the Kaggle format, all written here, for every test to use."""

import csv
from pathlib import Path
from typing import NamedTuple

LABEL_ORDER = ("Extremely Negative", "Negative", "Neutral", "Positive", "Extremely Positive")
CLASS_WORDS = {
    "Extremely Negative": (
        "horrible panic and death in the shop",
        "angry thieves terrify the worst queue",
    ),
    "Negative": ("sad to see empty shelves", "prices are bad and the queue is slow"),
    "Neutral": ("the shop opens at nine", "a van stands in the street"),
    "Positive": ("nice to see full shelves", "good people help in the queue"),
    "Extremely Positive": (
        "wonderful heroes of the shop we love you",
        "best happy lovely delivery thank you",
    ),
}
DECORATIONS = (
    "{}.",
    "@cornershop {}",
    "{} #panicbuying https://t.co/aB{}",
    "{} &amp; it{}s Monday",
    "First line.\r\r\n{}\r\r\nhttps://t.co/x{}y",
    "{} café{} 20%",
)


class TweetFiles(NamedTuple):
    """The two CSV files of `tiny_tweets`."""

    train: Path
    test: Path


def make_tweets(rows_per_class: int, offset: int) -> list[tuple[str, str]]:
    """Return (text, label) pairs, the classes in turn, no text twice for one offset."""
    tweets = []
    for number in range(offset, offset + rows_per_class):
        for label in LABEL_ORDER:
            sentences = CLASS_WORDS[label]
            decoration = DECORATIONS[number % len(DECORATIONS)]
            filling = "\u00c2\x92" if "it{}s" in decoration or "café" in decoration else number
            tweets.append((decoration.format(f"{sentences[number % 2]} {number}", filling), label))
    return tweets


def write_kaggle_csv(path: Path, tweets: list[tuple[str, str]]) -> Path:
    """Write tweets as the Kaggle files have them: ISO-8859-1, CRLF, some locations missing."""
    with open(path, "w", encoding="ISO-8859-1", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(
            ["UserName", "ScreenName", "Location", "TweetAt", "OriginalTweet", "Sentiment"]
        )
        for row, (text, label) in enumerate(tweets):
            location = ("London, UK", "", "México")[row % 3]
            rows.writerow(
                [3799 + row, 48751 + row, location, f"{16 + row % 10}-03-2020", text, label]
            )
    return path
