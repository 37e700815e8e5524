"""Which labels may be wrong? Those that a model contradicts on rows that it has not learnt from."""

import numpy as np
from cleanlab.filter import find_label_issues

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inputs import are_probabilities, require_ranks, require_rows


def find_suspects(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the positions of rows whose labels are suspect, the most doubtful first.

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
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
