"""Reading a file of labelled tweets and checking it, so that a wrong file is told at the first step."""

import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pandas.errors import ParserError, ParserWarning

from tweetsent_utils.errors import TweetsentError, told
from tweetsent_utils.files import project_path


def read_tweets(path: str | Path, text_column: str, label_column: str, encoding: str) -> pd.DataFrame:
    """Read a CSV file of tweets and check that every row has a text and a label.

    Returns the file's table with its own columns, indexed by `row_id`: 0 for the first data row of the file.
    Raises `TweetsentError` for a broken file, a missing or doubled column, or a row without text or label.
    """
    text = decode(path, encoding)
    # Only an empty field is missing: a tweet may well say "NA" or "None".
    rules = {"dtype": {text_column: str, label_column: str}, "keep_default_na": False, "na_values": [""]}
    broken = (f"{path} is no CSV file that pandas can read", "repair or replace it", ParserError, ParserWarning)
    with told(*broken):
        header = pd.read_csv(io.StringIO(text), header=None, nrows=1, dtype=str, keep_default_na=False)
    columns = header.iloc[0].tolist()  # as they are: pandas would rename the second of two alike
    there = ", ".join(columns)[:200]
    if len(columns) == 1 and re.search("[;\t|]", there):
        raise TweetsentError(f"{path} has no commas between its columns ({there!r}): save it as CSV with commas")
    with told(*broken), warnings.catch_warnings(action="error", category=ParserWarning):
        tweets = pd.read_csv(io.StringIO(text), index_col=False, **rules)
    for column in (text_column, label_column):
        if columns.count(column) != 1:
            what = f"{path} has {'two columns' if column in columns else 'no column'} {column!r}"
            raise TweetsentError(f"{what}: set text_column and label_column to two of {there}, each there once")
        missing = tweets[column].isna() | (tweets[column].str.strip() == "")
        if missing.any():
            where = f"{path}: data row {missing.argmax() + 1} has no {column}"
            raise TweetsentError(f"{where}: fill it in or remove the row ({missing.sum()} such rows)")
    if tweets.empty:
        raise TweetsentError(f"{path} has a header and no row below it: give a file with tweets")
    return tweets.rename_axis("row_id")


def decode(path: str | Path, encoding: str) -> str:
    """Return a file's text; raises `TweetsentError` when it is not there, empty, or written in another encoding."""
    file = project_path(path)
    if not file.is_file():
        raise TweetsentError(f"{path} is not a file: name another, or fetch the Kaggle files with `make data`")
    with told(f"{path} cannot be read", "get the right to read it", OSError):
        data = file.read_bytes()
    try:
        with told(f"encoding {encoding!r} cannot be used", "try ISO-8859-1 or utf-8", LookupError):
            # a byte order mark is no part of a column's name
            text = data.decode("utf-8-sig" if re.fullmatch("utf[-_]?8", encoding, re.IGNORECASE) else encoding)
    except UnicodeError as error:
        line = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        what = f"{path} is not {encoding} ({error}, in line {line:,})"
        raise TweetsentError(f"{what}: try encoding ISO-8859-1 or utf-8") from None
    if not text.strip():
        raise TweetsentError(f"{path} is empty: give a file with a header and tweets")
    # UTF-8 read as something else never fails, it garbles. The Kaggle files were garbled before they were written and
    # are meant to be read so; the control characters U+0080 to U+009F, which no proper text has, tell them apart.
    proper = data.decode("utf-8", errors="replace")
    sign = re.search(r"[^\x00-\x7f]", proper)
    if sign and not re.search("[\x80-\x9f\ufffd]", proper) and not encoding.lower().startswith("utf"):
        line = proper.count("\n", 0, sign.start()) + 1
        what = f"{path} is UTF-8, and {encoding} would garble it (the {sign[0]!r} in line {line:,})"
        raise TweetsentError(f"{what}: set encoding to utf-8")
    return text


def label_ids(labels: pd.Series, label_order: Sequence[str], path: str | Path) -> pd.Series:
    """Turn label names into their ranks in `label_order` (0 for the first); the index is kept.

    A label in another case or with stray spaces is taken, and said. Raises `TweetsentError` with the file and data
    row of a label that `label_order` does not name.
    """
    order = {label.strip().casefold(): rank for rank, label in enumerate(label_order)}
    ranks = labels.str.strip().str.casefold().map(order)
    if ranks.isna().any():
        row_id = ranks.isna().idxmax()
        where = f"{path}: data row {row_id + 1} has the unknown label {labels[row_id]!r}"
        raise TweetsentError(f"{where}: correct the row, or label_order, which names {', '.join(label_order)}")
    other = labels[~labels.isin(label_order)]
    if len(other):
        where = f"{path}: data row {other.index[0] + 1} has the label {other.iloc[0]!r}"
        print(f"{where}, read as {label_order[int(ranks[other.index[0]])]!r} ({len(other)} such rows)")
    return ranks.astype(int)
