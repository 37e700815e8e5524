"""The layer by which notebook 03 lets a head read the mean of all tokens, in a form that every tool opens."""

import pytest
import torch
from conftest import notebook_functions
from transformers import AutoModelForSequenceClassification, BertConfig, BertModel, RobertaConfig, RobertaModel

from tweetsent_utils.encoder import load_classifier
from tweetsent_utils.errors import TweetsentError

notebook = notebook_functions("03")
add_averaging_layer, speed_up = notebook.add_averaging_layer, notebook.speed_up
SIZES = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
FAMILIES = {"bert": (BertConfig, BertModel), "roberta": (RobertaConfig, RobertaModel)}


@pytest.fixture(params=FAMILIES)
def model(request, tmp_path, label_order) -> torch.nn.Module:
    config, family = FAMILIES[request.param]
    torch.manual_seed(0)
    family(config(**SIZES, initializer_range=0.2, pad_token_id=0)).save_pretrained(tmp_path / "encoder")
    return load_classifier(tmp_path / "encoder", label_order).eval()


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    attention_mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
    return {"input_ids": torch.randint(5, 50, (2, 6)) * attention_mask, "attention_mask": attention_mask}


@torch.inference_mode()
def states(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    return model.base_model(**batch).last_hidden_state


def test_the_added_layer_adds_the_mean_over_the_real_tokens_to_each_token(model, batch):
    before = states(model, batch)
    add_averaging_layer(model)
    model.eval()
    mask = batch["attention_mask"][:, :, None]
    mean = (before * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)
    assert torch.allclose(states(model, batch), torch.nn.functional.layer_norm(before + mean, (16,)), atol=1e-4)


def test_the_added_layer_learns_in_training_all_its_weights_but_the_keys_at_the_first_step(model, batch):
    add_averaging_layer(model)
    model(**batch, labels=torch.tensor([0, 3])).loss.backward()
    still = {name for name, weight in model.base_model.encoder.layer[2].named_parameters() if not weight.grad.any()}
    at_rest = {name for name in still if ".key." not in name and "intermediate" not in name}
    assert not at_rest  # what stands before the weights of zero learns from the second step on


def test_a_saved_model_with_the_added_layer_opens_anywhere_and_answers_alike(model, batch, tmp_path):
    add_averaging_layer(model)
    model.eval()
    with torch.inference_mode():
        before = model(**batch).logits
        speed_up(model)
        model.save_pretrained(tmp_path / "model")
        opened = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model").eval()
        assert torch.allclose(model.eval()(**batch).logits, before, atol=1e-4)
        assert torch.allclose(opened(**batch).logits, before, atol=1e-5)
    assert opened.config.num_hidden_layers == len(opened.base_model.encoder.layer) == 3


def test_the_added_layer_is_sped_up_with_the_others(model):
    add_averaging_layer(model)
    model.eval()
    speed_up(model)
    dropouts = [part for part in model.modules() if isinstance(part, torch.nn.Dropout)]
    assert {type(part) for part in dropouts[:-2]} == {notebook.Dropout}
    implementations = {part.config._attn_implementation for part in model.modules() if hasattr(part, "config")}
    assert implementations == {"frugal"}


def test_an_encoder_with_other_layers_is_told_and_left_as_it_was(tiny_encoder, label_order):
    model = load_classifier(tiny_encoder, label_order)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    with pytest.raises(TweetsentError, match="pooling 'mean'.*distilbert.*'cls'"):
        add_averaging_layer(model)
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())
    assert set(before) == {name for name, _ in model.named_parameters()}
