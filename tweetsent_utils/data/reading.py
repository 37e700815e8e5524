"""From a file to a checked table of tweets, so that a wrong file is reported at the first step."""

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from tweetsent_utils.data.encodings import decode_text
from tweetsent_utils.data.quotes import (
    QuotedField,
    find_doubtful_fields,
    find_swallowing_fields,
    has_plain_rows,
    line_number,
    line_span,
    refuse_lone_quotes,
)
from tweetsent_utils.errors import TweetsentError, note, quote, quote_names, user_error
from tweetsent_utils.files import read_whole_file
from tweetsent_utils.paths import project_path, short_path

SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
MOST_COLUMNS = 5_000  # a table of more takes minutes, and was no table of tweets


def read_tweets(
    path: str | Path,
    text_column: str,
    label_column: str,
    encoding: str = "",
    say_guess: bool = True,
) -> pd.DataFrame:
    """Read a CSV, TSV, JSON lines or Parquet file, by its ending, and check its texts and labels.

    Returns the file's table with these two columns as strings, indexed by `row_id`, which is 0 for
    the first data row. An empty `encoding` is guessed, and printed unless `say_guess` is false.
    Raises `TweetsentError` for a broken file, a missing or doubled column, a row without a text or
    a label, and one in which they are no text but a list or an object.
    """
    path = project_path(path)
    remedy = "repair it, name another, or run `make data` for Kaggle's"
    # A damaged Parquet file shows late, and raises whatever its readers stumble over.
    kinds = (ValueError, OSError, MemoryError, KeyError, TypeError, pa.ArrowException)
    with user_error(f"{path} cannot be read", remedy, *kinds):
        data = read_whole_file(path)
        tweets = read_table(path, data, encoding, label_column, say_guess)
        require_rows(path, tweets)
        for column in (text_column, label_column):
            require_column(path, tweets, column)
            require_single_values(path, tweets, column)
            texts = tweets[column].convert_dtypes()  # 1, where a gap made it 1.0
            tweets[column] = texts.astype("str")
            require_values(path, tweets, column)
        refuse_second_header(path, tweets, text_column, label_column)
    return tweets.rename_axis("row_id")


def require_rows(path: str | Path, tweets: pd.DataFrame) -> None:
    """Refuse a table without a row."""
    if not len(tweets):
        has_header = Path(path).suffix.lower() in SEPARATORS
        what = "has a header and no row below it" if has_header else "holds no row"
        raise TweetsentError(f"{path} {what}: give a file with texts")


def require_column(path: str | Path, tweets: pd.DataFrame, column: str) -> None:
    """Refuse a table in which a column is missing or there are two of it."""
    columns = [str(name) for name in tweets]
    if columns.count(column) == 1:
        return
    if not columns:
        raise TweetsentError(f"{path} has no column at all: give each row a text and a label")
    what = f"{path} has {'two columns' if column in columns else 'no column'} {column!r}"
    known = quote_names(columns)
    is_separated = Path(path).suffix.lower() in SEPARATORS
    if is_separated and column not in columns and looks_like_data(tweets):
        what += f", and its first row looks like data ({known})"
        raise TweetsentError(f"{what}: put a row with the names of the columns above it")
    separators = "a .csv has commas or semicolons between them, a .tsv tabs"
    remedy = f"set text_column and label_column to two of {known} ({separators}), each there once"
    raise TweetsentError(f"{what}: {remedy}")


def looks_like_data(tweets: pd.DataFrame) -> bool:
    """Tell whether the header of a table of texts is rather its first row.

    A number or a long text is no name, and neither is what its own column holds too.
    """
    for place, name in enumerate(tweets):
        is_number = re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", name.strip())
        is_repeated = (tweets.iloc[:, place] == name).any()
        if is_number or is_repeated or len(name) > 60:
            return True
    return False


def require_single_values(path: str | Path, tweets: pd.DataFrame, column: str) -> None:
    """Refuse a table in which a row has a list, an object or bytes in a column."""
    if tweets[column].dtype != object:
        return
    for row_id, value in enumerate(tweets[column]):
        if isinstance(value, bytes) or not pd.api.types.is_scalar(value):
            where = f"{path}: data row {row_id + 1} has {quote(value)} for its {column}"
            raise TweetsentError(f"{where}: give a text or a number, and no {kind_of(value)}")


def kind_of(value: object) -> str:
    """Return what JSON and Parquet call a value that is no text and no number."""
    if isinstance(value, dict):
        return "object"
    return "bytes" if isinstance(value, bytes) else "list"


def require_values(path: str | Path, tweets: pd.DataFrame, column: str) -> None:
    """Refuse a table in which a row has nothing but white space in a column."""
    missing = tweets[column].isna() | (tweets[column].str.strip() == "")
    if missing.any():
        where = f"{path}: data row {missing.argmax() + 1} has no {column}"
        raise TweetsentError(f"{where}: fill it in or remove the row ({missing.sum()} such rows)")


def refuse_second_header(
    path: str | Path,
    tweets: pd.DataFrame,
    text_column: str,
    label_column: str,
) -> None:
    """Refuse a table with its header among its rows, as two files that were joined have it."""
    is_header = (tweets[text_column] == text_column) & (tweets[label_column] == label_column)
    if is_header.any():
        where = f"{path}: data row {is_header.argmax() + 1} is the header once more"
        raise TweetsentError(f"{where}: remove the row ({is_header.sum()} such rows)")


def read_table(
    path: str | Path,
    data: bytes,
    encoding: str,
    label_column: str,
    say_guess: bool,
) -> pd.DataFrame:
    """Return the table in a file's bytes, in the format that its name ends in.

    `path` and `label_column` only serve the checks and their messages.
    """
    ending = Path(path).suffix.lower()
    if ending == ".parquet":
        require_few_columns(path, parquet.read_metadata(io.BytesIO(data)).num_columns)
        return pd.read_parquet(io.BytesIO(data)).reset_index(drop=True)
    if ending in SEPARATORS:
        text = decode_text(path, data, encoding, say_guess)
        return parse_separated(path, text, SEPARATORS[ending], label_column)
    if ending in JSON_LINES:
        return parse_json_lines(path, decode_text(path, data, encoding, say_guess))
    raise TweetsentError(
        f"{path} has no known format: give a .csv, .tsv, .tab, .jsonl, .ndjson or .parquet file"
    )


def require_few_columns(path: str | Path, columns: int) -> None:
    """Refuse a table that is so wide that it would take minutes or all memory."""
    if columns > MOST_COLUMNS:
        what = f"{path} has {columns:,} columns"
        raise TweetsentError(f"{what}: give a table of at most {MOST_COLUMNS:,}")


def parse_separated(
    path: str | Path,
    text: str,
    separator: str,
    label_column: str,
) -> pd.DataFrame:
    """Return the table in a text of separated fields, all of them as text.

    Semicolons, which spreadsheets like, replace `separator` where the header has more of them.
    Only an empty field counts as missing: a tweet may well say "NA" or "None". In a TSV file that
    was plainly written without quotes around fields, they are letters, which is printed. In any
    other, raises `TweetsentError` for a lone quote, which swallows rows; where a pair of quotes
    looks as if it did, that is printed.
    """
    header = re.match(r"(?: *[\r\n]+)*([^\r\n]*)", text)[1]
    if header.count(";") > header.count(separator):
        separator = ";"
    require_few_columns(path, header.count(separator) + 1)
    fields = find_doubtful_fields(text, separator)
    is_plain = bool(fields) and separator == "\t" and has_plain_rows(text, header, separator)
    if is_plain and not all(field.is_whole for field in fields):
        return parse_quotes_as_letters(path, text, separator, fields[0])
    refuse_lone_quotes(path, text, fields)
    tweets = parse_rows(text, separator, csv.QUOTE_MINIMAL)
    swallowing = find_swallowing_fields(text, fields, separator, tweets, label_column)
    if is_plain and swallowing:
        return parse_quotes_as_letters(path, text, separator, swallowing[0])
    if swallowing:
        where = f"{short_path(path)}: lines {line_span(text, swallowing[0])} are one text in quotes"
        count = f"{len(swallowing):,} such texts"
        note(f"{where}, and look like rows ({count}): remove the quotes if that is what they are")
    return tweets


def parse_quotes_as_letters(
    path: str | Path,
    text: str,
    separator: str,
    field: QuotedField,
) -> pd.DataFrame:
    """Return the table in a text whose quotes are only letters, and print which field shows it."""
    line = line_number(text, field.start)
    where = f"{short_path(path)}: line {line:,}"
    what = "begins a field with a quote that does not end that field"
    note(f"{where} {what}, so quotes are read as letters in the whole file")
    return parse_rows(text, separator, csv.QUOTE_NONE)


def parse_rows(text: str, separator: str, quoting: int) -> pd.DataFrame:
    """Return the table in a text of separated fields, with quotes as the module `csv` names it."""
    rows = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        header=None,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
        quoting=quoting,
    )
    columns = rows.iloc[0].fillna("").tolist()
    return rows[1:].set_axis(columns, axis=1).reset_index(drop=True)


def parse_json_lines(path: str | Path, text: str) -> pd.DataFrame:
    """Return the table in a text with one JSON object a line; blank lines are skipped."""
    rows = []
    columns = set()
    for line in re.split(r"[\r\n]+", text):
        if line.strip():
            where = f"{path}: data row {len(rows) + 1}"
            kinds = (ValueError, TypeError, RecursionError)
            with user_error(f"{where} is no JSON object", "repair the line", *kinds):
                row = {**json.loads(line)}
            if r"\u" in line:  # only an escape can give one half of a pair of surrogates
                with user_error(f"{where} holds half a letter", "repair the line", UnicodeError):
                    json.dumps(row, ensure_ascii=False).encode("utf-8")
            columns.update(row)
            require_few_columns(where, len(columns))
            rows.append(row)
    return pd.DataFrame(rows)
