"""The words of a text that somebody types, weighed by a model a few at a time."""

from typing import NamedTuple

import numpy as np

from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.evaluation.explanation import (
    ANY_WORD,
    find_words,
    leave_out,
    measure_effects,
)
from tweetsent_utils.scoring.classifier import TweetClassifier

MOST_WORDS = 64  # of a text that are weighed
TOKENS_AT_ONCE = 512  # between two looks at whether somebody goes on typing


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

    def __init__(self, reader: TweetClassifier, text: str, ordered: bool) -> None:
        self.reader = reader
        self.text = text
        self.ordered = ordered
        (self.input_ids,) = tokenize([text], reader.tokenizer)
        self.answer = reader.answer([self.input_ids])  # of shape (1, classes)
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
            without = self.reader.answer([rests[place] for place in places])
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
