"""Is a corpus like the texts that a model has learned from? Unknown words, lengths, confidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tweetsent_utils.data.description import bare_words
from tweetsent_utils.data.split_files import load_split
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.predictions import load_predictions

LOOKED_AT = 500  # texts of a shard, spread over it
# What is more than a run's own test texts differ from its training texts by chance.
MORE_UNKNOWN = 0.1
MORE_OUTSIDE = 0.2
LESS_CONFIDENT = 0.05


@dataclass(frozen=True)
class KnownTexts:
    """What a run's training texts were like, and what its test texts are next to them."""

    words: frozenset[str]  # of the training texts
    shortest: float  # words; one in twenty training texts has fewer
    longest: float  # words; one in twenty has more
    unknown: float  # share of the test texts' words that no training text has
    outside: float  # share of the test texts that are shorter or longer
    confidence: float  # mean, of the answers to the test texts

    def count(self, texts: Sequence[str], most: int = LOOKED_AT) -> Counter[str]:
        """Return how many texts and words there are, and how many are unlike the training's.

        Of more texts than `most`, some are looked at, at equal distances.
        """
        texts = spread(texts, most)
        counts: Counter[str] = Counter(texts=len(texts))
        for text in texts:
            words = bare_words(text).split()
            counts["words"] += len(words)
            counts["unknown"] += sum(word not in self.words for word in words)
            counts["outside"] += not self.shortest <= len(words) <= self.longest
        return counts


def describe_known_texts(run: Path) -> KnownTexts | None:
    """Return what a run's texts were like, from its dataset and its test predictions.

    It is None for a folder that is no finished run.
    """
    try:
        train = load_split(run, "train")["text"]
        test = load_split(run, "test")["text"]
        confidence = load_predictions(run, "test")["confidence"]
    except TweetsentError:
        return None
    if not len(train) or not len(test):
        return None
    lists = [bare_words(text).split() for text in train]
    shortest, longest = np.quantile([len(words) for words in lists], [0.05, 0.95])
    vocabulary = frozenset(word for words in lists for word in words)
    known = KnownTexts(vocabulary, shortest, longest, 0.0, 0.0, float(confidence.mean()))
    counts = known.count(test.tolist(), most=len(test))
    return KnownTexts(
        words=vocabulary,
        shortest=shortest,
        longest=longest,
        unknown=counts["unknown"] / max(counts["words"], 1),
        outside=counts["outside"] / counts["texts"],
        confidence=known.confidence,
    )


def spread(texts: Sequence[str], most: int) -> list[str]:
    """Return at most so many texts, at equal distances.

    >>> spread(["a", "b", "c", "d"], 2)
    ['a', 'c']
    """
    step = max(-(-len(texts) // most), 1)
    return list(texts[::step])


def compare(counts: Counter[str], confidence: float, known: KnownTexts) -> pd.DataFrame:
    """Return what a corpus is next to a run's test texts: a row for each measure.

    `counts` are sums of what `KnownTexts.count` gives, `confidence` the mean of all answers. The
    columns are `corpus`, `test texts` and `is_unlike`.
    """
    unknown = counts["unknown"] / max(counts["words"], 1)
    outside = counts["outside"] / max(counts["texts"], 1)
    rows = {
        "words that the training texts lack": (
            unknown,
            known.unknown,
            unknown > known.unknown + MORE_UNKNOWN,
        ),
        "texts much shorter or longer": (
            outside,
            known.outside,
            outside > known.outside + MORE_OUTSIDE,
        ),
        "mean confidence": (
            confidence,
            known.confidence,
            confidence < known.confidence - LESS_CONFIDENT,
        ),
    }
    columns = ["corpus", "test texts", "is_unlike"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def warn(compared: pd.DataFrame) -> str:
    """Return a sentence about what is unlike the training texts; "" where nothing is."""
    unlike = compared[compared["is_unlike"]]
    if not len(unlike):
        return ""
    what = "; ".join(describe_rows(unlike))
    remedy = "label a few hundred of these texts, and see how often the model is right on them"
    return (
        f"these texts are unlike those that the model was trained and tested on ({what}): {remedy}"
    )


def describe_rows(compared: pd.DataFrame) -> Iterable[str]:
    """Yield each measure with its two numbers."""
    for measure, row in compared.iterrows():
        yield f"{measure} {row['corpus']:.0%}, in the test texts {row['test texts']:.0%}"
