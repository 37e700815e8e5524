"""From the files of a run to tables of labelled tweets with the same four columns."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tweetsent_utils.data.dates import note_unread_days, parse_days
from tweetsent_utils.data.labels import class_names, label_ids
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.errors import TweetsentError


def read_files(
    train_file: str | Path,
    test_file: str | Path,
    text_column: str,
    label_column: str,
    encoding: str = "",
    say_guess: bool = True,
) -> dict[str, pd.DataFrame]:
    """Read the training file and the test file as `read_tweets` does.

    Returns the tables by the names "train" and "test". Where `test_file` is empty, the test table
    has the training file's columns and no row.
    """
    columns = (text_column, label_column)
    train = read_tweets(train_file, *columns, encoding, say_guess)
    test = read_tweets(test_file, *columns, encoding, say_guess) if test_file else train[:0]
    return {"train": train, "test": test}


def find_classes(
    tables: dict[str, pd.DataFrame],
    label_column: str,
    label_order: Sequence[str],
) -> list[str]:
    """Return the names of the classes: `label_order`, or the training labels, sorted by name.

    Raises `TweetsentError` for a column with so many different labels that it can hold no classes.
    """
    labels = tables["train"][label_column]
    names = class_names(labels, label_order)
    if not label_order and 2 * len(names) > len(labels):
        what = f"{label_column} has {len(names):,} different labels in {len(labels):,} rows"
        remedy = "set label_column to the column of the classes, or add rows to each class"
        raise TweetsentError(f"{what} of the training file: {remedy}")
    return names


def label_tweets(
    tables: dict[str, pd.DataFrame],
    files: dict[str, str | Path],
    text_column: str,
    label_column: str,
    date_column: str,
    label_names: Sequence[str],
) -> dict[str, pd.DataFrame]:
    """Return each table with four columns of known names, and the same index of row ids.

    They are `text`, `label` (the rank of its class, from 0), `class_name`, and `day` (a datetime,
    or NaT). `files` holds the paths of the tables by the same names, for messages. Prints labels
    in another spelling and days that cannot be read. Raises `TweetsentError` for an unknown label.
    """
    labelled = {}
    for split, table in tables.items():
        ranks = label_ids(table[label_column], label_names, files[split])
        days = parse_days(table, date_column)
        note_unread_days(table, date_column, days, files[split])
        labelled[split] = pd.DataFrame(
            {
                "text": table[text_column],
                "label": ranks,
                "class_name": ranks.map(dict(enumerate(label_names))).astype("str"),
                "day": days,
            }
        )
    return labelled


def load_tweets(
    train_file: str | Path,
    test_file: str | Path,
    text_column: str,
    label_column: str,
    date_column: str = "",
    label_order: Sequence[str] = (),
    encoding: str = "",
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Read the files of a run; return the tables of `label_tweets` and the names of the classes.

    Which encoding was guessed is not printed: notebook 01 has said it.
    """
    columns = (text_column, label_column)
    tables = read_files(train_file, test_file, *columns, encoding, say_guess=False)
    label_names = find_classes(tables, label_column, label_order)
    files = {"train": train_file, "test": test_file}
    tweets = label_tweets(tables, files, *columns, date_column, label_names)
    return tweets, label_names
