"""A model that reads texts while somebody types them, and weighs their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import softmax
from torch import nn
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from tweetsent_utils.data.batching import pad
from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.evaluation.explanation import (
    ANY_WORD,
    find_words,
    leave_out,
    measure_effects,
)
from tweetsent_utils.evaluation.inference import padding_id
from tweetsent_utils.files import encoder_errors
from tweetsent_utils.training.device import pick_device
from tweetsent_utils.training.step import eval_step

MOST_WORDS = 64  # of a text that are weighed
TOKENS_AT_ONCE = 512  # between two looks at whether somebody goes on typing

logging.disable_progress_bar()  # a bar for the loading of weights would stay in the notebook


@dataclass(frozen=True)
class Reader:
    """A model with its tokenizer, and the name that it is shown under."""

    model: nn.Module
    tokenizer: PreTrainedTokenizerBase
    name: str = "the model"

    @property
    def label_order(self) -> list[str]:
        """The names of the model's classes, by rank."""
        config = self.model.config
        return [config.id2label[rank] for rank in range(config.num_labels)]

    @property
    def temperature(self) -> float:
        """What the model's logits have been divided by, see `apply_temperature`: 1 for nothing."""
        return getattr(self.model.config, "calibration_temperature", None) or 1.0

    def predict(self, input_ids: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the class probabilities of N tokenised texts, of shape (N, classes).

        `inference` gives the same for long lists; this reads a few texts in one batch, without the
        time that setting up a DataLoader takes.
        """
        logits = eval_step(self.model, pad(input_ids, padding_id(self.model)))
        return softmax(logits.cpu().numpy(), axis=1)


def open_reader(folder: str | Path, name: str, device: str = "auto") -> Reader:
    """Open a run's `model/` folder, or another model that transformers knows, as a reader.

    Raises `TweetsentError` for a folder that holds no model.
    """
    with encoder_errors(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            use_safetensors=True,
            trust_remote_code=False,
        )
    return Reader(model.to(pick_device(device)).eval(), tokenizer, name)


class Push(NamedTuple):
    """How far the word between two places of a text moves the answer, as in `word_effects`."""

    start: int
    end: int
    effect: float


class Weighing:
    """The words of a text, each left out in turn: a few at a time, until `is_done`.

    Besides the plain words that `word_effects` weighs, these are whole links, mentions and
    hashtags, and words of any script. Only the first 64 are weighed.
    """

    def __init__(self, reader: Reader, text: str, ordered: bool) -> None:
        self.reader = reader
        self.text = text
        self.ordered = ordered
        (self.input_ids,) = tokenize([text], reader.tokenizer)
        self.answer = reader.predict([self.input_ids])  # of shape (1, classes)
        self.words = find_words(text, MOST_WORDS, ANY_WORD)
        self.effects: list[float] = []  # of the first words, as far as they are weighed

    @property
    def is_done(self) -> bool:
        """Whether every word has been weighed."""
        return len(self.effects) == len(self.words)

    def weigh_some(self) -> None:
        """Weigh some more words, as many as about 512 tokens hold."""
        count = max(TOKENS_AT_ONCE // len(self.input_ids), 1)
        words = self.words[len(self.effects) :][:count]
        rests = tokenize([leave_out(self.text, word) for word in words], self.reader.tokenizer)
        effects = np.zeros(len(words))
        # Without a word that no token comes from, the model reads the same: no need to ask.
        places = [place for place, ids in enumerate(rests) if ids != self.input_ids]
        if places:
            without = self.reader.predict([rests[place] for place in places])
            effects[places] = measure_effects(self.answer, without, self.ordered)
        self.effects += effects.tolist()

    def weigh_all(self) -> None:
        """Weigh the words that are left."""
        while not self.is_done:
            self.weigh_some()

    @property
    def pushes(self) -> list[Push]:
        """The words that are weighed and how far each moves the answer, in the text's order."""
        weighed = zip(self.words, self.effects, strict=False)
        return [Push(*word.span(), effect) for word, effect in weighed]
