"""The same tweet in other words' order or company, so that a model learns no tweet by heart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.errors import TweetsentError

LEAST_WORDS, MOST_WORDS = 3, 15  # of a neutral tweet, in a row


class AugmentedTweets(TweetDataset):
    """Tokenised tweets that every epoch changes anew, without a change of their labels.

    `table` is as for a `TweetDataset`, with the column `text` besides. In an epoch, a random share
    `rotation` of the tweets begins at another word, and a random share `neutral_words` has a few
    words of a tweet with the label `neutral` put in. Seed and epoch alone decide which, and how.
    `lengths` are those of the epoch's tweets. With both shares 0, nothing ever changes.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        tokenizer: PreTrainedTokenizerBase,
        seed: int,
        rotation: float = 0.0,
        neutral_words: float = 0.0,
        neutral: int | None = None,
    ) -> None:
        super().__init__(table)
        self.texts = table["text"].tolist()
        self.neutral_texts = table["text"][table["label"] == neutral].tolist()
        self.tokenizer = tokenizer
        self.seed = seed
        self.rotation = rotation
        self.neutral_words = neutral_words

    def set_epoch(self, epoch: int) -> None:
        """Change the tweets as an epoch has them."""
        if not self.rotation and not self.neutral_words:
            return
        generator = np.random.default_rng([self.seed, epoch])
        texts = rotate(self.texts, self.rotation, generator)
        texts = insert_words(texts, self.neutral_texts, self.neutral_words, generator)
        self.input_ids = tokenize(texts, self.tokenizer)
        self.lengths = [len(ids) for ids in self.input_ids]


def find_neutral(label_order: Sequence[str], ordered: bool, neutral_words: float) -> int | None:
    """Return the rank of the middle one of ordered classes; None where nobody asks for it.

    Raises `TweetsentError` for a share of `neutral_words` above 0 and classes without a middle one.
    """
    if not neutral_words:
        return None
    if not ordered or len(label_order) % 2 == 0:
        what = "neutral_words puts in words of the class in the middle, and these classes have none"
        raise TweetsentError(f"{what}: set neutral_words to 0, or label_order to an odd number")
    return len(label_order) // 2


def rotate(texts: Sequence[str], share: float, generator: np.random.Generator) -> list[str]:
    """Return N texts of which a random `share` begins at a random word, with its start at the end.

    Document rotation: Lewis et al., https://arxiv.org/abs/1910.13461.
    """
    rotated = []
    for text in texts:
        words = text.split()
        start = int(generator.integers(max(len(words), 1)))
        is_rotated = generator.random() < share and start > 0
        rotated.append(" ".join(words[start:] + words[:start]) if is_rotated else text)
    return rotated


def insert_words(
    texts: Sequence[str],
    sources: Sequence[str],
    share: float,
    generator: np.random.Generator,
) -> list[str]:
    """Return N texts of which a random `share` got 3 to 15 words in a row of a random source.

    They go in at a random place. Where a label sums up what the words of a text say, words that say
    nothing of it change no label.
    """
    if not share or not sources:
        return list(texts)
    lengthened = []
    for text in texts:
        if generator.random() < share:
            source = sources[generator.integers(len(sources))].split()
            count = int(generator.integers(LEAST_WORDS, MOST_WORDS + 1))
            start = int(generator.integers(max(len(source) - count, 0) + 1))
            words = text.split()
            place = int(generator.integers(len(words) + 1))
            words[place:place] = source[start : start + count]
            text = " ".join(words)
        lengthened.append(text)
    return lengthened
