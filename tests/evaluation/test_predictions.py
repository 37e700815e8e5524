"""Predictions as a table and as a file."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.predictions import (
    class_probabilities,
    describe_answers,
    join_predictions,
    load_predictions,
    name_answers,
    save_predictions,
    tabulate_predictions,
)


@pytest.fixture
def predictions() -> pd.DataFrame:
    split = pd.DataFrame({"row_id": [7, 9], "label": [1, 0]})
    logits = np.log([[0.2, 0.8], [0.4, 0.6]])
    return tabulate_predictions(split, logits, ["bad", "good"])


def test_a_tweets_prediction_is_its_likeliest_class_with_its_probability(predictions):
    assert predictions["row_id"].tolist() == [7, 9]
    assert predictions["prediction"].tolist() == [1, 1]
    assert predictions["confidence"].tolist() == pytest.approx([0.8, 0.6])
    assert predictions["p_bad"].tolist() == pytest.approx([0.2, 0.4])


@pytest.mark.parametrize("part", ["validation", "test"])
def test_predictions_are_read_as_they_were_written(tmp_path, predictions, part):
    save_predictions(tmp_path, part, predictions)
    pd.testing.assert_frame_equal(load_predictions(tmp_path, part), predictions)


def test_edited_predictions_are_refused_by_the_name_of_their_file(tmp_path, predictions):
    save_predictions(tmp_path, "test", predictions)
    file = tmp_path / "predictions.csv"
    file.write_text(file.read_text().replace("0.8", "0.9"))
    with pytest.raises(TweetsentError, match="predictions.csv"):
        load_predictions(tmp_path, "test")


def test_missing_predictions_name_the_notebook_that_writes_them(tmp_path):
    with pytest.raises(TweetsentError, match="03_training"):
        load_predictions(tmp_path, "validation")


def test_predictions_are_joined_to_their_tweets(tmp_path, predictions):
    save_predictions(tmp_path, "test", predictions)
    split = pd.DataFrame({"row_id": [7, 9], "label": [1, 0], "text": ["a", "b"]}, index=[5, 3])
    joined = join_predictions(tmp_path, "test", split)
    assert joined["text"].tolist() == ["a", "b"]
    assert joined["p_good"].tolist() == pytest.approx([0.8, 0.6])
    assert class_probabilities(joined, ["bad", "good"])[0] == pytest.approx([0.2, 0.8])
    assert joined.columns.is_unique


@pytest.mark.parametrize(
    "split",
    [
        pytest.param({"row_id": [7, 8], "label": [1, 0]}, id="other rows"),
        pytest.param({"row_id": [7, 9], "label": [1, 1]}, id="other labels"),
        pytest.param({"row_id": [7], "label": [1]}, id="fewer rows"),
    ],
)
def test_predictions_for_other_tweets_are_refused(tmp_path, predictions, split):
    save_predictions(tmp_path, "validation", predictions)
    with pytest.raises(TweetsentError, match="other texts.*03_training"):
        join_predictions(tmp_path, "validation", pd.DataFrame(split))


def test_answers_are_named_with_their_probability_and_label(predictions):
    names = ["bad", "good"]
    probabilities = class_probabilities(predictions, names)
    assert name_answers(probabilities, names) == ["good, 0.800", "good, 0.600"]
    assert describe_answers(predictions, names) == [
        "label: good · answer: good, 0.800",
        "label: bad · answer: good, 0.600",
    ]
