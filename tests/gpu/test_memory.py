"""A GPU's memory: what is predicted, and what is said when it runs out."""

import re
from collections.abc import Iterator

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.memory import (
    MIB,
    check_memory,
    explain_out_of_memory,
    is_out_of_memory,
    measure_memory,
    predict_memory,
)
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.step import train_step

ROWS, LENGTH = 512, 128
LIMIT = 900  # MiB: a quarter of the batch fits, the whole does not


@pytest.fixture
def model(gpu: torch.device) -> nn.Module:
    """A model on the GPU whose activations take far more memory than its weights."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=200,
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=512,
        num_labels=5,
    )
    return BertForSequenceClassification(config).to(gpu)


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    """A batch of random tokens, of which the last eighth is padding."""
    generator = torch.Generator().manual_seed(0)
    attention_mask = torch.ones(ROWS, LENGTH, dtype=torch.int64)
    attention_mask[:, -LENGTH // 8 :] = 0
    return {
        "input_ids": torch.randint(5, 200, (ROWS, LENGTH), generator=generator),
        "attention_mask": attention_mask,
        "labels": torch.randint(5, (ROWS,), generator=generator),
    }


@pytest.fixture
def little_memory(gpu: torch.device) -> Iterator[None]:
    """Lets this process have no more than LIMIT of the GPU's memory."""
    torch.cuda.empty_cache()
    whole = torch.cuda.get_device_properties(gpu).total_memory
    torch.cuda.set_per_process_memory_fraction(LIMIT * MIB / whole, gpu)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0, gpu)
    torch.cuda.empty_cache()


def make_step(
    model: nn.Module, batch: dict[str, torch.Tensor], micro_batch_size: int
) -> torch.Tensor:
    """Make a training step; where memory runs out, raise what explains it, as a run does."""
    optimizer = make_optimizer(model, 1e-3, 0.01)
    scheduler = make_scheduler(optimizer, 1e-3, 20, 0.3)
    rows = micro_batch_size or ROWS
    try:
        return train_step(model, batch, optimizer, scheduler, torch.float32, micro_batch_size)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise explain_out_of_memory(error, model, batch, torch.float32, rows) from None


def test_where_memory_runs_out_the_error_names_parts_that_then_fit(model, batch, little_memory):
    before = [weight.clone() for weight in model.parameters()]
    with pytest.raises(TweetsentError, match=r"cuda:0 is out of memory with 512 texts") as raised:
        make_step(model, batch, 0)
    fitting = int(re.search(r"set micro_batch_size to (\d+)", str(raised.value))[1])
    assert 8 <= fitting < ROWS
    assert all(map(torch.equal, before, model.parameters()))
    assert torch.isfinite(make_step(model, batch, fitting))
    assert not all(map(torch.equal, before, model.parameters()))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_step_takes_about_what_is_predicted(model, batch, gpu, precision):
    optimizer = make_optimizer(model, 1e-3, 0.01)
    scheduler = make_scheduler(optimizer, 1e-3, 20, 0.3)
    train_step(model, batch, optimizer, scheduler, precision)
    predicted = sum(predict_memory(model, ROWS, LENGTH, precision).values())
    counted = sum(measure_memory(model, optimizer, batch, precision).values())
    assert 0.5 < counted / predicted < 2.5

    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(gpu)
    train_step(model, batch, optimizer, scheduler, precision)
    peak = check_memory(gpu)["peak"] * MIB
    assert 0.5 < peak / predicted < 4


def test_what_is_held_is_counted(gpu):
    before = check_memory(gpu)["allocated"]
    held = torch.zeros(2**20, 8, device=gpu)  # 32 MiB
    assert check_memory(gpu)["allocated"] - before == pytest.approx(held.nbytes / MIB, abs=1)
