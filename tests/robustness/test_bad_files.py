"""Files of tweets: a bad one is refused with what is wrong and where, an odd one is read."""

import errno
import os
import random
from pathlib import Path

import pandas as pd
import pytest

from tweetsent_utils.data.labels import label_ids
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.data.splitting import check_overlap
from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.errors import TweetsentError

LATIN = "ISO-8859-1"
GOOD = "text,label\nfull shelves,low\nno queue,high\n"
EMOJI_THEN_LATIN = "text,label\nsmile \U0001f600,low\n".encode() + b"caf\xe9,low\n"
LABELS = ["low", "high"]


def read(content: str | bytes, folder: Path, encoding: str = LATIN) -> pd.DataFrame:
    """Write a file of tweets, read it and rank its labels, as the notebooks do."""
    file = folder / "tweets.csv"
    file.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    tweets = read_tweets(file, "text", "label", encoding)
    return tweets.assign(rank=label_ids(tweets["label"], LABELS, file))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "cannot be read (No columns"),
        ("  \n\n", "cannot be read (No columns"),
        ("text,label\n", "has a header and no row"),
        # Columns
        ("text|label\na b|low\n", "has no column 'text'"),
        ("text\tlabel\na\tlow\n", "has no column 'text'"),
        ("tweet,label\na,low\n", "has no column 'text': set text_column"),
        ("text,sentiment\na,low\n", "has no column 'label'"),
        ("text,text,label\na,b,low\n", "has two columns 'text'"),
        ("text,label,x,label\na,low,,high\n", "has two columns 'label'"),
        (" text , label\na,low\n", "two of ' text ', ' label'"),
        (" , \na,low\n", "two of ' ', ' '"),
        ("text\na\n", "has no column 'label'"),
        ("\x1b[2Jtext,label\na,low\n", "two of '\\x1b[2Jtext', 'label'"),
        ("c," * 2000 + "c\na,low\n", "1,9"),
        # No header
        ("full shelves,low\nno queue,high\nx,low\n", "first row looks like data ('full shelves'"),
        ("1,full shelves,low\n2,no queue,high\n", "first row looks like data ('1'"),
        (
            "It took them a whole week until there was flour in any shop here,low\nx,high\n",
            "like data",
        ),
        # Rows
        ('text,label\nfine,low\n"never closed,low\nx,low\n', "line 3 opens a quote"),
        ('text,label\rfine,low\r"never closed,low\rx,low\r', "line 3 opens a quote"),
        ('text,label\nx,low\n"last,low', "line 3 opens a quote"),
        ('text,label\n"a,low\nb,low\n"c,low\nd,low\n', "line 2 opens a quote"),
        ('text;label\nx;low\n"a;low\nb;low\n"c;low\n', "the next one is within line 5"),
        ("text,label\na,low\ntext,label\nb,high\n", "data row 2 is the header once more"),
        ("text,label\na,low\nb,low,more,fields\n", "in line 3"),
        ("text,label\na,low,more\nb,low,more\n", "cannot be read"),
        ("text,label\na,low\nb,lwo\n", "data row 2 has the unknown label 'lwo'"),
        ("text,label\na,low\nb,\nc,\n", "data row 2 has no label"),
        ("text,label\na,low\nb\n", "data row 2 has no label"),
        ("text,label\na,low\n,low\n", "data row 2 has no text"),
        ('text,label\n"",low\n', "data row 1 has no text"),
        ('text,label\na,low\n"  \t ",low\n', "data row 2 has no text"),
    ],
)
def test_a_bad_table_is_refused_with_the_place(tmp_path, refusal, content, reason):
    message = refusal(read, content, tmp_path)
    assert "tweets.csv" in message
    assert reason in message


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        ("text,label\ncafé,low\n", LATIN, "ISO-8859-1 garbles 'é' in line 2"),
        ("text,label\na,low\n\U0001f600,low\n", "cp1252", "garbles '\U0001f600' in line 3"),
        ("\ufefftext,label\na,low\n", LATIN, "garbles '\\ufeff' in line 1"),
        (b"text,label\na,low\ncaf\xe9,low\n", "utf-8", "line 3 cannot be read as utf-8"),
        (b"text,label\na,low\ncaf\xe9,low\n", "UTF8", "line 3 cannot be read as UTF8"),
        (GOOD[:-1], "utf-16", "cannot be read as utf-16"),
        (GOOD, "klingon", "cannot be read as klingon"),
        (EMOJI_THEN_LATIN, "", "line 3 cannot be read as utf-8"),
    ],
)
def test_a_wrong_encoding_is_refused_with_the_line(tmp_path, refusal, content, encoding, reason):
    message = refusal(read, content, tmp_path, encoding)
    assert "tweets.csv" in message
    assert reason in message


def test_what_is_no_file_is_refused(tmp_path, refusal):
    for path, reason in ((tmp_path / "nowhere.csv", "No such file"), (tmp_path, "Is a directory")):
        message = refusal(read_tweets, path, "text", "label")
        assert message.startswith(f"{path} cannot be read ({reason}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among files here")
@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_what_has_no_end_is_refused_and_not_waited_for(tmp_path, refusal, ending):
    os.mkfifo(tmp_path / f"pipe.{ending}")
    (tmp_path / f"zeros.{ending}").symlink_to("/dev/zero")
    for name in ("pipe", "zeros"):
        message = refusal(read_tweets, tmp_path / f"{name}.{ending}", "text", "label")
        assert message.startswith(f"{tmp_path / name}.{ending} is a pipe or a device")


def test_a_damaged_parquet_file_is_read_or_refused(tmp_path, refusal):
    file = tmp_path / "tweets.parquet"
    texts = [f"tweet {number}" for number in range(100)]
    pd.DataFrame({"text": texts, "label": ["low", "high"] * 50}).to_parquet(file)
    whole = file.read_bytes()
    generator = random.Random(0)
    refused = 0
    for _ in range(200):
        data = bytearray(whole)
        for place in generator.sample(range(len(data)), 3):
            data[place] = generator.randrange(256)
        file.write_bytes(data)
        try:
            read_tweets(file, "text", "label")
        except TweetsentError as error:
            assert "tweets.parquet" in str(error)
            refused += 1
    assert refused > 100
    file.write_bytes(whole[:-20])
    assert "tweets.parquet cannot be read" in refusal(read_tweets, file, "text", "label")


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch, refusal):
    (tmp_path / "tweets.csv").write_text(GOOD)

    def refuse(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root, who may run the tests, reads everything
    message = refusal(read_tweets, tmp_path / "tweets.csv", "text", "label")
    assert "tweets.csv cannot be read (Permission denied)" in message


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("label,text\nlow,full shelves\nhigh,no queue\n", LATIN),
        ("id,text,where,label\n1,full shelves,,low\n1,no queue,here,high\n", LATIN),
        ("\ufeff" + GOOD, "UTF-8"),
        (GOOD.encode("utf-16"), "utf-16"),
        (("\ufeff" + GOOD).encode("utf-16-be"), "utf-16-be"),
        (GOOD.replace("\n", "\r"), LATIN),
        (GOOD.replace("\n", "\r\n"), LATIN),
    ],
)
def test_what_is_fine_is_read_without_a_word(tmp_path, content, encoding, capsys):
    tweets = read(content, tmp_path, encoding)
    assert tweets["text"].tolist() == ["full shelves", "no queue"]
    assert tweets["rank"].tolist() == [0, 1]
    assert capsys.readouterr().out == ""


def test_a_label_in_another_case_or_with_stray_spaces_is_read_and_printed(tmp_path, capsys):
    tweets = read("text,label\na,low\nb, LOW \nc,High\n", tmp_path)
    assert tweets["rank"].tolist() == [0, 0, 1]
    shown = capsys.readouterr().out
    assert "data row 2 has the label ' LOW ', read as 'low' (2 such rows)" in shown


@pytest.mark.slow
@pytest.mark.parametrize("cleaning", ["raw", "repaired", "words"])
def test_a_million_characters_and_control_characters_are_read(tmp_path, tiny_encoder, cleaning):
    texts = ["queue " * 170_000, "full \x00 \x01\x07\x1b[31m\x7f shelves", "\u202eabc\u0000"]
    rows = "".join(f'"{text}",low\n' for text in texts)
    tweets = read(f"text,label\n{rows}", tmp_path, "utf-8")
    assert tweets["text"].tolist() == texts
    tokenizer = load_tokenizer(tiny_encoder, cleaning, 32)
    lengths = [len(ids) for ids in tokenizer(texts, truncation=True)["input_ids"]]
    assert lengths[0] == 32
    assert 3 <= lengths[1] <= 32


def test_a_test_file_without_a_tweet_of_its_own_is_refused(refusal):
    texts = pd.Series(["a", "b"])
    message = refusal(check_overlap, texts, texts.iloc[::-1], "train.csv", "copy.csv")
    assert message.startswith("every text of copy.csv")


def test_tweets_that_train_and_test_share_are_printed(capsys):
    train = pd.Series(["a", "b", "c"])
    check_overlap(train, pd.Series(["x", "c", "a", "y"]), "train.csv", "test.csv")
    shown = capsys.readouterr().out
    assert shown.startswith("test.csv: data row 2 is a text of train.csv too (2 of 4 test texts)")
    check_overlap(train, pd.Series(["x"]), "train.csv", "test.csv")
    assert capsys.readouterr().out == ""
