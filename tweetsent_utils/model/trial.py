"""An encoder is tried out before anything is trained, so that its faults show in seconds."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from tweetsent_utils.data.batching import pad
from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.head import REMEDY, classify_tiny_text

LONGEST_TRIAL = 1024  # tokens: a longer text takes long on a CPU
MENTIONS = ["", "Soap @corner_shop &amp; bread, isn\u00e2\u20ac\u2122t it? https://t.co/a1 #Panic"]
SAME = 1e-3  # by this share logits may differ, as sums in another order do


def check_encoder(
    folder: Path,
    tokenizer: PreTrainedTokenizerBase,
    label_order: Sequence[str],
) -> None:
    """Load an encoder with the tokenizer that `load_tokenizer` made of it, and try both on texts.

    Raises `TweetsentError` when its files are broken or do not belong together, when it cannot
    read a text of the tokenizer's full length, and when its answer to a text depends on how far
    that is padded: it would change with the other texts of a batch. Leaves torch's random numbers
    as they were.
    """
    with torch.random.fork_rng(devices=[]):
        model = load_classifier(folder, label_order, pad_token_id=tokenizer.pad_token_id).eval()
        check_vocabulary(folder, model, tokenizer)
        check_saved_tokenizer(model, tokenizer)
        check_answers(folder, model, tokenizer)


def check_vocabulary(folder: Path, model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raise a `TweetsentError` if the tokenizer gives ids for which there are no embeddings."""
    family = model.config.model_type
    with user_error(f"encoders of the family {family} have no word embeddings", REMEDY, Exception):
        rows = len(model.get_input_embeddings().weight)
    highest = max(tokenizer.get_vocab().values())
    if highest >= rows:
        what = f"the tokenizer of the encoder folder {folder} counts its tokens up to {highest}"
        remedy = "choose an encoder whose files belong together"
        raise TweetsentError(f"{what}, and there are word embeddings for 0 to {rows - 1}: {remedy}")


def check_saved_tokenizer(model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raise a `TweetsentError` if the tokenizer, saved next to its model, opens as another one.

    For some families transformers takes a class of its own, whatever was saved, and makes the
    normalizer anew: the cleaning would be lost.
    """
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        model.config.save_pretrained(folder)
        opened = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    if tokenize(MENTIONS, opened) != tokenize(MENTIONS, tokenizer):
        what = f"transformers opens tokenizers of the family {model.config.model_type}"
        raise TweetsentError(f"{what} without the cleaning that was saved in them: {REMEDY}")


@torch.inference_mode()
def check_answers(folder: Path, model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raise a `TweetsentError` if some text cannot be read, or padding changes an answer.

    The texts are an empty one, a word, and one of the tokenizer's full length; each is read alone,
    and all are read together, as in use and as in training.
    """
    family = model.config.model_type
    longest = min(tokenizer.model_max_length, LONGEST_TRIAL)
    rows = tokenize(["", "soap", "soap " * longest], tokenizer)
    rows[-1] = rows[-1][-longest:]
    what = f"the encoder folder {folder} (family {family}) cannot be trained on texts of up to"
    with user_error(f"{what} {longest} tokens", f"lower max_length, or {REMEDY}", Exception):
        together = pad(rows, tokenizer.pad_token_id)
        alone = [model(**pad([ids], tokenizer.pad_token_id)).logits for ids in rows]
        padded = model(**together).logits
        model.train()
        model(**together)
    alone = torch.cat(alone)
    if not alone.isfinite().all():
        raise TweetsentError(f"the answers of the encoder folder {folder} are not finite: {REMEDY}")
    if torch.equal(alone[0], alone[1]):
        raise TweetsentError(f"encoders of the family {family} answer every text alike: {REMEDY}")
    if (padded - alone).abs().max() > SAME * alone.abs().max().clamp(min=0.01):
        what = f"encoders of the family {family} answer otherwise when a text is padded"
        raise TweetsentError(f"{what} to the length of another one, or asked again: {REMEDY}")


def check_precision(model: nn.Module, precision: torch.dtype) -> None:
    """Raise a `TweetsentError` if a model's family does not run in a precision on its device."""
    name = str(precision).removeprefix("torch.")
    what = f"models of the family {model.config.model_type} do not run in {name}"
    is_lower = precision != torch.float32
    with (
        user_error(what, "set precision to 'fp32'", Exception),
        torch.autocast(model.device.type, dtype=precision, enabled=is_lower),
    ):
        classify_tiny_text(model)
