"""Predictions belong to their rows, whatever the order and the padding they were computed in."""

import numpy as np
import pytest
import torch
from conftest import notebook_functions
from torch.utils.data import DataLoader

from tweetsent_utils.batching import LengthBucketSampler, batches_by_length, collate
from tweetsent_utils.encoder import load_classifier, load_tokenizer
from tweetsent_utils.evaluation import predict

inference = notebook_functions("04").inference

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
