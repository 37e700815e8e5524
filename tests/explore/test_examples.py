"""Texts to pick from."""

import numpy as np
import pandas as pd

from tweetsent_utils.explore.examples import name_choices, pick_examples, tidy_examples

LABELS = ["bad", "good"]


def predict(confidences: list[float], labels: list[int], predictions: list[int]) -> pd.DataFrame:
    table = pd.DataFrame({"label": labels, "prediction": predictions, "confidence": confidences})
    table["text"] = [f"text {place}" for place in range(len(table))]
    table["row_id"] = table.index
    is_good = table["prediction"] == 1
    table["p_good"] = np.where(is_good, table["confidence"], 1 - table["confidence"])
    table["p_bad"] = 1 - table["p_good"]
    return table


def test_the_surest_mistake_comes_first_and_says_what_was_wrong():
    table = predict([0.9, 0.7, 0.99, 0.8], [0, 1, 0, 1], [0, 0, 1, 1])
    groups = pick_examples(pd.Series(["a", "b"], index=[7, 8]), table, LABELS)
    assert [example.text for example in groups["test texts"]] == ["a", "b"]
    mistakes = groups["surest mistakes"]
    assert [example.text for example in mistakes] == ["text 2", "text 1"]
    assert "label: bad" in mistakes[0].note
    assert groups["suspect labels"][0].text == "text 2"


def test_groups_without_texts_are_left_out():
    faultless = predict([0.9, 0.8], [0, 1], [0, 1])
    assert list(pick_examples(["a"], faultless, LABELS)) == ["test texts"]
    assert pick_examples([], faultless.iloc[:0], LABELS) == {}
    assert tidy_examples({"a": [None, np.nan, "", "x"], "b": []}) == {"a": [("x", "")]}
    assert tidy_examples(None) == {}


def test_choices_are_short_lines_even_of_long_texts_and_equal_ones():
    groups = tidy_examples({"a": ["x" * 5_000, "one\r\r\ntwo", "one\r\r\ntwo"]})
    names, places = zip(*name_choices(groups["a"]), strict=True)
    assert places == (0, 1, 2)
    assert len(set(names)) == 3
    assert max(map(len, names)) < 100
    assert "\n" not in "".join(names)
