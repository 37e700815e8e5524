"""Baselines that know no more than they should."""

import numpy as np
import pytest

from tweetsent_utils.evaluation.baselines import score_baselines


def test_baselines_know_the_majority_and_the_words():
    scores = score_baselines(
        ["good day"] * 6 + ["bad day"] * 3 + ["grey day"] * 3,
        np.array([2] * 6 + [0] * 3 + [1] * 3),
        ["a good morning", "so bad", "grey again", "bad bad bad"],
        np.array([2, 0, 1, 0]),
    )
    majority = {"accuracy": 1 / 4, "macro_f1": (2 * 1 / 5 + 0 + 0) / 3}
    assert scores == {
        "majority": pytest.approx(majority),
        "bag_of_words": {"accuracy": 1.0, "macro_f1": 1.0},
    }


def test_bag_of_words_sees_word_pairs():
    texts = ["not good but bad", "not bad but good"]
    labels = np.array([0, 1])
    scores = score_baselines(texts * 5, np.tile(labels, 5), texts, labels)
    assert scores["bag_of_words"]["accuracy"] == 1.0
    assert scores["majority"]["accuracy"] == 0.5
