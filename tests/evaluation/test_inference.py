"""Predictions belong to their rows, however the rows are batched and padded."""

import copy
import json

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inference import ensemble_inference, inference, predict_logits
from tweetsent_utils.model.head import find_head

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


# --- several models ---


@pytest.fixture
def folders(model, tokenizer, tmp_path):
    """The folders of two models of other weights, each with its tokenizer."""
    found = []
    for name, factor in (("one", 1.0), ("two", -3.0)):
        other = copy.deepcopy(model)
        with torch.no_grad():
            find_head(other).weight.mul_(factor)
        other.save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
        found.append(tmp_path / name)
    return found


def test_an_ensemble_answers_with_the_mean_of_its_models_probabilities(folders, tokenizer):
    models = [AutoModelForSequenceClassification.from_pretrained(folder) for folder in folders]
    each = [inference(TEXTS, model.eval(), tokenizer) for model in models]
    assert np.abs(each[0] - each[1]).max() > 0.01
    together = ensemble_inference(TEXTS, [str(folder) for folder in folders], device="cpu")
    np.testing.assert_allclose(together, (each[0] + each[1]) / 2, atol=1e-5)
    assert ensemble_inference([], folders, device="cpu").shape == (0, 5)


def test_models_of_other_classes_or_none_are_refused_before_any_is_asked(folders, tmp_path):
    config = json.loads((folders[1] / "config.json").read_text())
    config["id2label"]["0"], config["id2label"]["1"] = "other", "classes"
    (folders[1] / "config.json").write_text(json.dumps(config))
    with pytest.raises(TweetsentError, match="one and .*two have the classes .*'other'.*: take"):
        ensemble_inference(TEXTS, folders)
    with pytest.raises(TweetsentError, match="no folder .*nowhere: name a run's"):
        ensemble_inference(TEXTS, [folders[0], tmp_path / "nowhere"])
    with pytest.raises(TweetsentError, match="no model to ask"):
        ensemble_inference(TEXTS, [])
