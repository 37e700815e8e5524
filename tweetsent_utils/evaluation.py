"""Predictions over a whole loader, their scores as sums over examples, and the two baselines that give a scale."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import log_softmax
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline
from torch.nn import Module
from torch.utils.data import DataLoader

from tweetsent_utils.training import eval_step


def predict(model: Module, loader: DataLoader, precision: torch.dtype = torch.float32) -> tuple[np.ndarray, ...]:
    """Run a model over every batch of a loader, in whatever order the loader gives them.

    Returns `(row_ids, labels, logits)` of shapes (N,), (N,) and (N, classes), sorted by row id.
    """
    parts = [(batch["row_ids"], batch["labels"], eval_step(model, batch, precision).cpu()) for batch in loader]
    row_ids, labels, logits = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
    order = row_ids.argsort(kind="stable")
    return row_ids[order], labels[order], logits[order]


def score(labels: np.ndarray, logits: np.ndarray, ordered: bool = True) -> dict[str, float]:
    """Score logits of shape (N, classes) against N labels.

    Returns `loss` (mean cross-entropy in nats), `accuracy`, `macro_f1`, for ordered classes `mean_class_distance` (mean
    of |predicted rank - true rank|), and `rows` (N). Every figure is over examples, never a mean over batches.
    """
    predictions = logits.argmax(axis=1)
    losses = -log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]
    scores = {"loss": float(losses.mean()), **score_predictions(labels, predictions)}
    scores |= {"mean_class_distance": float(np.abs(predictions - labels).mean())} if ordered else {}
    return scores | {"rows": len(labels)}


def score_predictions(labels: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return `accuracy` and `macro_f1` (the mean of the classes' F1, each class with the same weight)."""
    macro_f1 = f1_score(labels, predictions, average="macro", zero_division=0)
    return {"accuracy": float(accuracy_score(labels, predictions)), "macro_f1": float(macro_f1)}


def score_baselines(
    train_texts: Sequence[str], train_labels: np.ndarray, texts: Sequence[str], labels: np.ndarray
) -> dict[str, dict[str, float]]:
    """Fit the baselines on the training rows and score them on other rows.

    `majority` answers the most frequent class, `bag_of_words` a logistic regression on TF-IDF of words and word pairs.
    """
    bag_of_words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
    baselines = {"majority": DummyClassifier(strategy="most_frequent"), "bag_of_words": bag_of_words}
    return {
        name: score_predictions(labels, baseline.fit(train_texts, train_labels).predict(texts))
        for name, baseline in baselines.items()
    }
