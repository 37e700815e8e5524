"""Scores of each class and what most mistakes have in common, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.by_class import (
    describe_mistakes,
    hardest_class,
    read_row_aloud,
    score_classes,
)

NAMES = ["low", "middle", "high"]


def test_scores_of_each_class_come_out_by_hand():
    labels, predictions = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0])
    table = score_classes(
        labels, predictions, train_labels=[0] * 6 + [1] * 3 + [2], label_order=NAMES
    )
    assert table.to_dict(orient="index") == {
        "low": {
            "precision": pytest.approx(2 / 3),
            "recall": pytest.approx(2 / 3),
            "f1-score": pytest.approx(2 / 3),
            "support": 3,
            "training_share": 0.6,
        },
        "middle": {
            "precision": 1 / 2,
            "recall": 1 / 2,
            "f1-score": 1 / 2,
            "support": 2,
            "training_share": 0.3,
        },
        "high": {  # the test rows have none
            "precision": 0,
            "recall": 0,
            "f1-score": 0,
            "support": 0,
            "training_share": 0.1,
        },
    }


def test_class_that_training_lacks_has_no_share_of_it(recwarn):
    table = score_classes([2], [0], pd.Series([0, 1, 1, 0], index=[9, 7, 5, 3]), NAMES)
    assert table["training_share"].tolist() == [0.5, 0.5, 0]
    assert table["support"].tolist() == [0, 0, 1]
    assert table["recall"].tolist() == [0, 0, 0]
    assert not recwarn.list


def test_labels_of_a_class_without_a_name_are_refused():
    with pytest.raises(TweetsentError, match="row 2 of the predictions is 3"):
        score_classes([0, 1], [0, 3], [0, 1], NAMES)


@pytest.mark.parametrize(
    ("matrix", "ordered", "facts"),
    [
        pytest.param([[5, 1, 1], [1, 5, 0], [0, 1, 5]], True, ["75%"], id="three of four"),
        pytest.param(
            [[5, 1, 0], [0, 5, 3], [1, 0, 5]], False, ["'middle' is", "'high'"], id="most"
        ),
        pytest.param([[0, 0, 1], [0, 0, 0], [0, 0, 0]], True, ["0%"], id="one row"),
    ],
)
def test_what_most_mistakes_have_in_common(matrix, ordered, facts):
    said = describe_mistakes(np.array(matrix), NAMES, ordered)
    assert [fact for fact in facts if fact not in said] == []


@pytest.mark.parametrize("ordered", [True, False])
def test_no_mistake_is_no_share_of_mistakes(ordered):
    said = describe_mistakes(np.diag([3, 0, 1]), NAMES, ordered)
    assert "%" not in said
    assert "'" not in said


def test_the_hardest_class_is_the_least_found_of_those_that_have_rows():
    assert hardest_class(np.array([[3, 1, 0], [0, 0, 0], [2, 2, 4]])) == 2
    assert hardest_class(np.diag([1, 0, 0])) == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        pytest.param([0, 4, 0], "gets 100 right.", id="all right"),
        pytest.param([3, 1, 0], "gets 25 right and calls 75 low.", id="one other"),
        pytest.param([1, 1, 1], "gets 33 right and calls 33 low and 33 high.", id="rounded alone"),
        pytest.param([1, 498, 1], "gets 100 right.", id="too few to count"),
        pytest.param([0, 0, 0], "No text here is middle.", id="no row"),
    ],
)
def test_a_row_of_the_matrix_read_aloud(row, words):
    matrix = np.array([[1, 0, 0], row, [0, 0, 1]])
    assert read_row_aloud(matrix, NAMES, 1).endswith(words)


def test_many_wrong_answers_are_counted_together():
    matrix = np.diag([10] * 8)
    matrix[0] = [50, 20, 10, 8, 6, 3, 2, 1]
    names = [f"class {number}" for number in range(8)]
    said = read_row_aloud(matrix, names, 0)
    assert said.endswith("calls 20 class 1, 10 class 2, 8 class 3 and 12 something else.")


def test_four_wrong_answers_are_named_even_the_rarest():
    matrix = np.diag([10] * 5)
    matrix[3] = [1, 9, 9, 118, 2]  # 0.7, 6.5, 6.5, 84.9 and 1.4 percent
    names = [f"class {number}" for number in range(5)]
    said = read_row_aloud(matrix, names, 3)
    assert said.endswith("85 right and calls 6 class 1, 6 class 2, 1 class 4 and 1 class 0.")


def test_many_rare_answers_are_counted_together_though_each_rounds_to_nothing():
    matrix = np.diag([10] * 40)
    matrix[0] = [361] + [1] * 39
    names = [f"class {number}" for number in range(40)]
    assert read_row_aloud(matrix, names, 0).endswith("90 right and calls 10 something else.")
