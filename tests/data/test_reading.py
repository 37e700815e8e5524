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


SIX_ROWS = [
    ("first tweet", "pos"),
    ('"open quote never closed', "neg"),
    ("third tweet", "pos"),
    ("fourth tweet", "neg"),
    ('"another open', "neg"),
    ("sixth", "pos"),
]
LONE_PAIR = [
    ("first", "pos"),
    ('"said who', "neg"),
    ("third, and last", "pos"),
    ('he said "', "neg"),
    ("fifth", "pos"),
]
IN_QUOTES = [("a", "pos"), ('"Great" they said', "neg"), ('"b"" c', "pos")]


def separated(rows: list[tuple[str, str]], separator: str, end: str = "\n") -> str:
    """Write rows as they are, without a quote around any field."""
    return "".join(separator.join(row) + end for row in [("text", "label"), *rows])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("rows", "line"), [(SIX_ROWS, 3), (LONE_PAIR, 3), (IN_QUOTES, 3)])
def test_quotes_of_a_plain_tsv_are_letters_and_swallow_nothing(tmp_path, capsys, rows, line, end):
    tweets = read(tmp_path / "x.tsv", separated(rows, "\t", end))
    assert list(zip(tweets["text"], tweets["label"], strict=True)) == rows
    assert f"x.tsv: line {line} " in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["csv", "tsv"])
@pytest.mark.parametrize(
    "texts",
    [
        ["wide\tand\nlong", "plain"],
        ['"', '"never closed', 'closed "', 'two ""', '"\n"', ",", ".\t"],
        ['He said "no"\r\r\nand "yes"', 'x "\n', '\n"\n'],
        ["one, and\ntwo, and\nthree", "four, five\nsix, seven"],
    ],
)
def test_what_quotes_hold_together_stays_together(tmp_path, ending, texts, capsys):
    table = pd.DataFrame({"text": texts * 2, "label": ["good", "bad"] * len(texts)})
    tweets = read(save(table, tmp_path / f"x.{ending}"))
    assert tweets["text"].tolist() == texts * 2
    assert tweets["label"].tolist() == table["label"].tolist()
    assert capsys.readouterr().out == ""


def test_rows_that_a_pair_of_quotes_may_swallow_are_printed_with_their_lines(tmp_path, capsys):
    tweets = read(tmp_path / "x.csv", separated([*LONE_PAIR, *LONE_PAIR], ","))
    assert len(tweets) == 6
    shown = capsys.readouterr().out
    assert "x.csv: lines 3 to 5 " in shown
    assert "2 such texts" in shown


def test_a_million_quotes_are_read_in_no_time(tmp_path):
    """Each of these would take minutes if the time grew with the square of the length."""
    rows = '"a\n",x\n"b",y\n' * 100_000
    assert len(read(tmp_path / "x.csv", f"text,label\n{rows}")) == 200_000
    with pytest.raises(TweetsentError, match="line 2 opens a quote"):
        read(tmp_path / "x.csv", "text,label\n" + '"a\n' * 300_001)


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
        ('{"text": "half an emoji \\ud83d", "label": "x"}', "data row 2 holds half a letter"),
        ('{"text": "a", "label": "x", "\\udc00": 1}', "data row 2 holds half a letter"),
        ('{"text": "b", "label": ' + "[" * 100_000, "data row 2 is no JSON object"),
        ('{"text": {"a": 1}, "label": "x"}', "data row 2 has {'a': 1} for its text"),
        ('{"text": ["a"], "label": "x"}', "data row 2 has ['a'] for its text"),
        ('{"text": "a", "label": ["x", "y"]}', "data row 2 has ['x', 'y'] for its label"),
        ('{"text": "a", "label": {"x": ' + str([1] * 10**6) + "}}", "data row 2 has {'x': [1, 1"),
    ],
)
def test_bad_line_of_json_is_reported_with_its_row(tmp_path, line, expected):
    good = '{"text": "a", "label": "x"}'
    with pytest.raises(TweetsentError) as caught:
        read(tmp_path / "x.jsonl", f"\n{good}\r\n\n{line}\n{good}\n")
    assert str(tmp_path / "x.jsonl") in str(caught.value)
    assert expected in str(caught.value)
    assert len(str(caught.value)) < 600


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


def test_numbers_and_truth_values_among_texts_are_read_as_they_are_written(tmp_path):
    lines = ['{"text": 5, "label": true}', '{"text": "b", "label": 0}', '{"text": 1.5, "label": 2}']
    tweets = read(tmp_path / "x.jsonl", "\n".join(lines))
    assert tweets["text"].tolist() == ["5", "b", "1.5"]
    assert tweets["label"].tolist() == ["True", "0", "2"]
    assert read(tmp_path / "x.jsonl", '{"text": "\\ud83d\\ude00", "label": 1}')["text"][0] == "😀"


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("text", [b"a", b"b"], "data row 1 has b'a' for its text"),
        ("label", [["x"], ["y"]], "data row 1 has .* for its label"),
        ("label", [{"x": "y"}, None], "data row 1 has {'x': 'y'} for its label"),
    ],
)
def test_parquet_column_of_other_things_than_texts_is_refused(tmp_path, column, values, expected):
    table = pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]}).assign(**{column: values})
    with pytest.raises(TweetsentError, match=f"x.parquet: {expected}"):
        read(save(table, tmp_path / "x.parquet"))


def test_classes_as_parquet_categories_are_labels(tmp_path):
    table = pd.DataFrame({"text": ["a", "b"], "label": pd.Categorical(["x", "y"])})
    assert read(save(table, tmp_path / "x.parquet"))["label"].tolist() == ["x", "y"]


def test_file_without_rows_is_not_said_to_have_a_header(tmp_path):
    save(pd.DataFrame({"text": [], "label": []}), tmp_path / "x.parquet")
    for name, content in (("x.parquet", None), ("x.jsonl", ""), ("y.jsonl", "\n \n")):
        with pytest.raises(TweetsentError, match=f"{name} holds no row"):
            read(tmp_path / name, content)
    with pytest.raises(TweetsentError, match=r"x.jsonl has no column at all"):
        read(tmp_path / "x.jsonl", "{}\n{}\n")


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "keys.jsonl", "x.parquet"])
def test_table_of_too_many_columns_is_refused(tmp_path, name):
    names = [f"c{number}" for number in range(6_000 if name == "x.parquet" else 100_000)]
    content = None
    if name == "x.csv":
        content = "text,label," + ",".join(names) + "\na,x\n"
    elif name == "x.jsonl":
        content = "{" + ", ".join(f'"{column}": 1' for column in names) + "}\n"
    elif name == "keys.jsonl":
        content = "".join(f'{{"{column}": 1}}\n' for column in names)
    else:
        save(pd.DataFrame([range(len(names))], columns=names), tmp_path / name)
    with pytest.raises(TweetsentError, match=rf"{name}.* has [\d,]+ columns"):
        read(tmp_path / name, content)


def test_blanks_after_a_closing_quote_are_no_lone_quote(tmp_path):
    tweets = read(tmp_path / "x.csv", 'text,label\n"two\nlines" ,pos\nnext,neg\n')
    assert tweets["text"].tolist() == ["two\nlines ", "next"]
    assert tweets["label"].tolist() == ["pos", "neg"]
