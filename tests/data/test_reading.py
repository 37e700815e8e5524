"""Reading tweets: nothing of a text is lost, from any format, and a damaged file names its row."""

from pathlib import Path

import pandas as pd
import pytest

from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.errors import TweetsentError

TABLE = pd.DataFrame(
    {"id": [3, 1, 2], "text": ["NA", "wide\tand\nlong 😀", "01"], "label": ["good", "bad", "good"]}
)


def read(path: Path, content: str | None = None) -> pd.DataFrame:
    if content is not None:
        path.write_bytes(content.encode())
    return read_tweets(path, "text", "label")


def save(table: pd.DataFrame, path: Path) -> Path:
    """Write a table in the format that the path ends in."""
    ending = path.suffix.lower()
    if ending == ".parquet":
        table.to_parquet(path)
    elif ending in (".jsonl", ".ndjson"):
        table.to_json(path, orient="records", lines=True, force_ascii=ending == ".jsonl")
    else:
        table.to_csv(path, sep="," if ending == ".csv" else "\t", index=False)
    return path


def test_kaggle_format_gives_all_rows_columns_and_characters(tiny_tweets):
    tweets = read_tweets(tiny_tweets.train, "OriginalTweet", "Sentiment", "ISO-8859-1")
    assert len(tweets) == 60
    assert {"Location", "TweetAt", "OriginalTweet", "Sentiment"} < set(tweets)
    texts = tweets["OriginalTweet"]
    assert (
        texts[20] == "First line.\r\r\nhorrible panic and death in the shop 4\r\r\nhttps://t.co/x4y"
    )
    assert texts[15] == "angry thieves terrify the worst queue 3 &amp; it\u00c2\x92s Monday"
    assert not tweets["Sentiment"].str.contains("\r").any()
    assert tweets["Location"].isna().sum() == 20
    assert (tweets["Location"] == "México").sum() == 20


@pytest.mark.parametrize(
    "content",
    [
        'text,label\none,A\ntwo,B\n"th\r\r\nree",A\nfour,B\n',
        'text,label\r\none,A\r\ntwo,B\r\n"th\r\r\nree",A\r\nfour,B\r\n',
        'text,label\rone,A\rtwo,B\r"th\r\r\nree",A\rfour,B',
        'text,label\r\none,A\ntwo,B\r\r\n\n"th\r\r\nree",A\rfour,B',
    ],
)
def test_line_ends_and_empty_lines_make_no_rows_and_those_in_a_tweet_are_kept(tmp_path, content):
    tweets = read(tmp_path / "x.csv", content)
    assert tweets["text"].tolist() == ["one", "two", "th\r\r\nree", "four"]
    assert tweets["label"].to_dict() == {0: "A", 1: "B", 2: "A", 3: "B"}


def test_texts_and_labels_that_look_like_something_else_stay_text(tmp_path):
    words = ["NA", "None", "null", "nan", "N/A", "True", "12", "0012", "1e5"]
    rows = "".join(f"{word},{word}\n" for word in words)
    tweets = read(tmp_path / "x.csv", f"text,label\n{rows}")
    assert tweets["text"].tolist() == tweets["label"].tolist() == words


@pytest.mark.parametrize("ending", ["csv", "CSV", "tsv", "tab", "parquet", "jsonl", "ndjson"])
def test_every_format_gives_the_same_table(tmp_path, ending, capsys):
    tweets = read(save(TABLE, tmp_path / f"x.{ending}"))
    expected = TABLE[["text", "label"]].rename_axis("row_id")
    pd.testing.assert_frame_equal(tweets[["text", "label"]], expected)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_may_have_semicolons_as_spreadsheets_write(tmp_path, end):
    lines = [
        "id;text;label",
        '1;"good; really, really, really";yes',
        "2;bad, bad, bad, bad, bad, bad;no",
        "",
    ]
    tweets = read(tmp_path / "x.csv", end.join(lines))
    assert tweets["text"].tolist() == [
        "good; really, really, really",
        "bad, bad, bad, bad, bad, bad",
    ]
    assert tweets["label"].tolist() == ["yes", "no"]
    tweets = read(tmp_path / "x.csv", "text,label\none; two; three; four; five,yes\n")
    assert tweets["text"].tolist() == ["one; two; three; four; five"]


@pytest.mark.parametrize(
    ("name", "number"),
    [("x.csv", int), ("x.parquet", int), ("x.parquet", float), ("x.jsonl", float)],
)
def test_labels_that_are_whole_numbers_become_text_without_a_point(tmp_path, name, number):
    labels = pd.Series([10, 9, -1]).astype(number)
    file = save(pd.DataFrame({"text": ["a", "b", "c"], "label": labels}), tmp_path / name)
    assert read(file)["label"].tolist() == ["10", "9", "-1"]


def test_missing_number_in_a_label_column_is_reported(tmp_path):
    file = save(pd.DataFrame({"text": ["a", "b"], "label": [1, None]}), tmp_path / "x.parquet")
    with pytest.raises(TweetsentError, match=r"x.parquet: data row 2 has no label"):
        read(file)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"text": "b", "label"', "data row 2 is no JSON object (Expecting ':'"),
        ("[1, 2]", "data row 2 is no JSON object"),
        ('"text"', "data row 2 is no JSON object"),
        ('{"text": "b"}', "data row 2 has no label"),
        ('{"text": "b", "label": null}', "data row 2 has no label"),
        ('{"text": "half an emoji \\ud83d", "label": "x"}', "surrogates not allowed"),
    ],
)
def test_bad_line_of_json_is_reported_with_its_row(tmp_path, line, expected):
    good = '{"text": "a", "label": "x"}'
    with pytest.raises(TweetsentError) as caught:
        read(tmp_path / "x.jsonl", f"\n{good}\r\n\n{line}\n{good}\n")
    assert str(tmp_path / "x.jsonl") in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.parquet", "", "x.parquet cannot be read"),
        ("x.parquet", "text,label\na,b\n", "x.parquet cannot be read"),
        ("x.xlsx", "", r"xlsx .*\.csv, \.tsv, \.tab, \.jsonl, .* \.parquet"),
    ],
)
def test_broken_file_and_unknown_format_are_reported(tmp_path, name, content, expected):
    with pytest.raises(TweetsentError, match=expected):
        read(tmp_path / name, content)
