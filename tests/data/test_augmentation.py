"""Rotated tweets: the same words, begun at another one."""

import numpy as np
import pytest

from tweetsent_utils.data.augmentation import rotate

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
