"""Reading a file of labelled tweets and checking it, so that a wrong file is told at the first step."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.runs import project_path


def read_tweets(path: str | Path, text_column: str, label_column: str, encoding: str) -> pd.DataFrame:
    """Read a CSV file of tweets and check that every row has a text and a label.

    Returns the file's table with its own columns, indexed by `row_id`: 0 for the first data row of the file.
    Raises `TweetsentError` for a missing file or column, a wrong encoding, or a row without text or label.
    """
    file = project_path(path)
    if not file.is_file():
        raise TweetsentError(f"{path} is not a file: name another, or fetch the Kaggle files with `make data`")
    try:
        # Only an empty field is missing: a tweet may well say "NA" or "None". A byte order mark is no part of a name.
        rules = {"dtype": {text_column: str, label_column: str}, "keep_default_na": False, "na_values": [""]}
        codec = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            tweets = pd.read_csv(file, encoding=codec, index_col=False, **rules)
    except LookupError:
        raise TweetsentError(f"encoding is {encoding!r}, which Python does not know: try ISO-8859-1 or utf-8") from None
    except UnicodeError as error:
        raise TweetsentError(f"{path} is not {encoding} ({error}): try encoding ISO-8859-1 or utf-8") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        reason = str(error).strip()
        raise TweetsentError(f"{path} is no CSV file that pandas can read ({reason}): repair or replace it") from None
    for column in (text_column, label_column):
        if column not in tweets.columns:
            there = ", ".join(map(str, tweets.columns))
            raise TweetsentError(f"{path} has no column {column!r}: set text_column and label_column to two of {there}")
        missing = tweets[column].isna() | (tweets[column].str.strip() == "")
        if missing.any():
            where = f"{path}: data row {missing.argmax() + 1} has no {column}"
            raise TweetsentError(f"{where}: fill it in or remove the row ({missing.sum()} such rows)")
    return tweets.rename_axis("row_id")


def label_ids(labels: pd.Series, label_order: Sequence[str], path: str | Path) -> pd.Series:
    """Turn label names into their ranks in `label_order` (0 for the first); the index is kept.

    Raises `TweetsentError` with the file and data row of a label that `label_order` does not name.
    """
    unknown = ~labels.isin(label_order)
    if unknown.any():
        row_id = unknown.idxmax()
        where = f"{path}: data row {row_id + 1} has the unknown label {labels[row_id]!r}"
        raise TweetsentError(f"{where}: correct the row, or label_order, which names {', '.join(label_order)}")
    return labels.map({label: rank for rank, label in enumerate(label_order)}).astype(int)
