"""Splits that can be trusted: disjoint, stratified or by day, and the same for the same seed."""

from functools import partial

import pandas as pd
import pytest

from tweetsent_utils.data.splitting import (
    hold_out_rows,
    hold_out_test_tweets,
    sample_rows,
    sample_tweets,
    split_at_random,
    split_latest_days,
)
from tweetsent_utils.errors import TweetsentError

NAMES = ["awful", "bad", "so so", "good", "great"]
CLASS_SIZES = {0: 130, 1: 240, 2: 77, 3: 311, 4: 42}


def labels_of_sizes(sizes: list[int]) -> pd.Series:
    return pd.Series(range(len(sizes)), dtype=int).repeat(sizes).reset_index(drop=True)


@pytest.fixture
def labels() -> pd.Series:
    """800 labels of five unequal classes, mixed, indexed by row ids with gaps."""
    values = labels_of_sizes(list(CLASS_SIZES.values()))
    return values.sample(frac=1, random_state=1).set_axis(range(5, 5 + 3 * len(values), 3))


def test_random_split_is_disjoint_complete_stratified_seeded_and_in_file_order(labels):
    train, validation = split_at_random(labels, NAMES, 5000, 0.2, seed=7)
    assert len(validation) == 160  # the share, which is fewer rows
    assert sorted([*train, *validation]) == list(labels.index)
    assert train.is_monotonic_increasing
    assert validation.is_monotonic_increasing
    for label, size in CLASS_SIZES.items():
        assert (labels[validation] == label).sum() == pytest.approx(size * 0.2, abs=1)
    again = split_at_random(labels, NAMES, 5000, 0.2, seed=7)
    other = split_at_random(labels, NAMES, 5000, 0.2, seed=8)
    assert again[1].equals(validation)
    assert not other[1].equals(validation)
    assert len(split_at_random(labels, NAMES, 100, 0.2, seed=7)[1]) == 100


@pytest.mark.parametrize(
    ("sizes", "rows"),
    [
        ([58, 2], 12),  # 0.4 rows of the rare class, by its share
        ([200, 2, 2, 3], 4),
        ([200, 2, 2, 3], 203),
        ([2, 2, 2], 3),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_random_split_has_every_class_on_both_sides(sizes, rows, seed):
    labels = labels_of_sizes(sizes).set_axis(range(7, 7 + sum(sizes)))
    train, validation = split_at_random(labels, NAMES, rows, 0.99, seed)
    assert len(validation) == rows
    assert sorted([*train, *validation]) == labels.index.tolist()
    assert set(labels[train]) == set(labels[validation]) == set(range(len(sizes)))
    assert train.is_monotonic_increasing
    assert validation.is_monotonic_increasing


@pytest.mark.parametrize(
    ("sizes", "rows", "expected"),
    [
        ([50, 1], 10, "the class 'bad' has one training text"),
        ([50], 10, "every training text is 'awful'"),
        ([50, 50, 50], 2, "150 training texts cannot give 2 to validation"),
        ([3, 3], 0, "6 training texts cannot give 0 to validation"),
        ([2, 8], 9, "10 training texts cannot give 9 to validation"),
    ],
)
def test_too_few_tweets_for_a_split_are_refused(sizes, rows, expected):
    with pytest.raises(TweetsentError, match=expected):
        split_at_random(labels_of_sizes(sizes), NAMES, rows, 0.9, seed=0)


@pytest.mark.parametrize(
    ("rows", "share", "late"),
    [
        (2, 0.9, [10, 13]),
        (1, 0.9, [10, 13]),  # the whole last day
        (3, 0.9, [10, 12, 13]),
        (100, 0.5, [10, 12, 13]),
        (100, 0.05, [10, 13]),  # less than one row
    ],
)
def test_split_by_day_takes_the_last_whole_days_wherever_they_are_in_the_file(rows, share, late):
    days = ["04-02", "03-30", "04-01", "04-02", "03-31", "03-31"]
    index = range(10, 16)
    days = pd.Series(pd.to_datetime([f"2020-{day}" for day in days]), index)
    labels = pd.Series([0, 1, 1, 1, 0, 1], index)
    train, validation = split_latest_days(labels, days, NAMES, rows, share)
    assert validation.tolist() == late
    assert train.tolist() == [row for row in index if row not in late]


def test_split_by_day_leaves_the_time_of_day_out():
    moments = ["2020-03-30 09:00", "2020-03-30 23:00", "2020-03-31 01:00", "2020-03-31 22:00"]
    days = pd.Series(pd.to_datetime(moments))
    _, validation = split_latest_days(pd.Series([0, 1, 0, 1]), days, NAMES, 1, 0.9)
    assert validation.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("days", "labels", "expected"),
    [
        (["2020-03-30", None, "2020-03-31"], [0, 1, 0], "data row 12 has no day"),
        (["2020-03-30"] * 3 + ["2020-03-31"], [0, 1, 0, 0], "'bad' .* one side .* 2020-03-31"),
        (["2020-03-30"] * 4, [0, 1, 0, 1], "one side only .* 2020-03-30"),
    ],
)
def test_days_that_cannot_be_split_are_refused(days, labels, expected):
    index = range(10, 10 + len(days))
    days = pd.Series(pd.to_datetime(days), index)
    with pytest.raises(TweetsentError, match=expected):
        split_latest_days(pd.Series(labels, index), days, NAMES, 1, 0.9)


def test_rows_are_held_out_the_way_that_the_parameter_says(labels):
    days = pd.Series(pd.date_range("2020-03-01", periods=len(labels)), labels.index)
    at_random = hold_out_rows(labels, days, NAMES, "random", 5000, 0.2, seed=3)
    expected = split_at_random(labels, NAMES, 5000, 0.2, seed=3)
    assert [part.tolist() for part in at_random] == [part.tolist() for part in expected]
    first_half = labels[:400]  # what a test set held out before has left
    train, validation = hold_out_rows(first_half, days, NAMES, "latest", 5000, 0.2, seed=3)
    assert validation.tolist() == first_half.index[-80:].tolist()
    assert train.tolist() == first_half.index[:-80].tolist()


def test_sample_is_stratified_seeded_and_in_file_order(labels):
    part = sample_rows(labels, 100, seed=3)
    assert len(part) == 100
    assert part.index.is_monotonic_increasing
    assert part.equals(labels[part.index])
    for label, size in CLASS_SIZES.items():
        assert (part == label).sum() == pytest.approx(size / 8, abs=1)
    assert sample_rows(labels, 100, seed=3).equals(part)
    assert not sample_rows(labels, 100, seed=4).index.equals(part.index)


@pytest.mark.parametrize(
    ("max_rows", "expected"), [(0, 800), (800, 800), (801, 800), (3, 3), (798, 798)]
)
def test_sample_has_at_most_the_rows_asked_for_and_zero_means_all(labels, max_rows, expected):
    assert len(sample_rows(labels, max_rows, seed=0)) == expected


@pytest.mark.parametrize(
    ("max_rows", "least", "counts"),
    [
        (900, 1, {0: 896, 1: 4}),
        (900, 5, {0: 895, 1: 5}),
        (900, 8, {0: 892, 1: 8}),
        (900, 20, {0: 892, 1: 8}),  # it has no more
        (20, 1, {0: 19, 1: 1}),
        (20, 5, {0: 15, 1: 5}),
        (6, 5, {0: 3, 1: 3}),
        (2, 1, {0: 1, 1: 1}),
        (1, 1, {0: 1}),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_sample_keeps_a_rare_class(max_rows, least, counts, seed):
    labels = labels_of_sizes([1792, 8])
    part = sample_rows(labels, max_rows, seed, least_per_class=least)
    assert part.value_counts().to_dict() == counts
    assert part.equals(labels[part.index])


def test_sample_keeps_a_class_of_a_single_row():
    labels = labels_of_sizes([500, 1, 400, 1])
    for max_rows in (4, 10, 450, 901):
        assert set(sample_rows(labels, max_rows, seed=0)) == {0, 1, 2, 3}


@pytest.fixture
def tweets(labels) -> dict[str, pd.DataFrame]:
    texts = [f"tweet {row}" for row in labels.index]
    table = pd.DataFrame({"text": texts, "label": labels, "day": pd.NaT})
    return {"train": table, "test": table[:0]}


DRAW = partial(
    hold_out_rows,
    label_order=NAMES,
    validation_split="random",
    validation_rows=5000,
    validation_share=0.2,
)


def test_without_a_test_file_test_tweets_are_held_out_and_no_run_seed_changes_them(tweets):
    parts = hold_out_test_tweets(tweets, DRAW, "own.csv", "")
    assert sorted([*parts["train"].index, *parts["test"].index]) == list(tweets["train"].index)
    rows = DRAW(tweets["train"]["label"], tweets["train"]["day"], seed=0)[1]
    assert parts["test"].index.equals(rows)


def test_test_tweets_of_a_file_stay_as_they_are_unless_they_are_the_training_tweets(tweets):
    own = tweets["train"][:9].assign(text="another")
    parts = hold_out_test_tweets({**tweets, "test": own}, DRAW, "own.csv", "test.csv")
    assert parts["test"].equals(own)
    assert parts["train"].equals(tweets["train"])
    with pytest.raises(TweetsentError, match="every text of test.csv is in own.csv too"):
        hold_out_test_tweets({**tweets, "test": tweets["train"]}, DRAW, "own.csv", "test.csv")


def test_a_sample_of_tweets_is_that_of_their_labels(tweets, labels):
    sample = sample_tweets(tweets["train"], 100, seed=3)
    assert sample["label"].equals(sample_rows(labels, 100, seed=3))
    assert sample_tweets(sample, 0, seed=3).equals(sample)
