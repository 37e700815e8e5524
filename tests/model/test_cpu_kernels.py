"""The faster parts for a CPU change nothing but the draws of dropout."""

import ctypes
import sys

import pytest
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.model import cpu_kernels
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.cpu_kernels import (
    ATTENTION,
    fast_dropout,
    keep_freed_memory,
    low_precision_attention,
    use_cpu_kernels,
)
from tweetsent_utils.model.pooling import add_averaging_layer
from tweetsent_utils.training.step import eval_step

GRADIENT = 46 * 2**20  # bytes, those of the word embeddings


@pytest.mark.parametrize("p", [0.1, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_zeroes_the_share_asked_for_and_scales_the_rest(p, dtype):
    torch.manual_seed(0)
    inputs = torch.ones(1001, 999, dtype=dtype)  # no multiple of the four that are drawn at once
    dropped = fast_dropout(inputs, p)
    assert dropped.dtype == dtype
    share = (dropped == 0).double().mean().item()
    assert share == pytest.approx(p, abs=0.002)  # four standard deviations
    assert torch.equal(dropped.unique(), torch.tensor([0, 1 / (1 - p)], dtype=dtype))


def test_dropout_treats_the_four_parts_of_a_number_alike_and_independently():
    torch.manual_seed(0)
    kept = (fast_dropout(torch.ones(400_000), 0.5) != 0).view(-1, 4).double()
    assert kept.mean(0).tolist() == pytest.approx([0.5] * 4, abs=0.01)
    assert torch.allclose(torch.corrcoef(kept.T), torch.eye(4).double(), atol=0.02)


def test_dropout_gives_a_gradient_to_what_it_keeps_and_nothing_else():
    torch.manual_seed(0)
    inputs = torch.ones(64, requires_grad=True)
    dropped = fast_dropout(inputs, 0.5)
    dropped.sum().backward()
    assert torch.equal(inputs.grad, dropped.detach())
    assert 0 < (dropped == 0).sum() < 64


def test_dropout_of_nothing_draws_nothing():
    state = torch.get_rng_state()
    inputs = torch.ones(5)
    assert fast_dropout(inputs, 0.0) is inputs
    assert torch.equal(torch.get_rng_state(), state)


def test_model_predicts_as_before_and_opens_anywhere(tiny_encoder, label_order, batch, tmp_path):
    model = load_classifier(tiny_encoder, label_order)
    model.set_attn_implementation("eager")
    before = eval_step(model, batch)
    use_cpu_kernels(model)
    assert model.config._attn_implementation == ATTENTION
    assert torch.allclose(eval_step(model, batch), before, atol=1e-5)
    assert torch.allclose(eval_step(model, batch, torch.bfloat16), before, atol=0.05)
    model.save_pretrained(tmp_path)
    assert ATTENTION not in (tmp_path / "config.json").read_text()
    opened = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert torch.allclose(eval_step(opened, batch), before, atol=1e-5)


def test_padding_does_not_change_the_logits(tiny_encoder, label_order, batch):
    model = load_classifier(tiny_encoder, label_order)
    use_cpu_kernels(model)
    alone = {name: tensor[1:2, :4] for name, tensor in batch.items()}
    assert torch.allclose(eval_step(model, alone), eval_step(model, batch)[1:2], atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "mpnet"])  # with our attention, and with its own
def test_every_dropout_is_fast_and_only_in_training(
    make_encoder, label_order, batch, monkeypatch, family
):
    model = load_classifier(make_encoder(family), label_order, attention_dropout=0.2)
    add_averaging_layer(model)
    use_cpu_kernels(model)
    drawn = []
    monkeypatch.setattr(nn.functional, "dropout", None)  # torch's own is never called
    monkeypatch.setattr(cpu_kernels, "fast_dropout", lambda inputs, p: drawn.append(p) or inputs)
    model.train()
    model(**batch)
    assert drawn.count(0.2) == 3  # the attention of two layers and of the added one
    assert drawn.count(0.1) >= 7  # the embeddings, and twice in each layer
    drawn.clear()
    model.eval()
    model(**batch)
    assert not any(drawn)


def test_model_that_is_not_on_the_cpu_stays_as_it_is(tiny_encoder, label_order):
    model = load_classifier(tiny_encoder, label_order).to("meta")
    before = str(model), model.config._attn_implementation
    use_cpu_kernels(model)
    assert (str(model), model.config._attn_implementation) == before


def test_a_row_that_may_attend_to_nothing_does_not_become_nan_in_low_precision():
    query, key, value = torch.randn(3, 1, 2, 4, 8, dtype=torch.bfloat16).unbind()
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., 2, :] = torch.finfo(torch.float32).min
    output, _ = low_precision_attention(None, query, key, value, mask, scaling=8**-0.5, dropout=0.0)
    assert output.isfinite().all()


@pytest.mark.skipif(sys.platform != "linux", reason="the heap is glibc's")
def test_memory_that_was_freed_is_used_again_without_asking_the_system():
    if not keep_freed_memory():
        pytest.skip("this C library keeps no memory")

    import resource  # not there on Windows

    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.malloc.argtypes = [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]

    def faults_of_a_gradient() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        memory = library.malloc(GRADIENT)
        ctypes.memset(memory, 1, GRADIENT)
        library.free(memory)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults_of_a_gradient()
    assert min(faults_of_a_gradient() for _ in range(3)) <= 2  # large pages would be 23 or more


def test_no_other_system_is_asked_to_keep_memory(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert keep_freed_memory() is False
