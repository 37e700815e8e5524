"""From texts or token ids to logits and probabilities, in batches of similar length."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from scipy.special import softmax
from torch import nn
from torch.utils.data import DataLoader
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.data.batching import batches_by_length, pad
from tweetsent_utils.data.tokenizing import tokenize
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
    # A model that knows no padding id looks at the mask alone, and any id will do.
    pad_id = getattr(model.config.get_text_config(), "pad_token_id", None) or 0
    collate_fn = partial(pad, pad_id=pad_id)
    loader = DataLoader(input_ids, batch_sampler=batches, collate_fn=collate_fn)
    for rows, batch in zip(batches, loader, strict=True):
        logits[rows] = eval_step(model, batch, precision).cpu().numpy()
    return logits
