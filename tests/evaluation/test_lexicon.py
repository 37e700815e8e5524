"""What a word list says of a text, and where labels cut its scores."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tweetsent_utils.evaluation.lexicon import (
    apply_cuts,
    lexicon_scores,
    nltk_lexicon_scores,
    older_lexicon_scores,
)


def test_scores_of_odd_texts():
    texts = ["", "good", "GOOD day but bad", "queue but " * 100_000, "\x07\x1b[31m", "📈"]
    scores = lexicon_scores(texts)
    assert scores.shape == (6,)
    assert scores[0] == scores[3] == 0 < scores[1]
    assert lexicon_scores([]).shape == (0,)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("my heart", False),
        ("no panic no fraud", False),
        ("NO help at all", False),
        ("no", True),  # the word itself keeps its value
        ("a sad no", True),
        ("a good day", True),
        ("NOT a good day", True),
        ("nowhere near, not bad", True),
        ("", True),
    ],
)
def test_older_scores_lack_the_later_words_and_the_later_rule_on_no(text, same):
    (new,), (old,) = lexicon_scores([text]), older_lexicon_scores([text])
    assert (old == new) == same
    if text == "my heart":
        assert old == 0


def test_without_nltk_there_are_no_scores_of_its_copy(monkeypatch):
    monkeypatch.setitem(sys.modules, "nltk", None)
    assert nltk_lexicon_scores(["good"]) is None


def test_with_nltk_its_copy_gives_the_scores(monkeypatch):
    class Analyzer:
        def polarity_scores(self, text: str) -> dict:
            return {"compound": 0.5 if "good" in text else 0.0}

    copy = SimpleNamespace(SentimentIntensityAnalyzer=Analyzer)
    for name in ("nltk", "nltk.sentiment", "nltk.sentiment.vader"):
        monkeypatch.setitem(sys.modules, name, copy)
    assert nltk_lexicon_scores(["good", "queue"]).tolist() == [0.5, 0.0]


def test_cuts_fall_where_the_labels_change():
    scores = np.array([-0.9, -0.7, -0.6, -0.2, 0.0, 0.0, 0.3, 0.5, 0.7, 0.9])
    labels = np.digitize(scores, [-0.5, 0.25, 0.6])
    others = np.array([-1.0, 0.1, 0.26, 1.0])
    predictions, distances, cuts = apply_cuts(scores, labels, others)
    assert cuts == pytest.approx([-0.4, 0.15, 0.6])
    assert predictions.tolist() == [0, 1, 2, 3]
    assert distances == pytest.approx([0.6, 0.05, 0.11, 0.4])


def test_there_are_never_as_many_cuts_as_classes():
    labels = np.array([0, 0, 1, 0, 1, 1, 0, 1])
    _, _, cuts = apply_cuts(np.linspace(-1, 1, 8), labels, np.zeros(1))
    assert len(cuts) == 1


def test_scores_that_say_nothing_have_no_cut_and_the_prediction_is_the_majority():
    labels = np.array(list("aabbb"))
    predictions, distances, cuts = apply_cuts(np.zeros(5), labels, np.array([0.5]))
    assert predictions.tolist() == ["b"]
    assert distances.tolist() == [2]
    assert len(cuts) == 0
