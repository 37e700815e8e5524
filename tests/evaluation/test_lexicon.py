"""What a word list says of a text, and where labels cut its scores."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.data.cleaning import clean
from tweetsent_utils.evaluation import lexicon
from tweetsent_utils.evaluation.lexicon import (
    LADDER,
    NLTK,
    OLDER,
    answer_by_rules,
    apply_cuts,
    best_step,
    climb_ladder,
    gaps_at_cuts,
    label_by_list,
    lexicon_scores,
    nltk_lexicon_scores,
    older_lexicon_scores,
    score_step,
    word_values,
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


TWEET = "@shop NO milk, good tea!! #heart https://t.co/abc"


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ("as it is", TWEET),
        ("no links", "@shop NO milk, good tea!! #heart "),
        ("no mentions", "NO milk, good tea!! #heart "),
        ("no punctuation", "NO milk good tea heart"),
        ("no hashtags", "NO milk good tea"),
    ],
)
def test_each_step_of_the_ladder_takes_one_thing_more_away(step, left):
    assert re.sub(LADDER[step], " ", TWEET).split() == left.split()
    assert score_step([TWEET], step).tolist() == lexicon_scores([left]).tolist()


def test_the_last_steps_score_bare_words_by_older_scorers(monkeypatch):
    assert (
        score_step([TWEET], OLDER).tolist() == older_lexicon_scores(["NO milk good tea"]).tolist()
    )
    monkeypatch.setattr(lexicon, "nltk_lexicon_scores", lambda texts: texts[0].split())
    assert score_step([TWEET], NLTK) == ["NO", "milk", "good", "tea"]


@pytest.fixture
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test tweets that the newer list labels, on bare words."""
    texts = ["a good day", "a bad day", "my heart", "#good tea", "sad, so sad", "great!!"] * 4
    train = pd.DataFrame({"text": texts})
    train["label"] = (lexicon_scores([clean(text, "words") for text in texts]) > 0.1).astype(int)
    return train, train.iloc[:6]


def test_the_ladder_agrees_best_where_the_labels_were_made(monkeypatch, tables):
    monkeypatch.setattr(lexicon, "nltk_lexicon_scores", lambda texts: None)
    ladder = climb_ladder(*tables)
    assert ladder.index.tolist() == [*LADDER, OLDER]
    assert ladder.loc["no hashtags", ["train", "test"]].tolist() == [1, 1]
    assert ladder.loc["as it is", "train"] == pytest.approx(5 / 6)
    assert ladder.loc[OLDER, "train"] == pytest.approx(5 / 6)
    assert len(ladder.loc["no hashtags", "cuts"]) == 1
    assert best_step(ladder) == "no hashtags"


def test_of_several_best_steps_the_last_is_taken():
    assert best_step(pd.DataFrame({"train": [0.5, 1, 1]}, index=["a", "b", "c"])) == "c"


def test_the_rules_of_the_last_steps_answer_for_both_files(monkeypatch, tables):
    monkeypatch.setattr(lexicon, "nltk_lexicon_scores", lambda texts: None)
    answers = answer_by_rules(*tables)
    assert list(answers) == ["no hashtags", OLDER]
    assert answers["no hashtags"].train.tolist() == tables[0]["label"].tolist()
    assert answers["no hashtags"].distances.shape == (6,)


def test_each_cut_is_between_the_scores_next_to_it():
    table = gaps_at_cuts(np.array([-0.5, 0.1, 0.4]), np.array([-0.2, 0.25]))
    assert table.to_numpy().tolist() == [[-0.5, 0.1], [0.1, 0.4]]
    assert gaps_at_cuts(np.zeros(3), np.array([])).empty


def test_the_list_labels_bare_words_by_the_cuts():
    texts = ["We are happy", "We are #happy", "It is awful @happy"]
    table = label_by_list(texts, np.array([-0.05, 0.05]), ["bad", "neither", "good"])
    assert table["label"].tolist() == ["good", "neither", "bad"]
    assert table["score"].tolist() == lexicon_scores(["We are happy", "", "It is awful"]).tolist()


def test_the_values_of_words_are_those_of_the_list():
    assert word_values()["good"] == 1.9
