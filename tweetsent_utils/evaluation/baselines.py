"""What comes for free, so that a model's score has a scale."""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tweetsent_utils.errors import note
from tweetsent_utils.evaluation.metrics import score_predictions
from tweetsent_utils.evaluation.ordinal_regression import CumulativeLogit


def fit_majority(texts: Sequence[str], labels: np.ndarray) -> ClassifierMixin:
    """Return a classifier that answers the most frequent of N labels to every text."""
    return DummyClassifier(strategy="most_frequent").fit(texts, labels)


def fit_bag_of_words(texts: Sequence[str], labels: np.ndarray) -> ClassifierMixin:
    """Return a logistic regression on TF-IDF of words and word pairs, fitted on N plain texts.

    Where no text has a word of two letters or more (emoji alone, say), or all labels are one, there
    is nothing to weigh: the answer to every text is then the most frequent class.
    """
    vectorizer = TfidfVectorizer(ngram_range=(1, 2))
    return fit_on_words(vectorizer, LogisticRegression(max_iter=1000), texts, labels)


def fit_ordinal_bag_of_words(texts: Sequence[str], labels: np.ndarray) -> ClassifierMixin:
    """Return an ordinal regression on counts of words, fitted on N plain texts.

    Each word has one weight, which most words leave at zero, and the sum of a text's weights is cut
    into classes: see `CumulativeLogit`. The N labels are ranks of classes that have an order. Where
    there is nothing to weigh, the answer is that of `fit_bag_of_words`.
    """
    return fit_on_words(CountVectorizer(), CumulativeLogit(), texts, labels)


def fit_on_words(
    vectorizer: CountVectorizer,
    classifier: ClassifierMixin,
    texts: Sequence[str],
    labels: np.ndarray,
) -> ClassifierMixin:
    """Fit a classifier on the words that a vectorizer finds in N texts, or else the majority."""
    find_words = vectorizer.build_analyzer()
    if len(np.unique(labels)) < 2 or not any(find_words(text) for text in texts):
        return fit_majority(texts, labels)
    return make_pipeline(vectorizer, classifier).fit(texts, labels)


BASELINES = {"majority": fit_majority, "bag_of_words": fit_bag_of_words}
ORDINAL_BASELINES = {"ordinal_bag_of_words": fit_ordinal_bag_of_words}
BAGS_OF_WORDS = ("bag_of_words", "ordinal_bag_of_words")


def score_baselines(
    train_texts: Sequence[str],
    train_labels: np.ndarray,
    texts: Sequence[str],
    labels: np.ndarray,
    ordered: bool = False,
) -> dict[str, dict[str, float]]:
    """Fit the baselines on training rows and score them on other rows.

    Returns `accuracy` and `macro_f1` by the name of the baseline: `majority`, `bag_of_words`, and
    for labels that are ranks of `ordered` classes `ordinal_bag_of_words`.
    """
    scores = {}
    for name, fit in (BASELINES | (ORDINAL_BASELINES if ordered else {})).items():
        baseline = fit(train_texts, train_labels)
        scores[name] = score_predictions(labels, baseline.predict(texts))
    return scores


def best_bag_of_words(baselines: Mapping[str, Mapping[str, float]]) -> float:
    """Return the accuracy of the best bag of words among the scores of `score_baselines`."""
    return max(baselines[name]["accuracy"] for name in BAGS_OF_WORDS if name in baselines)


def note_if_behind(accuracy: float, bag_of_words: float, split: str) -> None:
    """Tell the user that a model is no better than a bag of words on a split, if that is so."""
    if bag_of_words == 1:
        what = f"on the {split} texts a bag of words makes no mistake"
        note(f"{what}: words suffice here, and this model ({accuracy:.3f}) has nothing to add")
    elif accuracy <= bag_of_words:
        what = f"on the {split} texts this model ({accuracy:.3f}) does not beat a bag of words"
        remedy = "give it more rows, more epochs (num_epochs) or another max_lr"
        note(f"{what} ({bag_of_words:.3f}): {remedy}, or take the bag of words")
