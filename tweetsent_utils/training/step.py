"""One step of training and one of evaluation."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import nn

from tweetsent_utils.training.device import autocast

MODEL_INPUTS = ("input_ids", "attention_mask", "labels")


def train_step(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler,
    precision: torch.dtype = torch.float32,
    micro_batch_size: int = 0,
    label_smoothing: float = 0.0,
    class_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Update the model once on a batch of B tweets.

    Returns the batch's mean loss in nats, a scalar that stays on the model's device; NaN if the
    gradients were not finite. With a `micro_batch_size`, the batch passes through the model in
    parts whose gradients add up to those of the whole, apart from dropout's draws. With
    `class_weights`, of shape (classes,), the mean over tweets is weighted by their classes. Label
    smoothing: Szegedy et al., https://arxiv.org/abs/1512.00567.
    """
    model.train()
    optimizer.zero_grad()  # first, so that nothing is left of a step that was interrupted
    batch_weight = total_weight(batch["labels"], class_weights)
    batch_loss = torch.zeros((), device=model.device)
    for part in split_batch(batch, micro_batch_size or len(batch["labels"])):
        part = {name: tensor.to(model.device, non_blocking=True) for name, tensor in part.items()}
        labels = part.pop("labels")
        share = total_weight(labels, class_weights) / batch_weight
        with autocast(model.device, precision):
            logits = model(**part).logits
        loss = F.cross_entropy(
            logits.float(),  # a GPU would round each tweet's loss to bfloat16
            labels,
            weight=class_weights,
            label_smoothing=label_smoothing,
        )
        (loss * share).backward()
        batch_loss += loss.detach() * share
    gradient_norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    scheduler.step()
    return torch.where(gradient_norm.isfinite(), batch_loss, torch.nan)


def total_weight(labels: torch.Tensor, class_weights: torch.Tensor | None) -> float | torch.Tensor:
    """Return what a number of tweets weigh in the loss: 1 each, or the weights of their classes."""
    if class_weights is None:
        return len(labels)
    return class_weights[labels.to(class_weights.device)].sum()


def split_batch(batch: dict[str, torch.Tensor], rows: int) -> Iterator[dict[str, torch.Tensor]]:
    """Yield what the model reads of a batch, in parts of at most `rows` tweets."""
    for start in range(0, len(batch["labels"]), rows):
        yield {name: batch[name][start : start + rows] for name in MODEL_INPUTS}


@torch.inference_mode()
def eval_step(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    precision: torch.dtype = torch.float32,
) -> torch.Tensor:
    """Return the logits of a batch of B tweets, float32 of shape (B, classes).

    Dropout is off, and no gradients are kept.
    """
    model.eval()
    input_ids = batch["input_ids"].to(model.device)
    attention_mask = batch["attention_mask"].to(model.device)
    with autocast(model.device, precision):
        logits = model(input_ids=input_ids, attention_mask=attention_mask).logits
    return logits.float()
