"""From files to labelled tables, whatever their columns are called and with or without a test."""

import pandas as pd
import pytest
from tiny import LABEL_ORDER

from tweetsent_utils.data.loading import find_classes, load_tweets, read_files
from tweetsent_utils.errors import TweetsentError

COLUMNS = ["text", "label", "class_name", "day"]


def test_tables_have_known_columns_and_keep_their_row_ids(tiny_tweets):
    columns = ("OriginalTweet", "Sentiment", "TweetAt")
    tweets, names = load_tweets(*tiny_tweets, *columns, LABEL_ORDER)
    assert names == list(LABEL_ORDER)
    for table, rows in zip(tweets.values(), (60, 20), strict=True):
        assert list(table) == COLUMNS
        assert table.index.tolist() == list(range(rows))
        assert table["label"].tolist() == [0, 1, 2, 3, 4] * (rows // 5)
        assert table["class_name"].tolist() == list(LABEL_ORDER) * (rows // 5)
        assert table["day"].notna().all()


def test_without_a_test_file_the_test_table_is_empty_and_has_the_same_columns(tmp_path):
    file = tmp_path / "own.csv"
    pd.DataFrame({"body": ["a", "b", "c", "d"], "kind": ["No", "yes", "no", "Yes "]}).to_csv(file)
    tweets, names = load_tweets(file, "", "body", "kind")
    assert [name.casefold() for name in names] == ["no", "yes"]
    assert tweets["train"]["label"].tolist() == [0, 1, 0, 1]
    assert list(tweets["test"]) == COLUMNS
    assert len(tweets["test"]) == 0
    assert tweets["train"]["day"].isna().all()


def test_a_column_without_classes_is_refused_and_a_given_order_is_taken(tmp_path):
    file = tmp_path / "own.csv"
    pd.DataFrame({"body": ["a", "b", "c"], "kind": ["x", "y", "z"]}).to_csv(file, index=False)
    tables = read_files(file, "", "body", "kind")
    with pytest.raises(TweetsentError, match="3 different labels in 3 rows.*set label_column"):
        find_classes(tables, "kind", [])
    assert find_classes(tables, "kind", ["z", "y", "x"]) == ["z", "y", "x"]


def test_a_guessed_encoding_is_said_by_read_files_and_not_once_more(tmp_path, capsys):
    file = tmp_path / "own.csv"
    file.write_bytes("body,kind\ncafé,x\nthé,y\nlait,x\nriz,y\n".encode("cp1252"))
    load_tweets(file, "", "body", "kind")
    assert capsys.readouterr().out == ""
    read_files(file, "", "body", "kind")
    assert "own.csv is read as cp1252" in capsys.readouterr().out
