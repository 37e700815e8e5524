"""Scores as sums over examples, never as means over batches."""

import numpy as np
from scipy.special import log_softmax
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inputs import are_probabilities, require_ranks, require_rows


def score(labels: np.ndarray, logits: np.ndarray, ordered: bool = True) -> dict[str, float]:
    """Score logits of shape (N, classes), not probabilities, against N labels, which are ranks.

    `predict_logits` gives such logits, `label_ids` such labels.

    Returns `loss` (mean cross-entropy in nats), `accuracy`, `macro_f1`, `mean_absolute_error` (mean
    of |predicted rank - true rank|; for ordered classes only), and `rows` (N). Raises
    `TweetsentError` for labels that are no ranks, and for probabilities, whose loss would be wrong.
    """
    logits = require_rows("logits", logits, labels)
    labels = require_ranks("labels", labels, logits.shape[1])
    if are_probabilities(logits, tolerance=1e-4):
        what = "each row of the logits sums to 1, as probabilities do"
        raise TweetsentError(f"{what}: give the logits, as predict_logits returns them")
    predictions = logits.argmax(axis=1)
    scores = {"loss": cross_entropy(labels, logits), **score_predictions(labels, predictions)}
    if ordered:
        scores["mean_absolute_error"] = float(mean_absolute_error(labels, predictions))
    scores["rows"] = len(labels)
    return scores


def cross_entropy(labels: np.ndarray, logits: np.ndarray) -> float:
    """Return the mean cross-entropy, in nats, of logits of shape (N, classes) for N labels.

    From logits, because a probability of 0 would have to be clipped.
    """
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())


def score_predictions(labels: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return `accuracy` and `macro_f1`, the mean of the classes' F1, each with the same weight."""
    macro_f1 = f1_score(labels, predictions, average="macro", zero_division=0)
    return {
        "accuracy": float(accuracy_score(labels, predictions)),
        "macro_f1": float(macro_f1),
    }
