"""Reading a file of labelled tweets and checking it, so that a wrong file is told at the first step."""

import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tweetsent_utils.errors import TweetsentError, told
from tweetsent_utils.files import project_path


def read_tweets(path: str | Path, text_column: str, label_column: str, encoding: str) -> pd.DataFrame:
    """Read a CSV, TSV, JSON-lines or Parquet file, as its name ends, and check that each row has a text and a label.

    Returns the file's table, these two columns as strings, indexed by `row_id`: 0 for the first data row. Raises
    `TweetsentError` for a broken file, a missing or doubled column, or a row without text or label.
    """
    with told(f"{path} cannot be read", "mend it, name another, or run `make data` for Kaggle's", ValueError, OSError):
        tweets = read_table(path, project_path(path).read_bytes(), encoding)
    if tweets.empty:
        raise TweetsentError(f"{path} has a header and no row below it: give a file with tweets")
    columns = [str(name) for name in tweets]
    for column in (text_column, label_column):
        if columns.count(column) != 1:
            what = f"{path} has {'two columns' if column in columns else 'no column'} {column!r}"
            there = f"{', '.join(columns)[:200]} (a .csv has commas or semicolons between them, a .tsv tabs)"
            raise TweetsentError(f"{what}: set text_column and label_column to two of {there}, each there once")
        tweets[column] = tweets[column].convert_dtypes().astype("str")  # 1, where a gap has made it 1.0
        missing = tweets[column].isna() | (tweets[column].str.strip() == "")
        if missing.any():
            where = f"{path}: data row {missing.argmax() + 1} has no {column}"
            raise TweetsentError(f"{where}: fill it in or remove the row ({missing.sum()} such rows)")
    return tweets.rename_axis("row_id")


def read_table(path: str | Path, data: bytes, encoding: str) -> pd.DataFrame:
    """Return the table in a file's bytes, by the format that its name ends in; CSV and TSV fields stay text."""
    kind, rows = Path(path).suffix.lower(), []
    separators = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
    if kind == ".parquet":
        return pd.read_parquet(io.BytesIO(data)).reset_index(drop=True)
    if kind not in (*separators, ".jsonl", ".ndjson"):
        raise TweetsentError(f"{path} tells no format: give a .csv, .tsv, .tab, .jsonl, .ndjson or .parquet file")
    if kind in separators:  # only an empty field is missing: a tweet may well say "NA" or "None"
        text = decode(path, data, encoding)
        sep = max(separators[kind], ";", key=text.partition("\n")[0].partition("\r")[0].count)  # as a spreadsheet likes
        rows = pd.read_csv(io.StringIO(text), sep=sep, header=None, dtype=str, keep_default_na=False, na_values=[""])
        return rows[1:].set_axis(rows.iloc[0].fillna("").tolist(), axis=1).reset_index(drop=True)
    for line in filter(str.strip, re.split(r"[\r\n]+", decode(path, data, encoding))):
        with told(f"{path}: data row {len(rows) + 1} is no JSON object", "repair the line", ValueError, TypeError):
            rows.append({**json.loads(line)})
    return pd.DataFrame(rows)


def decode(path: str | Path, data: bytes, encoding: str) -> str:
    """Return a file's text; an empty `encoding` is guessed, and said unless it is UTF-8. Raises for a wrong one."""
    # UTF-8 read as something else never fails, it garbles. The Kaggle files were garbled before they were written and
    # are meant to be read so; the control characters U+0080 to U+009F, which no proper text has, tell them apart.
    proper = data.decode("utf-8", errors="replace")
    odd = len(re.findall("[\x80-\x9f\ufffd]", proper)) - data.count("\ufffd".encode())
    if not encoding:
        latin = "ISO-8859-1" if re.search(rb"\xc2[\x80-\x9f]|[\x81\x8d\x8f\x90\x9d]", data) else "cp1252"
        encoding = "utf-8" if len(re.findall("[^\x00-\xff\ufffd]", proper)) >= odd else latin
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else encoding
        if encoding != "utf-8":
            print(f"{path} is not UTF-8, and is read as {encoding}: set encoding if letters look wrong")
    try:  # a byte order mark is no part of a column's name
        text = data.decode("utf-8-sig" if re.fullmatch("utf[-_]?8", encoding, re.IGNORECASE) else encoding)
    except (LookupError, UnicodeError) as error:
        line = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        what = f"{path}: line {line:,} cannot be read as {encoding} ({error})"
        raise TweetsentError(f"{what}: repair it, or try another encoding, such as cp1252") from None
    sign = re.search(r"[^\x00-\x7f]", proper)
    if sign and not odd and not encoding.lower().startswith("utf"):
        line = proper.count("\n", 0, sign.start()) + 1
        raise TweetsentError(f"{path} is UTF-8, and {encoding} garbles {sign[0]!r} in line {line:,}: set utf-8")
    return text


def days_of(tweets: pd.DataFrame, date_column: str) -> pd.Series:
    """Return each row's day, written day-month-year or year-month-day; NaT where there is none that can be read."""
    days = tweets.get(date_column, pd.Series("", index=tweets.index)).astype("str")
    known = [pd.to_datetime(days, format=form, errors="coerce") for form in ("%d-%m-%Y", "ISO8601")]
    return known[0].fillna(known[1])


def class_names(labels: pd.Series, label_order: Sequence[str]) -> list[str]:
    """Return `label_order`, or where it is empty the labels that occur, in their commonest spelling, sorted."""
    names = {name.casefold(): name for name in labels.str.strip().value_counts().index[::-1]}.values()
    numbers = all(re.fullmatch("-?[0-9]{1,18}", name) for name in names)
    return list(label_order) or sorted(names, key=int if numbers else None)


def label_ids(labels: pd.Series, label_order: Sequence[str], path: str | Path) -> pd.Series:
    """Turn label names into their ranks in `label_order` (0 for the first); the index is kept.

    A label in another case or with stray spaces is taken, and said. Raises `TweetsentError` for an unknown one.
    """
    order = {label.strip().casefold(): rank for rank, label in enumerate(label_order)}
    ranks = labels.str.strip().str.casefold().map(order)
    if (unknown := ranks.isna()).any():
        row_id = unknown.idxmax()
        where = f"{path}: data row {row_id + 1} has the unknown label {labels[row_id]!r} ({unknown.sum()} such rows)"
        raise TweetsentError(f"{where}: correct it, or add it to label_order, now {', '.join(label_order)[:300]}")
    other = labels[~labels.isin(label_order)]
    if len(other):
        where = f"{path}: data row {other.index[0] + 1} has the label {other.iloc[0]!r}"
        print(f"{where}, read as {label_order[int(ranks[other.index[0]])]!r} ({len(other)} such rows)")
    return ranks.astype(int)
