"""Both files of a run as texts and ranks, all rows of them, for what looks at the labels."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tweetsent_utils.data.labels import class_names, label_ids
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.errors import TweetsentError


class LabelledTweets(NamedTuple):
    """All training and test tweets, and the names of their classes.

    The tables have the columns `text` and `label`, a rank, and the row ids as their index.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    names: list[str]


def read_labelled_tweets(
    train_file: str | Path,
    test_file: str | Path,
    text_column: str,
    label_column: str,
    encoding: str,
    label_order: list[str],
    predictions: pd.DataFrame,
) -> LabelledTweets:
    """Read all tweets of a run's files, with their labels as ranks, and print nothing.

    `predictions` are those for the run's test tweets, with the columns `row_id` and `label`. Where
    `test_file` is "", their rows are the test tweets, and leave the training file. Raises
    `TweetsentError` if the predictions are of other files.
    """
    tweets = read_tweets(train_file, text_column, label_column, encoding, say_guess=False)
    names = class_names(tweets[label_column], label_order)
    train = as_ranks(tweets, text_column, label_column, names, train_file)
    if test_file:
        tweets = read_tweets(test_file, text_column, label_column, encoding, say_guess=False)
        test = as_ranks(tweets, text_column, label_column, names, test_file)
    else:
        held_out = train.index.isin(predictions["row_id"])
        train, test = train[~held_out], train[held_out]
    labels = test["label"].reindex(predictions["row_id"])
    if labels.tolist() != predictions["label"].tolist():
        what = f"the predictions are not of the texts in {test_file or train_file}"
        raise TweetsentError(f"{what}: run notebooks 02 to 04 on these files first")
    return LabelledTweets(train, test, names)


def as_ranks(
    tweets: pd.DataFrame,
    text_column: str,
    label_column: str,
    names: list[str],
    file: str | Path,
) -> pd.DataFrame:
    """Return the texts of a file and the ranks of their labels, as `text` and `label`."""
    ranks = label_ids(tweets[label_column], names, file)
    return pd.DataFrame({"text": tweets[text_column], "label": ranks})
