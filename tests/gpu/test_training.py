"""A training on a device: it learns, it resumes, it answers as a CPU does, in fp32 and in bf16."""

import copy

import numpy as np
import pytest
import torch

from tweetsent_utils.evaluation.inference import predict_logits
from tweetsent_utils.evaluation.metrics import score
from tweetsent_utils.training.checkpoints import load_checkpoint, save_checkpoint
from tweetsent_utils.training.device import autocast, pick_device, pick_precision
from tweetsent_utils.training.history import read_losses
from tweetsent_utils.training.step import train_step

EPOCHS = 2
STEPS = 8  # an epoch of 60 tweets in batches of 8


def train(training, epochs=EPOCHS, done=0, precision=torch.float32):
    """Train from a step on; return the losses of the steps that were made."""
    losses = []
    for epoch in range(done // STEPS, epochs):
        skip = done % STEPS if epoch == done // STEPS else 0
        for batch in training.batches(epoch, skip):
            step = train_step(
                training.model,
                batch,
                training.optimizer,
                training.scheduler,
                precision,
            )
            losses.append(step)
    return torch.stack(losses).tolist()


def test_auto_means_the_gpu_and_its_faster_precision(gpu):
    assert pick_device("auto") == gpu
    is_new = torch.cuda.get_device_capability(gpu) >= (8, 0)  # from Ampere on
    expected = torch.bfloat16 if is_new else torch.float32
    assert pick_precision("auto", gpu) == expected


@pytest.mark.slow
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_training_learns_its_tweets(start_training, precision):
    training = start_training(epochs=8, max_lr=1e-2, has_dropout=False)  # draws may be unlucky
    losses = train(training, epochs=8, precision=precision)
    assert np.isfinite(losses).all()
    assert losses[0] == pytest.approx(np.log(5), abs=0.5)
    assert np.mean(losses[-STEPS:]) < np.mean(losses[:STEPS]) - 0.3
    logits = predict_logits(training.train_set.input_ids, training.model, 16, precision)
    scores = score(np.array(training.train_set.labels), logits)
    assert scores["accuracy"] > 0.3
    assert all(weight.dtype == torch.float32 for weight in training.model.parameters())


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_loss_is_that_of_the_logits_in_float32(start_training, device, precision):
    training = start_training(has_dropout=False)
    batch = next(iter(training.batches(0)))
    inputs = [batch[name].to(device) for name in ("input_ids", "attention_mask")]
    with torch.no_grad(), autocast(device, precision):
        logits = training.model(*inputs).logits
    loss = train_step(training.model, batch, training.optimizer, training.scheduler, precision)
    expected = torch.nn.functional.cross_entropy(logits.cpu().float(), batch["labels"])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_losses_stay_on_the_device_until_they_are_read(start_training, device, tmp_path):
    training = start_training()
    history = []
    for batch in training.batches(0):
        loss = train_step(training.model, batch, training.optimizer, training.scheduler)
        assert loss.device == device
        history.append({"train_loss": loss, "row_ids": batch["row_ids"]})
    read_losses(history, tmp_path)
    assert all(isinstance(row["train_loss"], float) for row in history)


def test_a_training_goes_on_from_its_checkpoint_with_the_same_losses(
    start_training, device, tmp_path
):
    """With dropout: its random numbers, on the device, go on where they were.

    On a CPU the losses are the same bits. A GPU adds up in an order of its own.
    """
    whole = start_training()
    expected = train(whole)
    done = STEPS + 3

    first = start_training()
    losses = train(first, epochs=1)
    for batch in list(first.batches(1))[:3]:
        loss = train_step(first.model, batch, first.optimizer, first.scheduler)
        losses.append(loss.item())
    save_checkpoint(tmp_path, first.parts, {}, {"history": [{}] * done})

    second = start_training(seed=1)
    train(second, epochs=1)  # the generators are elsewhere now, and so are the weights
    assert load_checkpoint(tmp_path, second.parts, {}) == {"history": [{}] * done}
    losses += train(second, done=done)
    assert len(losses) == len(expected) == EPOCHS * STEPS
    if device.type == "cpu":
        assert losses == expected
    else:
        assert losses == pytest.approx(expected, abs=1e-3)


def test_a_device_answers_as_the_cpu_does(start_training, device):
    training = start_training()
    train(training, epochs=1)
    input_ids = training.train_set.input_ids
    on_cpu = copy.deepcopy(training.model).to("cpu")
    on_cpu.set_attn_implementation("eager")
    expected = predict_logits(input_ids, on_cpu, 7)
    found = predict_logits(input_ids, training.model, 16)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    rough = predict_logits(input_ids, training.model, 16, torch.bfloat16)
    assert rough.dtype == np.float32
    np.testing.assert_allclose(rough, expected, atol=0.1)


def test_a_training_on_the_gpu_has_the_losses_of_one_on_the_cpu(start_on_gpu, tiny_encoder):
    """Without dropout, whose numbers differ, and in the first steps: differences grow."""
    training = start_on_gpu(has_dropout=False)
    on_cpu = type(training)(tiny_encoder, torch.device("cpu"), has_dropout=False)
    assert train(training, epochs=1)[:3] == pytest.approx(train(on_cpu, epochs=1)[:3], abs=1e-3)


def test_batches_for_a_gpu_are_pinned_and_give_the_same_step(start_on_gpu):
    training = start_on_gpu(has_dropout=False)
    batch = next(iter(training.batches(0)))
    assert all(tensor.is_pinned() for tensor in batch.values())
    pageable = {name: torch.tensor(tensor.tolist()) for name, tensor in batch.items()}
    losses = []
    for one in (batch, pageable):
        fresh = start_on_gpu(has_dropout=False)
        loss = train_step(fresh.model, one, fresh.optimizer, fresh.scheduler)
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
