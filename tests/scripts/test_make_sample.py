"""The shipped sample: made by its generator, in the Kaggle format, labelled by the rule."""

import csv
import re
from collections import Counter
from datetime import datetime

import make_sample
import pytest
from make_sample import SAMPLE, SENTIMENTS, SHARES

FILES = {"train": "Corona_NLP_train.csv", "test": "Corona_NLP_test.csv"}
ROWS = {"train": 3_000, "test": 500}

every_file = pytest.mark.parametrize("part", FILES)


def read_rows(part):
    """Rows as the csv module gives them: unlike pandas, it keeps carriage returns."""
    with (SAMPLE / FILES[part]).open(encoding="latin-1", newline="") as file:
        return list(csv.DictReader(file))


def bare_words(text):
    """A text without links, case and punctuation."""
    without_links = re.sub(r"https?://\S+", " ", text)
    return " ".join(re.findall(r"\w+", without_links.lower()))


@pytest.mark.slow
def test_seed_0_gives_the_shipped_bytes(tmp_path):
    make_sample.make_sample(tmp_path, seed=0)
    for name in FILES.values():
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes()


def test_the_seed_alone_decides_what_is_made(tmp_path):
    def make(seed):
        make_sample.make_sample(tmp_path, seed, train_rows=60, test_rows=30)
        return [(tmp_path / name).read_bytes() for name in FILES.values()]

    first = make(1)
    assert make(2) != first
    assert make(1) == first


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
    scores = {"compound": compound}
    monkeypatch.setattr(make_sample.ANALYZER, "polarity_scores", lambda text: scores)
    uncached_label = make_sample.label.__wrapped__
    assert uncached_label("these words are not read") == expected


@every_file
def test_every_label_is_the_rules_and_the_classes_are_as_frequent_as_published(part):
    rows = read_rows(part)
    assert [row["Sentiment"] for row in rows] == [
        make_sample.label(row["OriginalTweet"]) for row in rows
    ]
    counts = Counter(row["Sentiment"] for row in rows)
    shares = {name: counts[name] / ROWS[part] for name in SENTIMENTS}
    assert shares == pytest.approx(SHARES, abs=0.02)


@every_file
def test_the_bytes_have_the_oddities_of_the_kaggle_files(part):
    data = (SAMPLE / FILES[part]).read_bytes()
    assert data.startswith(b"UserName,ScreenName,Location,TweetAt,OriginalTweet,Sentiment\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    breaks_in_tweets = data.count(b"\r\r\n")
    assert breaks_in_tweets > 0
    assert data.count(b"\r\n") - breaks_in_tweets == 1 + ROWS[part]
    assert re.search(rb"\xc2[\x80-\x9f]", data)  # cp1252 signs as C1 control characters in UTF-8
    assert b"&amp;" in data
    assert any(not row["Location"] for row in read_rows(part))


def test_the_test_tweets_are_older_than_the_training_tweets():
    days = {}
    for part in FILES:
        days[part] = [datetime.strptime(row["TweetAt"], "%d-%m-%Y") for row in read_rows(part)]
        assert days[part] == sorted(days[part])
    assert days["test"][-1] <= days["train"][0]


def test_near_duplicates_are_as_many_as_the_page_says():
    bare = {part: [bare_words(row["OriginalTweet"]) for row in read_rows(part)] for part in FILES}
    assert bare["train"].count("") == 3  # a link and nothing else
    train = [words for words in bare["train"] if words]
    assert len(train) - len(set(train)) == 15
    assert sum(words in train for words in bare["test"]) == 3


def test_no_test_sentence_is_in_the_training_bank():
    train, test = (
        {bare_words(sentence) for sentence in make_sample.read_bank(part)} for part in FILES
    )
    assert train and test
    assert not train & test
