"""Reading tweets: nothing of a text is lost; what is wrong with a file is in test_bad_input.py."""

from pathlib import Path

import pandas as pd
import pytest

from tweetsent_utils.files import PROJECT_ROOT
from tweetsent_utils.reading import label_ids, read_tweets


def csv_file(folder: Path, content: bytes) -> Path:
    file = folder / "tweets.csv"
    file.write_bytes(content)
    return file


def read(path: str | Path, encoding: str = "ISO-8859-1") -> pd.DataFrame:
    return read_tweets(path, "text", "label", encoding)


def test_kaggle_format_gives_all_rows_columns_and_characters(tiny_tweets):
    tweets = read_tweets(tiny_tweets.train, "OriginalTweet", "Sentiment", "ISO-8859-1")
    assert len(tweets) == 60
    assert list(tweets.columns) == ["UserName", "ScreenName", "Location", "TweetAt", "OriginalTweet", "Sentiment"]
    texts = tweets["OriginalTweet"]
    assert texts[20] == "First line.\r\r\nhorrible panic and death in the shop 4\r\r\nhttps://t.co/x4y"
    assert texts[15] == "angry thieves terrify the worst queue 3 &amp; it\u00c2\x92s Monday"
    assert not tweets["Sentiment"].str.contains("\r").any()
    assert tweets["Location"].isna().sum() == 20
    assert (tweets["Location"] == "México").sum() == 20


def test_crlf_and_plain_newlines_give_the_same_table(tmp_path):
    windows = read(csv_file(tmp_path, b"text,label\r\none,A\r\ntwo,B\r\n"))
    unix = read(csv_file(tmp_path, b"text,label\none,A\ntwo,B\n"))
    pd.testing.assert_frame_equal(windows, unix)
    assert windows["label"].tolist() == ["A", "B"]


def test_line_breaks_inside_a_quoted_tweet_are_kept(tmp_path):
    tweets = read(csv_file(tmp_path, b'text,label\r\n"a\r\r\nb\r\nc\nd",A\r\nlast,B\r\n'))
    assert tweets["text"].tolist() == ["a\r\r\nb\r\nc\nd", "last"]


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "N/A", "True", "12", "0012", "1e5"])
def test_text_and_label_that_look_like_something_else_stay_text(tmp_path, word):
    tweets = read(csv_file(tmp_path, f"text,label\n{word},{word}\n".encode()))
    assert tweets["text"].tolist() == tweets["label"].tolist() == [word]


def test_row_id_is_the_place_of_the_row_in_the_file(tmp_path):
    tweets = read(csv_file(tmp_path, b'number,text,label\n90,"a\nb",A\n80,c,B\n70,d,A\n'))
    assert tweets.index.name == "row_id"
    assert tweets.loc[[0, 1, 2], "number"].tolist() == [90, 80, 70]


def test_relative_path_counts_from_the_project_root_not_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    relative = "data/sample/Corona_NLP_test.csv"
    arguments = ("OriginalTweet", "Sentiment", "ISO-8859-1")
    pd.testing.assert_frame_equal(read_tweets(relative, *arguments), read_tweets(PROJECT_ROOT / relative, *arguments))


def test_label_ids_are_places_in_the_order_and_keep_the_index():
    labels = pd.Series(["high", "low", "middle", "low"], index=[7, 3, 9, 0])
    ids = label_ids(labels, ["low", "middle", "high"], "tweets.csv")
    assert ids.to_dict() == {7: 2, 3: 0, 9: 1, 0: 0}
    assert ids.dtype.kind == "i"


def test_a_byte_order_mark_is_no_part_of_the_first_columns_name(tmp_path):
    file = tmp_path / "bom.csv"
    file.write_text("OriginalTweet,Sentiment\ngood,Positive\n", encoding="utf-8-sig")
    tweets = read_tweets(file, "OriginalTweet", "Sentiment", "utf-8")
    assert list(tweets.columns) == ["OriginalTweet", "Sentiment"]
