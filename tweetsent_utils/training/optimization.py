"""The optimizer and its learning rate."""

import torch
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR


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
        total_steps=total_steps,
        pct_start=warmup_ratio,
        anneal_strategy="linear",
        cycle_momentum=False,
    )
