"""What comes for free, so that a model's score has a scale."""

from collections.abc import Sequence

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tweetsent_utils.evaluation.metrics import score_predictions


def make_baselines() -> dict[str, ClassifierMixin]:
    """Return the baselines, which read plain texts.

    `majority` answers the most frequent class, `bag_of_words` is a logistic regression on TF-IDF of
    words and word pairs.
    """
    return {
        "majority": DummyClassifier(strategy="most_frequent"),
        "bag_of_words": make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2)),
            LogisticRegression(max_iter=1000),
        ),
    }


def score_baselines(
    train_texts: Sequence[str],
    train_labels: np.ndarray,
    texts: Sequence[str],
    labels: np.ndarray,
) -> dict[str, dict[str, float]]:
    """Fit the baselines on training rows and score them on other rows.

    Returns `accuracy` and `macro_f1` by the name of the baseline.
    """
    scores = {}
    for name, baseline in make_baselines().items():
        baseline.fit(train_texts, train_labels)
        scores[name] = score_predictions(labels, baseline.predict(texts))
    return scores
