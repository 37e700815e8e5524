"""How well each class is read, and what it is mistaken for."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from tweetsent_utils.evaluation.inputs import require_ranks


def score_classes(
    labels: np.ndarray,
    predictions: np.ndarray,
    train_labels: np.ndarray,
    label_order: Sequence[str],
) -> pd.DataFrame:
    """Return the scores of each class, from N labels and N predictions, all of them ranks.

    A row per name in `label_order`, with `precision`, `recall`, `f1-score`, `support` (rows with
    this label) and `training_share` (the class's share of the training rows, whose labels are
    `train_labels`: a rare class has had little to learn from). What would divide by 0 is 0.
    """
    classes = len(label_order)
    precision, recall, f1, support = precision_recall_fscore_support(
        require_ranks("labels", labels, classes),
        require_ranks("predictions", predictions, classes),
        labels=range(classes),
        zero_division=0,
    )
    train_labels = require_ranks("training labels", train_labels, classes)
    columns = {
        "precision": precision,
        "recall": recall,
        "f1-score": f1,
        "support": support,
        "training_share": np.bincount(train_labels, minlength=classes) / len(train_labels),
    }
    return pd.DataFrame(columns, index=list(label_order))


def describe_mistakes(
    matrix: np.ndarray,
    label_order: Sequence[str],
    ordered: bool = True,
) -> str:
    """Say in a few words what most mistakes in a confusion matrix have in common.

    `matrix` has shape (classes, classes), a row per true class and a column per answer. For ordered
    classes that is the share of mistakes between neighbours, otherwise the commonest mistake.
    """
    mistakes = matrix - np.diag(matrix.diagonal())
    if not mistakes.any():
        return "Every answer is right"
    if ordered:
        ranks = range(len(matrix))
        are_neighbours = np.abs(np.subtract.outer(ranks, ranks)) == 1
        share = mistakes[are_neighbours].sum() / mistakes.sum()
        return f"{share:.0%} of the mistakes are made between neighbours"
    truth, answer = np.unravel_index(mistakes.argmax(), mistakes.shape)
    return f"The commonest mistake: {label_order[truth]!r} is taken for {label_order[answer]!r}"
