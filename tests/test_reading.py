"""Reading tweets: nothing of a text is lost, and every fault of a file is told in one sentence."""

from pathlib import Path

import pandas as pd
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.reading import label_ids, read_tweets
from tweetsent_utils.runs import PROJECT_ROOT


def csv_file(folder: Path, content: bytes) -> Path:
    file = folder / "tweets.csv"
    file.write_bytes(content)
    return file


def read(path: str | Path, encoding: str = "ISO-8859-1") -> pd.DataFrame:
    return read_tweets(path, "text", "label", encoding)


def refusal(path: str | Path, encoding: str = "ISO-8859-1") -> str:
    with pytest.raises(TweetsentError) as caught:
        read(path, encoding)
    return str(caught.value)


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


def test_missing_file_is_told_with_its_name_and_a_remedy(tmp_path):
    message = refusal(tmp_path / "nowhere.csv")
    assert "nowhere.csv" in message
    assert "make data" in message
    assert "is not a file" in refusal(tmp_path)


def test_missing_column_is_told_with_the_columns_there_are(tmp_path):
    message = refusal(csv_file(tmp_path, b"tweet,label\nx,A\n"))
    assert "'text'" in message
    assert "tweet, label" in message
    assert "'label'" in refusal(csv_file(tmp_path, b"text,sentiment\nx,A\n"))


@pytest.mark.parametrize("empty", [b"", b'""', b"   "])
def test_first_row_without_text_is_told_with_its_number(tmp_path, empty):
    message = refusal(csv_file(tmp_path, b"text,label\none,A\n" + empty + b",B\n" + empty + b",B\nfour,A\n"))
    assert "data row 2 has no text" in message
    assert "2 such rows" in message


def test_row_without_label_is_told_with_its_number(tmp_path):
    assert "data row 3 has no label" in refusal(csv_file(tmp_path, b"text,label\na,A\nb,B\nc,\n"))
    assert "data row 1 has no label" in refusal(csv_file(tmp_path, b"number,text,label\n1,a\n2,b,B\n"))


def test_wrong_encoding_is_told_with_another_to_try(tmp_path):
    message = refusal(csv_file(tmp_path, b"text,label\ncaf\xe9 there,A\n"), "utf-8")
    assert "is not utf-8" in message
    assert "ISO-8859-1" in message


def test_encoding_without_its_byte_order_mark_is_told(tmp_path):
    assert "utf-16" in refusal(csv_file(tmp_path, b"text,label\nx,A\n"), "utf-16")


def test_unknown_encoding_is_told(tmp_path):
    assert "'klingon'" in refusal(csv_file(tmp_path, b"text,label\nx,A\n"), "klingon")


@pytest.mark.parametrize("content", [b"", b"text,label\nx,A\ny,B,C,D\n", b'text,label\n"never closed,A\nx,B\n'])
def test_broken_csv_is_told_in_one_line(tmp_path, content):
    message = refusal(csv_file(tmp_path, content))
    assert "no CSV file" in message
    assert "\n" not in message


def test_label_ids_are_places_in_the_order_and_keep_the_index():
    labels = pd.Series(["high", "low", "middle", "low"], index=[7, 3, 9, 0])
    ids = label_ids(labels, ["low", "middle", "high"], "tweets.csv")
    assert ids.to_dict() == {7: 2, 3: 0, 9: 1, 0: 0}
    assert ids.dtype.kind == "i"


def test_unknown_label_is_told_with_file_row_and_order():
    labels = pd.Series(["low", "high", "hgih", "lwo"])
    with pytest.raises(TweetsentError) as caught:
        label_ids(labels, ["low", "high"], "some/tweets.csv")
    message = str(caught.value)
    assert "tweets.csv" in message
    assert "data row 3" in message
    assert "'hgih'" in message
    assert "low, high" in message


def test_a_byte_order_mark_is_no_part_of_the_first_columns_name(tmp_path):
    file = tmp_path / "bom.csv"
    file.write_text("OriginalTweet,Sentiment\ngood,Positive\n", encoding="utf-8-sig")
    tweets = read_tweets(file, "OriginalTweet", "Sentiment", "utf-8")
    assert list(tweets.columns) == ["OriginalTweet", "Sentiment"]


@pytest.mark.parametrize("rows", ["one,two,three\n" * 3, "one,two\none,two,three\n"])
def test_more_fields_than_columns_are_refused_and_never_shifted(tmp_path, rows):
    file = tmp_path / "ragged.csv"
    file.write_text("OriginalTweet,Sentiment\n" + rows, encoding="utf-8")
    with pytest.raises(TweetsentError, match="no CSV file that pandas can read"):
        read_tweets(file, "OriginalTweet", "Sentiment", "utf-8")
