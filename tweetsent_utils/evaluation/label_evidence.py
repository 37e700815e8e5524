"""What labels give away: by phrase, by score, and by what a rule or a model misses."""

import re
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from tweetsent_utils.data.cleaning import clean
from tweetsent_utils.evaluation.lexicon import MOST_CHARACTERS

BINS = np.linspace(-1, 1, 81)
PHRASES = {
    "all tweets": "",
    "it looks like": r"(?i)\b(?:looks?|looking|seems|feels|sounds) like\b",
    "kills the virus": r"(?i)\bkill(?:s|ing|ed)? (?:the )?(?:virus|germs|bacteria)",
    "oh great, such fun": r"(?i)\boh (?:great|joy)\b|\bsuch fun\b|\bthanks a lot\b",
}
KINDS = {
    "the word no": r"(?i)\bno\b",
    "heart or flawed": r"(?i)\b(?:hearts?|flawed)\b",
    "the word but": r"(?i)\bbut\b",
    "a word twice": r"(?i)\b(\w{4,})\b.*\b\1\b",
}


def count_phrases(tweets: pd.DataFrame, classes: int, ordered: bool) -> pd.DataFrame:
    """Return how many tweets have each phrase and, for ordered classes, where these are.

    `tweets` has the columns `text` and `label`, a rank. A phrase that none has is left out.
    """
    rows = {}
    for phrase, form in PHRASES.items():
        ranks = tweets["label"][tweets["text"].str.contains(form)]
        if len(ranks):
            rows[phrase] = {"tweets": len(ranks)}
            if ordered:
                rows[phrase]["upper half"] = float((ranks > (classes - 1) / 2).mean())
                rows[phrase]["lowest class"] = float((ranks == 0).mean())
    return pd.DataFrame.from_dict(rows, orient="index")


def count_words_by_class(tweets: pd.DataFrame, listed: Mapping[str, float]) -> pd.DataFrame:
    """Return a row per class that occurs: its mean number of `words`, and of those that are listed.

    `tweets` has the columns `text` and `label`, a rank; `listed` are the words of a list, and the
    column of their mean number is `on the list`. Words are what spaces separate; the list is asked
    about the bare ones.
    """
    bare = tweets["text"].map(lambda text: clean(text[:MOST_CHARACTERS], "words").lower().split())
    counts = {
        "words": tweets["text"].str.split().str.len(),
        "on the list": bare.map(lambda words: sum(word in listed for word in words)),
    }
    return pd.DataFrame(counts).groupby(tweets["label"]).mean()


def histograms_by_class(scores: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return how many of N tweets of each class have a score in each of 80 bins from -1 to 1."""
    counts = [np.histogram(scores[labels == rank], BINS)[0] for rank in range(classes)]
    return np.array(counts)


def tabulate_unexplained(
    texts: pd.Series,
    labels: pd.Series,
    answers: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Return for tweets of several kinds the share of labels that each rule misses.

    `answers` are the rules' N ranks, by name. A tweet may be of several kinds; a kind that does not
    occur is left out.
    """
    words = texts.map(lambda text: clean(text[:MOST_CHARACTERS], "words"))
    kinds = {name: words.map(re.compile(form).search).notna() for name, form in KINDS.items()}
    kinds["none of these"] = ~pd.DataFrame(kinds).any(axis=1)
    rows = {}
    for kind, members in kinds.items():
        if members.any():
            missed = {
                step: float((ranks != labels)[members].mean()) for step, ranks in answers.items()
            }
            rows[kind] = {"tweets": int(members.sum()), **missed}
    return pd.DataFrame.from_dict(rows, orient="index")


def sort_by_difficulty(
    texts: pd.Series,
    distances: np.ndarray,
    listed: Mapping[str, float],
) -> dict[str, pd.Series]:
    """Return which of N tweets are how far from a cut, and which have words that are hard to read.

    `distances` are those of their scores to the nearest cut; `listed` are the words of the list.
    """
    words = texts.map(lambda text: clean(text[:MOST_CHARACTERS], "words").lower())
    number = words.map(lambda text: sum(word in listed for word in text.split()))
    far = pd.Series(distances, texts.index)
    sorts = {}
    for low, high in pairwise([0, 0.05, 0.1, 0.2]):
        sorts[f"{low} to {high} from a cut"] = (low <= far) & (far < high)
    sorts["0.2 or more from a cut"] = far >= 0.2
    sorts["no listed word"] = number == 0
    sorts["one listed word"] = number == 1
    sorts["several listed words"] = number > 1
    for word in ("no", "not", "but"):
        sorts[f"the word {word}"] = words.str.contains(rf"\b{word}\b")
    return sorts


def shares_by_sort(sorts: Mapping[str, pd.Series], differs: pd.Series) -> dict[str, float]:
    """Return for each sort of tweets that occurs the share of them that `differs` marks."""
    return {name: float(differs[those].mean()) for name, those in sorts.items() if those.any()}
