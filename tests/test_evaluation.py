"""Scores against sums worked out by hand, and baselines that know no more than they should."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from tweetsent_utils.evaluation import predict, score, score_baselines, score_predictions


def f1_by_hand(labels: list[int], predictions: list[int], label: int) -> float:
    pairs = list(zip(labels, predictions, strict=True))
    hit = sum(truth == label and answer == label for truth, answer in pairs)
    false_alarm = sum(truth != label and answer == label for truth, answer in pairs)
    missed = sum(truth == label and answer != label for truth, answer in pairs)
    return 2 * hit / (2 * hit + false_alarm + missed) if hit else 0.0


def test_score_is_what_comes_out_by_hand():
    logits = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0], [5.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=np.float32)
    labels = np.array([0, 1, 2, 1])
    losses = [
        -math.log(math.e**2 / (math.e**2 + math.e + 1)),
        -math.log(1 / (2 + math.e**3)),
        -math.log(1 / (math.e**5 + 2)),
        -math.log(math.e / (math.e + 2)),
    ]
    assert score(labels, logits) == pytest.approx(
        {
            "loss": sum(losses) / 4,
            "accuracy": 2 / 4,
            "macro_f1": (2 / 3 + 2 / 3 + 0) / 3,
            "mean_class_distance": (0 + 1 + 2 + 0) / 4,
            "rows": 4,
        }
    )


def test_score_is_plain_numbers_for_json():
    figures = score(np.array([0, 1]), np.eye(2, dtype=np.float32))
    assert {type(value) for value in figures.values()} == {float, int}


def test_score_stands_huge_logits():
    assert score(np.array([1, 0]), np.array([[0, 1e4], [0, 1e4]], dtype=np.float32))["loss"] == pytest.approx(5000)


def test_every_tweet_counts_the_same_in_uneven_batches():
    class Parrot(nn.Module):
        """Answers each row's own second token, loudly."""

        device = torch.device("cpu")

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> object:
            return type("Outputs", (), {"logits": 3.0 * nn.functional.one_hot(input_ids[:, 1], 3)})

    answers, labels = [0, 1, 2, 0, 1, 2, 0], [0, 1, 2, 0, 1, 0, 1]
    items = [
        {
            "input_ids": torch.tensor([9, answer]),
            "attention_mask": torch.ones(2),
            "labels": torch.tensor(label),
            "row_ids": torch.tensor(row),
        }
        for row, (answer, label) in enumerate(zip(answers, labels, strict=True))
    ]
    uneven, whole = (predict(Parrot(), DataLoader(items, batch_size=size)) for size in (5, 7))
    right, wrong = -math.log(math.e**3 / (math.e**3 + 2)), -math.log(1 / (math.e**3 + 2))
    assert score(*uneven[1:])["accuracy"] == pytest.approx(5 / 7)
    assert score(*uneven[1:])["loss"] == pytest.approx((5 * right + 2 * wrong) / 7)
    assert score(*uneven[1:]) == score(*whole[1:])


def test_macro_f1_gives_each_class_the_same_weight():
    draw = np.random.default_rng(0)
    labels = draw.choice(5, 300, p=[0.02, 0.5, 0.28, 0.1, 0.1])
    predictions = np.where(draw.random(300) < 0.6, labels, draw.integers(0, 5, 300))
    by_hand = [f1_by_hand(labels.tolist(), predictions.tolist(), label) for label in range(5)]
    figures = score_predictions(labels, predictions)
    assert figures["macro_f1"] == pytest.approx(sum(by_hand) / 5)
    assert figures["accuracy"] == pytest.approx(sum(a == b for a, b in zip(labels, predictions, strict=True)) / 300)


def test_class_that_is_never_answered_counts_zero_without_a_warning(recwarn):
    assert score_predictions(np.array([0, 0, 1]), np.array([0, 0, 0]))["macro_f1"] == pytest.approx((0.8 + 0) / 2)
    assert not recwarn.list


def test_baselines_know_the_majority_and_the_words():
    train_texts = ["good day"] * 6 + ["bad day"] * 3 + ["grey day"] * 3
    train_labels = np.array([2] * 6 + [0] * 3 + [1] * 3)
    texts = ["a good morning", "so bad", "grey again", "bad bad bad"]
    labels = np.array([2, 0, 1, 0])
    scores = score_baselines(train_texts, train_labels, texts, labels)
    assert scores == {
        "majority": pytest.approx({"accuracy": 1 / 4, "macro_f1": (2 * 1 / 5 + 0 + 0) / 3}),
        "bag_of_words": {"accuracy": 1.0, "macro_f1": 1.0},
    }


def test_bag_of_words_sees_word_pairs():
    train_texts = ["not good but bad", "not bad but good"] * 5
    train_labels = np.array([0, 1] * 5)
    scores = score_baselines(train_texts, train_labels, train_texts[:2], train_labels[:2])
    assert scores["bag_of_words"]["accuracy"] == 1.0
    assert scores["majority"]["accuracy"] == 0.5
