"""One step of training and one of evaluation, and what they need: seeds, device, precision, optimizer, schedule."""

import random
from contextlib import AbstractContextManager

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from tweetsent_utils.errors import TweetsentError


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's random numbers, on every device."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def pick_device(device: str) -> torch.device:
    """Return the device named, or for `auto` cuda:0 where there is one and the CPU elsewhere."""
    if device == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise TweetsentError(f"device is {device!r}, but torch sees no GPU here: set device to 'auto' or 'cpu'")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError):
        raise TweetsentError(f"device is {device!r}, which torch cannot use: try 'auto', 'cuda:0' or 'cpu'") from None


def pick_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return torch.bfloat16 or torch.float32 for `bf16`, `fp32` or `auto`: bf16 where the hardware multiplies it."""
    if precision in ("bf16", "fp32"):
        return torch.bfloat16 if precision == "bf16" else torch.float32
    if precision != "auto":
        raise TweetsentError(f"precision is {precision!r}: use 'auto', 'bf16' or 'fp32'")
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    abilities = torch.cpu.get_capabilities()
    return torch.bfloat16 if abilities.get("avx512_bf16") or abilities.get("amx_bf16") else torch.float32


def make_optimizer(model: nn.Module, max_lr: float, weight_decay: float) -> AdamW:
    """Return AdamW that decays weight matrices and leaves biases and norms (all one-dimensional) alone.

    Decoupled weight decay: Loshchilov and Hutter, https://arxiv.org/abs/1711.05101.
    """
    decayed = [weight for weight in model.parameters() if weight.ndim > 1]
    others = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    return AdamW(groups, lr=max_lr, fused=True)


def make_scheduler(optimizer: AdamW, max_lr: float, total_steps: int, warmup_ratio: float) -> OneCycleLR:
    """Return a learning rate that rises linearly to `max_lr` over `warmup_ratio` of all steps, then falls to zero.

    One cycle, linear: Smith and Topin, https://arxiv.org/abs/1708.07120. Step it once after every batch.
    """
    warmup = warmup_ratio if warmup_ratio * total_steps > 1 else 0.0  # OneCycleLR divides by this number less one
    shape = {"pct_start": warmup, "anneal_strategy": "linear", "cycle_momentum": False}
    return OneCycleLR(optimizer, max_lr, total_steps=total_steps, **shape)


def autocast(device: torch.device, precision: torch.dtype) -> AbstractContextManager:
    """Return the context in which matrix products run in `precision`; weights and sums stay in float32."""
    return torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32)


def train_step(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    optimizer: AdamW,
    scheduler: LRScheduler,
    precision: torch.dtype = torch.float32,
) -> torch.Tensor:
    """Update the model once on a batch and return the batch's mean cross-entropy, a scalar left on the device."""
    model.train()
    device = model.device
    with autocast(device, precision):
        outputs = model(input_ids=batch["input_ids"].to(device), attention_mask=batch["attention_mask"].to(device))
        loss = F.cross_entropy(outputs.logits, batch["labels"].to(device))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    scheduler.step()
    optimizer.zero_grad()
    return loss.detach()


@torch.inference_mode()
def eval_step(model: nn.Module, batch: dict[str, torch.Tensor], precision: torch.dtype = torch.float32) -> torch.Tensor:
    """Return the logits of a batch, float32 of shape (B, classes), with dropout off and no gradients kept."""
    model.eval()
    device = model.device
    with autocast(device, precision):
        outputs = model(input_ids=batch["input_ids"].to(device), attention_mask=batch["attention_mask"].to(device))
    return outputs.logits.float()
