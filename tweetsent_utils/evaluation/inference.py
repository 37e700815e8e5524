"""From texts or token ids to logits and probabilities, in batches of similar length."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from scipy.special import softmax
from torch import nn
from torch.utils.data import DataLoader
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerBase,
)

from tweetsent_utils.data.batching import batches_by_length, pad
from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.errors import TweetsentError, quote_names
from tweetsent_utils.files import encoder_errors
from tweetsent_utils.training.device import pick_device
from tweetsent_utils.training.step import eval_step


def inference(
    texts: Sequence[str],
    model: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    batch_size: int = 32,
    precision: torch.dtype = torch.float32,
) -> np.ndarray:
    """Return the class probabilities of N texts, of shape (N, classes), in their order.

    Texts are cut at the tokenizer's length. No texts give no rows. For `score`, which takes logits,
    use `predict_logits`.
    """
    input_ids = tokenize(texts, tokenizer) if len(texts) else []
    return softmax(predict_logits(input_ids, model, batch_size, precision), axis=1)


def ensemble_inference(
    texts: Sequence[str],
    folders: Sequence[str | Path],
    batch_size: int = 32,
    precision: torch.dtype = torch.float32,
    device: str = "auto",
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
        with encoder_errors(folder):
            tokenizer = AutoTokenizer.from_pretrained(folder)
            model = AutoModelForSequenceClassification.from_pretrained(folder)
        model = model.to(pick_device(device)).eval()
        total = total + inference(texts, model, tokenizer, batch_size, precision)
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


def predict_logits(
    input_ids: Sequence[Sequence[int]],
    model: nn.Module,
    batch_size: int,
    precision: torch.dtype = torch.float32,
) -> np.ndarray:
    """Return the logits of N tokenised texts, float32 of shape (N, classes), in their order.

    The model reads them in batches of similar length, so that little is padded.
    """
    input_ids = list(input_ids)  # a column of a table may be numbered otherwise
    logits = np.empty((len(input_ids), model.config.num_labels), dtype=np.float32)
    if not input_ids:
        return logits
    batches = batches_by_length([len(ids) for ids in input_ids], batch_size)
    collate_fn = partial(pad, pad_id=padding_id(model))
    loader = DataLoader(input_ids, batch_sampler=batches, collate_fn=collate_fn)
    for rows, batch in zip(batches, loader, strict=True):
        logits[rows] = eval_step(model, batch, precision).cpu().numpy()
    return logits


def padding_id(model: nn.Module) -> int:
    """Return the token id that a model takes for padding.

    A model that knows none looks at the mask alone, and any id will do.
    """
    return getattr(model.config.get_text_config(), "pad_token_id", None) or 0
