"""Classes and their order: from label names to the ranks that a model is trained on."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tweetsent_utils.errors import TweetsentError, note, quote, quote_names


def class_names(labels: pd.Series, label_order: Sequence[str]) -> list[str]:
    """Return `label_order`, or if it is empty the labels that occur, sorted.

    Labels that differ only in case or outer spaces are one class, in their commonest spelling.
    Whole numbers are sorted as numbers.
    """
    if label_order:
        return list(label_order)
    rarest_first = labels.str.strip().value_counts().index[::-1]
    names = {name.casefold(): name for name in rarest_first}.values()
    are_numbers = all(re.fullmatch("-?[0-9]{1,18}", name) for name in names)
    return sorted(names, key=int if are_numbers else None)


def label_ids(labels: pd.Series, label_order: Sequence[str], path: str | Path) -> pd.Series:
    """Turn label names into their ranks in `label_order` (0 for the first), with the same index.

    A label in another case or with outer spaces is accepted, and printed. `path` only serves the
    messages. Raises `TweetsentError`, with the row, for an unknown label.
    """
    ranks = {label.strip().casefold(): rank for rank, label in enumerate(label_order)}
    found = labels.str.strip().str.casefold().map(ranks)
    unknown = found.isna()
    if unknown.any():
        row_id = unknown.idxmax()
        where = f"{path}: data row {row_id + 1} has the unknown label {quote(labels[row_id])}"
        remedy = f"correct it, or add it to label_order, now {quote_names(label_order)}"
        raise TweetsentError(f"{where} ({unknown.sum()} such rows): {remedy}")
    respelled = labels[~labels.isin(label_order)]
    if len(respelled):
        row_id = respelled.index[0]
        where = f"{path}: data row {row_id + 1} has the label {quote(respelled[row_id])}"
        label = quote(label_order[int(found[row_id])])
        note(f"{where}, read as {label} ({len(respelled)} such rows)")
    return found.astype(int)
