"""Word by word: what a model goes by, found by leaving words out."""

import re

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.evaluation.inference import inference

# Plain words: not in a mention, a hashtag or a link.
WORD = re.compile(r"(?<![\w@#/.])[A-Za-z]+\b(?!:)")


def leave_words_out(text: str, most: int) -> list[tuple[str, str]]:
    """Return each of a text's first `most` plain words, lower-cased, with the text without it.

    >>> leave_words_out("No milk", 64)
    [('no', ' milk'), ('milk', 'No ')]
    """
    found = list(WORD.finditer(text))[:most]
    return [(word[0].lower(), text[: word.start()] + text[word.end() :]) for word in found]


def word_effects(
    texts: list[str],
    model: torch.nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    ordered: bool,
    batch_size: int = 32,
) -> pd.DataFrame:
    """Return how far each plain word of N texts moves the model's answer.

    A row per word: its text's position `text`, the `word`, and the `effect`. For ordered classes
    that is by how much the expected rank is higher with the word than without it; otherwise, by how
    much likelier the answer to the whole text is with it.
    """
    words, rests = [], []
    for position, text in enumerate(texts):
        for word, rest in leave_words_out(text, tokenizer.model_max_length):
            words.append((position, word))
            rests.append(rest)
    effects = pd.DataFrame(words, columns=["text", "word"]).astype({"text": int, "word": str})
    whole = inference(texts, model, tokenizer, batch_size)[effects["text"]]
    moved = whole - inference(rests, model, tokenizer, batch_size)
    if ordered:
        effects["effect"] = moved @ np.arange(moved.shape[1])
    else:
        effects["effect"] = moved[np.arange(len(moved)), whole.argmax(axis=1)]
    return effects


def correlate(one: pd.Series, other: pd.Series) -> float | None:
    """Return Pearson's correlation of N pairs of numbers.

    None for fewer than three pairs, and where all numbers of a side are the same.
    """
    if len(one) < 3 or one.nunique() < 2 or other.nunique() < 2:
        return None
    return float(one.corr(other))
