"""How far a score moves by the luck of the rows that it is measured on."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import binomtest, bootstrap

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inputs import require_ranks

CONFIDENCE = 0.95
MOST_DRAWN_ROWS = 10**6  # at once, so that a large test set does not fill the memory


def bootstrap_intervals(
    labels: np.ndarray,
    predictions: np.ndarray,
    ordered: bool = True,
    draws: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the scores of N predictions and their 95% intervals: `score`, `low` and `high`.

    Labels and predictions are ranks, as `label_ids` gives them. Rows are `accuracy`, `macro_f1`
    and, for ordered classes, `mean_absolute_error`. The interval of the accuracy is Wilson's; those
    of the others are percentiles over draws of rows: Efron 1979,
    https://doi.org/10.1214/aos/1176344552. A class that a draw does not hold does not count in it.
    Where all draws score alike, as they do when every answer is right, drawing again cannot tell an
    interval, and the row is left out. Raises `TweetsentError` for anything but ranks, and for
    lengths that differ.
    """
    labels = require_ranks("labels", labels)
    predictions = require_ranks("predictions", predictions)
    if len(labels) != len(predictions):
        what = f"there are {len(labels):,} labels and {len(predictions):,} predictions"
        raise TweetsentError(f"{what}: give one prediction for each label")
    statistics = {"macro_f1": macro_f1}
    if ordered:
        statistics["mean_absolute_error"] = mean_absolute_error
    hits = int((labels == predictions).sum())
    rows = {"accuracy": [hits / len(labels), *wilson_interval(hits, len(labels))]}
    for name, statistic in statistics.items():
        low, high = bootstrap_interval(statistic, labels, predictions, draws, seed)
        if low < high:
            rows[name] = [statistic(labels, predictions), low, high]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["score", "low", "high"])


def wilson_interval(hits: int, rows: int) -> tuple[float, float]:
    """Return the 95% interval of the share of `hits` among a number of rows.

    It holds for few rows too, and has a width where all rows are hits. Wilson 1927,
    https://doi.org/10.1080/01621459.1927.10502953.

    >>> low, high = wilson_interval(30, 30)
    >>> round(low, 3), high
    (0.886, 1.0)
    """
    interval = binomtest(hits, rows).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def bootstrap_interval(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    labels: np.ndarray,
    predictions: np.ndarray,
    draws: int,
    seed: int,
) -> tuple[float, float]:
    """Return the 95% interval of one statistic of N labels and predictions."""
    if len(labels) == 1:  # every draw is this row
        only = statistic(labels, predictions)
        return only, only
    found = bootstrap(
        (labels, predictions),
        statistic,
        paired=True,
        vectorized=False,
        n_resamples=draws,
        batch=max(MOST_DRAWN_ROWS // len(labels), 1),
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=seed,
    )
    return found.confidence_interval.low, found.confidence_interval.high


def mean_absolute_error(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Return the mean distance between prediction and label, in ranks."""
    return float(np.abs(labels - predictions).mean())


def macro_f1(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Return the mean F1 of the classes that labels or predictions hold.

    The same as scikit-learn's, which checks its input at a hundred times the cost of the counting.
    """
    classes = 1 + max(labels.max(), predictions.max())
    right = np.bincount(labels[labels == predictions], minlength=classes)
    counts = np.bincount(labels, minlength=classes) + np.bincount(predictions, minlength=classes)
    occurs = counts > 0
    return float((2 * right[occurs] / counts[occurs]).mean())


def standard_error(accuracy: float, rows: int) -> float:
    """Return the standard error of an accuracy that was measured on a number of rows (binomial)."""
    return (accuracy * (1 - accuracy) / rows) ** 0.5


def describe_place(score: float, interval: pd.Series) -> str:
    """Say whether a score is inside of an interval, which has the entries `low` and `high`."""
    low, high = interval["low"], interval["high"]
    place = "inside" if low <= score <= high else "outside"
    return f"{score:.3f} is {place} the interval of {low:.3f} to {high:.3f}"
