"""The layer by which a head reads the mean of all tokens, in a form that every tool opens."""

import pytest
import torch
from families import make_config
from torch.nn.functional import layer_norm
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.model.pooling import FAMILIES, add_averaging_layer


@pytest.fixture(params=FAMILIES)
def model(request, make_encoder, label_order) -> torch.nn.Module:
    return load_classifier(make_encoder(request.param), label_order).eval()


@torch.inference_mode()
def hidden_states(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    return model.base_model(**batch).last_hidden_state


def test_added_layer_adds_the_mean_over_the_real_tokens_to_each_token(model, batch):
    if model.config.model_type == "mpnet":  # whose distances tilt the mean: see below
        torch.nn.init.zeros_(model.base_model.encoder.relative_attention_bias.weight)
    before = hidden_states(model, batch)
    add_averaging_layer(model)
    mask = batch["attention_mask"][:, :, None]
    mean = (before * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)
    expected = layer_norm(before + mean, (16,))
    assert torch.allclose(hidden_states(model, batch), expected, atol=1e-4)


def test_mpnets_mean_is_tilted_by_its_distances_and_by_nothing_else(
    make_encoder, label_order, batch
):
    model = load_classifier(make_encoder("mpnet"), label_order).eval()
    before = hidden_states(model, batch)
    add_averaging_layer(model)
    scores = model.base_model.encoder.compute_position_bias(before)  # (B, heads, L, L)
    padding = batch["attention_mask"][:, None, None, :] == 0
    weights = scores.masked_fill(padding, -1e9).softmax(dim=-1)
    by_head = before.unflatten(2, (2, 8)).transpose(1, 2)
    mean = (weights @ by_head).transpose(1, 2).flatten(2)
    expected = layer_norm(before + mean, (16,))
    assert torch.allclose(hidden_states(model, batch), expected, atol=1e-4)


def test_added_layer_learns_from_the_first_step(model, batch):
    add_averaging_layer(model)
    model(**batch, labels=torch.tensor([0, 3, 1])).loss.backward()
    # The weights right before those of zero begin at the second step.
    layers = model.base_model.get_submodule(FAMILIES[model.config.model_type].layers)
    later = (".key.", ".k.", ".k_lin.", "intermediate", ".lin1.")
    for name, weight in layers[2].named_parameters():
        assert weight.grad.any() or any(part in name for part in later), name


def test_saved_model_with_the_added_layer_opens_anywhere(model, batch, tmp_path):
    add_averaging_layer(model)
    with torch.inference_mode():
        before = model(**batch).logits
        use_cpu_kernels(model)
        model.save_pretrained(tmp_path / "model")
        opened = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model").eval()
        assert torch.allclose(model(**batch).logits, before, atol=1e-4)
        assert torch.allclose(opened(**batch).logits, before, atol=1e-5)


@pytest.mark.parametrize("family", ["roberta-prelayernorm", "xlm-roberta-xl", "xmod", "longformer"])
def test_layers_that_only_look_like_berts_are_refused(family):
    model = AutoModelForSequenceClassification.from_config(make_config(family))
    with pytest.raises(TweetsentError, match=f"pooling 'mean'.*{family}"):
        add_averaging_layer(model)


def test_encoder_with_other_layers_is_refused_and_left_as_it_was(make_encoder, label_order):
    model = load_classifier(make_encoder("deberta-v2"), label_order)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    with pytest.raises(TweetsentError, match="pooling 'mean'.*deberta-v2.*'cls'"):
        add_averaging_layer(model)
    after = dict(model.named_parameters())
    assert set(after) == set(before)
    for name, weight in before.items():
        assert torch.equal(after[name], weight), name
