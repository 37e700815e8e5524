"""Slices of tweets by length, marks and time, and the accuracy on each."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.evaluation.slices import make_slices, score_slices


def slices_of(texts: list[str], lengths: list[int], days: list[str]) -> dict[str, list[int]]:
    """Return the positions of the tweets of each slice; the table numbers its rows otherwise."""
    numbers = range(len(texts), 0, -1)
    slices = make_slices(
        pd.Series(texts, numbers),
        pd.Series(lengths, numbers),
        pd.Series(days, numbers),
    )
    return {name: np.flatnonzero(members).tolist() for name, members in slices.items()}


def test_thirds_by_length_and_tweets_with_and_without_each_mark():
    texts = ["@shop hi", "at http://a.b", "https://a.b", "#panic now", "50 # 3 @ noon", "tea"]
    slices = slices_of(texts, [9, 2, 4, 5, 6, 1], [""] * 6)
    assert slices == {
        "up to 3 tokens": [1, 5],
        "4 to 5 tokens": [2, 3],
        "over 5 tokens": [0, 4],
        "with a mention": [0],
        "no mention": [1, 2, 3, 4, 5],
        "with a link": [1, 2],
        "no link": [0, 3, 4, 5],
        "with a hashtag": [3],
        "no hashtag": [0, 1, 2, 4, 5],
    }


@pytest.mark.parametrize(
    ("lengths", "slices"),
    [
        ([7], {}),
        ([7, 7, 7], {}),
        ([3, 9], {"up to 5 tokens": [0], "over 7 tokens": [1]}),
        ([3, 3, 9], {"up to 3 tokens": [0, 1], "over 5 tokens": [2]}),
        ([3, 4, 5], {"up to 3 tokens": [0], "4 tokens": [1], "over 4 tokens": [2]}),
    ],
)
def test_few_lengths_make_fewer_parts_and_one_length_none(lengths, slices):
    tweets = len(lengths)
    by_length = slices_of(["tea"] * tweets, lengths, [""] * tweets)
    found = {name: rows for name, rows in by_length.items() if name.endswith("tokens")}
    assert found == slices


def days_between(first: str, last: str, step: str = "D") -> list[str]:
    return pd.date_range(first, last, freq=step).strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize(
    ("days", "periods"),
    [
        pytest.param(
            ["2020-03-16", "2020-03-18", "2020-03-16"],
            ["2020-03-16", "2020-03-18"],
            id="days",
        ),
        pytest.param(
            days_between("2020-03-16", "2020-03-29"),
            ["2020-03-16/2020-03-22", "2020-03-23/2020-03-29"],
            id="weeks",
        ),
        pytest.param(
            days_between("2020-03-01", "2020-05-31"),
            ["2020-03", "2020-04", "2020-05"],
            id="months",
        ),
        pytest.param(
            days_between("2018-01-01", "2020-12-31", "10D"),
            ["2018", "2019", "2020"],
            id="years",
        ),
        pytest.param(
            ["2020-03-16", "", "2020-03-16"], ["2020-03-16", "on an unknown day"], id="a gap"
        ),
        pytest.param(["2020-03-16"] * 3, [], id="one day"),
        pytest.param(["2020-03-16"], [], id="one tweet"),
        pytest.param([""] * 3, [], id="no days"),
    ],
)
def test_time_is_cut_into_the_shortest_periods_of_which_there_are_at_most_eight(days, periods):
    tweets = len(days)
    slices = slices_of(["tea"] * tweets, list(range(tweets)), days)
    by_time = {name: rows for name, rows in slices.items() if name.startswith("written ")}
    assert list(by_time) == [f"written {period}" for period in periods]
    rows = [row for members in by_time.values() for row in members]
    assert sorted(rows) == (list(range(tweets)) if periods else [])


def test_accuracy_on_a_slice_has_a_wilson_interval():
    right = np.array([True] * 8 + [False] * 2)
    numbers = range(10, 0, -1)
    members = {
        "all": np.arange(10) >= 0,
        "wrong": ~right,
        "one": np.arange(10) == 0,
        "none": right & ~right,
    }
    slices = {name: pd.Series(rows, numbers) for name, rows in members.items()}
    scores = score_slices(slices, right)
    assert scores.index.tolist() == ["all", "wrong"]  # fewer than two tweets say nothing
    assert scores.loc["all"].tolist() == pytest.approx([10, 0.8, 0.490, 0.943], abs=1e-3)
    assert scores.loc["wrong"].tolist() == pytest.approx([2, 0, 0, 0.658], abs=1e-3)


def test_what_holds_every_text_or_none_is_no_slice():
    slices = slices_of(["tea #now", "#milk"], [3, 3], ["2020-03-16"] * 2)
    assert slices == {}
    assert set(slices_of(["#tea", "milk"], [3, 3], [""] * 2)) == {"with a hashtag", "no hashtag"}


def test_one_text_has_no_slice_and_the_table_no_row():
    one = make_slices(pd.Series(["tea"]), pd.Series([3]), pd.Series(["2020-03-16"]))
    scores = score_slices(one, np.array([True]))
    assert scores.columns.tolist() == ["tweets", "accuracy", "low", "high"]
    assert len(scores) == 0
    assert scores.to_dict(orient="index") == {}
    assert (scores["low"] <= scores["accuracy"]).all()


def test_slices_without_a_mistake_or_without_a_hit_have_intervals():
    members = {"all": pd.Series([True] * 4)}
    right, wrong = (score_slices(members, np.full(4, answer)) for answer in (True, False))
    # Wilson's interval of 4 of 4: its lower end is n / (n + z^2).
    assert right.loc["all"].tolist() == pytest.approx([4, 1, 4 / (4 + 1.959964**2), 1])
    assert wrong.loc["all"].tolist() == pytest.approx([4, 0, 0, 1.959964**2 / (4 + 1.959964**2)])
