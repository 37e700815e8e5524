"""Several models, one answer: the mean of their probabilities for new texts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from transformers import AutoConfig

from tweetsent_utils.errors import TweetsentError, quote_names
from tweetsent_utils.files import encoder_errors
from tweetsent_utils.scoring.classifier import open_classifier


def ensemble_inference(
    texts: Sequence[str],
    folders: Sequence[str | Path],
    device: str = "auto",
    precision: str = "auto",
) -> np.ndarray:
    """Return the mean of several models' probabilities for N texts, of shape (N, classes).

    `folders` hold a model and its tokenizer each, as a run's `model/` does. One after the other is
    opened, so that the memory of one is enough. For why probabilities are averaged, and not logits,
    see `average_predictions`. Raises `TweetsentError` for a folder that holds no model, and for
    models that have other classes than the first, or in another order.
    """
    require_one_label_order(folders)
    total = 0.0
    for folder in folders:
        classifier = open_classifier(folder, device=device, precision=precision)
        total = total + classifier.probabilities(texts)
    return total / len(folders)


def require_one_label_order(folders: Sequence[str | Path]) -> None:
    """Refuse folders of which one has no model, or one with other classes than the first has."""
    if not folders:
        raise TweetsentError("there is no model to ask: name the folders of one or more")
    orders = []
    for folder in folders:
        if not Path(folder).is_dir():
            what = f"there is no folder {folder}"
            raise TweetsentError(f"{what}: name a run's, such as outputs/quick-seed-0/model")
        with encoder_errors(folder):
            names = AutoConfig.from_pretrained(folder).id2label
        orders.append([names[rank] for rank in range(len(names))])
        if orders[-1] != orders[0]:
            both = f"{quote_names(orders[0])} and {quote_names(orders[-1])}"
            what = f"the models in {folders[0]} and {folder} have the classes {both}"
            raise TweetsentError(f"{what}: take models with the same ones, in the same order")
