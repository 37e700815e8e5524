"""The same tweet in other words' order, so that a model does not learn training tweets by heart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.data.tokenizing import tokenize


class RotatedTweets(TweetDataset):
    """Tokenised tweets of which every epoch rotates another random `share`; with 0, none.

    `table` is as for a `TweetDataset`, with the column `text` besides. Seed and epoch alone decide
    which tweets are rotated, and where they begin. `lengths` are those of the epoch's tweets.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        tokenizer: PreTrainedTokenizerBase,
        share: float,
        seed: int,
    ) -> None:
        super().__init__(table)
        self.texts = table["text"].tolist()
        self.tokenizer = tokenizer
        self.share = share
        self.seed = seed

    def set_epoch(self, epoch: int) -> None:
        """Rotate the tweets as an epoch has them."""
        if not self.share:
            return
        generator = np.random.default_rng([self.seed, epoch])
        self.input_ids = tokenize(rotate(self.texts, self.share, generator), self.tokenizer)
        self.lengths = [len(ids) for ids in self.input_ids]


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
