"""Predictions belong to their rows, whatever the order and the padding they were computed in."""

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import notebook_functions
from sklearn.metrics import confusion_matrix, f1_score
from torch.utils.data import DataLoader

from tweetsent_utils.batching import LengthBucketSampler, batches_by_length, collate
from tweetsent_utils.encoder import load_classifier, load_tokenizer
from tweetsent_utils.evaluation import predict
from tweetsent_utils.files import REFERENCE, load_json

notebook = notebook_functions("04")
inference = notebook.inference

TEXTS = [f"{'good people help ' * (number % 5)}panic {number}" for number in range(21)]


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder):
    return load_tokenizer(tiny_encoder, "words", 24)


@pytest.fixture(scope="module")
def model(tiny_encoder, label_order):
    torch.manual_seed(0)
    return load_classifier(tiny_encoder, label_order)


@pytest.fixture(scope="module")
def items(tokenizer):
    return [
        {"row_id": 1000 - 7 * number, "input_ids": tokenizer(text, truncation=True)["input_ids"], "label": number % 5}
        for number, text in enumerate(TEXTS)
    ]


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(float))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("order", ["file", "by length", "shuffled", "bucketed"])
def test_predictions_come_sorted_by_row_whatever_the_loaders_order(model, items, order):
    lengths = [len(item["input_ids"]) for item in items]
    batches = {
        "file": [list(range(start, min(start + 4, 21))) for start in range(0, 21, 4)],
        "by length": batches_by_length(lengths, 4),
        "shuffled": [[index] for index in np.random.default_rng(0).permutation(21).tolist()],
        "bucketed": LengthBucketSampler(lengths, 4, seed=1),
    }[order]
    loader = DataLoader(items, batch_sampler=batches, collate_fn=lambda batch: collate(batch, 0))
    row_ids, labels, logits = predict(model, loader)
    assert row_ids.tolist() == [1000 - 7 * number for number in reversed(range(21))]
    assert labels.tolist() == [number % 5 for number in reversed(range(21))]
    assert logits.shape == (21, 5)
    for row, item in enumerate(reversed(items)):
        with torch.no_grad():
            alone = model(torch.tensor([item["input_ids"]])).logits[0].numpy()
        np.testing.assert_allclose(logits[row], alone, atol=1e-5)


def test_inference_equals_one_call_for_each_text(model, tokenizer):
    together = inference(TEXTS, model, tokenizer, batch_size=4)
    assert together.shape == (21, 5)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    alone = np.concatenate([inference([text], model, tokenizer) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.ptp(together, axis=0).max() > 1e-3


def test_inference_gives_what_predict_gives(model, tokenizer, items):
    loader = DataLoader(items, batch_size=5, collate_fn=lambda batch: collate(batch, 0))
    np.testing.assert_allclose(inference(TEXTS, model, tokenizer)[::-1], softmax(predict(model, loader)[2]), atol=1e-5)


def test_inference_cuts_long_texts_and_takes_empty_ones(model, tokenizer):
    long, cut, empty = inference(["people " * 500, "people " * 22, ""], model, tokenizer)
    np.testing.assert_allclose(long, cut, atol=1e-6)
    assert np.isfinite(empty).all()


def test_inference_of_nothing_gives_no_rows(model, tokenizer):
    assert len(inference([], model, tokenizer)) == 0


def test_drawing_cells_of_the_matrix_is_drawing_rows():
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 300)
    answers = np.where(random.random(300) < 0.6, labels, labels // 3)  # nearly all mistakes are a 0
    rows = random.integers(0, 300, (1000, 300))
    drawn = pd.DataFrame(
        {
            "accuracy": [(labels[row] == answers[row]).mean() for row in rows],
            "macro_f1": [f1_score(labels[row], answers[row], average="macro") for row in rows],
            "mean_class_distance": [abs(labels[row] - answers[row]).mean() for row in rows],
        }
    ).quantile([0.025, 0.975])
    intervals = notebook.bootstrap(confusion_matrix(labels, answers))
    assert intervals.T.to_numpy() == pytest.approx(drawn.to_numpy(), abs=0.015)
    assert notebook.bootstrap(confusion_matrix(labels, answers), seed=0).equals(intervals)


def test_a_class_that_is_not_drawn_does_not_count_and_a_perfect_model_has_no_interval():
    matrix = np.diag([50, 50, 0])
    intervals = notebook.bootstrap(matrix)
    assert intervals.loc["accuracy"].tolist() == [1, 1] and intervals.loc["macro_f1"].tolist() == [1, 1]


def test_the_calibration_error_comes_out_by_hand():
    right = np.array([True, False, True, True])
    assert notebook.calibration_error(np.array([0.5, 0.5, 0.5, 0.5]), right) == pytest.approx(0.25)
    # two bins: (0.6, 0.6) with one right of two, and (1.0, 1.0) with both right
    assert notebook.calibration_error(np.array([0.6, 0.6, 1.0, 1.0]), right) == pytest.approx(0.5 * 0.1)
    assert notebook.calibration_error(np.array([0.9, 0.1, 0.9, 0.9]), right) == pytest.approx(0.1)


def test_suspects_are_rows_whose_class_is_less_likely_than_another_that_reaches_its_own_bar():
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    sure = np.array([0.9, 0.8, 0.05, 0.2, 0.9, 0.45, 0.55])  # of class 0
    found = notebook.suspects(labels, np.stack([sure, 1 - sure], axis=1))
    # the bars are 0.583 and 0.475: row 2 is surely 1 and row 4 surely 0, while row 6 reaches no bar at all
    assert found.tolist() == [2, 4]
    assert notebook.suspects(np.array([0, 1]), np.eye(2)).tolist() == []
    assert notebook.suspects(np.array([0, 0]), np.array([[0.4, 0.6], [0.3, 0.7]])).tolist() == []  # no row of class 1


def test_planted_labels_are_found_by_a_model_that_knows():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 400)
    probabilities = np.full((400, 3), 0.1)
    probabilities[np.arange(400), truth] = 0.8
    wrong = truth.copy()
    wrong[:20] = (wrong[:20] + 1) % 3
    assert sorted(notebook.suspects(wrong, probabilities)) == list(range(20))


def test_on_the_real_files_the_shortest_third_is_ahead_of_the_longest():
    slices = load_json(REFERENCE / "minilm-words" / "metrics.json")["slices"]
    lengths = [row for name, row in slices.items() if name.endswith(" tokens")]
    assert len(lengths) == 3 and lengths[0]["low"] > lengths[-1]["high"]
