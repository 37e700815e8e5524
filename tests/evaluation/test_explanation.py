"""Words left out of a text, and how far each moves the model."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.evaluation.explanation import (
    correlate,
    effects_by_word,
    leave_words_out,
    summarize_effects,
    word_effects,
)
from tweetsent_utils.evaluation.inference import inference


def test_each_plain_word_is_left_out_once():
    assert leave_words_out("Good, good @shop! it's #sad https://t.co/x") == [
        ("good", ", good @shop! it's #sad https://t.co/x"),
        ("good", "Good,  @shop! it's #sad https://t.co/x"),
        ("it", "Good, good @shop! 's #sad https://t.co/x"),
        ("s", "Good, good @shop! it' #sad https://t.co/x"),
    ]


def test_only_the_first_words_of_a_long_text_are_left_out():
    assert [word for word, _ in leave_words_out("a b c d", 3)] == ["a", "b", "c"]


@pytest.mark.parametrize("ordered", [True, False])
def test_effect_of_a_word_is_the_answer_with_it_less_the_answer_without_it(
    model,
    tokenizer,
    ordered,
):
    effects = word_effects(["sad queue", "@shop", "Best shop"], model, tokenizer, ordered, 2)
    assert effects["text"].tolist() == [0, 0, 2, 2]
    assert effects["word"].tolist() == ["sad", "queue", "best", "shop"]

    pairs = [
        ("sad queue", "queue"),
        ("sad queue", "sad"),
        ("Best shop", "shop"),
        ("Best shop", "best"),
    ]
    by_hand = []
    for text, rest in pairs:
        with_it, without_it = inference([text, rest], model, tokenizer)
        weights = np.arange(5) if ordered else np.arange(5) == with_it.argmax()
        by_hand.append(weights @ (with_it - without_it))
    assert effects["effect"].tolist() == pytest.approx(by_hand, abs=1e-5)
    assert max(map(abs, by_hand)) > 1e-3


@pytest.mark.parametrize("texts", [[], ["@shop #only", "мама мыла раму"]])
def test_texts_without_plain_words_have_no_effects(model, tokenizer, texts):
    effects = word_effects(texts, model, tokenizer, ordered=True)
    assert effects.columns.tolist() == ["text", "word", "effect"]
    assert len(effects) == 0
    assert effects["effect"].dtype.kind == "f"


@pytest.mark.parametrize(
    ("one", "other", "correlation"),
    [
        ([1, 2, 3], [2, 4, 6], 1),
        ([1, 2, 3], [3, 2, 1], -1),
        ([1, 2, 3, 4], [1, -1, -1, 1], 0),
        # The deviations are -1, 0, 1 and -4/3, 5/3, -1/3: 1 / sqrt(2 * 42 / 9).
        ([1, 2, 3], [0, 3, 1], 1 / (28 / 3) ** 0.5),
    ],
)
def test_correlation_comes_out_by_hand(one, other, correlation):
    found = correlate(pd.Series(one), pd.Series(other))
    assert found == pytest.approx(correlation, abs=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([], []),
        ([1.0, 2.0], [1.0, 3.0]),
        ([1.9, 1.9, 1.9], [0.1, 0.2, 0.3]),
        ([1.9, 2.0, 2.1], [0.1, 0.1, 0.1]),
    ],
)
def test_numbers_without_a_correlation_have_none(one, other, recwarn):
    assert correlate(pd.Series(one, dtype=float), pd.Series(other, dtype=float)) is None
    assert not recwarn.list


VALUES = {"good": 2.0, "fine": 1.6, "great": 2.4, "bad": -2.0}


def effects_of(*pairs: tuple[str, float]) -> pd.DataFrame:
    words, effects = zip(*pairs, strict=True) if pairs else ((), ())
    return pd.DataFrame({"text": 0, "word": words, "effect": np.array(effects, dtype=float)})


def test_effects_are_averaged_for_each_word_of_the_list():
    table = effects_by_word(
        effects_of(("good", 1), ("tea", 9), ("good", 2), ("bad", -1)), VALUES, True
    )
    assert table.loc["good"].tolist() == [1.5, 2, 2]
    assert table.loc["bad"].tolist() == [-1, 1, -2]
    assert len(table) == 2
    unordered = effects_by_word(effects_of(("bad", -1)), VALUES, ordered=False)
    assert unordered.loc["bad", "value"] == 2


def test_effects_are_summed_up_by_hand():
    pairs = [
        ("good", 1.0),
        ("fine", 0.5),
        ("great", 1.5),
        ("bad", 0.2),
        ("tea", -0.1),
        ("tea", 0.3),
    ]
    found = summarize_effects(effects_of(*pairs), VALUES, ordered=True)
    assert found["same side"] == 0.75
    assert found["by value"] == [[2.0, 1.0]]
    assert found["on the list"] == pytest.approx(0.8)
    assert found["off the list"] == pytest.approx(0.2)
    assert 0 < found["correlation"] < 1
    assert summarize_effects(effects_of(*pairs), VALUES, ordered=False)["same side"] is None


@pytest.mark.parametrize("pairs", [[], [("tea", 0.4)]])
def test_what_there_is_no_word_for_is_none(pairs, recwarn):
    found = summarize_effects(effects_of(*pairs), VALUES, ordered=True)
    assert found["correlation"] is found["same side"] is found["on the list"] is None
    assert found["off the list"] == (0.4 if pairs else None)
    assert found["by value"] == []
    assert not recwarn.list
