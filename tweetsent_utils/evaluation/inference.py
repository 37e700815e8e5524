"""From texts or token ids to logits and probabilities, in batches of similar length."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from scipy.special import softmax
from torch import nn
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
    return answer_batches(
        input_ids,
        batches_by_length([len(ids) for ids in input_ids], batch_size),
        partial(eval_step, model, precision=precision),
        padding_id(model),
        model.config.num_labels,
    )


def answer_batches(
    input_ids: Sequence[Sequence[int]],
    batches: Sequence[Sequence[int]],
    answer: Callable[[dict[str, torch.Tensor]], torch.Tensor],
    pad_id: int,
    classes: int,
) -> np.ndarray:
    """Return the logits of N tokenised texts, float32 of shape (N, classes), in their order.

    `batches` hold places in `input_ids`, each place once; `answer` takes a padded batch, as `pad`
    makes it, and returns its logits.
    """
    answers = [answer(pad([input_ids[row] for row in rows], pad_id)) for rows in batches]
    logits = np.empty((len(input_ids), classes), dtype=np.float32)
    for rows, answered in zip(batches, answers, strict=True):
        logits[rows] = answered.cpu().numpy()  # here, so that a GPU is waited for only once
    return logits


def padding_id(model: nn.Module) -> int:
    """Return the token id that a model takes for padding.

    A model that knows none looks at the mask alone, and any id will do.
    """
    return getattr(model.config.get_text_config(), "pad_token_id", None) or 0
