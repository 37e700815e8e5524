"""What labels give away, counted by hand on a few texts."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.evaluation.label_evidence import (
    count_phrases,
    count_words_by_class,
    histograms_by_class,
    shares_by_sort,
    sort_by_difficulty,
    tabulate_unexplained,
)


def test_phrases_are_counted_with_their_place_in_the_order():
    texts = ["Soap kills the virus", "it looks like rain", "Looks like tea", "tea"]
    tweets = pd.DataFrame({"text": texts, "label": [0, 4, 2, 1]})
    table = count_phrases(tweets, 5, ordered=True)
    assert table.index.tolist() == ["all tweets", "it looks like", "kills the virus"]
    assert table["tweets"].tolist() == [4, 2, 1]
    assert table["upper half"].tolist() == [0.25, 0.5, 0]
    assert table["lowest class"].tolist() == [0.25, 0, 1]
    assert count_phrases(tweets, 5, ordered=False).columns.tolist() == ["tweets"]


def test_words_are_counted_by_class_those_of_the_list_only_outside_of_mentions_and_hashtags():
    tweets = pd.DataFrame({"text": ["Good tea @good", "BAD, bad!", "#bad"], "label": [2, 0, 0]})
    table = count_words_by_class(tweets, {"good": 1.9, "bad": -2.5})
    assert table["words"].to_dict() == {0: 1.5, 2: 3}
    assert table["on the list"].to_dict() == {0: 1, 2: 1}


def test_every_score_is_in_one_bin_of_its_class():
    scores = np.array([-1, -0.99, 0, 0.01, 1])
    counts = histograms_by_class(scores, np.array([0, 0, 1, 0, 2]), 4)
    assert counts.shape == (4, 80)
    assert counts.sum(axis=1).tolist() == [3, 1, 1, 0]
    assert counts[0, 0] == 2
    assert counts[0, 40] == counts[1, 40] == counts[2, 79] == 1


def test_labels_that_rules_miss_are_sorted_by_what_the_texts_hold():
    texts = pd.Series(["No milk", "my heart, no", "tea", "queue then queue"])
    answers = {"one": np.array([0, 0, 1, 1]), "other": np.array([1, 1, 1, 1])}
    table = tabulate_unexplained(texts, pd.Series([1, 0, 1, 0]), answers)
    assert table["tweets"].to_dict() == {
        "the word no": 2,
        "heart or flawed": 1,
        "a word twice": 1,
        "none of these": 1,
    }
    assert table["one"].tolist() == [0.5, 0, 1, 0]
    assert table["other"].tolist() == [0.5, 1, 1, 0]


def test_each_text_is_at_one_distance_and_has_some_number_of_listed_words():
    texts = pd.Series(["no tea", "Good, not BAD @good", "tea"], index=[5, 6, 9])
    sorts = sort_by_difficulty(texts, np.array([0.01, 0.1, 2]), {"good": 1.9, "bad": -2.5})
    rows = {name: members.index[members].tolist() for name, members in sorts.items()}
    assert rows["0 to 0.05 from a cut"] == [5]
    assert rows["0.05 to 0.1 from a cut"] == []
    assert rows["0.1 to 0.2 from a cut"] == [6]
    assert rows["0.2 or more from a cut"] == [9]
    assert rows["no listed word"] == [5, 9]
    assert rows["several listed words"] == [6]
    assert rows["the word no"] == [5]
    assert rows["the word not"] == [6]


def test_sorts_that_do_not_occur_have_no_share():
    sorts = {"some": pd.Series([True, True, False]), "none": pd.Series([False] * 3)}
    assert shares_by_sort(sorts, pd.Series([True, False, False])) == pytest.approx({"some": 0.5})
