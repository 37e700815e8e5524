"""Which labels may be wrong? Those that a model contradicts on rows that it has not learnt from."""

import numpy as np
from cleanlab.filter import find_label_issues


def find_suspects(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the positions of rows whose labels are suspect, the most doubtful first.

    `labels` are N ranks, `probabilities` have shape (N, classes). A row is suspect when another
    class is likelier than its label and reaches the mean probability that this class has on its own
    rows. Confident learning: Northcutt et al., https://arxiv.org/abs/1911.00068.
    """
    return find_label_issues(
        labels,
        probabilities,
        filter_by="confident_learning",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
