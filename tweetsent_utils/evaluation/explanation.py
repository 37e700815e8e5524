"""Word by word: what a model goes by, found by leaving words out."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.evaluation.inference import inference

# Plain words: not in a mention, a hashtag or a link.
WORD = re.compile(r"(?<![\w@#/.])[A-Za-z]+\b(?!:)")
CONTRACTION = r"[A-Za-z]++(?:['’][A-Za-z]++)++"  # such as "don't"
EMOJI = r"[\u2600-\u27bf\U0001f1e6-\U0001faff][\u200d\ufe0f\U0001f3fb-\U0001f3ff]*+"
# Plain words, and also contractions, whole links, mentions, hashtags, emoji, words of any script.
ANY_WORD = re.compile(rf"\w++://\S++|[@#]\w++|{CONTRACTION}|{WORD.pattern}|\w++|(?:{EMOJI})++")


def find_words(
    text: str,
    most: int | None = None,
    form: re.Pattern[str] = WORD,
) -> list[re.Match[str]]:
    """Return where a text's words are, or its first `most` words: those of a form."""
    return list(islice(form.finditer(text), most))


def leave_out(text: str, word: re.Match[str]) -> str:
    """Return a text without one of the words that `find_words` found in it."""
    return text[: word.start()] + text[word.end() :]


def leave_words_out(text: str, most: int | None = None) -> list[tuple[str, str]]:
    """Return each of a text's plain words, or the first `most`, with the text without it.

    The word is lower-cased.

    >>> leave_words_out("No milk")
    [('no', ' milk'), ('milk', 'No ')]
    """
    return [(word[0].lower(), leave_out(text, word)) for word in find_words(text, most)]


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
    without = inference(rests, model, tokenizer, batch_size)
    effects["effect"] = measure_effects(whole, without, ordered)
    return effects


def measure_effects(whole: np.ndarray, without: np.ndarray, ordered: bool) -> np.ndarray:
    """Return the effects of N words, of shape (N,); see `word_effects`.

    Row by row, `whole` has the probabilities of a text and `without` those of the same text without
    a word, both of shape (N, classes).
    """
    moved = whole - without
    if ordered:
        return moved @ np.arange(moved.shape[1])
    return moved[np.arange(len(moved)), whole.argmax(axis=1)]


def effects_by_word(
    effects: pd.DataFrame,
    values: Mapping[str, float],
    ordered: bool,
) -> pd.DataFrame:
    """Return a row per word that a list knows: its `mean` effect, how often (`size`), its `value`.

    `effects` are those of `word_effects`, `values` the list's. Classes without an order have no
    good or bad end: there, the values lose their signs.
    """
    listed = effects[effects["word"].isin(values)]
    by_word = listed.groupby("word")["effect"].agg(["mean", "size"])
    signed = by_word.index.map(values).astype(float)
    by_word["value"] = signed if ordered else abs(signed)
    return by_word


def summarize_effects(
    effects: pd.DataFrame,
    values: Mapping[str, float],
    ordered: bool,
) -> dict[str, Any]:
    """Return in numbers how far the words of a list move a model, and those that are not on it.

    The `correlation` of mean effects with values; the share of listed words left out that pull to
    the `same side` as the list (for ordered classes); the mean effect `by value`, for whole values
    with three words or more; the mean size of an effect `on the list` and `off the list`. What
    there is too little for is None.
    """
    by_word = effects_by_word(effects, values, ordered)
    on_list = effects["word"].isin(values)
    sizes = effects["effect"].abs().groupby(on_list).mean()
    pulls = effects["effect"] * effects["word"].map(values).astype(float)
    per_value = by_word.groupby(by_word["value"].round() + 0.0)["mean"].agg(["mean", "size"])
    common = per_value.query("size >= 3")["mean"]
    has_sides = ordered and on_list.any()
    return {
        "correlation": correlate(by_word["value"], by_word["mean"]),
        "same side": float((pulls[on_list] > 0).mean()) if has_sides else None,
        "by value": [[float(value), float(mean)] for value, mean in common.items()],
        "on the list": sizes.to_dict().get(True),
        "off the list": sizes.to_dict().get(False),
    }


def correlate(one: pd.Series, other: pd.Series) -> float | None:
    """Return Pearson's correlation of N pairs of numbers.

    None for fewer than three pairs, and where all numbers of a side are the same.
    """
    if len(one) < 3 or one.nunique() < 2 or other.nunique() < 2:
        return None
    return float(one.corr(other))
