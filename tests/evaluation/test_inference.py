"""Predictions belong to their rows, however the rows are batched and padded."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax

from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.evaluation.inference import inference, predict_logits

TEXTS = [f"{'good people help ' * (number % 5)}panic {number}" for number in range(21)]


@pytest.fixture(scope="module")
def input_ids(tokenizer):
    return tokenize(TEXTS, tokenizer)


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_each_row_has_the_logits_that_it_has_alone(model, input_ids, batch_size):
    logits = predict_logits(input_ids, model, batch_size)
    assert logits.shape == (21, 5) and logits.dtype == np.float32
    assert np.ptp(logits, axis=0).max() > 1e-2
    for row, ids in enumerate(input_ids):
        with torch.no_grad():
            alone = model(torch.tensor([ids])).logits[0].numpy()
        np.testing.assert_allclose(logits[row], alone, atol=1e-5)


def test_column_of_a_table_keeps_its_order_whatever_its_row_numbers(model, input_ids):
    column = pd.Series(input_ids, index=range(20, -1, -1))
    expected = predict_logits(input_ids, model, 4)
    np.testing.assert_allclose(predict_logits(column, model, 4), expected, atol=1e-5)


def test_inference_gives_the_probabilities_of_these_logits(model, tokenizer, input_ids):
    probabilities = inference(pd.Series(TEXTS), model, tokenizer, batch_size=4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    expected = softmax(predict_logits(input_ids, model, 21), axis=1)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


def test_inference_cuts_long_texts_and_takes_empty_ones(model, tokenizer):
    long, cut, empty = inference(["people " * 500, "people " * 22, ""], model, tokenizer)
    np.testing.assert_allclose(long, cut, atol=1e-6)
    assert np.isfinite(empty).all()


def test_no_texts_give_no_rows(model, tokenizer):
    assert inference([], model, tokenizer).shape == (0, 5)


def test_a_model_that_knows_no_padding_id_goes_by_the_mask(model, input_ids, monkeypatch):
    expected = predict_logits(input_ids, model, 8)
    monkeypatch.setattr(model.config, "pad_token_id", None)
    np.testing.assert_allclose(predict_logits(input_ids, model, 8), expected, atol=1e-5)
