"""Setting against setting: what differs between runs, and whether it is more than noise."""

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student_t

from tweetsent_utils.evaluation.uncertainty import CONFIDENCE, standard_error

GAP = "–"  # a value that a run's record lacks


def find_differing(parameters: pd.DataFrame) -> list[str]:
    """Return the columns that hold at least two values; a gap is no value."""
    return [name for name in parameters if parameters[name].nunique() > 1]


def number_groups(frame: pd.DataFrame) -> pd.Series:
    """Return a number from 1 on for each row, the same for equal rows; a gap only equals a gap."""
    rows = [tuple(row) for row in frame.fillna(GAP).to_numpy().tolist()]
    codes, _ = pd.factorize(pd.Series(rows, dtype=object))
    return pd.Series(codes + 1, frame.index)


def training_curves(history: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the smoothed train loss and each epoch's validation accuracy.

    Both are indexed by the share of the training, in percent. The loss is a running mean over a
    fifteenth of the training.
    """
    by_share = history.set_index(100 * history.index / history.index.max())
    window = max(len(history) // 15, 1)
    loss = by_share["train_loss"].rolling(window, center=True, min_periods=1).mean()
    return loss, by_share["validation_accuracy"].dropna()


def compare_settings(one: pd.Series, other: pd.Series, rows: int) -> tuple[float, float]:
    """Return by how much one setting is ahead of another, and half the width of the 95% interval.

    Both give the accuracy by seed, with gaps, measured on a number of `rows`. Where three seeds are
    shared, seeds are compared in pairs (Student's t); else by the binomial errors of the means.
    """
    differences = (one - other).dropna()
    if len(differences) >= 3:
        quantile = student_t.ppf((1 + CONFIDENCE) / 2, len(differences) - 1)
        return differences.mean(), quantile * differences.sem()
    errors = [
        standard_error(accuracy.mean(), rows) / accuracy.count() ** 0.5 for accuracy in (one, other)
    ]
    return one.mean() - other.mean(), norm.ppf((1 + CONFIDENCE) / 2) * np.hypot(*errors)
