"""A corpus that is unlike the training texts is told, and one that is like them is not."""

import re
from collections import Counter

import pytest
from fake_runs import make_member

from tweetsent_utils.scoring.likeness import KnownTexts, compare, describe_known_texts, warn

KNOWN = KnownTexts(frozenset({"sad", "queue", "best"}), 2, 4, 0.2, 0.1, 0.8)


def test_words_and_lengths_are_counted_as_the_training_texts_have_them():
    counts = KNOWN.count(["Sad queue!", "best", "un deux trois #best https://t.co/x"])
    assert counts == Counter(texts=3, words=7, unknown=3, outside=1)


def test_of_many_texts_some_are_looked_at_at_equal_distances():
    assert KNOWN.count(["sad queue"] * 1000, most=10)["texts"] == 10


@pytest.mark.parametrize(
    ("counts", "confidence", "said"),
    [
        (Counter(texts=10, words=100, unknown=25, outside=2), 0.78, ""),
        (Counter(texts=10, words=100, unknown=40, outside=2), 0.78, "words .* 40%"),
        (Counter(texts=10, words=100, unknown=25, outside=6), 0.78, "shorter or longer 60%"),
        (Counter(texts=10, words=100, unknown=25, outside=2), 0.6, "confidence 60%"),
    ],
)
def test_what_is_unlike_is_named_with_both_numbers(counts, confidence, said):
    warning = warn(compare(counts, confidence, KNOWN))
    assert bool(warning) == bool(said)
    assert re.search(said, warning)


def test_a_runs_own_texts_are_what_others_are_compared_with(tmp_path):
    run = make_member(tmp_path / "run")
    assert describe_known_texts(run) is None  # it has no training texts
    assert describe_known_texts(tmp_path) is None
