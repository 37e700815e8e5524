"""Augmented tweets: the same words from another one on, and words that change no label."""

import numpy as np
import pytest

from tweetsent_utils.data.augmentation import find_neutral, insert_words, rotate
from tweetsent_utils.errors import TweetsentError

WORDS = ["we", "bought", "the", "very", "last", "bread"]
TEXT = " ".join(WORDS)
ROTATIONS = [" ".join(WORDS[start:] + WORDS[:start]) for start in range(len(WORDS))]


def test_rotation_gives_its_share_of_texts_any_start_and_keeps_their_words_in_a_circle():
    rotated = rotate([TEXT] * 4000, 0.5, np.random.default_rng(0))
    assert set(rotated) == set(ROTATIONS)
    for text in ROTATIONS[1:]:
        # A start at random is the first word in one of six cases. 0.02 is four deviations.
        assert rotated.count(text) / 4000 == pytest.approx(0.5 / 6, abs=0.02)


def test_same_seed_rotates_alike_and_the_next_epoch_otherwise():
    texts = [TEXT] * 20
    generator = np.random.default_rng([3, 0])
    first = rotate(texts, 1.0, generator)
    assert first == rotate(texts, 1.0, np.random.default_rng([3, 0]))
    assert first != rotate(texts, 1.0, np.random.default_rng([3, 1]))
    assert first != rotate(texts, 1.0, generator)


def test_rotation_leaves_other_texts_as_they_are():
    generator = np.random.default_rng(0)
    assert rotate([TEXT] * 9, 0.0, generator) == [TEXT] * 9
    assert rotate(["", "alone", " two\r\n"], 1.0, generator) == ["", "alone", " two\r\n"]


def test_words_of_a_source_go_in_together_and_the_text_keeps_its_own():
    source = [f"n{number}" for number in range(40)]
    generator = np.random.default_rng(0)
    for text in insert_words([TEXT] * 200, [" ".join(source)], 1.0, generator):
        words = text.split()
        inserted = [word for word in words if word in source]
        assert [word for word in words if word not in source] == WORDS
        assert " ".join(inserted) in text
        assert 3 <= len(inserted) <= 15
        assert inserted == source[source.index(inserted[0]) :][: len(inserted)]


def test_insertion_leaves_its_share_of_texts_as_they_are():
    lengthened = insert_words([TEXT] * 4000, ["a b c"], 0.3, np.random.default_rng(0))
    assert lengthened.count(TEXT) / 4000 == pytest.approx(0.7, abs=0.03)
    assert insert_words([TEXT, ""], [], 1.0, np.random.default_rng(0)) == [TEXT, ""]


def test_the_neutral_class_is_the_one_in_the_middle():
    assert find_neutral(["low", "middle", "high"], True, 0.5) == 1
    assert find_neutral(["low", "high"], True, 0.0) is None


@pytest.mark.parametrize(("labels", "ordered"), [(["low", "high"], True), (["a", "b", "c"], False)])
def test_classes_without_a_middle_one_are_refused(labels, ordered):
    with pytest.raises(TweetsentError, match="set neutral_words to 0"):
        find_neutral(labels, ordered, 0.5)
