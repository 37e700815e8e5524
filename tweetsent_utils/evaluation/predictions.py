"""The predictions of a run for its validation and test tweets, as a table and as a file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from tweetsent_utils.checksums import verify_file, write_recorded
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import read_errors

FILES = {"validation": "validation_predictions.csv", "test": "predictions.csv"}
WRITERS = {"validation": "03_training", "test": "04_inference"}


def tabulate_predictions(
    split: pd.DataFrame,
    logits: np.ndarray,
    label_order: Sequence[str],
) -> pd.DataFrame:
    """Return a row per tweet: row id, label, prediction, confidence and each class's probability.

    `split` has the columns `row_id` and `label` (a rank); `logits` has shape (rows, classes). The
    probability of a class is in the column `p_` and its name.
    """
    probabilities = softmax(logits, axis=1)
    table = pd.DataFrame({"row_id": split["row_id"], "label": split["label"]})
    table["prediction"] = logits.argmax(axis=1)
    table["confidence"] = probabilities.max(axis=1)
    table[[f"p_{label}" for label in label_order]] = probabilities
    return table


def save_predictions(run: Path, part: str, predictions: pd.DataFrame) -> None:
    """Write the predictions for the `validation` or `test` tweets of a run, with their checksum."""
    write_recorded(
        run / FILES[part],
        lambda file: predictions.to_csv(file, index=False, float_format="%.6f"),
    )


def load_predictions(run: Path, part: str) -> pd.DataFrame:
    """Return the predictions of a run for its `validation` or `test` tweets.

    Raises `TweetsentError` if the file is missing, damaged or not as it was written.
    """
    file = verify_file(run / FILES[part], WRITERS[part])
    with read_errors(file):
        return pd.read_csv(file)


def join_predictions(run: Path, part: str, split: pd.DataFrame) -> pd.DataFrame:
    """Return the tweets of a split with the run's predictions for them as more columns.

    `split` is what `load_split` gives for the part. Raises `TweetsentError` as `load_predictions`
    does, and where the predictions are for other tweets than these.
    """
    predictions = load_predictions(run, part)
    keys = ["row_id", "label"]
    is_same = len(split) == len(predictions)
    if not is_same or (predictions[keys].to_numpy() != split[keys].to_numpy()).any():
        what = f"{run / FILES[part]} is for other texts than the run's dataset has now"
        raise TweetsentError(f"{what}: run {WRITERS[part]}.ipynb again")
    return pd.concat([split.reset_index(drop=True), predictions.drop(columns=keys)], axis=1)


def class_probabilities(predictions: pd.DataFrame, label_order: Sequence[str]) -> np.ndarray:
    """Return the probabilities in a table of N predictions, of shape (N, classes)."""
    return predictions[[f"p_{label}" for label in label_order]].to_numpy()


def name_answers(probabilities: np.ndarray, label_order: Sequence[str]) -> list[str]:
    """Return the likeliest class of each of N rows of probabilities, with its probability.

    >>> name_answers([[0.25, 0.75]], ["bad", "good"])
    ['good, 0.750']
    """
    return [f"{label_order[np.argmax(row)]}, {np.max(row):.3f}" for row in probabilities]


def describe_answers(predictions: pd.DataFrame, label_order: Sequence[str]) -> list[str]:
    """Return a note per prediction in a table: the label, the answer and its probability."""
    columns = predictions[["label", "prediction", "confidence"]]
    return [
        f"label: {label_order[label]} · answer: {label_order[answer]}, {confidence:.3f}"
        for label, answer, confidence in columns.itertuples(index=False)
    ]
