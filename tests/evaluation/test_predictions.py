"""Predictions as a table and as a file."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.predictions import (
    load_predictions,
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
