"""Which labels may be wrong? Those that a model contradicts on rows it has not learned from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues

from tweetsent_utils.checksums import write_recorded
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inputs import are_probabilities, require_ranks, require_rows
from tweetsent_utils.evaluation.predictions import class_probabilities


def find_suspects(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the positions of rows whose labels are suspect, the least probable label first.

    `labels` are N ranks, `probabilities` have shape (N, classes). A row is suspect when another
    class is likelier than its label and reaches the mean probability that this class has on its own
    rows; where all rows have one label, none is. Confident learning: Northcutt et al.,
    https://arxiv.org/abs/1911.00068. Raises `TweetsentError` for labels that are no ranks, and for
    anything but probabilities.
    """
    probabilities = require_rows("probabilities", probabilities, labels)
    labels = require_ranks("labels", labels, probabilities.shape[1])
    if not are_probabilities(probabilities, tolerance=0.01):
        what = "the probabilities are not between 0 and 1, or a row of them does not sum to 1"
        raise TweetsentError(f"{what}: give the softmax of the logits, as inference returns it")
    if len(np.unique(labels)) < 2:  # no other class has rows, and so no bar to reach
        return np.array([], dtype=int)
    return find_label_issues(
        labels,
        probabilities,
        filter_by="confident_learning",
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )


def class_bars(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return what a class must reach to make a row suspect, of shape (classes,).

    It is the mean probability that each class has on the rows with its label: how sure a model
    usually is of that class. For a class that no row has, it is not a number.
    """
    classes = probabilities.shape[1]
    rows = np.bincount(labels, minlength=classes)
    own = probabilities[np.arange(len(labels)), labels]
    sums = np.bincount(labels, weights=own, minlength=classes)
    return np.divide(sums, rows, out=np.full(classes, np.nan), where=rows > 0)


def plant_wrong_labels(
    labels: np.ndarray,
    classes: int,
    share: float = 0.05,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a copy of N labels of which a share is wrong, and the positions of the wrong ones.

    Labels are ranks below `classes`, of which there are two or more. At least one label is wrong.
    Each of the other classes is as likely to be the wrong one.
    """
    random = np.random.default_rng(seed)
    planted = random.choice(len(labels), max(round(share * len(labels)), 1), replace=False)
    wrong = np.array(labels)
    wrong[planted] += random.integers(1, classes, len(planted))
    return wrong % classes, planted


def share_found(order: np.ndarray, planted: np.ndarray, rows: int) -> np.ndarray:
    """Return the share of planted rows among the first 0, 1, ... `rows` looked at.

    `order` are positions, the first to look at first. Where it ends, nothing more is found.
    """
    found = np.zeros(rows + 1)
    hits = np.isin(order[:rows], planted).cumsum() / len(planted)
    found[1 : len(hits) + 1] = hits
    found[len(hits) + 1 :] = hits[-1] if len(hits) else 0
    return found


def tabulate_suspects(tweets: pd.DataFrame, label_order: Sequence[str]) -> pd.DataFrame:
    """Return the suspects among N tweets, the least probable label first, with their texts.

    `tweets` has the columns that `join_predictions` gives, and `split`, which part of the data the
    tweet is from. The columns are `row_id`, `split`, `text`, the `label` and the `suggested` class
    by name, and the `probability` of the latter.
    """
    probabilities = class_probabilities(tweets, label_order)
    suspects = tweets.iloc[find_suspects(tweets["label"].to_numpy(), probabilities)]
    table = suspects[["row_id", "split", "text"]].reset_index(drop=True)
    table["label"] = [label_order[rank] for rank in suspects["label"]]
    table["suggested"] = [label_order[rank] for rank in suspects["prediction"]]
    table["probability"] = suspects["confidence"].to_numpy()
    return table


def save_suspects(run: Path, suspects: pd.DataFrame) -> None:
    """Write suspects to a run's `suspects.csv`, without their texts, with its checksum."""
    columns = ["row_id", "split", "label", "suggested", "probability"]
    write_recorded(
        run / "suspects.csv",
        lambda file: suspects[columns].to_csv(file, index=False, float_format="%.6f"),
    )
