"""All rows of a run's files as texts and ranks, whether or not there is a test file."""

import pandas as pd
import pytest

from tweetsent_utils.data.labelled import read_labelled_tweets
from tweetsent_utils.errors import TweetsentError


@pytest.fixture
def files(tmp_path):
    """A training file of four rows and a test file of two."""
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("body,kind\na,low\nb,high\nc,low\nd,high\n", encoding="utf-8")
    test.write_text("body,kind\ne,high\nf,low\n", encoding="utf-8")
    return train, test


def read(train, test, predictions, order=("low", "high")):
    table = pd.DataFrame(predictions, columns=["row_id", "label"])
    return read_labelled_tweets(train, test, "body", "kind", "utf-8", list(order), table)


def test_both_files_come_whole_with_the_ranks_of_their_labels(files):
    train, test, names = read(*files, [(1, 0), (0, 1)])
    assert names == ["low", "high"]
    assert train["text"].tolist() == ["a", "b", "c", "d"]
    assert train["label"].tolist() == [0, 1, 0, 1]
    assert test["label"].tolist() == [1, 0]


def test_a_guessed_encoding_is_not_printed_again(tmp_path, capsys):
    train = tmp_path / "train.csv"
    train.write_text("body,kind\ncaf\u00e9,low\ntea,high\n", encoding="iso-8859-1")
    table = pd.DataFrame([(0, 0)], columns=["row_id", "label"])
    found = read_labelled_tweets(train, "", "body", "kind", "", ["low", "high"], table)
    assert found.test["text"].tolist() == ["caf\u00e9"]
    assert capsys.readouterr().out == ""


def test_without_a_test_file_the_predicted_rows_are_the_test_tweets(files):
    train, test, names = read(files[0], "", [(3, 0), (0, 1)], order=())
    assert names == ["high", "low"]
    assert train["text"].tolist() == ["b", "c"]
    assert test["text"].tolist() == ["a", "d"]
    assert test.index.tolist() == [0, 3]


def test_predictions_for_a_part_of_the_test_file_are_enough(files):
    assert len(read(*files, [(1, 0)]).test) == 2


@pytest.mark.parametrize("predictions", [[(0, 0)], [(7, 0)]])
def test_predictions_of_other_files_are_refused(files, predictions):
    with pytest.raises(TweetsentError, match="run notebooks 02 to 04"):
        read(*files, predictions)
