"""How well each class is read, and what it is mistaken for."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from tweetsent_utils.evaluation.inputs import require_ranks

MOST_NAMED = 4  # wrong answers in a sentence


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
    return f"Most often, {label_order[truth]!r} is taken for {label_order[answer]!r}"


def hardest_class(matrix: np.ndarray) -> int:
    """Return the class of which the smallest share is found, by a matrix with a row per class.

    Classes without a row of data are passed over.
    """
    rows = matrix.sum(axis=1)
    recall = matrix.diagonal() / rows.clip(min=1)
    return int(np.where(rows > 0, recall, np.inf).argmin())


def read_row_aloud(matrix: np.ndarray, label_order: Sequence[str], row: int) -> str:
    """Say in a sentence what becomes of a hundred texts of one class.

    `matrix` has shape (classes, classes), a row per true class and a column per answer. The numbers
    are rounded each by itself, as in a figure. Four wrong answers are named; of more, the three
    most frequent, and the rest is counted together.

    >>> read_row_aloud(np.array([[6, 2], [0, 4]]), ["bad", "good"], 0)
    'Of 100 texts that are bad, the model gets 75 right and calls 25 good.'
    """
    name = label_order[row]
    if not matrix[row].any():
        return f"No text here is {name}."
    exact = 100 * matrix[row] / matrix[row].sum()
    shares = np.rint(exact).astype(int)
    wrong = [rank for rank in np.argsort(-exact, kind="stable") if rank != row and shares[rank]]
    named = wrong if len(wrong) <= MOST_NAMED else wrong[: MOST_NAMED - 1]
    answers = [f"{shares[rank]} {label_order[rank]}" for rank in named]
    rest = exact.sum() - exact[[row, *named]].sum()
    if rest >= 1:
        answers.append(f"{rest:.0f} something else")
    right = f"Of 100 texts that are {name}, the model gets {shares[row]} right"
    if not answers:
        return f"{right}."
    *first, last = answers
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"{right} and calls {listed}."
