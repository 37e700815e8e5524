"""A GPU gives the answers of a CPU, while the next texts are tokenised."""

import numpy as np
import pytest
import torch

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.scoring import classifier as classifier_module
from tweetsent_utils.scoring.classifier import open_classifier

TEXTS = [f"{'good people help ' * (number % 5)}panic {number}" for number in range(50)]


@pytest.fixture
def folder(tiny_encoder, label_order, tmp_path):
    torch.manual_seed(0)
    load_classifier(tiny_encoder, label_order).save_pretrained(tmp_path)
    load_tokenizer(tiny_encoder, "words", 24).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-4), ("bf16", 0.05)])
def test_answers_are_those_of_the_cpu(device, folder, monkeypatch, precision, tolerance):
    expected = open_classifier(folder, device="cpu", precision="fp32").probabilities(TEXTS)
    monkeypatch.setattr(classifier_module, "WINDOW", 7)
    opened = open_classifier(folder, device=str(device), precision=precision)
    assert opened.model.device == device
    answers = opened.read([*TEXTS, None])
    np.testing.assert_allclose(answers.probabilities[:-1], expected, atol=tolerance)
    assert answers.reasons[-1] == "no text"
