"""Several models answer with the mean of their probabilities, if they mean the same by them."""

import copy
import json

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inference import inference
from tweetsent_utils.model.head import find_head
from tweetsent_utils.scoring.ensemble import ensemble_inference

TEXTS = [f"{'good people help ' * (number % 5)}panic {number}" for number in range(21)]


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
