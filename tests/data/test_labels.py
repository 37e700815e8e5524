"""Classes and their order, from the names in a file to the ranks that a model learns."""

import pandas as pd
import pytest

from tweetsent_utils.data.labels import class_names, label_ids


@pytest.mark.parametrize(
    ("labels", "label_order", "expected"),
    [
        (["b", "a", "b"], [], ["a", "b"]),
        (["b", "a"], ["b", "a", "c"], ["b", "a", "c"]),
        (["10", "9", "-1"], [], ["-1", "9", "10"]),
        (["10", "9", "ten"], [], ["10", "9", "ten"]),
        ([" praise", "Praise", "praise ", "question"], [], ["praise", "question"]),
    ],
)
def test_classes_are_the_order_given_or_else_the_sorted_labels(labels, label_order, expected):
    assert class_names(pd.Series(labels), label_order) == expected


def test_label_ids_are_places_in_the_order_and_keep_the_index():
    labels = pd.Series(["high", "low", "middle", "low"], index=[7, 3, 9, 0])
    ids = label_ids(labels, ["low", "middle", "high"], "tweets.csv")
    assert ids.to_dict() == {7: 2, 3: 0, 9: 1, 0: 0}
    assert ids.dtype.kind == "i"
