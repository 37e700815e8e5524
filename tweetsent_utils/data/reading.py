"""From a file to a checked table of tweets, so that a wrong file is reported at the first step."""

import io
import json
import re
from pathlib import Path

import pandas as pd

from tweetsent_utils.data.encodings import decode_text
from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.paths import project_path

SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
JSON_LINES = (".jsonl", ".ndjson")


def read_tweets(
    path: str | Path,
    text_column: str,
    label_column: str,
    encoding: str = "",
) -> pd.DataFrame:
    """Read a CSV, TSV, JSON lines or Parquet file, by its ending, and check its texts and labels.

    Returns the file's table with these two columns as strings, indexed by `row_id`, which is 0 for
    the first data row. An empty `encoding` is guessed. Raises `TweetsentError` for a broken file, a
    missing or doubled column, and a row without a text or a label.
    """
    remedy = "repair it, name another, or run `make data` for Kaggle's"
    with user_error(f"{path} cannot be read", remedy, ValueError, OSError):
        tweets = read_table(path, project_path(path).read_bytes(), encoding)
    if tweets.empty:
        raise TweetsentError(f"{path} has a header and no row below it: give a file with tweets")
    for column in (text_column, label_column):
        require_column(path, tweets, column)
        tweets[column] = tweets[column].convert_dtypes().astype("str")  # 1, where a gap made it 1.0
        require_values(path, tweets, column)
    return tweets.rename_axis("row_id")


def require_column(path: str | Path, tweets: pd.DataFrame, column: str) -> None:
    """Refuse a table in which a column is missing or there are two of it."""
    columns = [str(name) for name in tweets]
    if columns.count(column) == 1:
        return
    what = f"{path} has {'two columns' if column in columns else 'no column'} {column!r}"
    known = ", ".join(columns)[:200]
    separators = "a .csv has commas or semicolons between them, a .tsv tabs"
    remedy = f"set text_column and label_column to two of {known} ({separators}), each there once"
    raise TweetsentError(f"{what}: {remedy}")


def require_values(path: str | Path, tweets: pd.DataFrame, column: str) -> None:
    """Refuse a table in which a row has nothing but white space in a column."""
    missing = tweets[column].isna() | (tweets[column].str.strip() == "")
    if missing.any():
        where = f"{path}: data row {missing.argmax() + 1} has no {column}"
        raise TweetsentError(f"{where}: fill it in or remove the row ({missing.sum()} such rows)")


def read_table(path: str | Path, data: bytes, encoding: str) -> pd.DataFrame:
    """Return the table in a file's bytes, in the format that its name ends in."""
    ending = Path(path).suffix.lower()
    if ending == ".parquet":
        return pd.read_parquet(io.BytesIO(data)).reset_index(drop=True)
    if ending in SEPARATORS:
        return parse_separated(decode_text(path, data, encoding), SEPARATORS[ending])
    if ending in JSON_LINES:
        return parse_json_lines(path, decode_text(path, data, encoding))
    raise TweetsentError(
        f"{path} has no known format: give a .csv, .tsv, .tab, .jsonl, .ndjson or .parquet file"
    )


def parse_separated(text: str, separator: str) -> pd.DataFrame:
    """Return the table in a text of separated fields, all of them as text.

    Semicolons, which spreadsheets like, replace `separator` where the header has more of them.
    Only an empty field counts as missing: a tweet may well say "NA" or "None".
    """
    header = text.partition("\n")[0].partition("\r")[0]
    if header.count(";") > header.count(separator):
        separator = ";"
    rows = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        header=None,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
    )
    columns = rows.iloc[0].fillna("").tolist()
    return rows[1:].set_axis(columns, axis=1).reset_index(drop=True)


def parse_json_lines(path: str | Path, text: str) -> pd.DataFrame:
    """Return the table in a text with one JSON object a line; blank lines are skipped."""
    rows = []
    for line in re.split(r"[\r\n]+", text):
        if line.strip():
            what = f"{path}: data row {len(rows) + 1} is no JSON object"
            with user_error(what, "repair the line", ValueError, TypeError):
                rows.append({**json.loads(line)})
    return pd.DataFrame(rows)
