"""What a model says of texts, and what keeps a value from being a text. Needs no torch."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

UNSURE_BELOW = 0.5  # more likely wrong than right
NO_TEXT = "no text"
NO_WORD = "no word of it is left"  # after the model's own cleaning
HALF_LETTERS = re.compile("[\ud800-\udfff]")  # of a pair of surrogates, which no tokenizer takes


class Answers(NamedTuple):
    """What a model says of N texts, in their order."""

    probabilities: np.ndarray  # float32 of shape (N, classes), NaN for what cannot be read
    is_cut: np.ndarray  # bool of shape (N,): not all of its tokens were read
    reasons: list[str]  # why a text cannot be read; "" where it was
    distinct: int  # texts that the model has read: of equal ones, one


def as_texts(values: Sequence[Any]) -> tuple[list[str], list[str]]:
    """Return N values as texts, "" for what is none, and why it is none ("" for a text)."""
    texts, reasons = [], []
    for value in values:
        reason = ""
        if not isinstance(value, str):
            value, reason = as_text(value)
        elif not value.strip():
            value, reason = "", NO_TEXT
        elif not value.isascii():
            value = HALF_LETTERS.sub("\ufffd", value)
        texts.append(value)
        reasons.append(reason)
    return texts, reasons


def as_text(value: Any) -> tuple[str, str]:
    """Return what is no text as one, or "" and why it cannot be one."""
    if isinstance(value, (dict, list, tuple, set, bytes, np.ndarray)):
        return "", f"{type(value).__name__}, and no text"
    if value is None or value is pd.NA or value != value:  # NaN and NaT differ from themselves
        return "", NO_TEXT
    return str(value), ""


def name_labels(probabilities: np.ndarray, label_order: Sequence[str]) -> pd.Categorical:
    """Return the likeliest class of each of N rows of probabilities; missing where they are NaN."""
    is_missing = np.isnan(probabilities[:, 0])
    ranks = np.where(is_missing, -1, np.nan_to_num(probabilities).argmax(axis=1))
    return pd.Categorical.from_codes(ranks, categories=list(label_order), ordered=False)
