"""Calibration measured by hand, and probabilities at another temperature."""

import numpy as np
import pytest
from scipy.special import softmax

from tweetsent_utils.evaluation.reliability import (
    change_temperature,
    expected_calibration_error,
    judge_answers,
    reliability_curve,
)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_probabilities_change_as_if_the_logits_had_been_divided(temperature):
    logits = np.random.default_rng(0).normal(0, 3, (50, 4))
    changed = change_temperature(softmax(logits, axis=1), temperature)
    assert changed == pytest.approx(softmax(logits / temperature, axis=1), abs=1e-5)


def test_a_probability_that_was_rounded_to_0_stays_next_to_nothing(recwarn):
    changed = change_temperature(np.array([[1.0, 0.0], [0.5, 0.5]]), 2.0)
    assert changed[0] == pytest.approx([1, 0], abs=1e-3)
    assert changed[1] == pytest.approx([0.5, 0.5])
    assert not recwarn.list


def test_an_answer_is_as_sure_as_its_likeliest_class():
    confidence, is_right = judge_answers(np.array([1, 1]), np.array([[0.3, 0.7], [0.6, 0.4]]))
    assert confidence.tolist() == [0.7, 0.6]
    assert is_right.tolist() == [True, False]


@pytest.mark.parametrize(
    ("confidence", "right", "error"),
    [
        ([0.5, 0.5, 0.5, 0.5], [True, False, True, True], 0.25),
        # Two bins: one right of two at 0.6, and both right at 1.
        ([0.6, 0.6, 1.0, 1.0], [True, False, True, True], 0.5 * 0.1),
        ([0.9, 0.1, 0.9, 0.9], [True, False, True, True], 0.1),
    ],
)
def test_expected_calibration_error_comes_out_by_hand(confidence, right, error):
    assert expected_calibration_error(np.array(confidence), np.array(right)) == pytest.approx(error)


@pytest.mark.parametrize(("answers", "groups"), [(1000, 10), (25, 3), (4, 1)])
def test_reliability_curve_has_groups_of_equal_size_from_least_to_most_confident(answers, groups):
    confidence = np.linspace(0.2, 1, answers)
    right = confidence > 0.5
    shuffled = np.random.default_rng(0).permutation(answers)
    curve = reliability_curve(confidence[shuffled], right[shuffled])
    parts = np.array_split(np.arange(answers), groups)
    assert curve[0] == pytest.approx([confidence[part].mean() for part in parts])
    assert curve[1] == pytest.approx([right[part].mean() for part in parts])
