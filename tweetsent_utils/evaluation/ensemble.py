"""An ensemble: the mean of several models' probabilities, and what it gains over one of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from tweetsent_utils.evaluation.metrics import score
from tweetsent_utils.evaluation.predictions import class_probabilities, tabulate_predictions
from tweetsent_utils.evaluation.reliability import (
    SMALLEST,
    expected_calibration_error,
    judge_answers,
)
from tweetsent_utils.evaluation.uncertainty import CONFIDENCE

SAME = ["row_id", "label", "text"]  # what the tables of an ensemble's members agree in
MORE_IS_BETTER = ("accuracy", "macro_f1")


def average_predictions(
    members: Sequence[pd.DataFrame],
    label_order: Sequence[str],
) -> pd.DataFrame:
    """Return the predictions of an ensemble: the mean of its members' probabilities, row by row.

    `members` are tables of predictions for the same rows, as `tabulate_predictions` makes them, and
    so is what comes back. Each model gives a distribution over the classes, and the mean of them is
    one too: that of a model picked at random, with a loss that can't be above the members' mean.
    Logits have no common scale, and in their mean one model that is very sure outvotes the others.
    Lakshminarayanan et al., https://arxiv.org/abs/1612.01474.
    """
    mean = np.mean([class_probabilities(member, label_order) for member in members], axis=0)
    return tabulate_predictions(members[0], as_logits(mean), label_order)


def as_logits(probabilities: np.ndarray) -> np.ndarray:
    """Return logits of which softmax makes these probabilities, of shape (N, classes)."""
    return np.log(np.clip(probabilities, SMALLEST, None))


def have_same_rows(members: Sequence[pd.DataFrame]) -> bool:
    """Tell whether tables with the columns `row_id`, `label` and `text` are of the same texts."""
    first = members[0][SAME].reset_index(drop=True)
    return all(first.equals(member[SAME].reset_index(drop=True)) for member in members[1:])


def score_probabilities(
    predictions: pd.DataFrame,
    label_order: Sequence[str],
    ordered: bool = True,
) -> dict[str, float]:
    """Return the scores of a table of predictions: those of `score`, and `calibration_error`.

    All are computed from the probabilities. In a file these have six decimals, and one that was
    rounded to 0 counts as 1e-7 in the loss.
    """
    labels = predictions["label"].to_numpy()
    probabilities = class_probabilities(predictions, label_order)
    scores = score(labels, as_logits(probabilities), ordered)
    error = expected_calibration_error(*judge_answers(labels, probabilities))
    return scores | {"calibration_error": error}


def summarize_members(scores: Mapping[str, Mapping[str, float]]) -> dict[str, dict]:
    """Return the scores of members: of `each`, their `mean`, and their `std` (n - 1).

    The number of `rows` is left out of the latter two.
    """
    table = pd.DataFrame.from_dict(scores, orient="index").drop(columns="rows")
    return {
        "each": {name: dict(values) for name, values in scores.items()},
        "mean": table.mean().to_dict(),
        "std": table.std().to_dict(),
    }


def measure_gain(
    ensemble: Mapping[str, float],
    mean: Mapping[str, float],
) -> dict[str, float]:
    """Return by how much each score of an ensemble is better than its members' mean.

    Above 0 is better for all of them: a higher accuracy, a lower loss.
    """
    gain = {}
    for name, value in mean.items():
        difference = ensemble[name] - value
        gain[name] = difference if name in MORE_IS_BETTER else -difference
    return gain


def gain_margin(members: Sequence[pd.DataFrame], ensemble: pd.DataFrame) -> float:
    """Return half the width of the 95% interval of an ensemble's gain in accuracy.

    It is about the choice of rows, for these members: all have answered the same rows, so it comes
    from the differences row by row, which vary less than the scores do.
    """
    right = [(member["prediction"] == member["label"]).to_numpy() for member in members]
    is_right = (ensemble["prediction"] == ensemble["label"]).to_numpy()
    return margin_of_mean(is_right - np.mean(right, axis=0))


def margin_of_mean(differences: np.ndarray) -> float:
    """Return half the width of the 95% interval of the mean of N differences."""
    error = differences.std() / len(differences) ** 0.5
    return float(norm.ppf((1 + CONFIDENCE) / 2) * error)


def gain_on_shared_rows(
    members: Sequence[pd.DataFrame],
    label_order: Sequence[str],
) -> dict[str, float]:
    """Return what averaging gains on the rows that two members or more were not trained on.

    `members` are tables of predictions, each for the rows that its model held back, with the
    columns `row_id`, `label` and `text`. A row is answered by the mean of those members that have
    it, and each of these alone is what it is compared with. So this is the gain of a smaller
    ensemble, of `members_per_row` on average, and no row is used that trained one of its models.

    Returns `rows`, `members_per_row`, `accuracy` and `loss` (the gains, above 0 where the mean is
    better), and `accuracy_margin`, as `gain_margin` means it; only `rows`, 0, if none is shared.
    """
    answers = pd.concat([judge_rows(member, label_order) for member in members])
    names = [f"p_{label}" for label in label_order]
    by_row = answers.groupby(SAME, sort=False)
    means = by_row[[*names, "right", "loss"]].mean().assign(members=by_row.size())
    shared = means[means["members"] > 1].reset_index()
    if shared.empty:
        return {"rows": 0}
    together = judge_rows(shared, label_order)
    gain = together["right"] - shared["right"]
    return {
        "rows": len(shared),
        "members_per_row": float(shared["members"].mean()),
        "accuracy": float(gain.mean()),
        "accuracy_margin": margin_of_mean(gain.to_numpy()),
        "loss": float((shared["loss"] - together["loss"]).mean()),
    }


def judge_rows(predictions: pd.DataFrame, label_order: Sequence[str]) -> pd.DataFrame:
    """Return a table of N predictions with the columns `right` (0 or 1) and `loss` (nats)."""
    labels = predictions["label"].to_numpy()
    probabilities = class_probabilities(predictions, label_order)
    of_label = np.clip(probabilities[np.arange(len(labels)), labels], SMALLEST, None)
    is_right = probabilities.argmax(axis=1) == labels
    return predictions.assign(right=is_right.astype(float), loss=-np.log(of_label))
