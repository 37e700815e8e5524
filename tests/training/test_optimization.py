"""Which weights decay, and how the learning rate rises and falls."""

import numpy as np
import pytest
import torch
from torch import nn

from tweetsent_utils.training.optimization import count_epochs, make_optimizer, make_scheduler

MAX_LR = 3e-5


def learning_rates(total_steps: int, warmup_ratio: float) -> np.ndarray:
    optimizer = make_optimizer(nn.Linear(2, 2), MAX_LR, 0.01)
    scheduler = make_scheduler(optimizer, MAX_LR, total_steps, warmup_ratio)
    rates = []
    for _ in range(total_steps):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def test_every_weight_is_trained_and_only_matrices_decay(model):
    optimizer = make_optimizer(model, max_lr=0.1, weight_decay=0.5)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    for name, weight in model.named_parameters():
        is_spared = name.endswith("bias") or "norm" in name.lower()
        decayed = before[name] if is_spared else before[name] * (1 - 0.1 * 0.5)
        torch.testing.assert_close(weight.detach(), decayed - 0.1, msg=name)


@pytest.mark.parametrize(("total_steps", "warmup_ratio"), [(100, 0.1), (4520, 0.06), (40, 0.5)])
def test_the_rate_rises_linearly_to_its_peak_and_falls_linearly_to_zero(total_steps, warmup_ratio):
    rates = learning_rates(total_steps, warmup_ratio)
    peak = int(rates.argmax())
    rise = np.diff(rates[:peak])
    fall = np.diff(rates[peak + 1 :])
    assert MAX_LR - rise[0] <= rates[peak] <= MAX_LR * 1.000001
    assert abs(peak + 1 - warmup_ratio * total_steps) <= 1
    assert rise.min() > 0 > fall.max()
    np.testing.assert_allclose(rise, rise[0], rtol=1e-6)
    np.testing.assert_allclose(fall, fall[0], rtol=1e-6)
    assert rates.min() >= 0
    assert rates[0] <= MAX_LR / 10
    assert rates[-1] < MAX_LR / 1000


@pytest.mark.parametrize(("total_steps", "warmup_ratio"), [(10, 0.1), (1, 0.1), (2, 0.5), (7, 0.0)])
def test_a_run_of_few_steps_has_a_schedule_too(total_steps, warmup_ratio):
    rates = learning_rates(total_steps, warmup_ratio)
    assert rates.min() >= 0
    assert rates.max() <= MAX_LR * 1.0001


@pytest.mark.parametrize(
    ("num_epochs", "epoch_steps", "epochs"),
    [("auto", 75, 2), ("auto", 3, 50), ("auto", 1, 150), ("auto", 10_000, 2), (4, 3, 4)],
)
def test_an_automatic_number_of_epochs_gives_few_rows_enough_updates(
    num_epochs, epoch_steps, epochs
):
    assert count_epochs(num_epochs, epoch_steps) == epochs


def test_a_training_of_one_step_has_a_rate_that_moves_its_weights():
    optimizer = make_optimizer(torch.nn.Linear(1, 1), 0.1, 0.0)
    scheduler = make_scheduler(optimizer, 0.1, total_steps=1, warmup_ratio=0.1)
    assert scheduler.get_last_lr()[0] >= 0.05
    optimizer.step()
    scheduler.step()
