"""The predictions of a run for its validation and test tweets, as a table and as a file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from tweetsent_utils.checksums import verify_file, write_recorded
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
