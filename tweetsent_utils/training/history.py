"""The history of a training: a row for each step, and a validation score after each epoch."""

import math
from pathlib import Path

import torch

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.checkpoints import list_checkpoints


def read_losses(history: list[dict], checkpoints: Path) -> None:
    """Read the losses that `train_step` left on the device, all at once, so that a GPU waits once.

    Each row of `history` since the last call has a tensor `train_loss` and the batch's `row_ids`;
    it keeps the loss as a number. Raises `TweetsentError` with the step, the row ids and the last
    checkpoint if a loss is not finite.
    """
    unread = [row for row in history if "row_ids" in row]
    if not unread:
        return
    losses = torch.stack([row["train_loss"] for row in unread]).tolist()
    first_step = len(history) - len(unread) + 1
    for step, (row, loss) in enumerate(zip(unread, losses, strict=True), start=first_step):
        row["train_loss"] = loss
        row_ids = row.pop("row_ids")
        if not math.isfinite(loss):
            # No checkpoint is written before its losses are read, so the last one is good.
            last_good = next(iter(list_checkpoints(checkpoints)), "none yet")
            what = f"the loss of step {step} is not finite, on the texts of rows {row_ids.tolist()}"
            remedy = "look at these texts, or start a new run with a lower max_lr"
            raise TweetsentError(f"{what} (last good checkpoint: {last_good}): {remedy}")


def epochs_since_best(history: list[dict]) -> int:
    """Return how many epochs have ended since the one with the best validation macro-F1.

    >>> epochs_since_best([{"validation_macro_f1": score} for score in (0.2, 0.6, 0.4, 0.5)])
    2
    """
    scores = [row["validation_macro_f1"] for row in history if "validation_macro_f1" in row]
    if not scores:
        return 0
    return len(scores) - 1 - scores.index(max(scores))
