"""Agreement of readers, worked by hand."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.agreement import (
    cohen_kappa,
    kappa_interval,
    tabulate_accuracy,
    tabulate_agreement,
)

NONE = float("nan")


def readers(counts: dict[tuple[int, int], int]) -> tuple[np.ndarray, np.ndarray]:
    """The ranks of two readers who give each pair of answers so often."""
    pairs = [pair for pair, times in counts.items() for _ in range(times)]
    one, other = zip(*pairs, strict=True)
    return np.array(one), np.array(other)


def test_kappa_is_what_cohen_works_out():
    # Equal answers: 35 of 50, 0.7. By chance: 0.5 * 0.6 + 0.5 * 0.4 = 0.5. So (0.7 - 0.5) / 0.5.
    one, other = readers({(0, 0): 20, (0, 1): 5, (1, 0): 10, (1, 1): 15})
    assert cohen_kappa(one, other, ordered=False) == pytest.approx(0.4)
    # With two classes, a square is a one.
    assert cohen_kappa(one, other, ordered=True) == pytest.approx(0.4)


def test_ordered_classes_count_a_disagreement_by_the_square_of_its_distance():
    # Squared distances: 0, 1, 0, 4, a mean of 5/4. Of all 16 pairs of an answer of the one, from
    # 0 0 1 2, with one of the other, from 0 1 1 0: 0 1 1 0, twice; 1 0 0 1; 4 1 1 4: 16/16.
    one, other = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0])
    assert cohen_kappa(one, other) == pytest.approx(1 - (5 / 4) / (16 / 16))
    # Without an order: equal in 2 of 4; by chance 1/2 * 1/2 + 1/4 * 1/2 + 0 = 3/8.
    assert cohen_kappa(one, other, ordered=False) == pytest.approx((1 / 2 - 3 / 8) / (5 / 8))


def test_a_class_that_nobody_gives_is_still_a_step_between_its_neighbours():
    # Squared distances: 0, 9, 0, 0; by chance, with 0 0 3 1 and 0 3 3 1: the mean over 16 pairs.
    one, other = np.array([0, 0, 3, 1]), np.array([0, 3, 3, 1])
    by_chance = np.mean([(a - b) ** 2 for a in one for b in other])
    assert cohen_kappa(one, other) == pytest.approx(1 - (9 / 4) / by_chance)


def test_readers_who_give_one_class_to_all_have_no_kappa():
    assert math.isnan(cohen_kappa([2, 2, 2], [2, 2, 2]))
    assert cohen_kappa([2, 2, 2], [1, 1, 1]) == 0
    assert cohen_kappa([0, 1, 2], [0, 1, 2]) == 1


@pytest.mark.parametrize("ordered", [True, False])
def test_the_interval_is_that_of_drawing_texts_one_by_one(ordered):
    random = np.random.default_rng(0)
    one = random.integers(0, 4, 80)
    other = np.where(random.random(80) < 0.6, one, random.integers(0, 4, 80))
    weights = "quadratic" if ordered else None
    drawn = [
        cohen_kappa_score(one[rows], other[rows], weights=weights, labels=range(4))
        for rows in random.integers(0, 80, (1000, 80))
    ]
    expected = np.quantile(drawn, [0.025, 0.975])
    assert kappa_interval(one, other, ordered) == pytest.approx(expected, abs=0.03)
    assert kappa_interval(one, other, ordered) == kappa_interval(one, other, ordered)


@pytest.mark.parametrize("ranks", [[0, 1, 2, 1], [3, 3, 3], [1]])
def test_where_no_draw_can_differ_there_is_no_interval(ranks, recwarn):
    assert np.isnan(kappa_interval(ranks, ranks)).all()
    assert not recwarn.list


def test_each_two_readers_are_compared_on_the_texts_that_both_have_answered():
    table = tabulate_agreement(
        {
            "ann": [0, 1, NONE, 2, NONE],
            "bob": [0, 2, 1, NONE, NONE],
            "the model": [0, 1, 1, 2, 0],
            "nobody": [NONE] * 5,
        }
    )
    pairs = list(zip(table["one"], table["other"], table["rows"], table["agreement"], strict=True))
    assert pairs == [
        ("ann", "bob", 2, 0.5),
        ("ann", "the model", 3, 1.0),
        ("bob", "the model", 3, 2 / 3),
    ]
    assert table["kappa"][1] == 1


def test_a_model_is_scored_by_each_set_of_labels_on_its_own_texts():
    table = tabulate_accuracy(
        [0, 1, 1, 2],
        {"the labels": [0, 1, 1, 0], "ann": [0, NONE, 2, NONE], "nobody": [NONE] * 4},
    )
    assert table.index.tolist() == ["the labels", "ann"]
    assert table["rows"].tolist() == [4, 2]
    assert table["accuracy"].tolist() == [0.75, 0.5]
    assert (table["low"] < table["accuracy"]).all()
    assert (table["high"] > table["accuracy"]).all()


@pytest.mark.parametrize(
    ("one", "other", "facts"),
    [
        pytest.param([0, 1], [0], ["2 answers", "1"], id="an answer too few"),
        pytest.param(["up"], [0], ["'up'", "label_ids"], id="names"),
        pytest.param([], [], ["at least one"], id="none"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(one, other, facts):
    with pytest.raises(TweetsentError) as caught:
        cohen_kappa(one, other)
    assert [fact for fact in facts if fact not in str(caught.value)] == []
