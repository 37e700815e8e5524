"""The head is found by what it does, in whatever place and under whatever name."""

import pytest
import torch
from families import make_config
from torch import nn
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.calibration import apply_temperature
from tweetsent_utils.model.head import count_parameters, find_head


def make_model(family: str) -> nn.Module:
    torch.manual_seed(0)
    return AutoModelForSequenceClassification.from_config(make_config(family))


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("bert", "classifier"),
        ("distilbert", "classifier"),
        ("xlm-roberta", "classifier.out_proj"),  # defined before the encoder's body
        ("camembert", "classifier.out_proj"),
        ("xlm", "sequence_summary.summary"),
        ("gpt2", "score"),  # gives each token logits, of which one token's are returned
        ("eurobert", "classifier"),  # the same, and their mean is returned
        ("bart", "classification_head.out_proj"),  # reads the token that ends a text
    ],
)
def test_the_head_is_the_layer_that_gives_the_logits(family, name):
    model = make_model(family).train()
    weights = {key: weight.clone() for key, weight in model.state_dict().items()}
    state = torch.get_rng_state()
    assert find_head(model) is model.get_submodule(name)
    assert model.training
    assert torch.equal(torch.get_rng_state(), state)
    for key, weight in model.state_dict().items():
        assert torch.equal(weight, weights[key]), key


def test_without_a_linear_head_there_is_no_temperature_and_nothing_changes():
    model = make_model("bert")
    model.classifier = nn.Sequential(model.classifier, nn.Tanh())
    weights = {key: weight.clone() for key, weight in model.state_dict().items()}
    with pytest.raises(TweetsentError, match="family bert gives its logits: choose another"):
        apply_temperature(model, 2.0)
    for key, weight in model.state_dict().items():
        assert torch.equal(weight, weights[key]), key
    assert not hasattr(model.config, "calibration_temperature")


def test_a_model_that_takes_more_than_token_ids_is_reported(monkeypatch):
    model = make_model("bert")

    def forward(*_: object, **__: object) -> None:
        raise KeyError("pixel_values")

    monkeypatch.setattr(model, "forward", forward)
    with pytest.raises(TweetsentError, match="family bert .*tokens alone .*pixel_values"):
        find_head(model)


@pytest.mark.parametrize(
    ("family", "head"),
    [
        ("bert", 16 * 2 + 2),
        ("xlm-roberta", 16 * 16 + 16 + 16 * 2 + 2),
        ("gpt2", 16 * 2),
    ],
)
def test_parameters_are_counted_by_part_in_every_family(family, head):
    model = make_model(family)
    counts = count_parameters(model)
    every_weight = sum(weight.numel() for weight in model.parameters())
    rest = every_weight - 32 * 16 - head
    assert counts == {"word embeddings": 32 * 16, "rest of the encoder": rest, "head": head}
