"""The shipped sample: made by its generator, in the Kaggle format, labelled by the rule."""

import csv
import importlib.util
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
FILES = {"train": "Corona_NLP_train.csv", "test": "Corona_NLP_test.csv"}
ROWS = {"train": 3_000, "test": 500}
SHARES = {"Extremely Negative": 0.13, "Negative": 0.24, "Neutral": 0.19, "Positive": 0.28, "Extremely Positive": 0.16}


def load_generator():
    spec = importlib.util.spec_from_file_location("make_sample", SAMPLE / "make_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_sample = load_generator()


def read_rows(part):
    """Rows as the csv module gives them: unlike pandas, it keeps the carriage returns as they are."""
    with (SAMPLE / FILES[part]).open(encoding="latin-1", newline="") as file:
        return list(csv.DictReader(file))


def without_links_case_and_punctuation(text):
    return " ".join(re.findall(r"\w+", re.sub(r"https?://\S+", " ", text).lower()))


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    make_sample.make_sample(folder, seed=0)
    return folder


@pytest.mark.parametrize("part", FILES)
def test_seed_0_gives_the_shipped_bytes(regenerated, part):
    assert (regenerated / FILES[part]).read_bytes() == (SAMPLE / FILES[part]).read_bytes()


def test_another_seed_gives_other_bytes(tmp_path):
    make_sample.make_sample(tmp_path, seed=1, train_rows=100, test_rows=50)
    once = {name: (tmp_path / name).read_bytes() for name in FILES.values()}
    make_sample.make_sample(tmp_path, seed=2, train_rows=100, test_rows=50)
    assert all((tmp_path / name).read_bytes() != data for name, data in once.items())
    make_sample.make_sample(tmp_path, seed=1, train_rows=100, test_rows=50)
    assert {name: (tmp_path / name).read_bytes() for name in FILES.values()} == once


@pytest.mark.parametrize("part", FILES)
def test_format_is_that_of_the_kaggle_files(part):
    data = (SAMPLE / FILES[part]).read_bytes()
    assert data.startswith(b"UserName,ScreenName,Location,TweetAt,OriginalTweet,Sentiment\r\n")
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    breaks = data.count(b"\r\r\n")
    assert breaks > 0
    assert data.count(b"\r\n") - breaks == ROWS[part] + 1
    assert re.search(rb"\xc2[\x80-\x9f]", data)  # cp1252 signs as C1 control characters in UTF-8
    frame = pd.read_csv(SAMPLE / FILES[part], encoding="ISO-8859-1")
    assert list(frame.columns) == ["UserName", "ScreenName", "Location", "TweetAt", "OriginalTweet", "Sentiment"]
    assert len(frame) == ROWS[part]
    assert (frame["ScreenName"] - frame["UserName"] == 44952).all()
    assert frame["UserName"].tolist() == list(range(frame["UserName"][0], frame["UserName"][0] + ROWS[part]))


def test_the_split_is_temporal_and_reversed():
    days = {part: pd.to_datetime([row["TweetAt"] for row in read_rows(part)], format="%d-%m-%Y") for part in FILES}
    assert all(index.is_monotonic_increasing for index in days.values())
    assert (days["test"][0], days["test"][-1]) == (pd.Timestamp("2020-03-02"), pd.Timestamp("2020-03-16"))
    assert (days["train"][0], days["train"][-1]) == (pd.Timestamp("2020-03-16"), pd.Timestamp("2020-04-14"))


@pytest.mark.parametrize("part", FILES)
def test_every_label_is_the_rules(part):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    from tweetsent_utils.cleaning import clean

    analyzer = SentimentIntensityAnalyzer()
    for row in read_rows(part):
        compound = analyzer.polarity_scores(clean(row["OriginalTweet"], "words"))["compound"]
        if compound <= -0.6:
            expected = "Extremely Negative"
        elif compound <= -0.05:
            expected = "Negative"
        elif compound < 0.05:
            expected = "Neutral"
        elif compound <= 0.6:
            expected = "Positive"
        else:
            expected = "Extremely Positive"
        assert row["Sentiment"] == expected, row["OriginalTweet"]


@pytest.mark.parametrize(
    ("compound", "expected"),
    [
        (-0.6, "Extremely Negative"),
        (-0.5999, "Negative"),
        (-0.05, "Negative"),
        (-0.0499, "Neutral"),
        (0.0499, "Neutral"),
        (0.05, "Positive"),
        (0.6, "Positive"),
        (0.6001, "Extremely Positive"),
    ],
)
def test_a_score_on_a_cut_gets_the_class_of_the_rule(monkeypatch, compound, expected):
    monkeypatch.setattr(make_sample.ANALYZER, "polarity_scores", lambda text: {"compound": compound})
    assert make_sample.label.__wrapped__("these words are not read") == expected


@pytest.mark.parametrize("part", FILES)
def test_class_shares_are_near_the_published_ones(part):
    counts = Counter(row["Sentiment"] for row in read_rows(part))
    assert set(counts) == set(SHARES)
    for sentiment, share in SHARES.items():
        assert counts[sentiment] / ROWS[part] == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    ("pattern", "share"),
    [("\r\r\n", 0.25), (r"https://t\.co/", 0.35), ("@", 0.25), ("#", 0.50), ("[\x80-\xff]", 0.12), ("&amp;", 0.07)],
)
def test_train_tweets_carry_what_real_ones_do(pattern, share):
    found = sum(bool(re.search(pattern, row["OriginalTweet"])) for row in read_rows("train"))
    assert found / ROWS["train"] == pytest.approx(share, abs=0.03)


def test_locations_are_missing_in_a_fifth():
    missing = sum(not row["Location"] for row in read_rows("train"))
    assert missing / ROWS["train"] == pytest.approx(0.21, abs=0.03)


def test_near_duplicates_and_tweets_without_words():
    bare = {
        part: [without_links_case_and_punctuation(row["OriginalTweet"]) for row in read_rows(part)] for part in FILES
    }
    assert bare["train"].count("") == 3
    words = Counter(text for text in bare["train"] if text)
    assert sum(count - 1 for count in words.values()) == 15
    assert sum(text in words for text in bare["test"]) == 3
    texts = [row["OriginalTweet"] for part in FILES for row in read_rows(part)]
    assert len(set(texts)) == len(texts)


def test_banks_are_disjoint_and_without_repeats():
    banks = {part: make_sample.read_bank(part) for part in FILES}
    sentences = {part: {without_links_case_and_punctuation(sentence) for sentence in banks[part]} for part in FILES}
    assert not sentences["train"] & sentences["test"]
    for part in FILES:
        lines = (SAMPLE / f"sentences_{part}.txt").read_text("utf-8").splitlines()
        assert len(set(lines)) == len(lines)
        assert len(sentences[part]) == len(banks[part])
        assert all(sentence == sentence.strip() for sentence in banks[part])
        assert not any(sign in sentence for sentence in banks[part] for sign in "@#{}|")


def test_most_emotional_words_of_the_test_bank_are_new():
    words = {part: set(re.findall("[a-z]+", " ".join(make_sample.read_bank(part)).lower())) for part in FILES}
    emotional = {part: words[part] & set(make_sample.ANALYZER.lexicon) for part in FILES}
    assert len(emotional["test"] - emotional["train"]) > len(emotional["test"]) / 2
