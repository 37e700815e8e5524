"""Intervals against those that drawing rows one by one gives."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.uncertainty import (
    bootstrap_intervals,
    describe_place,
    macro_f1,
    standard_error,
    wilson_interval,
)

Z2 = 1.959964**2  # of the 97.5% quantile of the normal distribution


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """300 labels of four classes, and predictions that are 0 in nearly all mistakes."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 300)
    return labels, np.where(random.random(300) < 0.6, labels, labels // 3)


def test_intervals_are_those_of_drawing_rows(answers):
    labels, predictions = answers
    drawn = []
    for rows in np.random.default_rng(1).integers(0, 300, (2000, 300)):
        truth, guesses = labels[rows], predictions[rows]
        distances = abs(truth - guesses)
        drawn.append([(distances == 0).mean(), macro_f1(truth, guesses), distances.mean()])
    intervals = bootstrap_intervals(labels, predictions)
    expected = np.quantile(drawn, [0.025, 0.975], axis=0).T
    assert intervals.loc["accuracy", "score"] == (labels == predictions).mean()
    assert intervals.loc["mean_absolute_error", "score"] == abs(labels - predictions).mean()
    assert intervals.index.tolist() == ["accuracy", "macro_f1", "mean_absolute_error"]
    assert intervals[["low", "high"]].to_numpy() == pytest.approx(expected, abs=0.008)


def test_same_seed_draws_the_same_intervals_and_classes_without_an_order_have_two(answers):
    intervals = bootstrap_intervals(*answers, draws=50)
    assert bootstrap_intervals(*answers, draws=50).equals(intervals)
    unordered = bootstrap_intervals(*answers, ordered=False, draws=50)
    pd.testing.assert_frame_equal(unordered, intervals.loc[["accuracy", "macro_f1"]])


@pytest.mark.parametrize("seed", range(5))
def test_macro_f1_is_that_of_scikit_learn(seed):
    labels, predictions = np.random.default_rng(seed).choice([0, 1, 3, 4], (2, 12))
    expected = f1_score(labels, predictions, average="macro")
    assert macro_f1(labels, predictions) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("labels", "predictions", "values"),
    [
        ([0, 1] * 50, [0, 1] * 50, [1, 100 / (100 + Z2), 1]),
        ([0, 3] * 50, [0, 3] * 50, [1, 100 / (100 + Z2), 1]),  # no row is of class 1 or 2
        ([0, 0, 3], [0, 0, 3], [1, 3 / (3 + Z2), 1]),  # class 3 is in some draws only
        ([1], [3], [0, 0, Z2 / (1 + Z2)]),
        ([2, 2], [2, 2], [1, 2 / (2 + Z2), 1]),
        ([2, 2], [0, 0], [0, 0, Z2 / (2 + Z2)]),
    ],
)
def test_what_no_draw_can_change_has_no_interval_but_the_accuracy_has(
    labels, predictions, values, recwarn
):
    intervals = bootstrap_intervals(np.array(labels), np.array(predictions), draws=50)
    assert intervals.index.tolist() == ["accuracy"]
    assert intervals.loc["accuracy"].tolist() == pytest.approx(values)
    assert not recwarn.list


def test_an_interval_of_few_rows_is_wilsons_and_holds_the_share():
    # Brown, Cai and DasGupta 2001, by hand: the centre is (8 + Z2 / 2) / (10 + Z2).
    low, high = wilson_interval(8, 10)
    assert (low + high) / 2 == pytest.approx((8 + Z2 / 2) / (10 + Z2))
    assert (low, high) == pytest.approx((0.490, 0.943), abs=1e-3)


@pytest.mark.parametrize(
    ("score", "place"),
    [(0.5, "inside"), (0.6, "inside"), (0.61, "outside"), (0.1, "outside")],
)
def test_a_score_is_said_to_be_inside_of_an_interval_or_outside(score, place):
    said = describe_place(score, pd.Series({"low": 0.5, "high": 0.6}))
    assert said == f"{score:.3f} is {place} the interval of 0.500 to 0.600"


@pytest.mark.parametrize(
    ("labels", "predictions", "facts"),
    [
        pytest.param(["up", "down"], [0, 1], ["labels", "'up'", "label_ids"], id="names"),
        pytest.param([0, 1], ["up", "down"], ["predictions", "'up'"], id="names predicted"),
        pytest.param([0, 1], [[0.9, 0.1], [0.4, 0.6]], ["(2, 2)", "argmax"], id="probabilities"),
        pytest.param([0, 1], [0], ["2 labels", "1 predictions"], id="a prediction too few"),
        pytest.param([0, -1], [0, 0], ["row 2 of the labels is -1"], id="below 0"),
        pytest.param([], [], ["no labels"], id="no rows"),
    ],
)
def test_anything_but_ranks_is_refused_in_a_sentence(labels, predictions, facts):
    with pytest.raises(TweetsentError) as caught:
        bootstrap_intervals(labels, predictions)
    assert [fact for fact in facts if fact not in str(caught.value)] == []


def test_large_test_set_does_not_fill_the_memory():
    labels = np.zeros(100_000, dtype=int)
    tracemalloc.start()
    bootstrap_intervals(labels, labels, ordered=False, draws=100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 * 2**20  # all draws at once take 380 MiB


def test_standard_error_is_the_spread_of_scores_on_fresh_rows():
    scores = np.random.default_rng(0).binomial(600, 0.8, size=10_000) / 600
    assert standard_error(0.8, 600) == pytest.approx(scores.std(), rel=0.05)
