"""What scores are worked out from: ranks and rows of numbers, each refused in one sentence."""

from typing import Any

import numpy as np

from tweetsent_utils.errors import TweetsentError


def require_ranks(name: str, values: Any, classes: int = 0) -> np.ndarray:
    """Return N ranks as an array of whole numbers, of shape (N,).

    `name` is what the message calls them. Raises `TweetsentError` where there is none, and for
    anything but whole numbers from 0 on, below the number of `classes` unless that is 0.
    """
    ranks = np.asarray(values)
    if ranks.ndim != 1:
        remedy = "give one rank for each row; `.argmax(axis=1)` turns logits into ranks"
        raise TweetsentError(f"the {name} have the shape {ranks.shape}: {remedy}")
    if not len(ranks):
        raise TweetsentError(f"there are no {name}: give those of at least one row")
    if ranks.dtype.kind not in "iub":
        what = f"the {name} are no ranks (the first is {ranks.tolist()[0]!r})"
        raise TweetsentError(f"{what}: give whole numbers from 0 on, as label_ids makes them")
    ranks = ranks.astype(np.int64)
    is_outside = (ranks < 0) | ((ranks >= classes) & (classes > 0))
    if is_outside.any():
        row = int(is_outside.argmax())
        what = f"row {row + 1} of the {name} is {ranks[row]}"
        known = f"from 0 to {classes - 1}" if classes else "from 0 on"
        raise TweetsentError(f"{what}: ranks go {known}, one for each class")
    return ranks


def require_rows(name: str, values: Any, labels: Any) -> np.ndarray:
    """Return numbers of shape (N, classes), a row for each of N labels.

    `name` is what the message calls them. Raises `TweetsentError` for another shape.
    """
    table = np.asarray(values)
    if table.ndim != 2 or table.dtype.kind not in "fiu":
        what = f"the {name} have the shape {table.shape} and the type {table.dtype}"
        raise TweetsentError(f"{what}: give a row of numbers for each text, one for each class")
    if len(table) != len(labels):
        what = f"there are {len(labels):,} labels and {len(table):,} rows of {name}"
        raise TweetsentError(f"{what}: give one row for each label")
    return table


def are_probabilities(table: np.ndarray, tolerance: float) -> bool:
    """Tell whether each row of an array is between 0 and 1 and sums to 1, up to a tolerance."""
    is_share = (table >= -tolerance) & (table <= 1 + tolerance)
    sums_to_one = np.abs(table.sum(axis=1) - 1) <= tolerance
    return bool(is_share.all() and sums_to_one.all())
