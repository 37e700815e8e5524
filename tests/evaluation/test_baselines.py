"""Baselines that know no more than they should."""

import numpy as np
import pytest

from tweetsent_utils.evaluation.baselines import (
    best_bag_of_words,
    note_if_behind,
    score_baselines,
)


def test_baselines_know_the_majority_and_the_words():
    scores = score_baselines(
        ["good day"] * 6 + ["bad day"] * 3 + ["grey day"] * 3,
        np.array([2] * 6 + [0] * 3 + [1] * 3),
        ["a good morning", "so bad", "grey again", "bad bad bad"],
        np.array([2, 0, 1, 0]),
    )
    majority = {"accuracy": 1 / 4, "macro_f1": (2 * 1 / 5 + 0 + 0) / 3}
    assert scores == {
        "majority": pytest.approx(majority),
        "bag_of_words": {"accuracy": 1.0, "macro_f1": 1.0},
    }


def test_bag_of_words_sees_word_pairs():
    texts = ["not good but bad", "not bad but good"]
    labels = np.array([0, 1])
    scores = score_baselines(texts * 5, np.tile(labels, 5), texts, labels)
    assert scores["bag_of_words"]["accuracy"] == 1.0
    assert scores["majority"]["accuracy"] == 0.5


def test_the_order_of_classes_lets_sums_of_words_be_learned():
    """Each class has its sum, but no word of its own."""
    texts = ["bad bad", "bad", "so", "good", "good good"]
    labels = np.arange(5)
    scores = score_baselines(texts * 40, np.tile(labels, 40), texts, labels, ordered=True)
    assert scores["ordinal_bag_of_words"]["accuracy"] == best_bag_of_words(scores) == 1.0
    assert "ordinal_bag_of_words" not in score_baselines(texts, labels, texts, labels)


def test_the_best_bag_of_words_is_found_where_a_run_has_only_one():
    older = {"majority": {"accuracy": 0.9}, "bag_of_words": {"accuracy": 0.4}}
    assert best_bag_of_words(older) == 0.4
    assert best_bag_of_words(older | {"ordinal_bag_of_words": {"accuracy": 0.6}}) == 0.6
    assert best_bag_of_words(older | {"ordinal_bag_of_words": {"accuracy": 0.3}}) == 0.4


@pytest.mark.parametrize("texts", [["😀", "😢", "😀😀"], ["", " ", "!"], ["a", "b", "好"]])
def test_texts_without_a_word_of_two_letters_leave_the_bag_with_the_majority(texts):
    asked = ["😀", "a good day"], np.array([0, 1])
    scores = score_baselines(texts, np.array([1, 0, 1]), *asked, ordered=True)
    assert scores["bag_of_words"] == scores["ordinal_bag_of_words"] == scores["majority"]
    assert scores["majority"]["accuracy"] == 1 / 2


def test_one_word_in_one_text_is_enough_for_a_bag():
    texts = ["😀"] * 6 + ["sad"] * 5
    labels = np.array([1] * 6 + [0] * 5)
    scores = score_baselines(texts, labels, ["sad", "😀"], np.array([0, 1]))
    assert scores["bag_of_words"]["accuracy"] == 1.0


def test_words_need_no_spaces_and_no_latin_letters():
    texts = ["很好", "很差"] * 5
    labels = np.array([1, 0] * 5)
    scores = score_baselines(texts, labels, ["很差", "很好"], np.array([0, 1]))
    assert scores["bag_of_words"]["accuracy"] == 1.0


def test_labels_of_one_class_leave_both_baselines_with_it(recwarn):
    scores = score_baselines(["good day", "bad day"], [1, 1], ["good", "bad"], [1, 0], ordered=True)
    assert scores["bag_of_words"] == scores["ordinal_bag_of_words"] == scores["majority"]
    assert scores["majority"]["accuracy"] == 1 / 2
    assert not recwarn.list


@pytest.mark.parametrize(
    ("labels", "accuracy"), [([2], 0.0), ([0, 0], 1.0), ([7], 0.0), ([0, 0, 0, 1], 3 / 4)]
)
def test_rows_of_one_class_or_of_one_that_training_lacks_have_scores(labels, accuracy, recwarn):
    texts = ["bad day", "bad morning", "good day", "grey day"]
    asked = ["bad"] * len(labels), labels
    scores = score_baselines(texts, [0, 0, 1, 2], *asked, ordered=True)
    assert {score["accuracy"] for score in scores.values()} == {accuracy}
    assert not recwarn.list


@pytest.mark.parametrize(("accuracy", "is_told"), [(0.5, True), (0.49, True), (0.51, False)])
def test_a_model_that_is_no_better_than_a_bag_of_words_is_told(capsys, accuracy, is_told):
    note_if_behind(accuracy, 0.5, "test")
    printed = capsys.readouterr().out
    assert ("does not beat a bag of words (0.500)" in printed) == is_told


@pytest.mark.parametrize("accuracy", [1.0, 0.9])
def test_where_words_make_no_mistake_nobody_is_sent_for_more_rows(capsys, accuracy):
    note_if_behind(accuracy, 1.0, "test")
    printed = capsys.readouterr().out
    assert "words suffice" in printed
    assert "more rows" not in printed and "epochs" not in printed
