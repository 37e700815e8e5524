"""One step of training and one of evaluation, and the device and the precision that they compute in."""

import timeit
from contextlib import AbstractContextManager

import torch
import torch.nn.functional as F
from torch import nn

from tweetsent_utils.errors import TweetsentError

INPUTS = ("input_ids", "attention_mask", "labels")


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
    """Return torch.bfloat16 or torch.float32 for `bf16`, `fp32` or `auto`: bf16 where the hardware is faster in it."""
    if precision in ("bf16", "fp32"):
        return torch.bfloat16 if precision == "bf16" else torch.float32
    if precision != "auto":
        raise TweetsentError(f"precision is {precision!r}: use 'auto', 'bf16' or 'fp32'")
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    squares = [torch.ones(512, 512, dtype=dtype) for dtype in (torch.bfloat16, torch.float32)]
    turns = [[timeit.timeit(lambda a=a: a @ a, number=1) for a in squares] for _ in range(50)]  # others may compute too
    bf16, fp32 = map(min, zip(*turns, strict=True))
    return torch.bfloat16 if 1.33 * bf16 < fp32 else torch.float32  # some CPUs know bf16, and are slower in it


def autocast(device: torch.device, precision: torch.dtype) -> AbstractContextManager:
    """Return the context in which matrix products run in `precision`; weights and sums stay in float32."""
    return torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32)


def train_step(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler,
    precision: torch.dtype = torch.float32,
    micro_batch_size: int = 0,
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    """Update the model once on a batch of B tweets and return the batch's mean loss, a scalar left on the device.

    With a `micro_batch_size` the batch passes through the model in parts whose gradients add up to those of the whole,
    but for dropout's draws. Label smoothing: Szegedy et al., https://arxiv.org/abs/1512.00567. Not a number comes back
    where the gradients are not finite.
    """
    model.train()
    size, losses = len(batch["labels"]), []
    for part in zip(*(batch[name].split(micro_batch_size or size) for name in INPUTS), strict=True):
        input_ids, attention_mask, labels = (tensor.to(model.device, non_blocking=True) for tensor in part)
        with autocast(model.device, precision):
            logits = model(input_ids=input_ids, attention_mask=attention_mask).logits
            mean = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        losses.append(mean * (len(labels) / size))
        losses[-1].backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    scheduler.step()
    optimizer.zero_grad()
    return torch.stack(losses).detach().sum() + 0 * norm


@torch.inference_mode()
def eval_step(model: nn.Module, batch: dict[str, torch.Tensor], precision: torch.dtype = torch.float32) -> torch.Tensor:
    """Return the logits of a batch, float32 of shape (B, classes), with dropout off and no gradients kept."""
    model.eval()
    device = model.device
    with autocast(device, precision):
        outputs = model(input_ids=batch["input_ids"].to(device), attention_mask=batch["attention_mask"].to(device))
    return outputs.logits.float()
