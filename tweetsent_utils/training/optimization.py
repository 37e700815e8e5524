"""The optimizer and its learning rate."""

import torch
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

LEAST_EPOCHS = 2
ENOUGH_STEPS = 150


def make_optimizer(model: torch.nn.Module, max_lr: float, weight_decay: float) -> AdamW:
    """Return AdamW that decays weight matrices and leaves biases and norms alone.

    Those are the one-dimensional ones. Decoupled weight decay: Loshchilov and Hutter,
    https://arxiv.org/abs/1711.05101.
    """
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=max_lr, fused=True)


def count_epochs(num_epochs: int | str, epoch_steps: int) -> int:
    """Return the number of epochs; for `auto`, two, or more where two would be too few updates.

    A few rows make an epoch of a few steps, and a fresh head needs some 150 updates whatever the
    number of rows.

    >>> count_epochs("auto", epoch_steps=3)
    50
    """
    if num_epochs != "auto":
        return int(num_epochs)
    return max(LEAST_EPOCHS, -(-ENOUGH_STEPS // epoch_steps))  # rounded up


def make_scheduler(
    optimizer: AdamW,
    max_lr: float,
    total_steps: int,
    warmup_ratio: float,
) -> OneCycleLR:
    """Return a learning rate that rises linearly to `max_lr`, then falls linearly to zero.

    It starts at a 25th of `max_lr` and rises over `warmup_ratio` of all steps. Step it once after
    every batch. One cycle, linear: Smith and Topin, https://arxiv.org/abs/1708.07120.
    """
    if warmup_ratio * total_steps <= 1:
        warmup_ratio = 0.0  # OneCycleLR divides by the number of warm-up steps less one
    return OneCycleLR(
        optimizer,
        max_lr,
        total_steps=max(total_steps, 2),  # the last of its steps has no rate, so one needs another
        pct_start=warmup_ratio,
        anneal_strategy="linear",
        cycle_momentum=False,
    )
