"""What is in the texts of a file: marks that are no words, lengths, and tweets that come twice."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.data.cleaning import CLEANINGS, clean
from tweetsent_utils.data.tokenizing import tokenize

MARKS = {
    "hashtag": r"#\w+",
    "link": r"https?://\S+",
    "line break": r"[\r\n]",
    "mention": r"@\w+",
    "mojibake": r"[\xc2\xc3][\x80-\xbf]",  # all pairs that the cleaning `repaired` repairs
    "&amp;": r"&amp;",
}
INVISIBLE_HALF = r"[\xc2\xc3][\x80-\x9f]"  # mojibake whose second character no screen shows
ENOUGH_TEXTS = 5000  # for a share in percent


def mark_shares(texts: Iterable[str]) -> pd.Series:
    """Return the share of the texts that hold each of `MARKS`, by its name."""
    texts = list(texts)
    found = {
        mark: sum(bool(re.search(form, text)) for text in texts) for mark, form in MARKS.items()
    }
    return pd.Series(found) / max(len(texts), 1)


def mark_shares_by_cleaning(texts: pd.Series) -> pd.DataFrame:
    """Return the share of texts that hold each mark after each cleaning: a row per mark.

    Of more than 5,000 texts, a seeded draw of so many is cleaned.
    """
    drawn = texts.sample(min(len(texts), ENOUGH_TEXTS), random_state=0)
    return pd.DataFrame(
        {cleaning: mark_shares(clean(text, cleaning) for text in drawn) for cleaning in CLEANINGS}
    )


def find_oddest(texts: pd.Series) -> int:
    """Return the row id of the first text with both mojibake and a line break.

    Where no text has both, it is the first with mojibake, then the first with a line break, then
    the first text.
    """
    broken = texts.map(lambda text: bool(re.search(INVISIBLE_HALF, text)))
    several_lines = texts.str.contains("\n", regex=False)
    return (2 * broken.astype(int) + several_lines.astype(int)).idxmax()


def measure_lengths(texts: pd.Series, tokenizer: PreTrainedTokenizerBase) -> pd.DataFrame:
    """Return the lengths of N texts in `characters`, `words` and `tokens`, with the same index.

    Tokens include the special ones, and are cut at the tokenizer's length.
    """
    tokens = [len(ids) for ids in tokenize(texts, tokenizer)] if len(texts) else []
    words = texts.str.split().str.len()
    measures = {"characters": texts.str.len(), "words": words, "tokens": tokens}
    return pd.DataFrame(measures, index=texts.index)


def bare_words(text: str) -> str:
    """Return a text's words in lower case, without links, signs or punctuation.

    >>> bare_words("Queues, AGAIN! https://t.co/x1")
    'queues again'
    """
    without_links = re.sub(MARKS["link"], " ", text).lower()
    return " ".join(re.findall(r"\w+", without_links))


class Repeats(NamedTuple):
    """How many tweets come more than once, and what their labels say about it."""

    exact: int  # training tweets that repeat an earlier one letter by letter
    in_words: int  # those that repeat an earlier one in its bare words
    groups: int  # of training tweets with the same bare words
    conflicting: int  # groups with more than one label
    in_test: int  # test tweets with the bare words of a training tweet
    test_rows: int

    def __str__(self) -> str:
        """Return the counts, a line each."""
        lines = [
            f"repeats in training, letter by letter: {self.exact:,}",
            f"repeats in training, in their bare words: {self.in_words:,}",
            f"groups of them whose labels differ: {self.conflicting:,} of {self.groups:,}",
        ]
        if self.test_rows:
            known = f"{self.in_test:,} of {self.test_rows:,}"
            lines.append(f"test texts with a training text's words: {known}")
        return "\n".join(lines)


def find_repeats(texts: pd.Series, labels: pd.Series, test_texts: pd.Series) -> Repeats:
    """Count the training tweets that repeat another, and the test tweets that repeat one.

    `texts` and `labels` share an index; there may be no test tweets. Texts without a word are left
    out of the comparison, since they would all be one group.
    """
    bare = texts.map(bare_words)
    worded = bare != ""
    groups = labels[worded].groupby(bare[worded]).agg(["size", "nunique"]).query("size > 1")
    known = test_texts.map(bare_words).isin(bare[worded])
    return Repeats(
        exact=int(texts.duplicated().sum()),
        in_words=int((groups["size"] - 1).sum()),
        groups=len(groups),
        conflicting=int((groups["nunique"] > 1).sum()),
        in_test=int(known.sum()),
        test_rows=len(test_texts),
    )
