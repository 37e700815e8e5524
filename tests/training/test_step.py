"""Steps of training and evaluation, compared with what can be worked out by hand."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.step import eval_step, train_step


def descend(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    rate: float = 0.1,
    **options: object,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Make one step of plain gradient descent on a copy; return its loss and its update."""
    model = copy.deepcopy(model)
    before = parameters_to_vector(model.parameters()).detach()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
    loss = train_step(model, batch, optimizer, scheduler, **options)
    return loss, parameters_to_vector(model.parameters()).detach() - before


def logits_of(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    return model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_is_the_mean_cross_entropy_before_the_update(model, batch, smoothing):
    """Label smoothing spreads its share of each target evenly over all classes."""
    logits = logits_of(model, batch).detach().double().numpy()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = (1 - smoothing) * np.eye(5)[batch["labels"]] + smoothing / 5
    expected = -(targets * np.log(probabilities)).sum(axis=1).mean()
    loss, _ = descend(model, batch, label_smoothing=smoothing)
    assert not loss.requires_grad
    assert loss.item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("scale", [0.01, 1000])
def test_the_update_follows_the_gradient_whose_norm_is_clipped_at_one(model, batch, scale):
    with torch.no_grad():
        model.classifier.weight *= scale
    nn.functional.cross_entropy(logits_of(model, batch), batch["labels"]).backward()
    gradient = parameters_to_vector(weight.grad for weight in model.parameters())
    model.zero_grad()
    norm = gradient.norm().item()
    assert (norm < 1) == (scale < 1)
    _, update = descend(model, batch)
    torch.testing.assert_close(update, -0.1 * gradient / max(norm, 1), atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("rows", [1, 3, 4, 7, 8, 100])
def test_a_batch_in_parts_gives_the_update_of_the_whole(model, batch, rows):
    loss, update = descend(model, batch)
    loss_in_parts, update_in_parts = descend(model, batch, micro_batch_size=rows)
    torch.testing.assert_close(loss_in_parts, loss, atol=1e-6, rtol=0)
    torch.testing.assert_close(update_in_parts, update, atol=1e-6, rtol=1e-4)
    assert update.norm() > 0.01


def test_a_step_moves_the_learning_rate_once(model, batch):
    optimizer = make_optimizer(model, 1e-3, 0.01)
    scheduler = make_scheduler(optimizer, 1e-3, 20, 0.3)
    rate = scheduler.get_last_lr()[0]
    train_step(model, batch, optimizer, scheduler)
    assert scheduler.last_epoch == 1
    assert scheduler.get_last_lr()[0] > rate


def test_gradients_that_an_interrupted_step_has_left_do_not_count(model, batch):
    _, expected = descend(model, batch)
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    _, update = descend(model, batch)
    assert torch.equal(update, expected)


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_class_weights_weigh_each_tweet_by_its_class(model, batch, rows, smoothing):
    """By hand: the mean over tweets, each as often as its class weighs."""
    weights = torch.tensor([1.0, 1.0, 2.0, 1.0, 3.0])
    times = weights[batch["labels"]].int()
    repeated = {name: tensor.repeat_interleave(times, dim=0) for name, tensor in batch.items()}
    if not smoothing:  # which torch weighs by the classes that it spreads to
        expected_loss, expected_update = descend(model, repeated)
    else:
        expected_loss, expected_update = descend(
            model, batch, class_weights=weights, label_smoothing=smoothing
        )
    loss, update = descend(
        model,
        batch,
        class_weights=weights,
        micro_batch_size=rows,
        label_smoothing=smoothing,
    )
    torch.testing.assert_close(loss, expected_loss, atol=1e-6, rtol=0)
    torch.testing.assert_close(update, expected_update, atol=1e-6, rtol=1e-4)
    assert (update - descend(model, batch)[1]).norm() > 1e-3


def test_dropout_is_on_in_training_even_after_evaluation(model_with_dropout, batch):
    eval_step(model_with_dropout, batch)
    losses = {descend(model_with_dropout, batch)[0].item() for _ in range(4)}
    assert len(losses) > 1


def test_bfloat16_is_for_products_only(model, batch):
    exact, _ = descend(model, batch)
    rounded, update = descend(model, batch, precision=torch.bfloat16)
    assert rounded.item() == pytest.approx(exact.item(), rel=0.05)
    assert rounded.item() != exact.item()
    assert update.dtype == torch.float32


def test_eight_tweets_are_learnt_by_heart(model, batch):
    optimizer = make_optimizer(model, 2e-2, 0.0)
    scheduler = make_scheduler(optimizer, 2e-2, 30, 0.3)
    losses = [train_step(model, batch, optimizer, scheduler).item() for _ in range(30)]
    assert losses[-1] < losses[0] / 2


def test_gradients_that_are_not_finite_make_the_loss_nan(model, batch):
    model.classifier.weight.register_hook(lambda gradient: gradient * float("nan"))
    optimizer = make_optimizer(model, 1e-3, 0.0)
    loss = train_step(model, batch, optimizer, make_scheduler(optimizer, 1e-3, 20, 0.3))
    assert torch.isnan(loss)


def test_evaluation_has_no_dropout_and_leaves_the_model_as_it_is(model_with_dropout, batch):
    model = model_with_dropout.train()
    before = parameters_to_vector(model.parameters()).detach()
    first = eval_step(model, batch)
    assert first.shape == (8, 5)
    assert not first.requires_grad
    assert torch.equal(eval_step(model, batch), first)
    assert torch.equal(parameters_to_vector(model.parameters()), before)
    in_bf16 = eval_step(model, batch, torch.bfloat16)
    torch.testing.assert_close(in_bf16, first, atol=0.1, rtol=0.1)  # which compares dtypes too
    assert not torch.equal(in_bf16, first)


def test_padding_does_not_change_the_logits_whatever_it_holds(model, batch):
    longer = {
        "input_ids": nn.functional.pad(batch["input_ids"], (0, 20), value=7),
        "attention_mask": nn.functional.pad(batch["attention_mask"], (0, 20)),
    }
    logits = eval_step(model, batch)
    torch.testing.assert_close(eval_step(model, longer), logits, atol=1e-5, rtol=0)
    assert logits.std(dim=0).min() > 1e-3
