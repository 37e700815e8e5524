"""Predictions: over a whole loader for a score, or for a few texts as a user of the model has them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tweetsent_utils.training import eval_step


def predict(
    model: nn.Module, loader: DataLoader, precision: torch.dtype = torch.float32
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Run a model over every batch of a loader, in whatever order the loader gives them.

    Returns `(row_ids, labels, logits)` of shapes (N,), (N,) and (N, classes), sorted by row id.
    """
    parts = [(batch["row_ids"], batch["labels"], eval_step(model, batch, precision).cpu()) for batch in loader]
    row_ids, labels, logits = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
    order = row_ids.argsort(kind="stable")
    return row_ids[order], labels[order], logits[order]


def inference(
    tweets: Sequence[str], model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, batch_size: int = 32
) -> np.ndarray:
    """Return class probabilities of shape (N, classes) for N texts, in their order."""
    probabilities = [torch.empty(0, model.config.num_labels)]
    for start in range(0, len(tweets), batch_size):
        texts = list(tweets[start : start + batch_size])
        batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        probabilities.append(eval_step(model, batch).softmax(-1).cpu())
    return torch.cat(probabilities).numpy()
