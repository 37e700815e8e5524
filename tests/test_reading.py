"""Reading tweets: nothing of a text is lost; what is wrong with a file is in test_bad_input.py."""

from pathlib import Path

import pandas as pd
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT
from tweetsent_utils.reading import class_names, days_of, label_ids, read_tweets


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
    assert tweets.loc[[0, 1, 2], "number"].tolist() == ["90", "80", "70"]


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


TABLE = pd.DataFrame({"id": [1, 2, 3], "text": ["NA", "wide\tand\nlong 😀", "01"], "label": ["good", "bad", "good"]})


@pytest.mark.parametrize("name", ["x.csv", "x.CSV", "x.tsv", "x.tab", "x.parquet", "x.jsonl", "x.ndjson"])
def test_one_table_comes_out_of_every_format(tmp_path, name, capsys):
    file, kind = tmp_path / name, Path(name).suffix.lower()
    if kind == ".parquet":
        TABLE.to_parquet(file)
    elif kind in (".jsonl", ".ndjson"):
        TABLE.to_json(file, orient="records", lines=True, force_ascii=kind == ".jsonl")
    else:
        TABLE.to_csv(file, sep="," if kind == ".csv" else "\t", index=False)
    for encoding in ("", "utf-8"):
        tweets = read(file, encoding)
        assert tweets.index.tolist() == [0, 1, 2] and tweets.index.name == "row_id"
        pd.testing.assert_frame_equal(tweets[["text", "label"]], TABLE[["text", "label"]], check_names=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_may_have_semicolons_as_spreadsheets_write_where_a_comma_is_decimal(tmp_path, end):
    file = tmp_path / "x.csv"
    file.write_bytes(
        end.join(["id;text;label", '1;"good; really, really, really";yes', "2;bad, bad, bad;no", ""]).encode()
    )
    tweets = read(file, "utf-8")
    assert tweets["text"].tolist() == ["good; really, really, really", "bad, bad, bad"]
    assert tweets["label"].tolist() == ["yes", "no"]
    file.write_text("text,label\none; two; three; four; five,yes\n")
    assert read(file, "utf-8")["text"].tolist() == ["one; two; three; four; five"]


def test_a_file_of_another_kind_is_told_which_there_are(tmp_path):
    (tmp_path / "tweets.xlsx").touch()
    with pytest.raises(TweetsentError, match=r"xlsx tells no format: give a \.csv, \.tsv, \.tab, \.jsonl, \.ndjson or"):
        read(tmp_path / "tweets.xlsx")


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("number", [int, float])
def test_labels_that_are_numbers_become_text_without_a_point(tmp_path, kind, number):
    table = pd.DataFrame({"text": ["a", "b", "c"], "label": list(map(number, (10, 9, -1)))})
    if kind == "parquet":
        table.to_parquet(tmp_path / "x.parquet")
    elif kind == "jsonl":
        table.to_json(tmp_path / "x.jsonl", orient="records", lines=True)
    else:
        table.astype({"label": int}).to_csv(tmp_path / "x.csv", index=False)
    labels = read(tmp_path / f"x.{kind}")["label"]
    assert labels.tolist() == ["10", "9", "-1"]
    names = class_names(labels, [])
    assert names == ["-1", "9", "10"]
    assert label_ids(labels, names, "x").tolist() == [2, 1, 0]


def test_a_label_column_that_a_gap_has_made_real_is_told_its_gap(tmp_path):
    pd.DataFrame({"text": ["a", "b"], "label": [1, None]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(TweetsentError, match="x.parquet: data row 2 has no label: fill it in or remove the row"):
        read(tmp_path / "x.parquet")
    pd.DataFrame({"text": ["a", "b"], "label": [1.5, 2]}).to_parquet(tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet")["label"].tolist() == ["1.5", "2.0"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"text": "b", "label"', "data row 2 is no JSON object (Expecting ':' delimiter"),
        ('{"text": "b", "label": "x"', "data row 2 is no JSON object (Expecting ',' delimiter"),
        ("[1, 2]", "data row 2 is no JSON object ('list' object is not a mapping): repair the line"),
        ('"text"', "data row 2 is no JSON object ('str' object is not a mapping)"),
        ('{"text": "b"}', "data row 2 has no label: fill it in"),
        ('{"text": "b", "label": null}', "data row 2 has no label"),
        ('{"text": "half an emoji \\ud83d", "label": "x"}', "surrogates not allowed): mend it"),
    ],
)
def test_a_bad_line_of_json_is_told_by_its_row(tmp_path, line, expected):
    (tmp_path / "x.jsonl").write_text(f'\n{{"text": "a", "label": "x"}}\r\n\n{line}\n{{"text": "c", "label": "y"}}\n')
    with pytest.raises(TweetsentError) as caught:
        read(tmp_path / "x.jsonl", "")
    assert str(tmp_path / "x.jsonl") in str(caught.value) and expected in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"text,label\na,b\n"])
def test_a_broken_parquet_file_is_told(tmp_path, content):
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(TweetsentError, match=r"x.parquet cannot be read \(.*\): mend it, name another"):
        read(tmp_path / "x.parquet")


def test_mixed_line_ends_and_empty_lines_are_no_rows(tmp_path):
    tweets = read(csv_file(tmp_path, b'text,label\r\none,A\ntwo,B\r\r\n\n"th\r\nree",A\rfour,B'), "")
    assert tweets["text"].tolist() == ["one", "two", "th\r\nree", "four"]
    assert tweets["label"].tolist() == ["A", "B", "A", "B"]
    assert tweets.index.tolist() == [0, 1, 2, 3]


TEXTS = "naïve café – “so”, 20 €"
KAGGLE = "caf\xe9 it\xc2\x92s".encode("latin-1")


@pytest.mark.parametrize(
    ("content", "expected", "text"),
    [
        (b"plain", "", "plain"),
        (TEXTS.encode(), "", TEXTS),
        ("\ufeff" + TEXTS, "", None),
        ("é".encode(), "", "é"),
        ("smile 😀".encode(), "", "smile 😀"),
        ("lost \ufffd, and it was so before".encode(), "", "lost \ufffd, and it was so before"),
        ("日本語 and a stray \x85".encode(), "", "日本語 and a stray \x85"),
        (TEXTS.encode("cp1252"), "cp1252", TEXTS),
        (b"caf\xe9 \x9d", "ISO-8859-1", "café \x9d"),  # cp1252 has no 9d
        (KAGGLE, "ISO-8859-1", KAGGLE.decode("latin-1")),
        ("it\x92s".encode(), "ISO-8859-1", "it\xc2\x92s"),  # UTF-8 all through, as a part of the Kaggle files is
        ("utf-16", "utf-16", TEXTS),
    ],
)
def test_an_encoding_that_is_not_given_is_guessed_and_said_unless_it_is_utf_8(
    tmp_path, content, expected, text, capsys
):
    if content == "utf-16":
        data = f'text,label\n"{TEXTS}",A\n'.encode("utf-16")
    elif isinstance(content, str):  # with a byte order mark
        data, text = f'\ufefftext,label\n"{TEXTS}",A\n'.encode(), TEXTS
    else:
        data = b'text,label\n"' + content + b'",A\n'
    tweets = read(csv_file(tmp_path, data), "")
    assert tweets["text"].tolist() == [text] and list(tweets.columns) == ["text", "label"]
    said = f"{tmp_path / 'tweets.csv'} is not UTF-8, and is read as {expected}: set encoding if letters look wrong\n"
    assert capsys.readouterr().out == (said if expected else "")


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_samples_encoding_is_guessed_to_be_that_of_the_kaggle_files(part, capsys):
    file = f"data/sample/Corona_NLP_{part}.csv"
    guessed = read_tweets(file, "OriginalTweet", "Sentiment", "")
    assert "is read as ISO-8859-1" in capsys.readouterr().out
    pd.testing.assert_frame_equal(guessed, read_tweets(file, "OriginalTweet", "Sentiment", "ISO-8859-1"))


def test_classes_without_an_order_are_the_labels_sorted_and_numbers_by_their_value():
    def names(*labels: str) -> list[str]:
        return class_names(pd.Series(labels), [])

    assert names("b", "a", "b") == ["a", "b"]
    assert names(*map(str, range(39, -1, -1))) == [str(number) for number in range(40)]
    assert names("10", "9", "ten") == ["10", "9", "ten"]
    assert names(" praise", "Praise", "praise ", "question") == ["praise", "question"]
    assert class_names(pd.Series(["b", "a"]), ["b", "a", "c"]) == ["b", "a", "c"]


def test_a_label_that_only_the_test_file_has_is_told_by_its_row():
    names = class_names(pd.Series(["a", "b"] * 5), [])
    with pytest.raises(TweetsentError) as caught:
        label_ids(pd.Series(["a", "c"]), names, "test.csv")
    what = "test.csv: data row 2 has the unknown label 'c' (1 such rows)"
    assert str(caught.value) == f"{what}: correct it, or add it to label_order, now a, b"


def test_days_are_read_day_first_or_year_first_and_what_is_no_day_is_none():
    written = ["16-03-2020", "03-04-2020", "2020-04-03", "2020-04-03T10:00:00", "31-02-2020", "03/04/2020", "soon", ""]
    days = days_of(pd.DataFrame({"when": written}, index=range(5, 13)), "when")
    assert days.dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2020-03-16", *["2020-04-03"] * 3, "", "", "", ""]
    assert days.index.tolist() == list(range(5, 13))
    assert days_of(pd.DataFrame({"text": ["a", "b"]}), "").isna().tolist() == [True, True]
