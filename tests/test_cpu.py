"""What notebook 03 does to be fast on a CPU changes nothing but the draws of dropout."""

import pytest
import torch
from conftest import notebook_functions
from torch import nn
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.encoder import load_classifier
from tweetsent_utils.training import eval_step

notebook = notebook_functions("03")
drop, speed_up = notebook.drop, notebook.speed_up


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    attention_mask = torch.ones(3, 7, dtype=torch.int64)
    attention_mask[1, 4:] = attention_mask[2, 1:] = 0
    torch.manual_seed(0)
    return {"input_ids": torch.randint(5, 50, (3, 7)) * attention_mask, "attention_mask": attention_mask}


@pytest.mark.parametrize("p", [0.1, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_drop_zeroes_the_share_asked_for_and_scales_the_rest(p, dtype):
    torch.manual_seed(0)
    dropped = drop(torch.ones(1001, 999, dtype=dtype), p)  # no multiple of the four numbers that are drawn at once
    assert dropped.dtype == dtype
    assert abs((dropped == 0).double().mean().item() - p) < 0.002  # four standard deviations
    assert torch.equal(dropped.unique(), torch.tensor([0, 1 / (1 - p)], dtype=dtype))


def test_drop_treats_the_four_parts_of_a_number_alike_and_apart():
    torch.manual_seed(0)
    kept = (drop(torch.ones(400_000), 0.5) != 0).view(-1, 4).double()
    assert torch.allclose(kept.mean(0), torch.full((4,), 0.5, dtype=torch.float64), atol=0.01)
    assert torch.allclose(torch.corrcoef(kept.T), torch.eye(4, dtype=torch.float64), atol=0.02)


def test_drop_gives_a_gradient_to_what_it_keeps_and_nothing_else():
    torch.manual_seed(0)
    inputs = torch.ones(64, requires_grad=True)
    dropped = drop(inputs, 0.5)
    dropped.sum().backward()
    assert torch.equal(inputs.grad, dropped.detach()) and 0 < (dropped == 0).sum() < 64


def test_drop_of_nothing_draws_nothing():
    state = torch.get_rng_state()
    inputs = torch.ones(5)
    assert drop(inputs, 0.0) is inputs and torch.equal(torch.get_rng_state(), state)


def test_a_model_sped_up_predicts_as_before_and_is_saved_as_before(tiny_encoder, label_order, batch, tmp_path):
    model = load_classifier(tiny_encoder, label_order)
    model.set_attn_implementation("eager")
    before = eval_step(model, batch)
    speed_up(model)
    assert model.config._attn_implementation == "frugal"
    assert torch.allclose(eval_step(model, batch), before, atol=1e-5)
    assert torch.allclose(eval_step(model, batch, torch.bfloat16), before, atol=0.05)
    model.save_pretrained(tmp_path)
    assert "frugal" not in (tmp_path / "config.json").read_text()
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert torch.allclose(eval_step(loaded, batch), before, atol=1e-5)


def test_padding_does_not_change_the_logits_of_a_model_sped_up(tiny_encoder, label_order, batch):
    model = load_classifier(tiny_encoder, label_order)
    speed_up(model)
    alone = {name: tensor[1:2, :4] for name, tensor in batch.items()}
    assert torch.allclose(eval_step(model, alone), eval_step(model, batch)[1:2], atol=1e-5)


def test_every_dropout_of_a_model_sped_up_is_the_cheap_one(tiny_encoder, label_order, batch, monkeypatch):
    model = load_classifier(tiny_encoder, label_order, attention_dropout=0.2)
    speed_up(model)
    monkeypatch.setattr(nn.functional, "dropout", None)  # torch's own is never called
    drawn = []
    monkeypatch.setitem(drop.__globals__, "drop", lambda inputs, p: drawn.append(p) or inputs)
    model.train()
    model(**batch)
    assert drawn.count(0.2) >= model.config.n_layers + 1  # each layer's attention, and this head's dropout of 0.2
    assert 0.1 in drawn
    drawn.clear()
    model.eval()
    model(**batch)
    assert set(drawn) == {0.0}  # the attention asks for none


def test_a_model_that_is_not_on_the_cpu_stays_as_it_is(tiny_encoder, label_order):
    model = load_classifier(tiny_encoder, label_order).to("meta")
    before = str(model), model.config._attn_implementation
    speed_up(model)
    assert (str(model), model.config._attn_implementation) == before


def test_activations_are_counted_once_each_and_near_the_formula(tiny_encoder, label_order, batch):
    model = load_classifier(tiny_encoder, label_order)
    speed_up(model)
    model.train()
    labelled = batch | {"labels": torch.tensor([0, 1, 2])}
    measured = notebook.measure_activations(model, labelled, torch.float32)
    predicted = notebook.predict_memory(model, 3, 7, torch.float32)
    assert predicted["weights"] == predicted["gradients"] == sum(weight.nbytes for weight in model.parameters())
    assert predicted["averages"] == 2 * predicted["weights"]
    layers, tokens, width, inner, heads = 2, 3 * 7, 16, 32, 2
    assert predicted["activations"] == layers * 4 * (tokens * (10 * width + 2 * inner) + 3 * heads * 3 * 7 * 7)
    assert 0.8 < measured / predicted["activations"] < 1.8  # embeddings and head, which the formula leaves out
    doubled = {name: torch.cat([tensor, tensor]) for name, tensor in labelled.items()}
    assert notebook.measure_activations(model, doubled, torch.float32) == pytest.approx(2 * measured, rel=0.05)
    assert model.classifier.weight.grad is not None
