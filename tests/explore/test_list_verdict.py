"""What the word list says of a text, and where a model parts from it."""

import pytest

from tweetsent_utils.explore.list_verdict import FIVE, ask_list, compare_with_list, show_verdict
from tweetsent_utils.explore.weighing import Push


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        ("a great day", "Extremely Positive", [("great", 3.1, 3.1)]),
        ("a #great day", "Neutral", []),
        ("not a great day", "Negative", [("great", 3.1, pytest.approx(-2.294))]),
        ("GREAT", "Extremely Positive", [("GREAT", 3.1, 3.1)]),
        ("\u0645\u0631\u062d\u0628\u0627", "Neutral", []),
        ("", "Neutral", []),
    ],
)
def test_the_list_reads_bare_words_and_says_what_it_counts(text, label, words):
    verdict = ask_list(text, FIVE)
    assert verdict.label == label
    assert verdict.words == words


def test_classes_that_are_not_the_five_get_a_score_only():
    verdict = ask_list("a great day", ["bad", "good"])
    assert verdict.label is None
    assert verdict.score > 0.6
    assert compare_with_list(verdict, "good", "a great day", [], True) == ""
    assert "great" in show_verdict(verdict)


def test_many_listed_words_are_not_all_shown():
    html = show_verdict(ask_list("good " * 40, FIVE))
    assert html.count("good") == 12
    assert "28 more" in html


def part(answer: str, *effects: float) -> str:
    text = "great queue today"
    places = [(0, 5), (6, 11), (12, 17)]
    pushes = [Push(*place, effect) for place, effect in zip(places, effects, strict=False)]
    return compare_with_list(ask_list(text, FIVE), answer, text, pushes, True)


def test_where_they_part_the_words_that_do_it_are_named():
    said = part("Negative", -0.3, -0.8, 0.1)
    assert "Negative" in said
    assert "Extremely Positive" in said
    assert "great" in said
    assert "+3.1" in said
    assert "queue" in said
    assert "0.80" in said
    assert "today" not in said


def test_where_they_agree_for_the_same_reason_that_is_all():
    agreed = part("Extremely Positive", 0.9, 0.1, 0.0)
    assert "agree" in agreed
    assert "queue" not in agreed
    assert "queue" in part("Extremely Positive", 0.9, 0.5, 0.0)


def test_a_word_that_turns_others_round_is_known_to_the_list():
    text = "not great"
    pushes = [Push(0, 3, -1.5), Push(4, 9, -0.5)]
    said = compare_with_list(ask_list(text, FIVE), "Negative", text, pushes, True)
    assert "not" in said
    assert "rule" in said
