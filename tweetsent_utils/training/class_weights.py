"""Weights of classes in the loss, for data in which some classes are rare."""

from collections.abc import Sequence

import numpy as np
import torch

from tweetsent_utils.errors import TweetsentError


def make_class_weights(
    kind: str,
    labels: Sequence[int],
    classes: int,
    device: torch.device | str = "cpu",
) -> torch.Tensor | None:
    """Return the weight of each class in the loss, float32 of shape (classes,), or None.

    `none` weighs every tweet alike. `balanced` weighs a tweet by N / (K · n), for N tweets, K
    classes and n tweets of its class, so that each class weighs as much as any other in all; a
    class without a tweet weighs as if it had one. King and Zeng 2001,
    https://doi.org/10.1093/oxfordjournals.pan.a004868. Raises `TweetsentError` for another kind.

    >>> make_class_weights("balanced", [0, 0, 0, 1], classes=2)
    tensor([0.6667, 2.0000])
    """
    if kind == "none":
        return None
    if kind != "balanced":
        raise TweetsentError(f"class_weights is {kind!r}: use 'none' or 'balanced'")
    counts = np.bincount(labels, minlength=classes).clip(min=1)
    weights = len(labels) / (classes * counts)
    return torch.tensor(weights, dtype=torch.float32, device=device)
