"""Scores against sums worked out by hand."""

import json
import math

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.metrics import score, score_predictions

LABELS = np.array([0, 1, 2, 1])
LOGITS = np.array([[2, 1, 0], [0, 0, 3], [5, 0, 0], [0, 1, 0]], dtype=np.float32)


def test_scores_come_out_by_hand():
    losses = [
        -math.log(math.e**2 / (math.e**2 + math.e + 1)),
        -math.log(1 / (2 + math.e**3)),
        -math.log(1 / (math.e**5 + 2)),
        -math.log(math.e / (math.e + 2)),
    ]
    by_hand = {
        "loss": sum(losses) / 4,
        "accuracy": 2 / 4,
        "macro_f1": (2 / 3 + 2 / 3 + 0) / 3,
        "mean_absolute_error": (0 + 1 + 2 + 0) / 4,
        "rows": 4,
    }
    scores = score(LABELS, LOGITS)
    assert scores == pytest.approx(by_hand)
    assert json.loads(json.dumps(scores)) == scores


def test_classes_without_an_order_have_no_distance_between_them():
    ordered = score(LABELS, LOGITS)
    del ordered["mean_absolute_error"]
    assert score(LABELS, LOGITS, ordered=False) == ordered


def test_huge_logits_have_a_finite_loss():
    logits = np.array([[0, 1e4], [0, 1e4]], dtype=np.float32)
    assert score(np.array([1, 0]), logits)["loss"] == pytest.approx(5000)


def test_macro_f1_gives_each_class_the_same_weight():
    draw = np.random.default_rng(0)
    labels = draw.choice(5, 300, p=[0.02, 0.5, 0.28, 0.1, 0.1])
    predictions = np.where(draw.random(300) < 0.6, labels, draw.integers(0, 5, 300))
    scores = score_predictions(labels, predictions)
    by_class = f1_score(labels, predictions, average=None)
    assert scores["macro_f1"] == pytest.approx(by_class.mean())
    assert scores["accuracy"] == pytest.approx((labels == predictions).mean())


def test_class_that_is_never_predicted_counts_as_zero_without_a_warning(recwarn):
    scores = score_predictions(np.array([0, 0, 1]), np.array([0, 0, 0]))
    assert scores["macro_f1"] == pytest.approx((0.8 + 0) / 2)
    assert not recwarn.list


def test_one_row_has_scores():
    assert score(np.array([1]), np.array([[0.0, 0.0]])) == {
        "loss": pytest.approx(math.log(2)),
        "accuracy": 0.0,
        "macro_f1": 0.0,
        "mean_absolute_error": 1.0,
        "rows": 1,
    }


PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("labels", "logits", "facts"),
    [
        pytest.param(LABELS, PROBABILITIES, ["sums to 1", "predict_logits"], id="probabilities"),
        pytest.param(LABELS, PROBABILITIES.round(5), ["sums to 1"], id="read from a file"),
        pytest.param(["a", "b", "c", "b"], LOGITS, ["'a'", "label_ids"], id="names"),
        pytest.param([0.0, 1.0, 2.0, 1.0], LOGITS, ["0.0", "whole"], id="fractions"),
        pytest.param([0, 1, 3, 1], LOGITS, ["row 3", "is 3", "0 to 2"], id="a class too many"),
        pytest.param([0, -1, 2, 1], LOGITS, ["row 2", "is -1"], id="below 0"),
        pytest.param([0, 1, 2], LOGITS, ["3 labels", "4 rows"], id="a label too few"),
        pytest.param([], np.empty((0, 3)), ["no labels"], id="no rows"),
        pytest.param(LABELS, LOGITS[:, 0], ["(4,)"], id="one column"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_a_sentence(labels, logits, facts):
    with pytest.raises(TweetsentError) as caught:
        score(labels, logits)
    assert [fact for fact in facts if fact not in str(caught.value)] == []


def test_small_logits_are_not_taken_for_probabilities():
    """Each is between 0 and 1, and the first row even sums to 1."""
    scores = score(np.array([0, 1]), np.array([[0.5, 0.5], [0.2, 0.5]]))
    assert scores["accuracy"] == 1.0
